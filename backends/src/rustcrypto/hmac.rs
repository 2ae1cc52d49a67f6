//! HMAC- and HKDF-SHA-256 over the compression function of `sha2`.

use sha2::block_api::compress256;
use sprag_core::primitives::{Hmac, PrimitiveError};

use crate::hmac_sha256::{self as construction, BLOCK, Compression, Keyed};

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869): the compression
/// function from `sha2`, the rest our own, which takes a quarter off a chain step over the crate
/// `hmac`.
#[derive(Clone, Copy, Debug)]
pub struct HmacSha256;

impl Hmac for HmacSha256 {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        construction::sha256(Sha2, parts)
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        Keyed::new(Sha2, key).tag(parts, tag);
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        construction::hkdf_expand(Sha2, prk, info, okm)
    }

    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        let keyed = Keyed::new(Sha2, chain_key);
        keyed.tag(&[&[0x01]], message_key);
        keyed.tag(&[&[0x02]], next);
    }
}

/// The compression function of `sha2`.
#[derive(Clone, Copy)]
struct Sha2;

impl Compression for Sha2 {
    fn compress(self, state: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        compress256(state, blocks);
    }
}
