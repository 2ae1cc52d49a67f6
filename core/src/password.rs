//! Passwords, and what checking one may cost, for whatever file has a slot for one.

use core::fmt;

use crate::primitives::PasswordCost;
use crate::secret::SecretBytes;

/// A password. Wiped on drop.
pub struct Password(SecretBytes);

impl Password {
    /// Takes a password **that is in Unicode's normalization form NFKC**: the same letters typed on
    /// two keyboards may be different bytes otherwise. The facade's `sprag::password` normalizes;
    /// here is no table to do it with.
    #[must_use]
    pub fn from_nfkc(text: &str) -> Self {
        Self(SecretBytes::from(text.as_bytes()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The most that the file of a stranger may make us spend on a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordLimits {
    /// Memory in KiB: 1 GiB by default.
    pub memory: u32,
    /// Passes: 64 by default.
    pub passes: u32,
    /// Lanes: 8 by default.
    pub lanes: u32,
}

impl Default for PasswordLimits {
    fn default() -> Self {
        Self {
            memory: 1 << 20,
            passes: 64,
            lanes: 8,
        }
    }
}

impl PasswordLimits {
    /// Whether Argon2 allows the cost (RFC 9106 section 3.1) and these limits do.
    pub(crate) const fn allow(&self, cost: &PasswordCost) -> bool {
        let PasswordCost {
            memory,
            passes,
            lanes,
        } = *cost;
        lanes >= 1
            && lanes <= self.lanes
            && passes >= 1
            && passes <= self.passes
            && memory >= lanes.saturating_mul(8)
            && memory <= self.memory
    }
}
