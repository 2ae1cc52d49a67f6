//! LabeledExtract and LabeledExpand (RFC 9180 section 4).

use alloc::vec::Vec;

use crate::codec::Writer;
use crate::primitives::{Hmac, PrimitiveError};
use crate::secret::Secret;

const VERSION: &[u8] = b"HPKE-v1";

/// `LabeledExtract(salt, label, ikm)`, for a KEM's or HPKE's own suite.
pub(super) fn extract<H: Hmac>(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Secret<32> {
    let mut prk = Secret::zeroed();
    H::hkdf_extract(salt, &[VERSION, suite, label, ikm], prk.expose_mut());
    prk
}

/// `LabeledExpand(prk, label, info, L)`, with as many bytes as `okm` has.
pub(super) fn expand<H: Hmac>(
    suite: &[u8],
    prk: &Secret<32>,
    label: &[u8],
    info: &[&[u8]],
    okm: &mut [u8],
) -> Result<(), PrimitiveError> {
    let len = u16::try_from(okm.len()).map_err(|_| PrimitiveError::InvalidLength)?;
    let mut labeled = Vec::new();
    labeled.put_u16(len);
    labeled.put(VERSION);
    labeled.put(suite);
    labeled.put(label);
    info.iter().for_each(|part| labeled.put(part));
    H::hkdf_expand(prk.expose(), &labeled, okm)
}
