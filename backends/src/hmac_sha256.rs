//! SHA-256, HMAC and HKDF over any way of computing SHA-256's compression function.
//!
//! The ratchet keys HMAC anew for every message, so what counts is the number of compressions:
//! two for a key, which [`Keyed`] spends once per key rather than once per tag, then two for a
//! short tag. A chain step costs six, the root step ten, of which eight follow one another where
//! the two of a key run side by side.
//!
//! What lives here: the constructions. What does not: the compression function, which is `sha2`'s
//! for [`rustcrypto`](crate::rustcrypto) and our own for [`kernel`](crate::kernel).

use sprag_core::primitives::PrimitiveError;
use zeroize::Zeroize;

/// A way to compute the compression function (FIPS 180-4 section 6.2.2).
pub(crate) trait Compression: Copy {
    /// Takes `blocks`, one after the other, into the chaining value `state`.
    fn compress(self, state: &mut [u32; 8], blocks: &[[u8; BLOCK]]);

    /// The chaining values behind a key, padded with zeros, under each of HMAC's two pads
    /// (RFC 2104 section 4).
    fn compress_key(self, key: &[u8; BLOCK], inner: &mut [u32; 8], outer: &mut [u32; 8]) {
        for (state, pad) in [(inner, 0x36), (outer, 0x5c)] {
            let mut block = Bytes(*key);
            block.0.iter_mut().for_each(|byte| *byte ^= pad);
            *state = INITIAL;
            self.compress(state, core::slice::from_ref(&block.0));
        }
    }
}

/// SHA-256 of the concatenated parts (FIPS 180-4).
pub(crate) fn sha256(compression: impl Compression, parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = [0; 32];
    let mut hash = Hash::new(compression);
    for part in parts {
        hash.update(part);
    }
    hash.finish(&mut digest);
    digest
}

/// HKDF-Expand (RFC 5869 section 2.3).
pub(crate) fn hkdf_expand(
    compression: impl Compression,
    prk: &[u8; 32],
    info: &[u8],
    okm: &mut [u8],
) -> Result<(), PrimitiveError> {
    if okm.len() > 255 * 32 {
        return Err(PrimitiveError::InvalidLength);
    }
    let keyed = Keyed::new(compression, prk);
    let mut counter = 0;
    let mut previous = Bytes([0; 32]);
    for chunk in okm.chunks_mut(32) {
        let chained: &[u8] = if counter == 0 { &[] } else { &previous.0 };
        counter += 1;
        let mut block = Bytes([0; 32]);
        keyed.tag(&[chained, info, &[counter]], &mut block.0);
        chunk.copy_from_slice(&block.0[..chunk.len()]);
        previous = block;
    }
    Ok(())
}

/// A keyed HMAC (RFC 2104): the two chaining values behind the padded key (section 4). Wiped on
/// drop.
pub(crate) struct Keyed<C> {
    compression: C,
    inner: State,
    outer: State,
}

impl<C: Compression> Keyed<C> {
    /// Takes a key of any length.
    pub(crate) fn new(compression: C, key: &[u8]) -> Self {
        let mut block = Bytes([0; BLOCK]);
        if key.len() <= BLOCK {
            block.0[..key.len()].copy_from_slice(key);
        } else {
            let (digest, _) = block
                .0
                .split_first_chunk_mut()
                .expect("a block holds a digest");
            let mut hash = Hash::new(compression);
            hash.update(key);
            hash.finish(digest);
        }
        let (mut inner, mut outer) = (State([0; 8]), State([0; 8]));
        compression.compress_key(&block.0, &mut inner.0, &mut outer.0);
        Self {
            compression,
            inner,
            outer,
        }
    }

    /// The tag of the concatenated parts.
    pub(crate) fn tag(&self, parts: &[&[u8]], tag: &mut [u8; 32]) {
        let mut inner = Hash::after_block(self.compression, &self.inner);
        for part in parts {
            inner.update(part);
        }
        inner.finish(tag);
        // One block: the inner digest, the padding, and the length of this and the key block.
        let mut block = Bytes([0; BLOCK]);
        block.0[..32].copy_from_slice(tag);
        block.0[32] = 0x80;
        block.0[BLOCK - 2..].copy_from_slice(&(8 * (BLOCK as u16 + 32)).to_be_bytes());
        let mut outer = State(self.outer.0);
        self.compression
            .compress(&mut outer.0, core::slice::from_ref(&block.0));
        outer.write(tag);
    }
}

/// A running SHA-256 (FIPS 180-4 section 6.2). Wiped on drop.
struct Hash<C> {
    compression: C,
    state: State,
    block: Bytes<BLOCK>,
    /// Bytes hashed and pending; the pending ones stand at the front of `block`, zeros behind.
    length: u64,
}

impl<C: Compression> Hash<C> {
    const fn new(compression: C) -> Self {
        Self {
            compression,
            state: State(INITIAL),
            block: Bytes([0; BLOCK]),
            length: 0,
        }
    }

    /// Continues from a chaining value that stands for one block.
    const fn after_block(compression: C, state: &State) -> Self {
        Self {
            compression,
            state: State(state.0),
            block: Bytes([0; BLOCK]),
            length: BLOCK as u64,
        }
    }

    const fn pending(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    fn update(&mut self, mut input: &[u8]) {
        let pending = self.pending();
        self.length = self.length.wrapping_add(input.len() as u64);
        if pending > 0 {
            let taken = input.len().min(BLOCK - pending);
            let (now, rest) = input.split_at(taken);
            self.block.0[pending..pending + taken].copy_from_slice(now);
            if pending + taken < BLOCK {
                return;
            }
            self.compress_pending();
            input = rest;
        }
        let (blocks, rest) = input.as_chunks::<BLOCK>();
        self.compression.compress(&mut self.state.0, blocks);
        self.block.0[..rest.len()].copy_from_slice(rest);
    }

    fn compress_pending(&mut self) {
        self.compression
            .compress(&mut self.state.0, core::slice::from_ref(&self.block.0));
        self.block.0 = [0; BLOCK];
    }

    fn finish(mut self, digest: &mut [u8; 32]) {
        let pending = self.pending();
        self.block.0[pending] = 0x80;
        if pending + 1 > BLOCK - 8 {
            self.compress_pending();
        }
        self.block.0[BLOCK - 8..].copy_from_slice(&(self.length * 8).to_be_bytes());
        self.compress_pending();
        self.state.write(digest);
    }
}

/// A chaining value. Wiped on drop.
struct State([u32; 8]);

impl State {
    /// Writes it as a digest.
    fn write(&self, digest: &mut [u8; 32]) {
        let (words, _) = digest.as_chunks_mut::<4>();
        for (bytes, word) in words.iter_mut().zip(&self.0) {
            *bytes = word.to_be_bytes();
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// Bytes wiped on drop.
struct Bytes<const N: usize>([u8; N]);

impl<const N: usize> Drop for Bytes<N> {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// The length of a SHA-256 block in bytes.
pub(crate) const BLOCK: usize = 64;

/// The initial chaining value (FIPS 180-4 section 5.3.3).
pub(crate) const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
