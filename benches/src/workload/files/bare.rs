//! The cipher alone over the chunks of a file, where they stand: what files are compared with.

use std::hint::black_box;

use rayon::prelude::*;
use sprag::history::chunked::CHUNK_LEN;
use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::primitives::Aead;

use super::{CAPACITY, TEXT, is_text};
use crate::workload::{Digest, Operation, OrWrong, Wrong, ensure, operation};

const KEY: [u8; 32] = [7; 32];

/// Where chunks are worked on.
#[derive(Clone, Copy)]
pub(super) enum Threads {
    /// On the calling thread.
    One,
    /// On those of the pool that it is in.
    Pool,
}

/// A text and the tags of its chunks.
struct Chunks<B: CryptoBackend> {
    key: <B::Aes256Gcm as Aead>::Key,
    bytes: Vec<u8>,
    tags: Vec<[u8; 16]>,
    threads: Threads,
}

pub(super) fn seal<B: CryptoBackend>(
    size: usize,
    threads: Threads,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Chunks::<B>::new(size, threads)?,
        CAPACITY,
        |chunks| {
            chunks.bytes.fill(TEXT);
            Ok(())
        },
        |chunks, ()| chunks.seal(),
        |chunks, (), digest| {
            digest.absorb(&chunks.bytes);
            chunks.open()?;
            chunks.check(digest)
        },
    ))
}

pub(super) fn open<B: CryptoBackend>(
    size: usize,
    threads: Threads,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Chunks::<B>::new(size, threads)?,
        CAPACITY,
        |chunks| chunks.seal(),
        |chunks, ()| chunks.open(),
        |chunks, (), digest| chunks.check(digest),
    ))
}

impl<B: CryptoBackend> Chunks<B> {
    fn new(size: usize, threads: Threads) -> Result<Self, Wrong> {
        Ok(Self {
            key: B::Aes256Gcm::key(&KEY).or_wrong("key")?,
            bytes: vec![TEXT; size],
            tags: vec![[0; 16]; size.div_ceil(CHUNK_LEN)],
            threads,
        })
    }

    fn seal(&mut self) -> Result<(), Wrong> {
        let key = black_box(&self.key);
        each(
            self.threads,
            &mut self.bytes,
            &mut self.tags,
            |nonce, chunk, tag| {
                *tag = B::Aes256Gcm::seal(key, nonce, &[], chunk).or_wrong("seal")?;
                Ok(())
            },
        )
    }

    fn open(&mut self) -> Result<(), Wrong> {
        let key = black_box(&self.key);
        each(
            self.threads,
            &mut self.bytes,
            &mut self.tags,
            |nonce, chunk, tag| B::Aes256Gcm::open(key, nonce, &[], chunk, tag).or_wrong("open"),
        )
    }

    fn check(&self, digest: &mut Digest) -> Result<(), Wrong> {
        digest.absorb(self.tags.as_flattened());
        ensure(is_text(&self.bytes), "the plaintext is another one")
    }
}

/// Works on every chunk.
fn each(
    threads: Threads,
    bytes: &mut [u8],
    tags: &mut [[u8; 16]],
    work: impl Fn(&[u8; 12], &mut [u8], &mut [u8; 16]) -> Result<(), Wrong> + Send + Sync,
) -> Result<(), Wrong> {
    let work = |(index, (chunk, tag)): (usize, (&mut [u8], &mut [u8; 16]))| {
        work(&nonce(index), chunk, tag)
    };
    match threads {
        Threads::Pool => {
            let chunks = bytes.par_chunks_mut(CHUNK_LEN).zip(tags);
            chunks.enumerate().try_for_each(work)
        }
        Threads::One => {
            let mut chunks = bytes.chunks_mut(CHUNK_LEN).zip(tags).enumerate();
            chunks.try_for_each(work)
        }
    }
}

fn nonce(index: usize) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&(index as u64).to_be_bytes());
    nonce
}
