//! Chunked files: in parts through one buffer, and whole.

use std::hint::black_box;

use rand_core::SeedableRng;
use rayon::ThreadPool;
use sprag::history::chunked::{Buffer, CHUNK_LEN, HEADER_LEN, Opener, Sealer, TAG_LEN};
use sprag::parallel::{file_len, open_file, open_file_into, seal_file, seal_file_into};
use sprag::sprag_core::backend::FileBackend;
use sprag::sprag_core::secret::Secret;

use super::{CAPACITY, TEXT, is_text};
use crate::workload::{Operation, OrWrong, Rng, Wrong, ensure, operation};

/// What is read or written at once: whole chunks, as a backup is read.
const PART: usize = 1 << 16;
/// How long they are sealed.
const SEALED_PART: usize = PART + PART / CHUNK_LEN * TAG_LEN;
const CONTEXT: &[u8] = b"barometer";

fn key() -> Secret<32> {
    Secret::new([7; 32])
}

/// The last bytes of each part that came out: the rest passes through one buffer.
type Tails = Vec<[u8; 16]>;

/// Room for those of a file: it grows in no measured call.
fn room(size: usize) -> Tails {
    Tails::with_capacity(size / PART + 2)
}

fn note(tails: &mut Tails, out: &mut Buffer) {
    tails.extend(black_box(&**out).last_chunk::<16>());
    out.clear();
}

pub(super) fn seal_stream<B: FileBackend>(size: usize, seed: u64) -> Box<dyn Operation> {
    let text = vec![TEXT; size];
    operation(
        (text, Buffer::new(), seed),
        CAPACITY,
        move |_| Ok(room(size)),
        |(text, out, seed), tails| {
            let rng = &mut Rng::seed_from_u64(*seed);
            let sealer = Sealer::<B>::new(&key(), CONTEXT, rng);
            let (mut sealer, header) = sealer.or_wrong("a sealer")?;
            out.extend_from_slice(&header);
            for part in text.chunks(PART) {
                sealer.update(part, out).or_wrong("update")?;
                note(tails, out);
            }
            sealer.finish(out).or_wrong("finish")?;
            note(tails, out);
            Ok(())
        },
        |(text, _, seed), tails, digest| {
            // The same file at once: the parts end behind whole chunks, and the last at its end.
            let file = sealed::<B>(text, *seed)?;
            let ends = (1..tails.len()).map(|parts| HEADER_LEN + parts * SEALED_PART);
            for (end, tail) in ends.chain([file.len()]).zip(tails.iter()) {
                digest.absorb(tail);
                let same = file.get(..end).is_some_and(|front| front.ends_with(tail));
                ensure(same, "the file is another one")?;
            }
            Ok(())
        },
    )
}

pub(super) fn open_stream<B: FileBackend>(
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let file = sealed::<B>(&vec![TEXT; size], seed)?;
    Ok(operation(
        (file, Buffer::new()),
        CAPACITY,
        move |_| Ok((room(size), 0)),
        |(file, out), (tails, len)| {
            let (header, rest) = file
                .split_first_chunk::<HEADER_LEN>()
                .ok_or_else(|| Wrong::new("no header"))?;
            let mut opener = Opener::<B>::new(&key(), CONTEXT, header).or_wrong("an opener")?;
            for part in rest.chunks(SEALED_PART) {
                opener.update(part, out).or_wrong("update")?;
                *len += out.len();
                note(tails, out);
            }
            opener.finish(out).or_wrong("finish")?;
            *len += out.len();
            note(tails, out);
            Ok(())
        },
        move |_, (tails, len), digest| {
            tails.iter().for_each(|tail| digest.absorb(tail));
            let same = tails.iter().all(|tail| is_text(tail));
            ensure(same && *len == size, "the plaintext is another one")
        },
    ))
}

fn sealed<B: FileBackend>(text: &[u8], seed: u64) -> Result<Vec<u8>, Wrong> {
    let file = seal_file::<B, _>(&key(), CONTEXT, text, &mut Rng::seed_from_u64(seed));
    file.or_wrong("seal_file")
}

pub(super) fn seal_whole<B: FileBackend>(
    size: usize,
    seed: u64,
    pool: Option<ThreadPool>,
) -> Result<Box<dyn Operation>, Wrong> {
    let file = vec![0; file_len(size)];
    Ok(operation(
        (vec![TEXT; size], file, pool),
        CAPACITY,
        |(_, file, _)| {
            file.fill(0);
            Ok(())
        },
        move |(text, file, pool), ()| {
            let mut rng = Rng::seed_from_u64(seed);
            let seal = || seal_file_into::<B, _>(&key(), CONTEXT, text, file, &mut rng);
            on(pool, seal).or_wrong("seal_file_into")
        },
        |(text, file, _), (), digest| {
            digest.absorb(file);
            let opened = open_file::<B>(&key(), CONTEXT, file).or_wrong("open_file")?;
            ensure(*opened == *text, "the plaintext is another one")
        },
    ))
}

pub(super) fn open_whole<B: FileBackend>(
    size: usize,
    seed: u64,
    pool: Option<ThreadPool>,
) -> Result<Box<dyn Operation>, Wrong> {
    let file = sealed::<B>(&vec![TEXT; size], seed)?;
    Ok(operation(
        (file, vec![0; size], pool),
        CAPACITY,
        |(_, text, _)| {
            text.fill(0);
            Ok(())
        },
        |(file, text, pool), ()| {
            let open = || open_file_into::<B>(&key(), CONTEXT, file, text);
            on(pool, open).or_wrong("open_file_into")
        },
        |(_, text, _), (), digest| {
            digest.absorb(text);
            ensure(is_text(text), "the plaintext is another one")
        },
    ))
}

/// The caller stands outside, so a call's time has the hop in it.
fn on<T: Send>(pool: &Option<ThreadPool>, work: impl FnOnce() -> T + Send) -> T {
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}
