//! SHA-3 over `libcrux-sha3`, on which `libcrux-ml-kem` stands, for the backends that take ML-KEM
//! from there.

use sprag_core::SecretBytes;

use crate::provenance::{Row, Wipes};

/// SHA3-256 and SHAKE256 (FIPS 202) from libcrux, which takes its input in one piece.
///
/// libcrux does not wipe the state of the sponge, which stays on the stack until it is used again.
#[derive(Clone, Copy, Debug)]
pub struct Sha3;

impl sprag_core::primitives::Sha3 for Sha3 {
    fn sha3_256(parts: &[&[u8]], digest: &mut [u8; 32]) {
        let len = parts.iter().map(|part| part.len()).sum();
        let mut input = SecretBytes::with_capacity(len);
        parts.iter().for_each(|part| input.extend_from_slice(part));
        libcrux_sha3::sha256_ema(digest, &input);
    }

    fn shake256(input: &[u8], output: &mut [u8]) {
        libcrux_sha3::shake256_ema(output, input);
    }
}

/// The row of every backend that takes SHA-3 from here.
pub(crate) const PROVENANCE: Row = Row {
    primitive: "SHA-3",
    library: "libcrux-sha3",
    wipes: Wipes::Partly,
    note: "for X-Wing alone; our copy of the input is wiped, the state of the sponge is not",
};
