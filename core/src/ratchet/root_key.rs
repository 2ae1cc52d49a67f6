//! The root key and its one step, `KDF_RK` (Double Ratchet section 7.2).

use crate::primitives::{Hmac, PrimitiveError};
use crate::ratchet::ChainKey;
use crate::secret::Secret;

const LABEL: &[u8] = b"SPRAG1 rk";

/// The root key: changes with every turn of the DH ratchet.
#[derive(Debug)]
pub(crate) struct RootKey(Secret<32>);

impl RootKey {
    pub(crate) const fn new(secret: Secret<32>) -> Self {
        Self(secret)
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// `HKDF(salt = root key, ikm = DH output, "SPRAG1 rk", 64)`: the next root key and a new
    /// chain.
    pub(crate) fn turn<H: Hmac>(
        &self,
        shared: &Secret<32>,
    ) -> Result<(Self, ChainKey), PrimitiveError> {
        let mut okm = Secret::<64>::zeroed();
        H::hkdf64(self.expose(), shared.expose(), LABEL, okm.expose_mut())?;
        let (mut root, mut chain) = (Secret::zeroed(), Secret::zeroed());
        let (left, right) = okm.expose().split_at(32);
        root.expose_mut().copy_from_slice(left);
        chain.expose_mut().copy_from_slice(right);
        Ok((Self(root), ChainKey::new(chain)))
    }
}
