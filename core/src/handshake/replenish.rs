//! Making one-time prekeys: a batch at a time, between two watermarks, under one signature.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::handshake::draws::Draws;
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::Identity;
use crate::handshake::kem::KemSecretKey;
use crate::handshake::one_time::{BatchHead, OneTimeBatch, OneTimeKey};
use crate::handshake::policy::PrekeyPolicy;
use crate::handshake::prekeys::{OneTimeSecret, Prekeys};
use crate::lifecycle::{KeyAction, KeyKind, tell};
use crate::primitives::{KeyAgreement, Signature};
use crate::suite::KemAlgorithm;
use crate::time::UnixTime;

/// X25519 keys that are made at once and dropped before the next.
const KEYS_AT_ONCE: usize = 64;

impl<B: PqBackend> Prekeys<B> {
    /// Makes a batch of one-time prekeys if fewer than the low watermark are `waiting` at the
    /// server, as many as are missing to the high one. Costs one signature.
    ///
    /// Store the prekeys before uploading the batch.
    ///
    /// # Errors
    /// [`HandshakeError::IdsExhausted`], [`HandshakeError::PoolFull`],
    /// [`HandshakeError::Entropy`], [`HandshakeError::Backend`]; nothing was made then.
    pub fn replenish<R: TryCryptoRng + ?Sized>(
        &mut self,
        identity: &Identity<B>,
        waiting: usize,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Option<OneTimeBatch>, HandshakeError> {
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        let count = self.policy.high.saturating_sub(waiting);
        if waiting >= self.policy.low || count == 0 {
            return Ok(None);
        }
        self.make_batch(identity, count, now, rng).map(Some)
    }

    fn make_batch<R: TryCryptoRng + ?Sized>(
        &mut self,
        identity: &Identity<B>,
        count: u32,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<OneTimeBatch, HandshakeError> {
        let len = usize::try_from(count).unwrap_or(usize::MAX);
        if self.one_time.len().saturating_add(len) > PrekeyPolicy::MAX_KEPT {
            return Err(HandshakeError::PoolFull);
        }
        let mut ids = self.ids;
        let kem = self.policy.kem()?;
        let not_after = now.plus(self.policy.one_time_lifetime);
        let head = BatchHead {
            kem,
            first: ids.take(count)?,
            not_after,
            count,
            signature: [0; 64],
        };
        let mut batch = OneTimeBatch {
            head,
            keys: Vec::with_capacity(len),
        };

        let mut draws = Draws::after(rng, self.current.secret());
        let secrets = (0..count)
            .map(|_| Self::draw_one_time(kem, not_after, &mut draws))
            .collect::<Result<Vec<_>, _>>()?;
        for secrets in secrets.chunks(KEYS_AT_ONCE) {
            Self::publish(secrets, &mut batch.keys)?;
        }
        let root = batch.tree::<B::HmacSha256>()?.root();
        let statement = batch.head.statement(identity.record(), &root);
        batch.head.signature = B::Ed25519::sign(&identity.signing, &statement.message);

        let numbered = (0..count).zip(secrets);
        let numbered = numbered
            .map(|(index, secret)| Ok((batch.head.first.offset(index)?, secret)))
            .collect::<Result<Vec<_>, HandshakeError>>()?;
        self.ids = ids;
        tell::<B>(KeyKind::IdentityKey, KeyAction::Used);
        for (_, secret) in &numbered {
            secret.tell::<B>(KeyAction::Generated);
        }
        self.one_time.extend(numbered);
        Ok(batch)
    }

    fn draw_one_time<R: TryCryptoRng + ?Sized>(
        kem: Option<KemAlgorithm>,
        not_after: UnixTime,
        draws: &mut Draws<'_, R>,
    ) -> Result<Box<OneTimeSecret>, HandshakeError> {
        let x25519 = draws.secret()?;
        let kem = match kem {
            Some(algorithm) => Some(KemSecretKey {
                algorithm,
                seed: draws.seed()?,
            }),
            None => None,
        };
        Ok(Box::new(OneTimeSecret {
            not_after,
            x25519,
            kem,
        }))
    }

    /// Appends the public halves.
    fn publish(
        secrets: &[Box<OneTimeSecret>],
        keys: &mut Vec<OneTimeKey>,
    ) -> Result<(), HandshakeError> {
        let seeds: Vec<_> = secrets
            .iter()
            .map(|secret| secret.x25519.expose())
            .collect();
        let mut pairs = Vec::with_capacity(seeds.len());
        B::X25519::private_key_batch(&seeds, &mut pairs)?;
        for (pair, secret) in pairs.iter().zip(secrets) {
            let kem = secret.kem.as_ref();
            keys.push(OneTimeKey {
                x25519: *B::X25519::public_key(pair),
                kem: kem.map(KemSecretKey::public_key::<B>).transpose()?,
            });
        }
        Ok(())
    }
}
