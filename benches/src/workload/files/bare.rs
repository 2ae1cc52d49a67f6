//! The cipher alone over the chunks of a file, where they stand: what files are compared with.

use std::hint::black_box;

use sprag::history::chunked::CHUNK_LEN;
use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::primitives::Aead;

use super::{CAPACITY, TEXT, is_text};
use crate::workload::{Operation, OrWrong, Wrong, ensure, operation};

const KEY: [u8; 32] = [7; 32];

/// A text and the tags of its chunks.
struct Chunks<B: CryptoBackend> {
    key: <B::Aes256Gcm as Aead>::Key,
    bytes: Vec<u8>,
    tags: Vec<[u8; 16]>,
}

pub(super) fn seal<B: CryptoBackend>(size: usize) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Chunks::<B>::new(size)?,
        CAPACITY,
        |_| Ok(()),
        |chunks, ()| chunks.seal(),
        |chunks, (), _| {
            chunks.open()?;
            chunks.check()
        },
    ))
}

pub(super) fn open<B: CryptoBackend>(size: usize) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Chunks::<B>::new(size)?,
        CAPACITY,
        |chunks| chunks.seal(),
        |chunks, ()| chunks.open(),
        |chunks, (), _| chunks.check(),
    ))
}

impl<B: CryptoBackend> Chunks<B> {
    fn new(size: usize) -> Result<Self, Wrong> {
        Ok(Self {
            key: B::Aes256Gcm::key(&KEY).or_wrong("key")?,
            bytes: vec![TEXT; size],
            tags: vec![[0; 16]; size.div_ceil(CHUNK_LEN)],
        })
    }

    fn seal(&mut self) -> Result<(), Wrong> {
        let chunks = self.bytes.chunks_mut(CHUNK_LEN).zip(&mut self.tags);
        for (index, (chunk, tag)) in chunks.enumerate() {
            let sealed = B::Aes256Gcm::seal(black_box(&self.key), &nonce(index), &[], chunk);
            *tag = sealed.or_wrong("seal")?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), Wrong> {
        let chunks = self.bytes.chunks_mut(CHUNK_LEN).zip(&self.tags);
        for (index, (chunk, tag)) in chunks.enumerate() {
            let opened = B::Aes256Gcm::open(black_box(&self.key), &nonce(index), &[], chunk, tag);
            opened.or_wrong("open")?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Wrong> {
        ensure(is_text(&self.bytes), "the plaintext is another one")
    }
}

fn nonce(index: usize) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&(index as u64).to_be_bytes());
    nonce
}
