//! Sealing and opening, under a fresh key and under a prepared one.

use std::hint::black_box;

use sprag::sprag_core::primitives::Aead;

use super::{filled, random};
use crate::workload::{Buffer, Operation, OrWrong, Rng, Wrong, capacity_for, ensure, operation};

/// Length of the associated data of a message in bytes: session id and header.
const AAD_LEN: usize = 32 + sprag::sprag_core::session::HEADER_LEN;

/// A message, what seals it, and what comes out.
pub(super) struct Letter {
    pub(super) key: [u8; 32],
    nonce: [u8; 12],
    aad: [u8; AAD_LEN],
    plain: Buffer,
    pub(super) buffer: Buffer,
    pub(super) tag: [u8; 16],
}

impl Letter {
    pub(super) fn write(rng: &mut Rng, size: usize) -> Self {
        let plain = filled(rng, size);
        let mut buffer = Buffer::aligned(size);
        buffer.get_mut().copy_from_slice(plain.get());
        Self {
            key: random(rng),
            nonce: random(rng),
            aad: random(rng),
            plain,
            buffer,
            tag: [0; 16],
        }
    }

    pub(super) fn seal<A: Aead>(&mut self) -> Result<(), Wrong> {
        self.tag = A::seal_once(
            black_box(&self.key),
            &self.nonce,
            &self.aad,
            self.buffer.get_mut(),
        )
        .or_wrong("seal_once")?;
        Ok(())
    }

    pub(super) fn open<A: Aead>(&mut self) -> Result<(), Wrong> {
        A::open_once(
            black_box(&self.key),
            &self.nonce,
            &self.aad,
            self.buffer.get_mut(),
            &self.tag,
        )
        .or_wrong("open_once")
    }

    pub(super) fn is_plain(&self) -> Result<(), Wrong> {
        ensure(
            self.buffer.get() == self.plain.get(),
            "the opened message is not the sealed one",
        )
    }
}

pub(super) fn seal_fresh<A: Aead>(rng: Rng, size: usize) -> Box<dyn Operation> {
    operation(
        rng,
        capacity_for(size),
        move |rng| Ok(Letter::write(rng, size)),
        |_, letter| letter.seal::<A>(),
        |_, letter, digest| {
            digest.absorb(letter.buffer.get());
            digest.absorb(&letter.tag);
            letter.open::<A>()?;
            letter.is_plain()
        },
    )
}

pub(super) fn open_fresh<A: Aead>(rng: Rng, size: usize) -> Box<dyn Operation> {
    operation(
        rng,
        capacity_for(size),
        move |rng| {
            let mut letter = Letter::write(rng, size);
            letter.seal::<A>()?;
            Ok(letter)
        },
        |_, letter| letter.open::<A>(),
        |_, letter, digest| {
            digest.absorb(letter.buffer.get());
            letter.is_plain()
        },
    )
}

pub(super) fn seal_warm<A: Aead + 'static>(
    mut rng: Rng,
    size: usize,
) -> Result<Box<dyn Operation>, Wrong> {
    let bytes = random(&mut rng);
    let key = A::key(&bytes).or_wrong("key")?;
    Ok(operation(
        (rng, key),
        capacity_for(size),
        move |(rng, _)| {
            let mut letter = Letter::write(rng, size);
            letter.key = bytes;
            Ok(letter)
        },
        |(_, key), letter| {
            let buffer = letter.buffer.get_mut();
            letter.tag =
                A::seal(black_box(key), &letter.nonce, &letter.aad, buffer).or_wrong("seal")?;
            Ok(())
        },
        |_, letter, digest| {
            digest.absorb(letter.buffer.get());
            digest.absorb(&letter.tag);
            letter.open::<A>()?;
            letter.is_plain()
        },
    ))
}
