//! A ciphertext of AES-256-GCM that opens under two keys, as anybody can make one who knows both.
//!
//! GHASH is linear in each block: with one block left open, the two tags can be made equal by solving
//! for it in GF(2^128). (Dodis, Grubbs, Ristenpart, Woodage: Fast message franking, 2018.)

use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::primitives::Aead;

/// A key, and the nonce it is used with.
pub(crate) type Keyed<'a> = (&'a [u8; 32], &'a [u8; 12]);

/// 32 bytes of ciphertext and a tag that open under both, with the same associated data.
pub(crate) fn opens_under_both<B: CryptoBackend>(
    one: Keyed<'_>,
    other: Keyed<'_>,
    ad: &[u8],
) -> ([u8; 32], [u8; 16]) {
    let keys = [one, other].map(Hashing::new::<B>);
    let first = 0x0123_4567_89ab_cdef_u128;
    let [one, other] = &keys;
    let known = one.tag(ad, [first, 0]) ^ other.tag(ad, [first, 0]);
    let factor = multiply(one.h, one.h) ^ multiply(other.h, other.h);
    let open = multiply(known, inverse(factor));
    let tag = one.tag(ad, [first, open]);
    assert_eq!(tag, other.tag(ad, [first, open]));
    let ciphertext = [first.to_be_bytes(), open.to_be_bytes()].concat();
    let ciphertext = ciphertext.try_into().expect("two blocks");
    for (key, nonce) in keys.map(|key| (key.key, key.nonce)) {
        let mut text: [u8; 32] = ciphertext;
        B::Aes256Gcm::open_once(&key, &nonce, ad, &mut text, &tag.to_be_bytes())
            .expect("the ciphertext opens under both keys");
    }
    (ciphertext, tag.to_be_bytes())
}

/// What GCM derives from a key and a nonce.
struct Hashing {
    key: [u8; 32],
    nonce: [u8; 12],
    h: u128,
    mask: u128,
}

impl Hashing {
    /// Reads both off tags of nothing: that of no bytes is the mask, that of a zero block of
    /// associated data adds its length times H.
    fn new<B: CryptoBackend>((key, nonce): Keyed<'_>) -> Self {
        let tag = |ad: &[u8]| {
            let tag = B::Aes256Gcm::seal_once(key, nonce, ad, &mut []).expect("a tag");
            u128::from_be_bytes(tag)
        };
        let mask = tag(b"");
        let length = 128_u128 << 64;
        let h = multiply(tag(&[0; 16]) ^ mask, inverse(length));
        Self {
            key: *key,
            nonce: *nonce,
            h,
            mask,
        }
    }

    fn tag(&self, ad: &[u8], ciphertext: [u128; 2]) -> u128 {
        let blocks = ad.chunks(16).map(|part| {
            let mut block = [0; 16];
            block[..part.len()].copy_from_slice(part);
            u128::from_be_bytes(block)
        });
        let lengths = (8 * ad.len() as u128) << 64 | 256;
        let blocks = blocks.chain(ciphertext).chain([lengths]);
        blocks.fold(0, |sum, block| multiply(sum ^ block, self.h)) ^ self.mask
    }
}

/// In GF(2^128) as SP 800-38D section 6.3 numbers its bits.
fn multiply(x: u128, y: u128) -> u128 {
    let (mut product, mut shifted) = (0, y);
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= shifted;
        }
        shifted = (shifted >> 1) ^ if shifted & 1 == 1 { 0xe1 << 120 } else { 0 };
    }
    product
}

/// The power 2^128 - 2.
fn inverse(x: u128) -> u128 {
    let one = 1 << 127;
    let (mut power, mut square) = (one, x);
    for _ in 1..128 {
        square = multiply(square, square);
        power = multiply(power, square);
    }
    assert_eq!(multiply(power, x), one, "not zero");
    power
}
