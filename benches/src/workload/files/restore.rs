//! Restoring a backup: verified as a whole, then read into a history.

use std::convert::Infallible;
use std::sync::Arc;

use rand_core::SeedableRng;
use sprag::history::backup::{
    Backup, BackupBuilder, Bytes, HistoryRecord, RecoveryKey, RestoreError, Restored,
};
use sprag::history::{EpochKey, History};
use sprag::sprag_core::backend::FileBackend;
use sprag::sprag_core::store::Store;
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekRing, WrapAlgorithm};

use super::{CAPACITY, TEXT, is_text};
use crate::alloc;
use crate::workload::durable::{Place, Site};
use crate::workload::meeting::NOW;
use crate::workload::{Digest, Operation, OrWrong, Rng, Wrong, ensure, operation};

/// A message of the backup: so many bytes of text.
pub(in crate::workload) const TEXT_LEN: usize = 100;
/// Messages that go into the store in one commit.
const COMMITTED: usize = 256;

/// Where restored messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Nowhere: they are counted.
    Nothing,
    /// A history in an empty store.
    History(Place),
}

/// Builds the operation on backend `B`: a backup of `count` messages.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result or the store can't be opened.
pub fn build<B: FileBackend>(
    into: Destination,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let saved = Saved::new::<B>(count, seed)?;
    Ok(match into {
        Destination::Nothing => operation(
            saved,
            CAPACITY,
            |_| Ok(()),
            |saved, ()| saved.count::<B>(),
            |_, (), _| Ok(()),
        ),
        Destination::History(place) => operation(
            (saved, Rng::seed_from_u64(seed)),
            CAPACITY,
            move |(_, rng)| Shelf::<B>::new(place, rng),
            |(saved, rng), shelf| shelf.fill(saved, rng),
            |(saved, _), shelf, digest| shelf.check(saved.count, digest),
        ),
    })
}

/// The most bytes that restoring `count` messages has on the heap at once, beside the file and what
/// became of the messages; `None` where allocations are not counted.
///
/// # Errors
/// [`Wrong`] if the restoring gave a wrong result.
pub fn peak<B: FileBackend>(count: usize, seed: u64) -> Result<Option<f64>, Wrong> {
    let saved = Saved::new::<B>(count, seed)?;
    // What a library allocates once, at its first use, is not a restore's.
    saved.count::<B>()?;
    let (outcome, peak) = alloc::peak(|| saved.count::<B>());
    outcome.map(|()| peak.map(|bytes| bytes as f64))
}

/// A backup in memory.
struct Saved {
    file: Vec<u8>,
    key: RecoveryKey,
    count: usize,
}

impl Saved {
    fn new<B: FileBackend>(count: usize, seed: u64) -> Result<Self, Wrong> {
        let rng = &mut Rng::seed_from_u64(seed);
        let key = RecoveryKey::generate(rng).or_wrong("a recovery key")?;
        let builder = BackupBuilder::<B>::new(rng).or_wrong("a backup")?;
        let builder = builder.recovery_key(&key, rng).or_wrong("a slot")?;
        let mut file = Vec::new();
        let mut writer = builder.begin(NOW, rng, &mut file).or_wrong("begin")?;
        for number in 0..count as u32 {
            let record = HistoryRecord {
                id: &number.to_be_bytes(),
                body: &[TEXT; TEXT_LEN],
            };
            writer.add(&record, &mut file).or_wrong("add")?;
        }
        for part in writer.finish() {
            file.extend_from_slice(&part.or_wrong("finish")?);
        }
        Ok(Self { file, key, count })
    }

    /// Verifies the file and gives out every message.
    fn restore<B: FileBackend>(
        &self,
        mut import: impl FnMut(HistoryRecord<'_>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let mut backup = Backup::open(Bytes::new(&self.file)).or_wrong("open")?;
        let key = backup.unlock_with_recovery_key::<B>(&self.key);
        let verified = backup.verify(key.or_wrong("unlock")?, &mut |_| ());
        let verified = verified.or_wrong("verify")?;
        let restored = backup.restore(&verified, &mut |_| (), |item| match item {
            Restored::History(record) => import(record),
            _ => Err(Wrong::new("no message of the history")),
        });
        restored.map_err(|error: RestoreError<Infallible, Wrong>| match error {
            RestoreError::Import(wrong) => wrong,
            other => Wrong::new(format_args!("restore: {other}")),
        })
    }

    fn count<B: FileBackend>(&self) -> Result<(), Wrong> {
        let mut seen = 0;
        self.restore::<B>(|record| {
            seen += usize::from(record.body.len() == TEXT_LEN);
            Ok(())
        })?;
        ensure(seen == self.count, "messages are missing")
    }
}

/// A history in a store of its own.
struct Shelf<B: FileBackend> {
    history: History<Arc<dyn Store>, B, DhKem>,
    epoch: EpochKey,
    /// Goes last: the history is connected to it.
    _site: Site,
}

impl<B: FileBackend> Shelf<B> {
    fn new(place: Place, rng: &mut Rng) -> Result<Self, Wrong> {
        let site = Site::new(place)?;
        let key = PrivateKey::<B>::generate(rng).or_wrong("a key")?;
        let ring = KekRing::new([3; 16], WrapAlgorithm::DhKemAes256Gcm, key).or_wrong("a ring")?;
        let history = History::new(site.open()?, ring);
        let epoch = history.begin_epoch(1, rng).or_wrong("begin_epoch")?;
        Ok(Self {
            history,
            epoch,
            _site: site,
        })
    }

    fn fill(&self, saved: &Saved, rng: &mut Rng) -> Result<(), Wrong> {
        let mut page = Vec::with_capacity(COMMITTED);
        saved.restore::<B>(|record| {
            page.push((record.id.to_vec(), record.body.to_vec()));
            if page.len() == COMMITTED {
                self.put(&page, rng)?;
                page.clear();
            }
            Ok(())
        })?;
        self.put(&page, rng)
    }

    fn put(&self, page: &[(Vec<u8>, Vec<u8>)], rng: &mut Rng) -> Result<(), Wrong> {
        let records = page.iter().map(|(id, text)| (&id[..], &text[..]));
        let put = self.history.put_all(&self.epoch, records, rng);
        put.or_wrong("put_all")
    }

    /// Every message stands there, in order, and nothing else.
    fn check(&self, count: usize, digest: &mut Digest) -> Result<(), Wrong> {
        let (mut seen, mut last) = (0_u32, None::<Vec<u8>>);
        loop {
            let page = self.history.page(&self.epoch, last.as_deref(), COMMITTED);
            let page = page.or_wrong("page")?;
            for (id, text) in &page {
                digest.absorb(text);
                let same = *id == seen.to_be_bytes() && text.len() == TEXT_LEN && is_text(text);
                ensure(same, "the message is another one")?;
                seen += 1;
            }
            match page.into_iter().next_back() {
                Some((id, _)) => last = Some(id),
                None => return ensure(seen as usize == count, "messages are missing"),
            }
        }
    }
}
