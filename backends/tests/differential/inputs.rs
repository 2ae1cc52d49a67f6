//! Random inputs that are likely to be where libraries differ.

use proptest::prelude::*;
use proptest::sample::select;

/// Message lengths around block boundaries and the points where backends change their path.
pub(crate) fn message_len() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0..300usize,
        2 => (select(vec![64usize, 128, 192, 256, 320, 384, 512, 1024, 2048, 4096]), 0..3usize)
            .prop_map(|(boundary, offset)| boundary + offset - 1),
        1 => 0..5000usize,
    ]
}

/// Any peer's key, the likes of small order or not canonical among them.
pub(crate) fn x25519_peer() -> impl Strategy<Value = [u8; 32]> {
    let special = SPECIAL_U.map(|(low, middle, high)| {
        let mut u = [middle; 32];
        u[0] = low;
        u[31] = high;
        u
    });
    prop_oneof![
        3 => any::<[u8; 32]>(),
        1 => select(special.to_vec()),
        1 => select(vec![X25519_ORDER_8_A, X25519_ORDER_8_B]),
    ]
}

/// First byte, middle bytes and last byte: 0, 1, 2, p - 1, p, p + 1, p + 9, 2^255 - 1, each where
/// it makes sense with and without the high bit.
const SPECIAL_U: [(u8, u8, u8); 14] = [
    (0x00, 0, 0x00),
    (0x00, 0, 0x80),
    (0x01, 0, 0x00),
    (0x01, 0, 0x80),
    (0x02, 0, 0x00),
    (0xec, 0xff, 0x7f),
    (0xec, 0xff, 0xff),
    (0xed, 0xff, 0x7f),
    (0xed, 0xff, 0xff),
    (0xee, 0xff, 0x7f),
    (0xee, 0xff, 0xff),
    (0xf6, 0xff, 0x7f),
    (0xff, 0xff, 0x7f),
    (0xff, 0xff, 0xff),
];

const X25519_ORDER_8_A: [u8; 32] = [
    0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
    0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
];
const X25519_ORDER_8_B: [u8; 32] = [
    0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
    0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
];

/// What happens to a sealed message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    None,
    Tag(usize),
    Ciphertext(usize),
    Aad(u8),
}

impl Damage {
    /// Applies itself; what cannot be damaged because it is empty is damaged in the tag.
    pub(crate) fn apply(&self, aad: &mut Vec<u8>, ciphertext: &mut [u8], tag: &mut [u8; 16]) {
        match self {
            Self::None => {}
            Self::Ciphertext(bit) if !ciphertext.is_empty() => flip(ciphertext, *bit),
            Self::Tag(bit) | Self::Ciphertext(bit) => flip(tag, *bit),
            Self::Aad(byte) => aad.push(*byte),
        }
    }
}

impl Arbitrary for Damage {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        prop_oneof![
            2 => Just(Self::None),
            1 => any::<usize>().prop_map(Self::Tag),
            1 => any::<usize>().prop_map(Self::Ciphertext),
            1 => any::<u8>().prop_map(Self::Aad),
        ]
        .boxed()
    }
}

/// A signature with what it is verified against.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) public: [u8; 32],
    pub(crate) message: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

/// What happens to a signature, its key and its message.
#[derive(Clone, Debug)]
pub(crate) enum SignatureDamage {
    None,
    Signature(usize),
    Public(usize),
    Message(u8),
    /// The key is replaced by a special encoding, and the signature by one that the equation
    /// accepts where the key is the identity.
    SpecialKey([u8; 32]),
    /// `R` is replaced by a special encoding.
    SpecialCommitment([u8; 32]),
    /// `s` is replaced by a large number.
    LargeS(u8),
}

impl SignatureDamage {
    pub(crate) fn apply(&self, signed: &mut Signed) {
        match self {
            Self::None => {}
            Self::Signature(bit) => flip(&mut signed.signature, *bit),
            Self::Public(bit) => flip(&mut signed.public, *bit),
            Self::Message(byte) => signed.message.push(*byte),
            Self::SpecialKey(encoding) => {
                signed.public = *encoding;
                signed.signature = [0; 64];
                signed.signature[..32].fill(0x66);
                signed.signature[0] = 0x58;
                signed.signature[32] = 1;
            }
            Self::SpecialCommitment(encoding) => signed.signature[..32].copy_from_slice(encoding),
            Self::LargeS(high) => signed.signature[63] |= high,
        }
    }
}

pub(crate) fn signature_damage() -> impl Strategy<Value = SignatureDamage> {
    use SignatureDamage as D;
    prop_oneof![
        2 => Just(D::None),
        1 => any::<usize>().prop_map(D::Signature),
        1 => any::<usize>().prop_map(D::Public),
        1 => any::<u8>().prop_map(D::Message),
        3 => ed25519_special().prop_map(D::SpecialKey),
        1 => ed25519_special().prop_map(D::SpecialCommitment),
        1 => any::<u8>().prop_map(D::LargeS),
    ]
}

/// Encodings of small order, not canonical, or both.
fn ed25519_special() -> impl Strategy<Value = [u8; 32]> {
    let small = (0..2u8, prop::bool::ANY).prop_map(|(low, sign)| {
        let mut y = [0; 32];
        y[0] = low;
        y[31] = if sign { 0x80 } else { 0 };
        y
    });
    let around_prime = (0xe0..=0xffu8, prop::bool::ANY).prop_map(|(low, sign)| {
        let mut y = [0xff; 32];
        y[0] = low;
        y[31] = if sign { 0xff } else { 0x7f };
        y
    });
    prop_oneof![small, around_prime]
}

/// A 64-byte seed.
pub(crate) fn seed() -> impl Strategy<Value = [u8; 64]> {
    any::<[[u8; 32]; 2]>().prop_map(|halves| {
        let mut seed = [0; 64];
        seed[..32].copy_from_slice(&halves[0]);
        seed[32..].copy_from_slice(&halves[1]);
        seed
    })
}

fn flip(bytes: &mut [u8], bit: usize) {
    let bit = bit % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}
