//! What a handshake is made of, as a value: its name (Noise section 8) and its number on the wire.
//!
//! What does not live here: the tables of the patterns ([`Pattern`]), and which protocol two sides
//! take (`negotiation.rs`).

use alloc::string::{String, ToString};
use core::fmt;

use crate::suite::AeadAlgorithm;
use crate::transport::cipher::{CIPHERS, cipher_number};
use crate::transport::noise::pattern::{FundamentalPattern, Pattern};

/// What a handshake is made of: a pattern and a cipher, with X25519 and SHA-256 (Noise section 8).
///
/// ```
/// use sprag_core::suite::AeadAlgorithm::ChaCha20Poly1305;
/// use sprag_core::transport::{NoiseProtocol, Pattern};
///
/// let protocol = NoiseProtocol::new(Pattern::XX, ChaCha20Poly1305);
/// assert_eq!(protocol.name(), "Noise_XX_25519_ChaChaPoly_SHA256");
/// assert_eq!(NoiseProtocol::from_name(&protocol.name()), Some(protocol));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoiseProtocol {
    pattern: Pattern,
    aead: AeadAlgorithm,
    hybrid: bool,
}

/// What a hybrid's number has set beside the cipher.
const HYBRID: u8 = 8;
/// Where a hybrid mixes its secret in: behind the message that brings the ciphertext.
const HYBRID_PLACEMENT: u8 = 2;

impl NoiseProtocol {
    /// The protocol of a pattern and a cipher.
    #[must_use]
    pub const fn new(pattern: Pattern, aead: AeadAlgorithm) -> Self {
        Self {
            pattern,
            aead,
            hybrid: false,
        }
    }

    /// The hybrid of a pattern with ML-KEM-768, **experimental** (docs/PROTOCOL.md section 15.6); `None`
    /// for a one-way pattern. Its secret stands in the place of a pre-shared key behind the second
    /// message.
    #[must_use]
    pub fn hybrid(base: FundamentalPattern, aead: AeadAlgorithm) -> Option<Self> {
        let pattern = Pattern::new(base).with_psk(HYBRID_PLACEMENT)?;
        Some(Self {
            hybrid: true,
            ..Self::new(pattern, aead)
        })
    }

    /// Whether it is a hybrid, to be begun by
    /// [`build_hybrid`](crate::transport::HandshakeBuilder::build_hybrid).
    #[must_use]
    pub const fn is_hybrid(self) -> bool {
        self.hybrid
    }

    /// The pattern.
    #[must_use]
    pub const fn pattern(self) -> Pattern {
        self.pattern
    }

    /// The cipher, of the handshake and of what follows it.
    #[must_use]
    pub const fn aead(self) -> AeadAlgorithm {
        self.aead
    }

    /// The protocol's name, which is hashed into the handshake.
    #[must_use]
    pub fn name(self) -> String {
        self.to_string()
    }

    /// The protocol of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::known().find(|protocol| protocol.name() == name)
    }

    /// The identifier on the wire (docs/PROTOCOL.md section 15.2): the pattern's number, the place of
    /// the pre-shared key plus one or 0 for none, the cipher's number, 8 more for a hybrid.
    #[must_use]
    pub fn id(self) -> u16 {
        let psk = self.pattern.psk().map_or(0, |psk| psk.saturating_add(1));
        let hybrid = if self.hybrid { HYBRID } else { 0 };
        let cipher = cipher_number(self.aead) | hybrid;
        u16::from_be_bytes([self.pattern.base() as u8, psk << 4 | cipher])
    }

    /// The protocol with this identifier, if there is one.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        Self::known().find(|protocol| protocol.id() == id)
    }

    fn known() -> impl Iterator<Item = Self> {
        Self::all().chain(Self::hybrids())
    }

    /// Every protocol of Noise's own, by its tables.
    pub fn all() -> impl Iterator<Item = Self> {
        FundamentalPattern::ALL.into_iter().flat_map(|base| {
            let plain = Pattern::new(base);
            let placements = 0..=u8::try_from(plain.messages().len()).unwrap_or(0);
            let with_psk = placements.filter_map(move |placement| plain.with_psk(placement));
            core::iter::once(plain)
                .chain(with_psk)
                .flat_map(|pattern| CIPHERS.map(|aead| Self::new(pattern, aead)))
        })
    }

    /// Every hybrid.
    pub fn hybrids() -> impl Iterator<Item = Self> {
        let bases = FundamentalPattern::ALL.into_iter();
        bases.flat_map(|base| {
            CIPHERS
                .into_iter()
                .filter_map(move |aead| Self::hybrid(base, aead))
        })
    }
}

impl fmt::Display for NoiseProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cipher = match self.aead {
            AeadAlgorithm::Aes256Gcm => "AESGCM",
            AeadAlgorithm::ChaCha20Poly1305 => "ChaChaPoly",
        };
        let kem = if self.hybrid { "+MLKEM768" } else { "" };
        write!(f, "Noise_{}_25519{kem}_{cipher}_SHA256", self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_found_by_its_name_and_its_identifier() {
        for protocol in NoiseProtocol::known() {
            assert_eq!(NoiseProtocol::from_name(&protocol.name()), Some(protocol));
            assert_eq!(NoiseProtocol::from_id(protocol.id()), Some(protocol));
        }
        assert_eq!(NoiseProtocol::from_id(0), None);
    }
}
