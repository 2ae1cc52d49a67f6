//! Restoring a backup: verified as a whole, then read into a history.

use std::sync::Arc;

use rand_core::SeedableRng;
use sprag::history::{EpochKey, History};
use sprag::sprag_core::backend::FileBackend;
use sprag::sprag_core::store::Store;
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekRing, WrapAlgorithm};

use super::backup::{Items, Saved};
use super::{CAPACITY, is_text};
use crate::alloc;
use crate::workload::durable::{Place, Site};
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
    let saved = Saved::new::<B>(messages(count), seed)?;
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
            |(saved, _), shelf, digest| shelf.check(saved.items.count, digest),
        ),
    })
}

/// The most bytes that restoring `count` messages has on the heap at once, beside the file and what
/// became of the messages; `None` where allocations are not counted.
///
/// # Errors
/// [`Wrong`] if the restoring gave a wrong result.
pub fn peak<B: FileBackend>(count: usize, seed: u64) -> Result<Option<f64>, Wrong> {
    let saved = Saved::new::<B>(messages(count), seed)?;
    // What a library allocates once, at its first use, is not a restore's.
    saved.count::<B>()?;
    let (outcome, peak) = alloc::peak(|| saved.count::<B>());
    outcome.map(|()| peak.map(|bytes| bytes as f64))
}

const fn messages(count: usize) -> Items {
    Items {
        count,
        len: TEXT_LEN,
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
