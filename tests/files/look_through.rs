//! Texts that are looked through on several threads, run by run: all of it, in order, and what is refused.

use std::io::Cursor;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use sprag::history::backup::{
    Backup, BackupBuilder, BackupError, BackupSource, HistoryRecord, RecoveryKey, RestoreError,
};
use sprag::history::chunked::{CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, Opener, Run, Spread};
use sprag::parallel::OnPool;
use sprag::sprag_core::FileBackend;
use sprag::{ReadSeek, Secret, UnixTime};

use crate::chunks::{LENGTHS, seal_on, text};
use crate::support::on_every_backend;

const SEALED_LEN: usize = CHUNK_LEN + 16;

fn pool() -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3);
    pool.build().unwrap()
}

/// What one that spreads runs may do, and what it may not.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Opens three runs of two chunks, the last first, and reads them in order.
    LastFirst,
    LeavesOneOut,
    LeavesTheEndOut,
    ReadsTwice,
    ReadsUnopened,
    SwapsTwo,
}

#[derive(Clone)]
struct By(Way);

impl Spread for By {
    fn chunks_at_once(&self) -> usize {
        4
    }

    fn each(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
    ) -> Result<(), ChunkedError> {
        InOrder.each(bytes, len, work)
    }

    fn in_turn<E: From<ChunkedError> + Send>(
        &self,
        count: usize,
        runs: &mut Vec<Run>,
        open: impl Fn(Range<usize>, &mut Run) -> Result<(), ChunkedError> + Send + Sync,
        mut read: impl FnMut(&Run) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        runs.resize_with(3, Run::default);
        for start in (0..count).step_by(6) {
            let starts = [0, 2, 4].map(|from| (start + from).min(count));
            let mut opened = starts.map(|from| from..(from + 2).min(count));
            if let Way::LeavesTheEndOut = self.0 {
                opened[2].end = opened[2].start;
            }
            let mut outcomes = [Ok(()); 3];
            for at in [2, 1, 0] {
                if !opened[at].is_empty() {
                    outcomes[at] = open(opened[at].clone(), &mut runs[at]);
                }
            }
            let order: &[usize] = match self.0 {
                Way::LastFirst | Way::LeavesTheEndOut => &[0, 1, 2],
                Way::LeavesOneOut => &[0, 2],
                Way::ReadsTwice => &[0, 0, 1, 2],
                Way::ReadsUnopened => {
                    runs[1] = Run::default();
                    &[0, 1, 2]
                }
                Way::SwapsTwo => &[1, 0, 2],
            };
            for &at in order {
                outcomes[at]?;
                if !opened[at].is_empty() {
                    read(&runs[at])?;
                }
            }
        }
        Ok(())
    }
}

/// What was read beside the outcome. What is tried after a refusal is refused as well.
fn look_through<B: FileBackend>(
    key: &Secret<32>,
    file: &[u8],
    step: usize,
    spread: impl Spread,
) -> (Result<(), ChunkedError>, Vec<u8>) {
    let mut seen = Vec::new();
    let (header, body) = file.split_first_chunk::<HEADER_LEN>().unwrap();
    let opener = Opener::<B>::new(key, b"context", header).unwrap();
    let mut opener = opener.on(spread);
    for part in body.chunks(step) {
        let looked = opener.look_through(part, |text| {
            seen.extend_from_slice(text);
            Ok::<_, ChunkedError>(())
        });
        if looked.is_err() {
            let again = opener.look_through(part, |_| panic!("read after a refusal"));
            assert_eq!(again, Err(ChunkedError::Refused));
            let refused = opener.update(part, &mut Vec::new());
            assert_eq!(refused, Err(ChunkedError::Refused));
            assert_eq!(opener.finish(&mut Vec::new()), Err(ChunkedError::Refused));
            return (looked, seen);
        }
    }
    let mut end = Vec::new();
    let finished = opener.finish(&mut end);
    seen.append(&mut end);
    (finished, seen)
}

#[test]
fn all_of_a_text_is_seen_in_order() {
    on_every_backend!(texts);
}

fn texts<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    let pool = pool();
    for len in LENGTHS.into_iter().chain([100 * CHUNK_LEN + 5]) {
        let text = text(len);
        let file = seal_on::<B>(&key, &text, 5000, InOrder, rng);
        let seen = (Ok(()), text);
        for step in [5000, 3 * CHUNK_LEN, 7 * CHUNK_LEN + 1, 1 << 22] {
            let of = format!("{len} bytes by {step}");
            let pooled = || look_through::<B>(&key, &file, step, OnPool);
            assert!(pool.install(pooled) == seen, "{of}");
            assert!(pooled() == seen, "outside, {of}");
            let in_order = look_through::<B>(&key, &file, step, InOrder);
            assert!(in_order == seen, "in order, {of}");
            let last_first = look_through::<B>(&key, &file, step, By(Way::LastFirst));
            assert!(last_first == seen, "the last first, {of}");
        }
    }
}

#[test]
fn the_first_damage_ends_it_and_nothing_behind_is_seen() {
    on_every_backend!(damage);
}

fn damage<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    let text = text(40 * CHUNK_LEN + 5);
    let file = seal_on::<B>(&key, &text, 5000, InOrder, rng);
    let pool = pool();
    for chunk in [0, 1, 7, 8, 30, 39] {
        // This one, and every second behind it.
        let mut changed = file.clone();
        for at in (chunk..40).step_by(2) {
            changed[HEADER_LEN + at * SEALED_LEN + 77] ^= 1;
        }
        let pooled = || look_through::<B>(&key, &changed, 1 << 20, OnPool);
        let last_first = look_through::<B>(&key, &changed, 1 << 20, By(Way::LastFirst));
        for (outcome, seen) in [pool.install(pooled), pooled(), last_first] {
            let first = chunk as u64;
            assert_eq!(outcome, Err(ChunkedError::Damaged { chunk: first }));
            assert!(seen.len() <= chunk * CHUNK_LEN && text.starts_with(&seen));
        }
    }
}

#[test]
fn runs_that_are_missing_or_out_of_turn_are_found() {
    on_every_backend!(out_of_turn);
}

fn out_of_turn<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    let text = text(12 * CHUNK_LEN);
    let file = seal_on::<B>(&key, &text, 5000, InOrder, rng);
    for way in [
        Way::LeavesOneOut,
        Way::LeavesTheEndOut,
        Way::ReadsTwice,
        Way::ReadsUnopened,
        Way::SwapsTwo,
    ] {
        for step in [6 * SEALED_LEN, 12 * SEALED_LEN] {
            let (outcome, seen) = look_through::<B>(&key, &file, step, By(way));
            assert_eq!(outcome, Err(ChunkedError::LeftOut), "{way:?}");
            assert!(text.starts_with(&seen), "{way:?}");
        }
    }
}

#[test]
fn what_the_reader_refuses_comes_out_and_it_is_not_asked_again() {
    on_every_backend!(refusing);
}

fn refusing<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    let file = seal_on::<B>(&key, &text(60 * CHUNK_LEN), 5000, InOrder, rng);
    let (header, body) = file.split_first_chunk::<HEADER_LEN>().unwrap();
    let pool = pool();
    for enough in [1, 2, 5] {
        let mut opener = Opener::<B>::new(&key, b"context", header)
            .unwrap()
            .on(OnPool);
        let mut calls = 0;
        let refused = pool.install(|| {
            opener.look_through(body, |_| {
                calls += 1;
                if calls == enough {
                    return Err(BackupError::Malformed);
                }
                Ok(())
            })
        });
        assert_eq!((refused, calls), (Err(BackupError::Malformed), enough));
        let later = opener.update(body, &mut Vec::new());
        assert_eq!(later, Err(ChunkedError::Refused));
    }
}

/// Numbers that were given out: each once.
struct Given(Vec<AtomicBool>);

impl Given {
    fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicBool::new(false)).collect())
    }

    fn take(&self, numbers: Range<usize>) {
        let mut taken = self.0[numbers].iter();
        assert!(taken.all(|number| !number.swap(true, Relaxed)));
    }
}

#[test]
fn a_slow_reader_holds_up_the_others_before_memory_grows() {
    let pool = pool();
    let (given, opened) = (Given::new(1000), AtomicUsize::new(0));
    let (mut runs, mut read, mut most) = (Vec::new(), 0, 0);
    let all = pool.install(|| {
        OnPool.in_turn::<ChunkedError>(
            1000,
            &mut runs,
            |numbers, _| {
                given.take(numbers);
                opened.fetch_add(1, Relaxed);
                Ok(())
            },
            |_| {
                std::thread::sleep(Duration::from_millis(1));
                most = most.max(opened.load(Relaxed) - read);
                read += 1;
                Ok(())
            },
        )
    });
    assert_eq!(all, Ok(()));
    assert!(given.0.iter().all(|given| given.load(Relaxed)));
    assert_eq!(read, opened.into_inner());
    // Two for each of three threads.
    assert!((3..=6).contains(&most), "{most} at once");
    assert_eq!(runs.len(), 6);
}

#[test]
fn a_panic_is_passed_on_and_nobody_waits_for_it() {
    let pool = pool();
    for when in [0, 1, 20] {
        let calls = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let panics = |which: usize, also: usize| {
            let call = calls[which].fetch_add(1, Relaxed);
            assert!(which != also || call != when, "the planned panic");
        };
        for which in [0, 1] {
            let all = || {
                OnPool.in_turn::<ChunkedError>(
                    1000,
                    &mut Vec::new(),
                    |_, _| {
                        panics(0, which);
                        Ok(())
                    },
                    |_| {
                        panics(1, which);
                        Ok(())
                    },
                )
            };
            calls.iter().for_each(|calls| calls.store(0, Relaxed));
            let caught = catch_unwind(AssertUnwindSafe(|| pool.install(all)));
            assert!(caught.is_err(), "{which} at {when}");
        }
    }
    assert_eq!(pool.install(|| 7), 7);
}

/// A file that fails for good from there on.
struct Failing<'a>(ReadSeek<Cursor<&'a [u8]>>, u64);

impl BackupSource for Failing<'_> {
    type Error = &'static str;

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.0.rewind().map_err(|_| "no rewinding")
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        if self.0.0.position() >= self.1 {
            return Err("the disk is gone");
        }
        self.0.read(buffer).map_err(|_| "no reading")
    }
}

#[test]
fn a_backup_is_read_ahead_of_what_is_opened() {
    on_every_backend!(ahead);
}

fn ahead<B: FileBackend>() {
    const COUNT: u32 = 100;
    let rng = &mut sprag::entropy::system();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let builder = BackupBuilder::<B>::new(rng).unwrap();
    let builder = builder.recovery_key(&recovery, rng).unwrap();
    let (mut file, body) = (Vec::new(), text(77_777));
    let mut writer = builder.begin(UnixTime(1), rng, &mut file).unwrap();
    for id in (0..COUNT).map(u32::to_be_bytes) {
        let record = HistoryRecord {
            id: &id,
            body: &body,
        };
        writer.add(&record, &mut file).unwrap();
    }
    file.extend(writer.finish().flat_map(Result::unwrap));

    let count = |file: &[u8], fails: u64| {
        let source = Failing(ReadSeek(Cursor::new(file)), fails);
        let mut backup = Backup::open(source)?.on(OnPool);
        let key = backup.unlock_with_recovery_key::<B>(&recovery)?;
        let verified = backup.verify(key, &mut |_| ())?;
        let mut count = 0;
        backup.restore(&verified, &mut |_| (), |_| {
            count += 1;
            Ok(())
        })?;
        assert_eq!(count, verified.items);
        Ok::<_, RestoreError<&'static str>>(count)
    };
    let pool = pool();
    let len = file.len() as u64;
    assert_eq!(pool.install(|| count(&file, u64::MAX)), Ok(COUNT.into()));
    assert_eq!(count(&file, u64::MAX), Ok(COUNT.into()));
    let gone = Err(RestoreError::Source("the disk is gone"));
    assert_eq!(pool.install(|| count(&file, len / 2)), gone);
    // What is damaged before it fails is told first.
    file[1_000_000] ^= 1;
    let damaged = pool.install(|| count(&file, len / 2));
    assert!(matches!(
        damaged,
        Err(RestoreError::Backup(BackupError::Damaged { .. }))
    ));
}
