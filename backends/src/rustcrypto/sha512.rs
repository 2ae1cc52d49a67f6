//! HKDF-SHA-512 over `sha2`.

use sha2::{Digest, Sha512 as Hash};
use sprag_core::primitives::{ExpandSha512, PrimitiveError};
use zeroize::Zeroizing;

use crate::hkdf_sha512::{self, KeyedHmac};

/// HKDF-Expand with SHA-512 (RFC 5869, FIPS 180-4): the hash from `sha2`, HMAC our own.
#[derive(Clone, Copy, Debug)]
pub struct Sha512;

impl ExpandSha512 for Sha512 {
    fn hkdf_expand(prk: &[u8; 32], info: &[&[u8]], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        hkdf_sha512::expand(&Keyed::new(prk), info, okm)
    }
}

/// The two hashes of HMAC behind their padded key (RFC 2104 section 4). `sha2` wipes them.
#[derive(Clone)]
struct Keyed {
    inner: Hash,
    outer: Hash,
}

impl Keyed {
    fn new(key: &[u8; 32]) -> Self {
        let padded = |pad: u8| {
            let mut block = Zeroizing::new([pad; 128]);
            block.iter_mut().zip(key).for_each(|(to, key)| *to ^= key);
            let mut hash = Hash::new();
            hash.update(&block[..]);
            hash
        };
        let (inner, outer) = (padded(0x36), padded(0x5c));
        Self { inner, outer }
    }
}

impl KeyedHmac for Keyed {
    fn update(&mut self, part: &[u8]) {
        self.inner.update(part);
    }

    fn finish(self, tag: &mut [u8; 64]) {
        let Self { inner, mut outer } = self;
        inner.finalize_into(tag.into());
        outer.update(&tag[..]);
        outer.finalize_into(tag.into());
    }
}
