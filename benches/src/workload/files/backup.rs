//! Backups as an application makes them: items through the writer, and a file that is verified or
//! restored.

use std::any::TypeId;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rand_core::SeedableRng;
use sprag::history::backup::{
    Backup, BackupBuilder, BackupSource, Bytes, FileKey, HistoryRecord, RecoveryKey, RestoreError,
    Restored, Verified,
};
use sprag::history::chunked::{Buffer, InOrder, Spread};
use sprag::sprag_core::backend::FileBackend;

use super::{CAPACITY, TEXT};
use crate::workload::meeting::NOW;
use crate::workload::{Operation, OrWrong, Rng, Wrong, ensure, operation};

/// An item of a large backup: so many bytes, which no part and no chunk of a file divides, with
/// [`FRONT_LEN`] before them. So many fit into a size that its padding brings the backup to that size.
const ITEM_LEN: usize = 50_000;
const FRONT_LEN: usize = 11;
/// Bytes of the items that are added at once.
const PAGE: usize = 2 << 20;

/// What is in a backup.
#[derive(Clone, Copy)]
pub(super) struct Items {
    pub(super) count: usize,
    pub(super) len: usize,
}

impl Items {
    const fn large(size: usize) -> Self {
        Self {
            count: size / (FRONT_LEN + ITEM_LEN),
            len: ITEM_LEN,
        }
    }

    /// Writes them, so many at once as are [`PAGE`] bytes, and gives out what has come of the file
    /// after each.
    fn write<B: FileBackend>(
        self,
        text: &[u8],
        key: &RecoveryKey,
        seed: u64,
        spread: impl Spread,
        out: &mut Buffer,
        mut emit: impl FnMut(&[u8]),
    ) -> Result<(), Wrong> {
        let rng = &mut Rng::seed_from_u64(seed);
        let builder = BackupBuilder::<B>::new(rng).or_wrong("a backup")?;
        let builder = builder.recovery_key(key, rng).or_wrong("a slot")?;
        out.clear();
        let writer = builder.begin(NOW, rng, out).or_wrong("begin")?;
        let mut writer = writer.on(spread);
        let ids: Vec<_> = (0..self.count as u32).map(u32::to_be_bytes).collect();
        for page in ids.chunks((PAGE / self.len).max(1)) {
            let records = page.iter().map(|id| HistoryRecord { id, body: text });
            let records: Vec<_> = records.collect();
            writer.add_all(&records, out).or_wrong("add_all")?;
            emit(out);
            out.clear();
        }
        for part in writer.finish() {
            emit(&part.or_wrong("finish")?);
        }
        Ok(())
    }
}

/// A backup in memory.
pub(super) struct Saved {
    file: Vec<u8>,
    /// Of each item.
    text: Vec<u8>,
    key: RecoveryKey,
    pub(super) items: Items,
}

impl Saved {
    pub(super) fn new<B: FileBackend>(items: Items, seed: u64) -> Result<Self, Wrong> {
        let key =
            RecoveryKey::generate(&mut Rng::seed_from_u64(seed)).or_wrong("a recovery key")?;
        let text = vec![TEXT; items.len];
        let mut file = Vec::new();
        let emit = |part: &[u8]| file.extend_from_slice(part);
        items.write::<B>(&text, &key, seed, InOrder, &mut Buffer::new(), emit)?;
        Ok(Self {
            file,
            text,
            key,
            items,
        })
    }

    fn verified<B: FileBackend, S: BackupSource<Error = Infallible>, P: Spread>(
        &self,
        source: S,
        spread: P,
    ) -> Result<(Backup<S, P>, Verified<B>), Wrong> {
        let backup = Backup::open(source).or_wrong("open")?;
        let mut backup = backup.on(spread);
        let key: FileKey<B> = backup
            .unlock_with_recovery_key(&self.key)
            .or_wrong("unlock")?;
        let verified = backup.verify(key, &mut |_| ()).or_wrong("verify")?;
        let all = verified.items == self.items.count as u64;
        ensure(all, "items are missing")?;
        Ok((backup, verified))
    }

    /// Verifies the file and gives out every item.
    pub(super) fn restore<B: FileBackend>(
        &self,
        mut import: impl FnMut(HistoryRecord<'_>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let (mut backup, verified) = self.verified::<B, _, _>(Bytes::new(&self.file), InOrder)?;
        let restored = backup.restore(&verified, &mut |_| (), |item| match item {
            Restored::History(record) => import(record),
            _ => Err(Wrong::new("no message of the history")),
        });
        restored.map_err(|error: RestoreError<Infallible, Wrong>| match error {
            RestoreError::Import(wrong) => wrong,
            other => Wrong::new(format_args!("restore: {other}")),
        })
    }

    /// Restores it to nowhere.
    pub(super) fn count<B: FileBackend>(&self) -> Result<(), Wrong> {
        let mut seen = 0;
        self.restore::<B>(|record| {
            seen += usize::from(record.body.len() == self.items.len);
            Ok(())
        })?;
        ensure(seen == self.items.count, "messages are missing")
    }
}

/// The large backups that rows read now, by backend, size and seed.
type InUse = Vec<((TypeId, usize, u64), Weak<Saved>)>;

/// A large backup, for all rows that read one at the same time. Where the system has put its pages tells in
/// the time, and is no matter of what is compared: how it is read.
fn shared<B: FileBackend>(size: usize, seed: u64) -> Result<Arc<Saved>, Wrong> {
    static IN_USE: Mutex<InUse> = Mutex::new(Vec::new());
    let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    in_use.retain(|(_, saved)| saved.strong_count() > 0);
    let wanted = (TypeId::of::<B>(), size, seed);
    let found = in_use.iter().find(|(known, _)| *known == wanted);
    if let Some(saved) = found.and_then(|(_, saved)| saved.upgrade()) {
        return Ok(saved);
    }
    let saved = Saved::new::<B>(Items::large(size), seed)?;
    saved.count::<B>()?;
    let saved = Arc::new(saved);
    in_use.push((wanted, Arc::downgrade(&saved)));
    Ok(saved)
}

/// Where each part of the file ended, and its last bytes: the rest passes through one buffer.
type Ends = Vec<(usize, [u8; 16])>;

pub(super) fn seal<B: FileBackend, P: Spread + 'static>(
    size: usize,
    seed: u64,
    spread: P,
) -> Result<Box<dyn Operation>, Wrong> {
    let items = Items::large(size);
    let saved = shared::<B>(size, seed)?;
    Ok(operation(
        (saved, Buffer::new(), seed),
        CAPACITY,
        // One for each page, and its padding comes in parts, too: at most a sixteenth.
        move |_| Ok(Ends::with_capacity(items.count * 2 + 2)),
        move |(saved, out, seed), ends| {
            let mut end = 0;
            let emit = |part: &[u8]| {
                end += part.len();
                ends.extend(part.last_chunk().map(|tail| (end, *tail)));
            };
            let (text, key, seed) = (&saved.text, &saved.key, *seed);
            items.write::<B>(text, key, seed, spread.clone(), out, emit)
        },
        |(saved, ..), ends, digest| {
            for (end, tail) in &*ends {
                let same = saved
                    .file
                    .get(..*end)
                    .is_some_and(|front| front.ends_with(tail));
                ensure(same, "the file is another one")?;
            }
            // Where the parts before it end differs by the number of threads.
            let (len, tail) = ends.last().ok_or_else(|| Wrong::new("no file"))?;
            digest.absorb(tail);
            ensure(*len == saved.file.len(), "the file has another length")
        },
    ))
}

/// Where a backup is when it is opened.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In memory: it is opened from there.
    Memory,
    /// Behind calls that read it.
    Elsewhere,
}

/// A file in memory that does not say so.
struct Elsewhere<'a>(Bytes<'a>);

impl BackupSource for Elsewhere<'_> {
    type Error = Infallible;

    fn rewind(&mut self) -> Result<(), Infallible> {
        self.0.rewind()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        self.0.read(buffer)
    }
}

pub(super) fn open<B: FileBackend, P: Spread + 'static>(
    size: usize,
    seed: u64,
    place: Place,
    spread: P,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        shared::<B>(size, seed)?,
        CAPACITY,
        |_| Ok(0),
        move |saved, items| {
            let (spread, file) = (spread.clone(), Bytes::new(&saved.file));
            let verified = match place {
                Place::Memory => saved.verified::<B, _, _>(file, spread)?.1,
                Place::Elsewhere => saved.verified::<B, _, _>(Elsewhere(file), spread)?.1,
            };
            *items = verified.items;
            Ok(())
        },
        |_, items, digest| {
            digest.absorb(&items.to_be_bytes());
            Ok(())
        },
    ))
}
