//! A large payload under one key of the primitive: sealed whole, or cut into chunks, which several
//! threads can seal at the same time. The engine has no such format: this is what one could gain.

use rayon::prelude::*;
use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::primitives::{Aead, PrimitiveError};

use super::Cut;
use crate::workload::batch::Way;
use crate::workload::{Buffer, Operation, OrWrong, Wrong, ensure, operation};

const KEY: [u8; 32] = [7; 32];
const TEXT: u8 = b't';

pub(super) fn build<B: CryptoBackend>(
    cut: Cut,
    way: Way,
    size: usize,
) -> Result<Box<dyn Operation>, Wrong> {
    let key = B::Aes256Gcm::key(&KEY).or_wrong("key")?;
    let each = match cut {
        Cut::Whole => size,
        Cut::Chunks(bytes) => bytes,
    };
    Ok(operation(
        key,
        // Several, since the first finds the other threads of a pool asleep.
        ((1 << 20) / size.max(1)).clamp(4, 16),
        move |_| {
            let mut payload = Buffer::aligned(size);
            payload.get_mut().fill(TEXT);
            Ok((payload, Vec::new()))
        },
        move |key, (payload, tags)| {
            let payload = payload.get_mut();
            let chunk = |(index, chunk): (usize, &mut [u8])| {
                B::Aes256Gcm::seal(key, &nonce(index), &[], chunk)
            };
            let sealed: Result<Vec<_>, PrimitiveError> = match way {
                Way::Pool => payload
                    .par_chunks_mut(each)
                    .enumerate()
                    .map(chunk)
                    .collect(),
                _ => payload.chunks_mut(each).enumerate().map(chunk).collect(),
            };
            *tags = sealed.or_wrong("seal")?;
            Ok(())
        },
        move |key, (payload, tags), digest| {
            let chunks = payload.get_mut().chunks_mut(each).enumerate();
            for ((index, chunk), tag) in chunks.zip(tags.iter()) {
                digest.absorb(tag);
                B::Aes256Gcm::open(key, &nonce(index), &[], chunk, tag).or_wrong("open")?;
            }
            let text = payload.get().iter();
            ensure(
                text.copied().all(|byte| byte == TEXT),
                "the payload is another one",
            )
        },
    ))
}

fn nonce(index: usize) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&(index as u64).to_be_bytes());
    nonce
}
