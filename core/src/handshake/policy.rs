//! What an application decides about handshakes: which suites, how many prekeys and for how long,
//! and what an initiator puts up with.

use alloc::vec::Vec;

use crate::handshake::error::HandshakeError;
use crate::handshake::one_time::OneTimeBatch;
use crate::session::SessionPolicy;
use crate::suite::{KemAlgorithm, Suite};
use crate::wire::VERSION;

const DAY: u64 = 24 * 60 * 60;

/// What an initiator accepts and prefers.
#[derive(Clone, Copy, Debug)]
pub struct InitiatePolicy<'a> {
    /// The suites we use, best first: the first that the peer offers is taken. A list without
    /// X3DH suites refuses to talk without post-quantum secrecy.
    pub suites: &'a [Suite],
    /// What to do when the bundle has no one-time prekey.
    pub one_time: OneTimePolicy,
    /// The lowest protocol version to speak with this peer: the highest one that the peer was
    /// ever seen to speak, so that nobody can take it back.
    pub min_version: u8,
    /// The policy of the new session.
    pub session: SessionPolicy,
}

impl Default for InitiatePolicy<'_> {
    /// Hybrid suites first, ChaCha20-Poly1305 before AES-256-GCM, X3DH only with a peer that
    /// offers nothing else. The order does not depend on the machine; where AES is accelerated,
    /// put [`Suite::Pqxdh768Aes256Gcm`] first.
    fn default() -> Self {
        Self {
            suites: &[
                Suite::Pqxdh768ChaCha20Poly1305,
                Suite::Pqxdh768Aes256Gcm,
                Suite::Pqxdh1024Aes256Gcm,
                Suite::X3dhChaCha20Poly1305,
                Suite::X3dhAes256Gcm,
            ],
            one_time: OneTimePolicy::default(),
            min_version: VERSION,
            session: SessionPolicy::default(),
        }
    }
}

/// How much an initiator insists on a one-time prekey.
///
/// Without one the first message has forward secrecy only from the next rotation of the signed
/// prekey on, and only the peer's replay record keeps it from being delivered twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OneTimePolicy {
    /// Refuse a bundle that has none.
    Require,
    /// Use one if there is one; else the last-resort KEM key, or none in X3DH. What happened
    /// stands in [`Initiated::used`](super::Initiated::used).
    #[default]
    Prefer,
}

/// How a device makes and keeps its prekeys. All times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrekeyPolicy {
    /// The suites to offer. They may need one ML-KEM parameter set at most: prekeys are made for
    /// that one.
    pub suites: Vec<Suite>,
    /// Make new one-time prekeys when fewer than this many wait at the server.
    pub low: u32,
    /// Then make so many that this many wait; at most 1,024.
    pub high: u32,
    /// The signed prekey and the last-resort key are due for rotation at this age.
    pub rotate_after: u64,
    /// The record of a signed prekey may be used until this age.
    pub lifetime: u64,
    /// A one-time prekey may be used until this age.
    pub one_time_lifetime: u64,
    /// How long a private key is kept beyond that, for messages under way: a signed prekey after
    /// its rotation, a one-time prekey after its lifetime.
    pub retention: u64,
    /// How many first messages without a one-time prekey are accepted under one signed prekey, at
    /// 16 bytes each; at most 1,048,576. Once full, such messages are refused until rotation.
    pub replay_capacity: u32,
}

impl PrekeyPolicy {
    /// The most unused one-time prekeys that are kept for one device.
    pub const MAX_KEPT: usize = 8192;
    /// The largest [`replay_capacity`](Self::replay_capacity).
    pub const MAX_REPLAY_CAPACITY: u32 = 1 << 20;

    /// The ML-KEM parameter set that the suites need.
    ///
    /// # Errors
    /// [`HandshakeError::InvalidPolicy`] if they need both, or if the numbers contradict each
    /// other.
    pub(super) fn kem(&self) -> Result<Option<KemAlgorithm>, HandshakeError> {
        let mut needed: Vec<_> = self.suites.iter().filter_map(|suite| suite.kem()).collect();
        needed.dedup();
        let sound = needed.len() <= 1
            && (1..=Suite::ALL.len()).contains(&self.suites.len())
            && self.low <= self.high
            && (1..=OneTimeBatch::MAX_LEN).contains(&self.high)
            && self.rotate_after <= self.lifetime
            && self.replay_capacity <= Self::MAX_REPLAY_CAPACITY;
        if sound {
            Ok(needed.first().copied())
        } else {
            Err(HandshakeError::InvalidPolicy)
        }
    }
}

impl Default for PrekeyPolicy {
    /// X3DH and PQXDH with ML-KEM-768; 100 one-time prekeys, refilled below 25; a new signed
    /// prekey each week, usable for two; everything kept two weeks longer than it may be used.
    fn default() -> Self {
        Self {
            suites: [
                Suite::X3dhChaCha20Poly1305,
                Suite::X3dhAes256Gcm,
                Suite::Pqxdh768ChaCha20Poly1305,
                Suite::Pqxdh768Aes256Gcm,
            ]
            .into(),
            low: 25,
            high: 100,
            rotate_after: DAY * 7,
            lifetime: DAY * 14,
            one_time_lifetime: DAY * 28,
            retention: DAY * 14,
            replay_capacity: 16_384,
        }
    }
}
