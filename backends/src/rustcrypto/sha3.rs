//! SHA-3 over `sha3` and `shake`, on which `ml-kem` stands too.

use sha3::{Digest, Sha3_256};
use shake::{ExtendableOutput, Shake256, Update, XofReader};

/// SHA3-256 and SHAKE256 (FIPS 202) from `sha3` and `shake`.
#[derive(Clone, Copy, Debug)]
pub struct Sha3;

impl sprag_core::primitives::Sha3 for Sha3 {
    fn sha3_256(parts: &[&[u8]], digest: &mut [u8; 32]) {
        let mut hash = Sha3_256::new();
        parts
            .iter()
            .for_each(|part| Digest::update(&mut hash, part));
        hash.finalize_into(digest.into());
    }

    fn shake256(input: &[u8], output: &mut [u8]) {
        let mut hash = Shake256::default();
        hash.update(input);
        hash.finalize_xof().read(output);
    }
}
