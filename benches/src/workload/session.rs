//! The group `session`: messages in a session that goes on, and what a hostile one costs.
//!
//! Sender and receiver are both real and both move on: every message that is decrypted was
//! encrypted for this, every message of `turn` turns the DH ratchet.

use std::ops::Range;

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::session::{HEADER_LEN, OVERHEAD, Session, SessionError, TAG_LEN};
use sprag::sprag_core::suite::Suite;

use super::meeting::{PAYLOAD, Talk, copy};
use super::{Buffer, Operation, OrWrong, Wrong, capacity_for, ensure, operation};

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionWork {
    /// Encrypts a message of the current chain in place.
    Encrypt(Place),
    /// Decrypts a message of the current chain in place.
    Decrypt(Place),
    /// Encrypts a message that turns the ratchet, and decrypts it at the other end.
    Turn,
    /// Decrypts a message before which others are missing.
    Skip,
    /// Refuses a forged message, with as many skipped keys stored as there may be.
    Reject(Forgery),
}

/// Where a message stands in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the start of a cache line.
    Aligned,
    /// 16 bytes past it.
    Misaligned,
}

/// A forged message and what it must be refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// The next number, wrong tag.
    Next,
    /// The farthest number that is tried, wrong tag: a thousand chain steps for nothing.
    FarAhead,
    /// One number further.
    TooFarAhead,
    /// A number whose key is stored, wrong tag.
    Stored,
    /// A turn of the ratchet that the peer never made, at the farthest number.
    UnknownRatchetKey,
    /// Another protocol version.
    WrongVersion,
    /// One byte too short to be a message.
    Truncated,
}

impl Forgery {
    /// Every forgery, with its name as a strategy.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Next, "forged_next"),
        (Self::FarAhead, "forged_far_ahead"),
        (Self::TooFarAhead, "too_far_ahead"),
        (Self::Stored, "forged_stored"),
        (Self::UnknownRatchetKey, "unknown_ratchet_key"),
        (Self::WrongVersion, "wrong_version"),
        (Self::Truncated, "truncated"),
    ];
}

/// Builds the operation on backend `B`; `size` is in bytes, for `Skip` in missing messages.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: SessionWork,
    suite: Suite,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let talk = Talk::<B>::new(suite, seed)?;
    match work {
        SessionWork::Encrypt(place) => Ok(encrypt(talk, size, place)),
        SessionWork::Decrypt(place) => Ok(decrypt(talk, size, place)),
        SessionWork::Turn => turn(talk, size),
        SessionWork::Skip => skip(talk, size),
        SessionWork::Reject(forgery) => reject(talk, size, forgery),
    }
}

const TEXT: u8 = b't';

/// A buffer with a plaintext, laid out for encrypting in place.
pub(super) fn letter(size: usize, place: Place) -> Buffer {
    let offset = match place {
        Place::Aligned => 0,
        Place::Misaligned => 16,
    };
    let mut buffer = Buffer::at_offset(size + OVERHEAD, offset);
    let text = body(size);
    buffer.get_mut()[text].fill(TEXT);
    buffer
}

/// Where the text of a message of `size` bytes stands.
fn body(size: usize) -> Range<usize> {
    HEADER_LEN..HEADER_LEN + size
}

/// Is this the plaintext of [`letter`]?
pub(super) fn ensure_text(buffer: &Buffer, size: usize) -> Result<(), Wrong> {
    let text = buffer.get()[body(size)].iter();
    ensure(
        text.copied().all(|byte| byte == TEXT),
        "the plaintext is another one",
    )
}

fn encrypt<B: PqBackend>(talk: Talk<B>, size: usize, place: Place) -> Box<dyn Operation> {
    operation(
        talk,
        capacity_for(size),
        move |_| Ok(letter(size, place)),
        |Talk { alice, rng, .. }, buffer| {
            alice
                .encrypt_in_place(buffer.get_mut(), rng)
                .or_wrong("encrypt_in_place")
        },
        move |Talk { bob, .. }, buffer, digest| {
            digest.absorb(buffer.get());
            bob.decrypt_in_place(buffer.get_mut())
                .or_wrong("decrypt_in_place")?;
            ensure_text(buffer, size)
        },
    )
}

fn decrypt<B: PqBackend>(talk: Talk<B>, size: usize, place: Place) -> Box<dyn Operation> {
    operation(
        talk,
        capacity_for(size),
        move |Talk { alice, rng, .. }| {
            let mut buffer = letter(size, place);
            alice
                .encrypt_in_place(buffer.get_mut(), rng)
                .or_wrong("encrypt_in_place")?;
            Ok(buffer)
        },
        move |Talk { bob, .. }, buffer| {
            let text = bob
                .decrypt_in_place(buffer.get_mut())
                .or_wrong("decrypt_in_place")?;
            ensure(text == body(size), "the plaintext stands elsewhere")
        },
        move |_, buffer, digest| {
            digest.absorb(buffer.get());
            ensure_text(buffer, size)
        },
    )
}

fn turn<B: PqBackend>(mut talk: Talk<B>, size: usize) -> Result<Box<dyn Operation>, Wrong> {
    // From here on every message answers the one before.
    let answer = talk
        .bob
        .encrypt(PAYLOAD, &mut talk.rng)
        .or_wrong("encrypt")?;
    talk.alice.decrypt(&answer).or_wrong("decrypt")?;
    Ok(operation(
        talk,
        64,
        move |_| Ok(letter(size, Place::Aligned)),
        move |Talk { alice, bob, rng }, buffer| {
            alice
                .encrypt_in_place(buffer.get_mut(), rng)
                .or_wrong("encrypt_in_place")?;
            let text = bob
                .decrypt_in_place(buffer.get_mut())
                .or_wrong("decrypt_in_place")?;
            std::mem::swap(alice, bob);
            ensure(text == body(size), "the plaintext stands elsewhere")
        },
        move |_, buffer, digest| {
            digest.absorb(buffer.get());
            ensure_text(buffer, size)
        },
    ))
}

fn skip<B: PqBackend>(mut talk: Talk<B>, missing: usize) -> Result<Box<dyn Operation>, Wrong> {
    let before = talk.bob;
    let message = {
        talk.bob = copy(&before)?;
        talk.after_missing(missing)?
    };
    Ok(operation(
        before,
        (4096 / missing.max(1)).clamp(4, 64),
        move |before| {
            let mut buffer = Buffer::aligned(message.len());
            buffer.get_mut().copy_from_slice(&message);
            Ok((copy(before)?, buffer))
        },
        |_, (bob, buffer)| {
            bob.decrypt_in_place(buffer.get_mut())
                .map(drop)
                .or_wrong("decrypt_in_place")
        },
        move |_, (bob, buffer), digest| {
            digest.absorb(buffer.get());
            ensure(
                bob.skipped_keys() == missing,
                "not every skipped key was stored",
            )
        },
    ))
}

fn reject<B: PqBackend>(
    mut talk: Talk<B>,
    size: usize,
    forgery: Forgery,
) -> Result<Box<dyn Operation>, Wrong> {
    talk.skip(2000)?;
    let mut next = letter(size, Place::Aligned);
    talk.alice
        .encrypt_in_place(next.get_mut(), &mut talk.rng)
        .or_wrong("encrypt_in_place")?;
    let (forged, expected) = forge(next.get(), forgery);
    let before = talk.bob.encode();
    Ok(operation(
        talk.bob,
        64,
        move |_| {
            let mut buffer = Buffer::aligned(forged.len());
            buffer.get_mut().copy_from_slice(&forged);
            Ok(buffer)
        },
        move |bob, buffer| refuse(bob, buffer.get_mut(), expected),
        move |bob, buffer, digest| {
            digest.absorb(buffer.get());
            ensure(
                bob.encode() == before,
                "a refused message changed the state",
            )
        },
    ))
}

fn refuse<B: PqBackend>(
    bob: &mut Session<B>,
    message: &mut [u8],
    expected: SessionError,
) -> Result<(), Wrong> {
    match bob.decrypt_in_place(message) {
        Ok(_) => Err(Wrong::new("a forged message was accepted")),
        Err(error) if error == expected => Ok(()),
        Err(error) => Err(Wrong(format!("refused for another reason: {error}"))),
    }
}

/// Turns the next genuine message into a forged one, and says what for it must be refused.
fn forge(genuine: &[u8], forgery: Forgery) -> (Vec<u8>, SessionError) {
    const RATCHET_KEY: Range<usize> = 3..35;
    const PN: Range<usize> = 35..39;
    const N: Range<usize> = 39..43;
    let mut forged = genuine.to_vec();
    let mut n = [0; 4];
    n.copy_from_slice(&forged[N]);
    let n = u32::from_be_bytes(n);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let number = |forged: &mut [u8], n: u32| forged[N].copy_from_slice(&n.to_be_bytes());
    let expected = match forgery {
        Forgery::Next => SessionError::AuthenticationFailed,
        Forgery::FarAhead => {
            number(&mut forged, n + 1000);
            SessionError::AuthenticationFailed
        }
        Forgery::TooFarAhead => {
            number(&mut forged, n + 1001);
            SessionError::TooFarAhead
        }
        Forgery::Stored => {
            number(&mut forged, n - 500);
            SessionError::AuthenticationFailed
        }
        Forgery::UnknownRatchetKey => {
            // The base point: a key of large order that is surely not the peer's.
            forged[RATCHET_KEY].fill(0);
            forged[RATCHET_KEY.start] = 9;
            forged[PN].copy_from_slice(&(n + 1000).to_be_bytes());
            number(&mut forged, 1000);
            SessionError::AuthenticationFailed
        }
        Forgery::WrongVersion => {
            forged[0] ^= 0xf0;
            SessionError::UnsupportedVersion(forged[0] >> 4)
        }
        Forgery::Truncated => {
            forged.truncate(HEADER_LEN + TAG_LEN - 1);
            SessionError::Malformed
        }
    };
    (forged, expected)
}
