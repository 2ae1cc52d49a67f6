//! Files on several threads: the bytes and the errors of one thread.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sprag::history::backup::{
    Backup, BackupBuilder, BackupError, Bytes, FileKey, HistoryRecord, RecoveryKey, RestoreError,
    Restored,
};
use sprag::history::chunked::{
    Buffer, CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, Sealer, Spread,
};
use sprag::parallel::{
    OnPool, file_len, open_file, open_file_into, seal_file, seal_file_into, text_len,
};
use sprag::sprag_core::FileBackend;
use sprag::{Secret, UnixTime};

use crate::chunks::{LENGTHS, open_on, seal_on, text};
use crate::given::Given;
use crate::support::on_every_backend;

const SEALED_LEN: usize = CHUNK_LEN + 16;

/// The last piece first, so many at once: threads may be as unlucky.
#[derive(Clone)]
struct Backwards(usize);

impl Spread for Backwards {
    fn chunks_at_once(&self) -> usize {
        self.0
    }

    fn each(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
    ) -> Result<(), ChunkedError> {
        let pieces = bytes.chunks_mut(len).enumerate().rev();
        let failed = pieces.filter_map(|(number, piece)| work(number, piece).err());
        failed.last().map_or(Ok(()), Err)
    }
}

fn pool() -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3);
    pool.build().unwrap()
}

/// The generator of each file: its salt.
fn salt() -> Given {
    Given(vec![5; 24])
}

#[test]
fn a_stream_is_the_same_on_many_threads() {
    on_every_backend!(streams);
}

fn streams<B: FileBackend>() {
    let key = Secret::random(&mut sprag::entropy::system()).unwrap();
    let pool = pool();
    for len in LENGTHS.into_iter().chain([100 * CHUNK_LEN + 5]) {
        let text = text(len);
        let file = seal_on::<B>(&key, &text, 5000, InOrder, &mut salt());
        for step in [5000, 3 * CHUNK_LEN, 7 * CHUNK_LEN + 1, 1 << 22] {
            let seal = || seal_on::<B>(&key, &text, step, OnPool, &mut salt());
            assert!(pool.install(seal) == file, "{len} bytes by {step}");
            assert!(seal() == file, "outside, {len} bytes by {step}");
            let backwards = seal_on::<B>(&key, &text, step, Backwards(3), &mut salt());
            assert!(backwards == file, "backwards, {len} bytes by {step}");
            assert!(
                through_a_buffer::<B>(&key, &text, step) == file,
                "{len} bytes by {step}"
            );

            let back = (Ok(()), text.clone());
            let open = || open_on::<B>(&key, &file, step, OnPool);
            assert!(pool.install(open) == back, "{len} bytes by {step}");
            let backwards = open_on::<B>(&key, &file, step, Backwards(3));
            assert!(backwards == back, "backwards, {len} bytes by {step}");
        }
    }
}

/// Sealed into a buffer that is emptied after each part, from its front.
fn through_a_buffer<B: FileBackend>(key: &Secret<32>, text: &[u8], step: usize) -> Vec<u8> {
    let (mut file, mut out) = (Vec::new(), Buffer::new());
    let (mut sealer, header) = Sealer::<B>::new(key, b"context", &mut salt()).unwrap();
    out.extend_from_slice(&header);
    let mut take = |out: &mut Buffer, len: usize| {
        file.extend_from_slice(&out[..len]);
        out.consume(len);
    };
    for part in text.chunks(step) {
        sealer.update(part, &mut out).unwrap();
        let most = out.len() / 3 * 2;
        take(&mut out, most);
    }
    sealer.finish(&mut out).unwrap();
    let all = out.len();
    take(&mut out, all);
    assert!(out.is_empty());
    file
}

/// A pool that is another one each time it is asked; and the most pieces that it was given together.
#[derive(Clone, Default)]
struct Changing(Arc<AtomicUsize>, Arc<AtomicUsize>);

impl Spread for Changing {
    fn chunks_at_once(&self) -> usize {
        [5, 1, 2, 0, 7, 3][self.0.fetch_add(1, Relaxed) % 6]
    }

    fn each(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
    ) -> Result<(), ChunkedError> {
        self.1.fetch_max(bytes.len().div_ceil(len), Relaxed);
        InOrder.each(bytes, len, work)
    }
}

#[test]
fn how_many_chunks_are_worked_on_together_may_change_at_any_time() {
    on_every_backend!(changing);
}

fn changing<B: FileBackend>() {
    let key = Secret::random(&mut sprag::entropy::system()).unwrap();
    let text = text(50 * CHUNK_LEN + 5);
    let file = seal_on::<B>(&key, &text, 5000, InOrder, &mut salt());
    for step in [999, 5000, CHUNK_LEN, 20_000, 3 * CHUNK_LEN, 1 << 22] {
        let pool = Changing::default();
        let sealed = seal_on::<B>(&key, &text, step, pool.clone(), &mut salt());
        assert!(sealed == file, "by {step}");
        let most = pool.1.load(Relaxed);
        let least = 1 + usize::from(step > CHUNK_LEN);
        assert!(
            (least..=8 * 7).contains(&most),
            "{most} together, by {step}"
        );
        let opened = open_on::<B>(&key, &file, step, Changing::default());
        assert!(opened == (Ok(()), text.clone()), "by {step}");
    }
}

#[test]
fn the_first_damage_is_named_and_nothing_behind_it_comes_out() {
    on_every_backend!(damage);
}

fn damage<B: FileBackend>() {
    let key = Secret::random(&mut sprag::entropy::system()).unwrap();
    let text = text(9 * CHUNK_LEN + 5);
    let file = seal_on::<B>(&key, &text, 5000, InOrder, &mut salt());
    let pool = pool();
    for chunk in 0..9 {
        // This one, and every second behind it.
        let mut changed = file.clone();
        for at in (chunk..9).step_by(2) {
            changed[HEADER_LEN + at * SEALED_LEN + 77] ^= 1;
        }
        let refused = Err(ChunkedError::Damaged {
            chunk: chunk as u64,
        });
        let pooled = pool.install(|| open_on::<B>(&key, &changed, 1 << 20, OnPool));
        let backwards = open_on::<B>(&key, &changed, 1 << 20, Backwards(4));
        for (outcome, given_out) in [pooled, backwards] {
            assert_eq!(outcome, refused);
            assert!(given_out.len() <= chunk * CHUNK_LEN);
            assert!(text.starts_with(&given_out));
        }
    }
    for end in [2, 8, 9].map(|chunks| HEADER_LEN + chunks * SEALED_LEN) {
        for cut in [end - 1, end, end + 15] {
            let (outcome, _) = open_on::<B>(&key, &file[..cut], 1 << 20, Backwards(4));
            assert_eq!(outcome, Err(ChunkedError::Incomplete), "cut off at {cut}");
        }
    }
}

/// Leaves out the piece of this number.
#[derive(Clone)]
struct Without(usize);

impl Spread for Without {
    fn chunks_at_once(&self) -> usize {
        4
    }

    fn each(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
    ) -> Result<(), ChunkedError> {
        let pieces = bytes.chunks_mut(len).enumerate();
        let mut others = pieces.filter(|(number, _)| *number != self.0);
        others.try_for_each(|(number, piece)| work(number, piece))
    }
}

#[test]
fn a_chunk_that_is_left_out_is_missed() {
    on_every_backend!(left_out);
}

fn left_out<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    let text = text(4 * CHUNK_LEN);
    let file = seal_on::<B>(&key, &text, 5000, InOrder, &mut salt());
    for number in 0..4 {
        let opened = open_on::<B>(&key, &file, 1 << 20, Without(number));
        assert_eq!(opened, (Err(ChunkedError::LeftOut), Vec::new()));
        let (sealer, _) = Sealer::<B>::new(&key, b"context", rng).unwrap();
        let (mut sealer, mut out) = (sealer.on(Without(number)), b"before".to_vec());
        let refused = Err(ChunkedError::LeftOut);
        assert_eq!(sealer.update(&text, &mut out), refused);
        assert_eq!(out, b"before");
        for later in [&text[..], b"x"] {
            let refused = Err(ChunkedError::Refused);
            assert_eq!(sealer.update(later, &mut out), refused);
        }
        assert_eq!(sealer.finish(&mut out), Err(ChunkedError::Refused));
        assert_eq!(out, b"before");

        let (sealer, _) = Sealer::<B>::new(&key, b"context", rng).unwrap();
        let (mut sealer, mut out) = (sealer.on(Without(number)), Buffer::new());
        out.extend_from_slice(b"before");
        assert_eq!(sealer.update(&text, &mut out), refused);
        assert_eq!(*out, *b"before");
    }
}

/// One item after the other, or so many at once through a buffer that is used again.
fn write<B: FileBackend, P: Spread>(
    key: &RecoveryKey,
    (count, len): (u32, usize),
    at_once: Option<usize>,
    spread: P,
) -> Vec<u8> {
    let rng = &mut Given(vec![5; 1000]);
    let builder = BackupBuilder::<B>::new(rng).unwrap();
    let builder = builder.recovery_key(key, rng).unwrap();
    let (mut file, mut out, body) = (Vec::new(), Buffer::new(), text(len));
    let writer = builder.begin(UnixTime(1), rng, &mut out).unwrap();
    let mut writer = writer.on(spread);
    file.extend_from_slice(&out);
    let ids: Vec<_> = (0..count).map(u32::to_be_bytes).collect();
    let records = ids.iter().map(|id| HistoryRecord { id, body: &body });
    let records: Vec<_> = records.collect();
    match at_once {
        None => records
            .iter()
            .for_each(|record| writer.add(record, &mut file).unwrap()),
        Some(at_once) => records.chunks(at_once).for_each(|page| {
            out.clear();
            writer.add_all(page, &mut out).unwrap();
            file.extend_from_slice(&out);
        }),
    }
    file.extend(writer.finish().flat_map(Result::unwrap));
    file
}

fn restore<B: FileBackend, P: Spread>(
    key: &RecoveryKey,
    file: &[u8],
    spread: P,
) -> Result<u32, RestoreError<Infallible>> {
    let mut backup = Backup::open(Bytes::new(file))?.on(spread);
    let unlocked: FileKey<B> = backup.unlock_with_recovery_key(key)?;
    let verified = backup.verify(unlocked, &mut |_| ())?;
    let mut next = 0_u32;
    backup.restore(&verified, &mut |_| (), |item| {
        assert!(matches!(item, Restored::History(record) if *record.id == next.to_be_bytes()));
        next += 1;
        Ok::<_, Infallible>(())
    })?;
    Ok(next)
}

#[test]
fn a_backup_is_the_same_on_many_threads() {
    on_every_backend!(backups);
}

fn backups<B: FileBackend>() {
    let key = RecoveryKey::generate(&mut sprag::entropy::system()).unwrap();
    let pool = pool();
    for (count, len) in [(0, 0), (3000, 100), (40, 50_000), (2, 2_000_000)] {
        let items = (count, len);
        let file = write::<B, _>(&key, items, None, InOrder);
        for at_once in [None, Some(1), Some(7), Some(500)] {
            let of = format!("{count} of {len}, {at_once:?} at once");
            let in_order = write::<B, _>(&key, items, at_once, InOrder);
            assert!(in_order == file, "in order, {of}");
            let pooled = pool.install(|| write::<B, _>(&key, items, at_once, OnPool));
            assert!(pooled == file, "{of}");
            let backwards = write::<B, _>(&key, items, at_once, Backwards(5));
            assert!(backwards == file, "backwards, {of}");
            let changing = write::<B, _>(&key, items, at_once, Changing::default());
            assert!(changing == file, "changing, {of}");
        }

        let restored = pool.install(|| restore::<B, _>(&key, &file, OnPool));
        assert_eq!(restored, Ok(count));
        assert_eq!(restore::<B, _>(&key, &file, Backwards(5)), Ok(count));
        let cut = &file[..file.len() - 1];
        let incomplete = Err(RestoreError::Backup(BackupError::Incomplete));
        assert_eq!(
            pool.install(|| restore::<B, _>(&key, cut, OnPool)),
            incomplete
        );
    }
}

#[test]
fn a_pool_makes_and_takes_the_same_files() {
    on_every_backend!(on_a_pool);
}

fn on_a_pool<B: FileBackend>() {
    let key = Secret::random(&mut sprag::entropy::system()).unwrap();
    let pool = pool();
    for len in LENGTHS.into_iter().chain([40 * CHUNK_LEN]) {
        let text = text(len);
        let serial = seal_on::<B>(&key, &text, 1 << 22, InOrder, &mut salt());
        let seal = || seal_file::<B, _>(&key, b"context", &text, &mut salt()).unwrap();
        assert_eq!(seal(), serial);
        assert_eq!(pool.install(seal), serial);
        let open = |file: &[u8]| open_file::<B>(&key, b"context", file);
        assert_eq!(*open(&serial).unwrap(), text);
        assert_eq!(*pool.install(|| open(&serial)).unwrap(), text);

        // Into buffers of ours, which held something else before.
        assert_eq!(
            (file_len(len), text_len(serial.len())),
            (serial.len(), Some(len))
        );
        let (mut file, mut back) = (vec![7; serial.len()], vec![7; len]);
        let seal_into =
            |file: &mut [u8]| seal_file_into::<B, _>(&key, b"context", &text, file, &mut salt());
        pool.install(|| seal_into(&mut file)).unwrap();
        assert_eq!(file, serial);
        let open_into =
            |file: &[u8], back: &mut [u8]| open_file_into::<B>(&key, b"context", file, back);
        pool.install(|| open_into(&serial, &mut back)).unwrap();
        assert_eq!(back, text);
        let refused = Err(ChunkedError::NoSuchChunk);
        assert_eq!(seal_into(&mut vec![0; serial.len() + 1]), refused);
        assert_eq!(open_into(&serial, &mut vec![0; len + 1]), refused);

        for at in (HEADER_LEN..serial.len()).step_by(5003) {
            let mut changed = serial.clone();
            changed[at] ^= 1;
            let chunk = ((at - HEADER_LEN) / (CHUNK_LEN + 16)) as u64;
            let error = if chunk == (len / CHUNK_LEN) as u64 {
                ChunkedError::Incomplete
            } else {
                ChunkedError::Damaged { chunk }
            };
            assert_eq!(
                pool.install(|| open(&changed)).err(),
                Some(error),
                "byte {at}"
            );
            back.fill(7);
            assert_eq!(open_into(&changed, &mut back), Err(error));
            assert!(back.iter().all(|byte| *byte == 0), "byte {at}");
        }
    }
}
