//! Private state as bytes: identities and prekeys, for the caller's store.
//!
//! ```text
//! identity    0x49 0x01 lp(account) device(4) created(8) ed25519_seed(32) x25519(32)
//!
//! prekeys     0x50 0x01 policy next_id(4) generation previous(1) [generation retired(8)]
//!             one_time_count(4) one_time * count                       (by ascending id)
//! policy      suites(1) suite(2) * suites low(4) high(4) rotate_after(8) lifetime(8)
//!             one_time_lifetime(8) retention(8) replay_capacity(4)
//! generation  caps created(8) spk_id(4) spk(32) [kem_id(4) kem_seed(64)]
//!             marks(4) mark(16) * marks                                (ascending)
//! one_time    id(4) not_after(8) x25519(32) [kem_seed(64)]
//! ```
//!
//! The parts in brackets are there exactly if the policy's suites need an ML-KEM key. Public keys
//! are not stored but computed; no backend's own format is stored, so a state moves between
//! backends. The encodings are canonical: what decodes encodes to the same bytes. They hold
//! secrets in the clear: seal them at rest.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::backend::{CryptoBackend, PqBackend};
use crate::codec::{Malformed, Reader, Writer};
use crate::handshake::account::AccountId;
use crate::handshake::capabilities::Capabilities;
use crate::handshake::error::HandshakeError;
use crate::handshake::generation::{Generation, LastResortSecret};
use crate::handshake::identity::Identity;
use crate::handshake::kem::KemSecretKey;
use crate::handshake::policy::PrekeyPolicy;
use crate::handshake::prekey_id::{IdCounter, PrekeyId};
use crate::handshake::prekeys::{OneTimeSecret, Prekeys, Retired};
use crate::lifecycle::{KeyAction, KeyKind, Life};
use crate::primitives::{KeyAgreement, Signature};
use crate::secret::{Secret, SecretBytes};
use crate::suite::{KemAlgorithm, Suite};
use crate::time::UnixTime;

/// Kind and version of an encoded identity.
const IDENTITY: [u8; 2] = [0x49, 1];
/// Kind and version of encoded prekeys.
const PREKEYS: [u8; 2] = [0x50, 1];

impl<B: CryptoBackend> Identity<B> {
    /// The encoding, at most 208 bytes, wiped on drop.
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        let account = self.account.as_bytes();
        let mut bytes = SecretBytes::with_capacity(account.len().saturating_add(80));
        bytes.put(&IDENTITY);
        bytes.put(&self.account.length_prefix());
        bytes.put(account);
        bytes.put_u32(self.record.device());
        bytes.put_u64(self.record.created().0);
        bytes.put(B::Ed25519::seed(&self.signing));
        bytes.put(B::X25519::private_bytes(&self.agreement));
        bytes
    }

    /// Reads an identity.
    ///
    /// # Errors
    /// [`HandshakeError::Malformed`], [`HandshakeError::UnsupportedVersion`],
    /// [`HandshakeError::InvalidAccount`], [`HandshakeError::Backend`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(bytes);
        expect(&mut reader, IDENTITY)?;
        let account = AccountId::new(reader.prefixed()?)?;
        let device = reader.u32()?;
        let created = UnixTime(reader.u64()?);
        let (signing, agreement) = (read_secret(&mut reader)?, read_secret(&mut reader)?);
        reader.finish()?;
        Self::from_secrets(account, device, created, &signing, &agreement)
    }
}

impl<B: PqBackend> Prekeys<B> {
    /// The encoding, wiped on drop. With ML-KEM keys about 110 bytes for each one-time prekey.
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        let mut bytes = SecretBytes::with_capacity(self.encoded_len());
        bytes.put(&PREKEYS);
        write_policy(&self.policy, &mut bytes);
        bytes.put(&self.ids.next.to_bytes());
        self.current.write(&mut bytes);
        bytes.put(&[u8::from(self.previous.is_some())]);
        if let Some(retired) = &self.previous {
            retired.generation.write(&mut bytes);
            bytes.put_u64(retired.since.0);
        }
        put_count(self.one_time.len(), &mut bytes);
        for (id, secret) in &self.one_time {
            bytes.put(&id.to_bytes());
            bytes.put_u64(secret.not_after.0);
            bytes.put(secret.x25519.expose());
            if let Some(kem) = &secret.kem {
                bytes.put(kem.seed.expose());
            }
        }
        bytes
    }

    /// At least the length of the encoding, which then need not move as it grows.
    fn encoded_len(&self) -> usize {
        let retired = self.previous.as_ref().map(|retired| &retired.generation);
        let generations = core::iter::once(&self.current).chain(retired);
        let generations = generations.map(|generation| {
            let marks = generation.replays.len().saturating_mul(16);
            marks
                .saturating_add(generation.caps.encoded_len())
                .saturating_add(128)
        });
        let one_time = self.one_time.len().saturating_mul(108);
        generations.fold(one_time.saturating_add(128), usize::saturating_add)
    }

    /// Reads prekeys.
    ///
    /// # Errors
    /// [`HandshakeError::Malformed`], [`HandshakeError::UnsupportedVersion`],
    /// [`HandshakeError::InvalidPolicy`], [`HandshakeError::Backend`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(bytes);
        expect(&mut reader, PREKEYS)?;
        let policy = read_policy(&mut reader)?;
        let kem = policy.kem()?;
        let ids = IdCounter {
            next: PrekeyId::read(&mut reader)?,
        };
        let current = Generation::read(kem, &policy, &mut reader)?;
        let previous = if reader.flag()? {
            let generation = Generation::read(kem, &policy, &mut reader)?;
            Some(Retired {
                generation,
                since: UnixTime(reader.u64()?),
            })
        } else {
            None
        };
        let one_time = read_one_time(kem, &mut reader)?;
        reader.finish()?;
        let prekeys = Self {
            policy,
            ids,
            current,
            previous,
            one_time,
        };
        prekeys.tell_of_one_time(KeyAction::Generated);
        if prekeys.ids_are_sound() {
            Ok(prekeys)
        } else {
            Err(HandshakeError::Malformed)
        }
    }

    /// Every id was handed out, and none twice.
    fn ids_are_sound(&self) -> bool {
        let retired = self.previous.as_ref().map(|retired| &retired.generation);
        let generations = core::iter::once(&self.current).chain(retired);
        let reusable = generations.flat_map(|generation| {
            let kem = generation
                .last_resort
                .as_ref()
                .map(|last_resort| last_resort.id);
            core::iter::once(generation.id).chain(kem)
        });
        let ids: Vec<_> = reusable.chain(self.one_time.keys().copied()).collect();
        let distinct = ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
        distinct && ids.iter().all(|id| self.ids.handed_out(*id))
    }
}

impl<B: PqBackend> Generation<B> {
    fn write(&self, bytes: &mut SecretBytes) {
        bytes.put(&self.caps.encode());
        bytes.put_u64(self.created.0);
        bytes.put(&self.id.to_bytes());
        bytes.put(self.secret());
        if let Some(last_resort) = &self.last_resort {
            bytes.put(&last_resort.id.to_bytes());
            bytes.put(last_resort.key.seed.expose());
        }
        put_count(self.replays.len(), bytes);
        for mark in &self.replays {
            bytes.put(mark);
        }
    }

    fn read(
        kem: Option<KemAlgorithm>,
        policy: &PrekeyPolicy,
        reader: &mut Reader<'_>,
    ) -> Result<Self, HandshakeError> {
        let caps = Capabilities::read(reader)?;
        // A suite whose KEM key is not there must not be offered.
        if caps != Capabilities::new(&policy.suites, caps.not_after()) {
            return Err(HandshakeError::Malformed);
        }
        let created = UnixTime(reader.u64()?);
        let id = PrekeyId::read(reader)?;
        let signed_prekey = B::X25519::private_key(reader.array()?)?;
        let life = Life::begins::<B>(KeyKind::SignedPrekey);
        let last_resort = match kem {
            Some(algorithm) => {
                let id = PrekeyId::read(reader)?;
                Some(LastResortSecret {
                    id,
                    key: read_kem(algorithm, reader)?,
                    _life: Life::begins::<B>(KeyKind::KemPrekey),
                })
            }
            None => None,
        };
        let count = reader.u32()?;
        if count > policy.replay_capacity {
            return Err(HandshakeError::Malformed);
        }
        let replays = ascending((0..count).map(|_| reader.array().copied()))?;
        let replays = replays.into_iter().collect();
        Ok(Self {
            caps,
            created,
            id,
            signed_prekey,
            last_resort,
            replays,
            _life: life,
        })
    }
}

fn read_one_time(
    kem: Option<KemAlgorithm>,
    reader: &mut Reader<'_>,
) -> Result<BTreeMap<PrekeyId, Box<OneTimeSecret>>, Malformed> {
    let count = reader.u32()?;
    if usize::try_from(count).map_or(true, |count| count > PrekeyPolicy::MAX_KEPT) {
        return Err(Malformed);
    }
    let mut keys = BTreeMap::new();
    for _ in 0..count {
        let id = PrekeyId::read(reader)?;
        if keys.last_key_value().is_some_and(|(last, _)| *last >= id) {
            return Err(Malformed);
        }
        let not_after = UnixTime(reader.u64()?);
        let x25519 = read_secret(reader)?;
        let kem = kem
            .map(|algorithm| read_kem(algorithm, reader))
            .transpose()?;
        keys.insert(
            id,
            Box::new(OneTimeSecret {
                not_after,
                x25519,
                kem,
            }),
        );
    }
    Ok(keys)
}

fn write_policy(policy: &PrekeyPolicy, bytes: &mut SecretBytes) {
    bytes.put(&[u8::try_from(policy.suites.len()).unwrap_or(u8::MAX)]);
    for suite in &policy.suites {
        bytes.put_u16(suite.id());
    }
    bytes.put_u32(policy.low);
    bytes.put_u32(policy.high);
    bytes.put_u64(policy.rotate_after);
    bytes.put_u64(policy.lifetime);
    bytes.put_u64(policy.one_time_lifetime);
    bytes.put_u64(policy.retention);
    bytes.put_u32(policy.replay_capacity);
}

fn read_policy(reader: &mut Reader<'_>) -> Result<PrekeyPolicy, Malformed> {
    let count = reader.u8()?;
    let suites = (0..count)
        .map(|_| Suite::from_id(reader.u16()?).ok_or(Malformed))
        .collect::<Result<_, _>>()?;
    Ok(PrekeyPolicy {
        suites,
        low: reader.u32()?,
        high: reader.u32()?,
        rotate_after: reader.u64()?,
        lifetime: reader.u64()?,
        one_time_lifetime: reader.u64()?,
        retention: reader.u64()?,
        replay_capacity: reader.u32()?,
    })
}

fn read_kem(algorithm: KemAlgorithm, reader: &mut Reader<'_>) -> Result<KemSecretKey, Malformed> {
    Ok(KemSecretKey {
        algorithm,
        seed: read_secret(reader)?,
    })
}

fn read_secret<const N: usize>(reader: &mut Reader<'_>) -> Result<Secret<N>, Malformed> {
    reader.array().map(|bytes| Secret::new(*bytes))
}

/// Collects items that must stand in strictly ascending order.
fn ascending<T: Ord>(
    items: impl Iterator<Item = Result<T, Malformed>>,
) -> Result<Vec<T>, Malformed> {
    let items = items.collect::<Result<Vec<_>, _>>()?;
    if items.is_sorted_by(|a, b| a < b) {
        Ok(items)
    } else {
        Err(Malformed)
    }
}

fn put_count(count: usize, bytes: &mut SecretBytes) {
    // Every count here is bounded far below 2^32.
    bytes.put_u32(u32::try_from(count).unwrap_or(u32::MAX));
}

fn expect(reader: &mut Reader<'_>, kind: [u8; 2]) -> Result<(), HandshakeError> {
    let [expected, version] = kind;
    if reader.u8()? != expected {
        return Err(HandshakeError::Malformed);
    }
    if reader.u8()? != version {
        return Err(HandshakeError::UnsupportedVersion);
    }
    Ok(())
}
