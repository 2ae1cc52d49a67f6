//! HMAC- and HKDF-SHA-256 over the compression function of `sha2`.
//!
//! The ratchet keys HMAC anew for every message, so what counts is the number of compressions:
//! two for a key, which [`Keyed`] spends once per key rather than once per tag, then two for a
//! short tag. A chain step costs six, the root step ten.

use sha2::block_api::compress256;
use sprag_core::primitives::{Hmac, PrimitiveError};
use zeroize::Zeroize;

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869): the compression
/// function from `sha2`, the rest our own, which takes a quarter off a chain step over the crate
/// `hmac`.
#[derive(Clone, Copy, Debug)]
pub struct HmacSha256;

impl Hmac for HmacSha256 {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = [0; 32];
        let mut hash = Hash::new();
        for part in parts {
            hash.update(part);
        }
        hash.finish(&mut digest);
        digest
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        Keyed::new(key).tag(parts, tag);
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        if okm.len() > 255 * 32 {
            return Err(PrimitiveError::InvalidLength);
        }
        let keyed = Keyed::new(prk);
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

    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        let keyed = Keyed::new(chain_key);
        keyed.tag(&[&[0x01]], message_key);
        keyed.tag(&[&[0x02]], next);
    }
}

/// A keyed HMAC: the two chaining values behind the padded key (RFC 2104 section 4). Wiped on
/// drop.
struct Keyed {
    inner: State,
    outer: State,
}

impl Keyed {
    fn new(key: &[u8]) -> Self {
        let mut block = Bytes([0; BLOCK]);
        if key.len() <= BLOCK {
            block.0[..key.len()].copy_from_slice(key);
        } else {
            let (digest, _) = block
                .0
                .split_first_chunk_mut()
                .expect("a block holds a digest");
            let mut hash = Hash::new();
            hash.update(key);
            hash.finish(digest);
        }
        let mut keyed = Self {
            inner: State(INITIAL),
            outer: State(INITIAL),
        };
        block.0.iter_mut().for_each(|byte| *byte ^= 0x36);
        keyed.inner.compress(&block.0);
        block.0.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5c);
        keyed.outer.compress(&block.0);
        keyed
    }

    fn tag(&self, parts: &[&[u8]], tag: &mut [u8; 32]) {
        let mut inner = Hash::after_block(&self.inner);
        for part in parts {
            inner.update(part);
        }
        inner.finish(tag);
        let mut outer = Hash::after_block(&self.outer);
        outer.update(tag);
        outer.finish(tag);
    }
}

/// A running SHA-256 (FIPS 180-4 section 6.2). Wiped on drop.
struct Hash {
    state: State,
    block: Bytes<BLOCK>,
    /// Bytes hashed and pending; the pending ones stand at the front of `block`.
    length: u64,
}

impl Hash {
    const fn new() -> Self {
        Self {
            state: State(INITIAL),
            block: Bytes([0; BLOCK]),
            length: 0,
        }
    }

    /// Continues from a chaining value that stands for one block.
    const fn after_block(state: &State) -> Self {
        Self {
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
            self.state.compress(&self.block.0);
            input = rest;
        }
        let (blocks, rest) = input.as_chunks::<BLOCK>();
        compress256(&mut self.state.0, blocks);
        self.block.0[..rest.len()].copy_from_slice(rest);
    }

    fn finish(mut self, digest: &mut [u8; 32]) {
        let pending = self.pending();
        self.block.0[pending] = 0x80;
        self.block.0[pending + 1..].fill(0);
        if pending + 1 > BLOCK - 8 {
            self.state.compress(&self.block.0);
            self.block.0.fill(0);
        }
        self.block.0[BLOCK - 8..].copy_from_slice(&(self.length * 8).to_be_bytes());
        self.state.compress(&self.block.0);
        let (words, _) = digest.as_chunks_mut::<4>();
        for (bytes, word) in words.iter_mut().zip(&self.state.0) {
            *bytes = word.to_be_bytes();
        }
    }
}

/// A chaining value. Wiped on drop.
struct State([u32; 8]);

impl State {
    fn compress(&mut self, block: &[u8; BLOCK]) {
        compress256(&mut self.0, core::slice::from_ref(block));
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
const BLOCK: usize = 64;

/// The initial chaining value (FIPS 180-4 section 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
