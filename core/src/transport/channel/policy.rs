//! How long a key may be used. The application's choice, within what the ciphers allow.

use crate::suite::AeadAlgorithm;
use crate::transport::error::TransportError;

/// What may happen under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Records.
    pub records: u64,
    /// Bytes of payload.
    pub bytes: u64,
    /// Seconds. Time passes only through `observe_time`.
    pub age: u64,
}

/// Limits of a channel. Sender and receiver each hold theirs; they need not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelPolicy {
    /// Beyond these a key is to be renewed: `renewal` says so.
    pub soft: Limits,
    /// Beyond these no data are sealed until the key is renewed, and none are opened. A stream that
    /// received some is at its end, as none of its records can be passed over.
    pub hard: Limits,
    /// After this many bytes of payload, both directions together, a stream's secrets are to be renewed
    /// by a key agreement.
    pub agreement_bytes: u64,
    /// After this many seconds a stream's secrets are to be renewed by a key agreement.
    pub agreement_age: u64,
    /// How many percent earlier than `soft` and the agreement's limits say a key may be due, at most 50: which
    /// share of it differs from channel to channel, so that many don't become due at once.
    pub jitter: u8,
    /// After this many records that did not open no more are opened.
    pub max_forgeries: u64,
}

impl Default for ChannelPolicy {
    /// Soft: 2^20 records, 1 GiB, 1 hour. Hard: 2^23 records, 64 GiB, 24 hours. An agreement every
    /// 2^30 bytes and 24 hours. 10 percent of jitter, 2^20 forged records.
    fn default() -> Self {
        let soft = Limits {
            records: 1 << 20,
            bytes: 1 << 30,
            age: 3600,
        };
        let hard = Limits {
            records: 1 << 23,
            bytes: 1 << 36,
            age: 24 * 3600,
        };
        Self {
            soft,
            hard,
            agreement_bytes: 1 << 30,
            agreement_age: 24 * 3600,
            jitter: 10,
            max_forgeries: 1 << 20,
        }
    }
}

impl ChannelPolicy {
    /// Most records that did not open under any policy: the integrity limit of both ciphers for
    /// records of 64 KiB, with a margin (draft-irtf-cfrg-aead-limits).
    pub const MAX_FORGERIES: u64 = 1 << 36;

    /// Most records under one key, whatever the policy says: 2^27 of 64 KiB with AES-256-GCM, for an
    /// advantage below 2^-50 (draft-irtf-cfrg-aead-limits), and 2^48 with ChaCha20-Poly1305, which has
    /// no such limit but in a datagram's number.
    #[must_use]
    pub const fn most_records(aead: AeadAlgorithm) -> u64 {
        match aead {
            AeadAlgorithm::Aes256Gcm => 1 << 27,
            AeadAlgorithm::ChaCha20Poly1305 => 1 << 48,
        }
    }

    /// What no policy can raise.
    pub(super) const fn absolute(aead: AeadAlgorithm) -> Limits {
        Limits {
            records: Self::most_records(aead),
            bytes: u64::MAX,
            age: u64::MAX,
        }
    }

    /// Whether the policy is one, for this cipher.
    ///
    /// # Errors
    /// [`TransportError::InvalidPolicy`] if a soft limit lies above the hard one, a hard one above
    /// what the cipher allows, the jitter above 50 percent, or if a key would be due before it was used.
    pub fn check(&self, aead: AeadAlgorithm) -> Result<(), TransportError> {
        let (soft, hard) = (&self.soft, &self.hard);
        let ordered =
            soft.records <= hard.records && soft.bytes <= hard.bytes && soft.age <= hard.age;
        let allowed = hard.records <= Self::most_records(aead)
            && self.max_forgeries <= Self::MAX_FORGERIES
            && self.jitter <= 50;
        let usable = soft.records > 0 && self.agreement_bytes > 0 && self.agreement_age > 0;
        let valid = ordered && allowed && usable;
        valid.then_some(()).ok_or(TransportError::InvalidPolicy)
    }

    /// The policy with its soft limits lowered by the share `of_255` of its jitter.
    pub(super) fn jittered(mut self, of_255: u8) -> Self {
        let hundredths_of_255 = u128::from(self.jitter).saturating_mul(of_255.into());
        let lower = |limit: u64| {
            let off = u128::from(limit).saturating_mul(hundredths_of_255);
            let off = off.checked_div(255 * 100).unwrap_or(0);
            limit.saturating_sub(u64::try_from(off).unwrap_or(u64::MAX))
        };
        self.soft = Limits {
            records: lower(self.soft.records),
            bytes: lower(self.soft.bytes),
            age: lower(self.soft.age),
        };
        self.agreement_bytes = lower(self.agreement_bytes);
        self.agreement_age = lower(self.agreement_age);
        self
    }
}
