//! HKDF-Expand with SHA-512, for the libraries that have the hash or its HMAC and no HKDF.

use sprag_core::primitives::PrimitiveError;
use zeroize::Zeroizing;

/// A keyed HMAC-SHA-512 that takes its message in parts.
pub(crate) trait KeyedHmac: Clone {
    /// Takes the next part.
    fn update(&mut self, part: &[u8]);

    /// The tag of all parts.
    fn finish(self, tag: &mut [u8; 64]);
}

/// HKDF-Expand (RFC 5869 section 2.3) under the key of `keyed`.
pub(crate) fn expand(
    keyed: &impl KeyedHmac,
    info: &[&[u8]],
    okm: &mut [u8],
) -> Result<(), PrimitiveError> {
    if okm.len() > 255 * 64 {
        return Err(PrimitiveError::InvalidLength);
    }
    let mut block = Zeroizing::new([0; 64]);
    for (counter, chunk) in (1_u8..=255).zip(okm.chunks_mut(64)) {
        let mut hmac = keyed.clone();
        if counter > 1 {
            hmac.update(&block[..]);
        }
        info.iter().for_each(|part| hmac.update(part));
        hmac.update(&[counter]);
        hmac.finish(&mut block);
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    Ok(())
}
