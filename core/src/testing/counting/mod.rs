//! A backend that forwards to another one and records every primitive call.
//!
//! What lives here: [`Counting`], the [`Call`]s it records and [`record`], which collects them; and
//! [`record_keys`], which counts what happens to keys.
//! The trace is what an engine operation *must* pay for: replaying it on the bare backend gives
//! the floor under the operation's time, and its length is an exact, noise-free cost.
//!
//! Invariants: the bytes are those of the wrapped backend; a provided method that the wrapped
//! backend overrides is one call, not the calls of its default body; a batch is recorded as its
//! items. Lengths are recorded, contents never.

mod counted;

pub use counted::{Aes256Gcm, ChaCha20Poly1305, Counted, MlKem768, MlKem1024, WhichAead, WhichKem};

use core::marker::PhantomData;
use std::cell::RefCell;
use std::thread_local;
use std::vec::Vec;

use crate::backend::{CryptoBackend, FileBackend, PqBackend};
use crate::lifecycle::{KeyCounts, KeyEvent};
use crate::suite::{AeadAlgorithm, KemAlgorithm};

/// The backend `B`, with every call recorded while [`record`] runs on this thread.
///
/// ```
/// use sprag_core::backend::CryptoBackend;
/// use sprag_core::primitives::Hmac;
/// use sprag_core::testing::counting::{Counting, Primitive, record};
/// use sprag_core::testing::null::Null;
///
/// let calls = record(|| {
///     <Counting<Null> as CryptoBackend>::HmacSha256::sha256(&[b"ab", b"c"]);
/// });
/// assert_eq!(calls.len(), 1);
/// assert_eq!((calls[0].primitive, calls[0].len), (Primitive::Sha256, 3));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Counting<B>(PhantomData<B>);

/// One recorded primitive call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which primitive.
    pub primitive: Primitive,
    /// Length in bytes of the main input or output: message, plaintext, expanded output. For
    /// [`Primitive::ChainAdvance`] the number of steps. Zero where the size is fixed.
    pub len: usize,
    /// Length in bytes of the second input: associated data, HMAC key, salt or info. Zero where
    /// there is none.
    pub aad_len: usize,
}

/// The primitive that was called: one variant per trait method that does work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primitive {
    /// [`KeyAgreement::private_key`](crate::primitives::KeyAgreement::private_key).
    PrivateKey,
    /// [`KeyAgreement::agree`](crate::primitives::KeyAgreement::agree).
    Agree,
    /// [`Hmac::sha256`](crate::primitives::Hmac::sha256).
    Sha256,
    /// [`Hmac::hmac`](crate::primitives::Hmac::hmac).
    Hmac,
    /// [`Hmac::hkdf_extract`](crate::primitives::Hmac::hkdf_extract).
    HkdfExtract,
    /// [`Hmac::hkdf_expand`](crate::primitives::Hmac::hkdf_expand).
    HkdfExpand,
    /// [`Hmac::hkdf64`](crate::primitives::Hmac::hkdf64).
    Hkdf64,
    /// [`Hmac::chain_step`](crate::primitives::Hmac::chain_step).
    ChainStep,
    /// [`Hmac::chain_advance`](crate::primitives::Hmac::chain_advance).
    ChainAdvance,
    /// [`Aead::key`](crate::primitives::Aead::key).
    AeadKey(AeadAlgorithm),
    /// [`Aead::seal`](crate::primitives::Aead::seal).
    Seal(AeadAlgorithm),
    /// [`Aead::open`](crate::primitives::Aead::open).
    Open(AeadAlgorithm),
    /// [`Aead::seal_once`](crate::primitives::Aead::seal_once).
    SealOnce(AeadAlgorithm),
    /// [`Aead::open_once`](crate::primitives::Aead::open_once).
    OpenOnce(AeadAlgorithm),
    /// [`Signature::signing_key`](crate::primitives::Signature::signing_key).
    SigningKey,
    /// [`Signature::sign`](crate::primitives::Signature::sign).
    Sign,
    /// [`Signature::verify`](crate::primitives::Signature::verify).
    Verify,
    /// [`Kem::decapsulation_key`](crate::primitives::Kem::decapsulation_key).
    DecapsulationKey(KemAlgorithm),
    /// [`Kem::public_key`](crate::primitives::Kem::public_key).
    KemPublicKey(KemAlgorithm),
    /// [`Kem::encapsulate`](crate::primitives::Kem::encapsulate).
    Encapsulate(KemAlgorithm),
    /// [`Kem::decapsulate`](crate::primitives::Kem::decapsulate).
    Decapsulate(KemAlgorithm),
}

/// Runs `work` and returns the primitive calls it made on this thread, in order.
///
/// A `record` inside `work` keeps its calls to itself.
pub fn record(work: impl FnOnce()) -> Vec<Call> {
    let outer = TRACE.with(|trace| trace.replace(Some(Vec::new())));
    work();
    TRACE.with(|trace| trace.replace(outer)).unwrap_or_default()
}

/// Runs `work` and counts what happened to keys on this thread; as [`record`] does calls.
pub fn record_keys(work: impl FnOnce()) -> KeyCounts {
    let outer = KEYS.with(|keys| keys.replace(Some(KeyCounts::new())));
    work();
    KEYS.with(|keys| keys.replace(outer)).unwrap_or_default()
}

thread_local! {
    static TRACE: RefCell<Option<Vec<Call>>> = const { RefCell::new(None) };
    static KEYS: RefCell<Option<KeyCounts>> = const { RefCell::new(None) };
}

fn note(primitive: Primitive, len: usize, aad_len: usize) {
    TRACE.with(|trace| {
        if let Some(calls) = trace.borrow_mut().as_mut() {
            calls.push(Call {
                primitive,
                len,
                aad_len,
            });
        }
    });
}

impl<B: CryptoBackend> CryptoBackend for Counting<B> {
    const NAME: &'static str = "counting";
    type X25519 = Counted<B::X25519>;
    type HmacSha256 = Counted<B::HmacSha256>;
    type Aes256Gcm = Counted<B::Aes256Gcm, Aes256Gcm>;
    type ChaCha20Poly1305 = Counted<B::ChaCha20Poly1305, ChaCha20Poly1305>;
    type Ed25519 = Counted<B::Ed25519>;

    fn observe(event: KeyEvent) {
        KEYS.with(|keys| {
            if let Some(counts) = keys.borrow_mut().as_mut() {
                counts.add(event);
            }
        });
        B::observe(event);
    }
}

impl<B: PqBackend> PqBackend for Counting<B> {
    type MlKem768 = Counted<B::MlKem768, MlKem768>;
    type MlKem1024 = Counted<B::MlKem1024, MlKem1024>;
}

/// What derives a file's keys is passed on, not recorded: it happens once a file.
impl<B: FileBackend> FileBackend for Counting<B> {
    type Sha512 = B::Sha512;
    type Argon2id = B::Argon2id;
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::primitives::{Aead, AgreeJob, Hmac, KeyAgreement, PrimitiveError};
    use crate::testing::null::Null;
    use std::vec;

    type B = Counting<Null>;

    fn call(primitive: Primitive, len: usize, aad_len: usize) -> Call {
        Call {
            primitive,
            len,
            aad_len,
        }
    }

    #[test]
    fn every_item_of_a_batch_is_recorded_and_its_outcome_comes_back() {
        let private = <B as CryptoBackend>::X25519::private_key(&[7; 32]).unwrap();
        let (mut good, mut bad) = ([0; 32], [0; 32]);
        let mut outcomes = Vec::new();
        let calls = record(|| {
            let mut jobs = [
                AgreeJob {
                    private: &private,
                    peer: &[9; 32],
                    shared: &mut good,
                    outcome: Ok(()),
                },
                AgreeJob {
                    private: &private,
                    peer: &[0; 32],
                    shared: &mut bad,
                    outcome: Ok(()),
                },
            ];
            <B as CryptoBackend>::X25519::agree_batch(&mut jobs);
            outcomes.extend(jobs.iter().map(|job| job.outcome));
        });
        assert_eq!(calls, vec![call(Primitive::Agree, 0, 0); 2]);
        assert_eq!(outcomes, [Ok(()), Err(PrimitiveError::NonContributory)]);
        assert_ne!(good, [0; 32]);
    }

    #[test]
    fn a_provided_method_is_one_call() {
        let (mut okm, mut buffer) = ([0; 64], [0; 100]);
        let calls = record(|| {
            <B as CryptoBackend>::HmacSha256::hkdf64(&[1; 32], &[2; 32], b"info", &mut okm)
                .unwrap();
            <B as CryptoBackend>::ChaCha20Poly1305::seal_once(
                &[3; 32],
                &[0; 12],
                &[4; 40],
                &mut buffer,
            )
            .unwrap();
        });
        assert_eq!(
            calls,
            [
                call(Primitive::Hkdf64, 0, 4),
                call(
                    Primitive::SealOnce(AeadAlgorithm::ChaCha20Poly1305),
                    100,
                    40
                ),
            ]
        );
    }

    #[test]
    fn nothing_is_recorded_outside_and_an_inner_record_keeps_its_calls() {
        let sha = || {
            <B as CryptoBackend>::HmacSha256::sha256(&[]);
        };
        sha();
        let mut inner = Vec::new();
        let outer = record(|| {
            sha();
            inner = record(|| {
                sha();
                sha();
            });
        });
        assert_eq!((outer.len(), inner.len()), (1, 2));
    }
}
