//! The enumerated cipher suites: a value that travels, never a free mix of parts.

use core::fmt;

/// A cipher suite of protocol version 1.
///
/// The discriminant is the identifier on the wire. The handshake half (X3DH or PQXDH) matters
/// only when a session starts; the AEAD half for every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
#[non_exhaustive]
pub enum Suite {
    /// X3DH and ChaCha20-Poly1305: the classical suite every implementation has.
    X3dhChaCha20Poly1305 = 0x0001,
    /// X3DH and AES-256-GCM.
    X3dhAes256Gcm = 0x0002,
    /// PQXDH with ML-KEM-768 and ChaCha20-Poly1305: the default.
    Pqxdh768ChaCha20Poly1305 = 0x0011,
    /// PQXDH with ML-KEM-768 and AES-256-GCM: the default where AES is accelerated.
    Pqxdh768Aes256Gcm = 0x0012,
    /// PQXDH with ML-KEM-1024 and AES-256-GCM: high assurance.
    Pqxdh1024Aes256Gcm = 0x0022,
}

/// The AEAD of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AeadAlgorithm {
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
}

/// The ML-KEM parameter set of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KemAlgorithm {
    /// ML-KEM-768.
    MlKem768 = 1,
    /// ML-KEM-1024.
    MlKem1024 = 2,
}

impl KemAlgorithm {
    /// Length of an encapsulation (public) key in bytes (FIPS 203 table 3).
    #[must_use]
    pub const fn public_len(self) -> usize {
        match self {
            Self::MlKem768 => 1184,
            Self::MlKem1024 => 1568,
        }
    }

    /// Length of a ciphertext in bytes (FIPS 203 table 3).
    #[must_use]
    pub const fn ciphertext_len(self) -> usize {
        match self {
            Self::MlKem768 => 1088,
            Self::MlKem1024 => 1568,
        }
    }
}

impl Suite {
    /// Every suite, by ascending identifier.
    pub const ALL: [Self; 5] = [
        Self::X3dhChaCha20Poly1305,
        Self::X3dhAes256Gcm,
        Self::Pqxdh768ChaCha20Poly1305,
        Self::Pqxdh768Aes256Gcm,
        Self::Pqxdh1024Aes256Gcm,
    ];

    /// The identifier on the wire.
    #[inline]
    #[must_use]
    pub const fn id(self) -> u16 {
        self as u16
    }

    /// The suite with this identifier, if there is one.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id() == id)
    }

    /// The name that is hashed into the handshake and stands in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X3dhChaCha20Poly1305 => "SPRAG1_X3DH_X25519_DR_CHACHA20POLY1305_SHA256",
            Self::X3dhAes256Gcm => "SPRAG1_X3DH_X25519_DR_AES256GCM_SHA256",
            Self::Pqxdh768ChaCha20Poly1305 => {
                "SPRAG1_PQXDH_X25519+MLKEM768_DR_CHACHA20POLY1305_SHA256"
            }
            Self::Pqxdh768Aes256Gcm => "SPRAG1_PQXDH_X25519+MLKEM768_DR_AES256GCM_SHA256",
            Self::Pqxdh1024Aes256Gcm => "SPRAG1_PQXDH_X25519+MLKEM1024_DR_AES256GCM_SHA256",
        }
    }

    /// The AEAD that seals messages.
    #[inline]
    #[must_use]
    pub const fn aead(self) -> AeadAlgorithm {
        match self {
            Self::X3dhChaCha20Poly1305 | Self::Pqxdh768ChaCha20Poly1305 => {
                AeadAlgorithm::ChaCha20Poly1305
            }
            Self::X3dhAes256Gcm | Self::Pqxdh768Aes256Gcm | Self::Pqxdh1024Aes256Gcm => {
                AeadAlgorithm::Aes256Gcm
            }
        }
    }

    /// The ML-KEM parameter set of the handshake, `None` for X3DH.
    #[must_use]
    pub const fn kem(self) -> Option<KemAlgorithm> {
        match self {
            Self::X3dhChaCha20Poly1305 | Self::X3dhAes256Gcm => None,
            Self::Pqxdh768ChaCha20Poly1305 | Self::Pqxdh768Aes256Gcm => {
                Some(KemAlgorithm::MlKem768)
            }
            Self::Pqxdh1024Aes256Gcm => Some(KemAlgorithm::MlKem1024),
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_distinct_ascending_and_found_again() {
        assert!(Suite::ALL.is_sorted_by(|a, b| a.id() < b.id()));
        for suite in Suite::ALL {
            assert_eq!(Suite::from_id(suite.id()), Some(suite));
        }
        assert_eq!(Suite::from_id(0), None);
    }
}
