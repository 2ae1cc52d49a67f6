//! Restoring: the whole file is verified before the first item is given out.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::mem;

use super::header::{Header, Slot};
use super::items::Items;
use super::slot::{EscrowSlot, PASSWORD, RECOVERY};
use super::source::{exact, fill_with};
use super::writer::BINDING;
use super::{
    BackupError, BackupSource, Password, PasswordLimits, RecoveryKey, RestoreError, Restored,
};
use crate::backend::FileBackend;
use crate::history::chunked::{
    Buffer, CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, Opener, Spread, TAG_LEN,
};
use crate::lifecycle::{KeyKind, Life};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::wrap::KekRing;
use crate::wrap::hpke::HpkeKem;

/// So many chunks are read at once at least: whole ones, which need no detour.
const CHUNKS: usize = 4;
/// So many parts are verified at once of a file in memory: nothing of it need be gathered, but the caller
/// is to hear of progress.
const PARTS_IN_MEMORY: usize = 16;

/// What is read next of a payload.
enum Next<'a, B: FileBackend, P> {
    /// A part that follows the one before.
    Part(&'a mut Opener<B, P>, &'a [u8]),
    /// Nothing.
    End(Opener<B, P>),
}

/// What a restore is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reading the whole file; nothing was given out.
    Verifying,
    /// Giving items out.
    Importing,
}

/// How far a restore has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes of the payload that were read in this phase.
    pub bytes: u64,
    /// Items that were read in this phase.
    pub items: u64,
}

/// The key of one backup, and proof that its header is genuine. Wiped on drop.
#[derive(Debug)]
pub struct FileKey<B> {
    key: Secret<32>,
    life: Life,
    backend: PhantomData<B>,
}

/// Proof that a backup was verified as a whole.
#[derive(Debug)]
pub struct Verified<B> {
    key: FileKey<B>,
    /// How many items there are.
    pub items: u64,
    /// Bytes of the payload.
    pub bytes: u64,
}

/// A backup that is being restored: open, unlock, verify, restore.
pub struct Backup<S, P = InOrder> {
    source: S,
    header: Header,
    spread: P,
}

impl<S: BackupSource> Backup<S> {
    /// Reads the header, and believes nothing of it yet.
    ///
    /// # Errors
    /// [`BackupError::Foreign`], [`BackupError::Newer`], [`BackupError::Incomplete`],
    /// [`BackupError::Malformed`], [`BackupError::SlotConflict`], [`BackupError::SlotCount`];
    /// [`RestoreError::Source`].
    pub fn open(mut source: S) -> Result<Self, RestoreError<S::Error>> {
        source.rewind().map_err(RestoreError::Source)?;
        let header = Header::read(&mut source)?;
        let spread = InOrder;
        Ok(Self {
            source,
            header,
            spread,
        })
    }

    /// Opens from here on as `spread` says, with that much more in memory.
    #[must_use]
    pub fn on<P: Spread>(self, spread: P) -> Backup<S, P> {
        Backup {
            source: self.source,
            header: self.header,
            spread,
        }
    }
}

impl<S: BackupSource, P: Spread> Backup<S, P> {
    /// When it was made. Authentic once it was unlocked.
    #[must_use]
    pub const fn created(&self) -> UnixTime {
        self.header.created
    }

    /// Whether there is a slot for a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        let slots = &self.header.slots;
        slots.iter().any(|slot| matches!(slot, Slot::Password(_)))
    }

    /// Unlocks with the password.
    ///
    /// # Errors
    /// [`BackupError::NoSuchSlot`], [`BackupError::CostRefused`], [`BackupError::OutOfMemory`],
    /// [`BackupError::WrongPassword`], [`BackupError::HeaderForged`].
    pub fn unlock_with_password<B: FileBackend>(
        &self,
        password: &Password,
        limits: &PasswordLimits,
    ) -> Result<FileKey<B>, BackupError> {
        let slots = self.header.slots.iter();
        let mut slots = slots.filter_map(|slot| match slot {
            Slot::Password(slot) => Some(slot),
            _ => None,
        });
        let slot = slots.next().ok_or(BackupError::NoSuchSlot)?;
        let key = slot.open::<B>(password, limits, PASSWORD)?;
        self.authenticated(key.ok_or(BackupError::WrongPassword)?)
    }

    /// Unlocks with a recovery key.
    ///
    /// # Errors
    /// [`BackupError::NoSuchSlot`], [`BackupError::WrongKey`], [`BackupError::HeaderForged`].
    pub fn unlock_with_recovery_key<B: FileBackend>(
        &self,
        key: &RecoveryKey,
    ) -> Result<FileKey<B>, BackupError> {
        let mut refused = BackupError::NoSuchSlot;
        for slot in &self.header.slots {
            let Slot::Recovery(slot) = slot else { continue };
            match slot.open::<B>(key.secret(), RECOVERY)? {
                Some(key) => return self.authenticated(key),
                None => refused = BackupError::WrongKey,
            }
        }
        Err(refused)
    }

    /// Unlocks with a recipient's private keys.
    ///
    /// # Errors
    /// As [`unlock_with_recovery_key`](Self::unlock_with_recovery_key).
    pub fn unlock_with_kek<B: FileBackend, K: HpkeKem<B>>(
        &self,
        ring: &KekRing<B, K>,
    ) -> Result<FileKey<B>, BackupError> {
        let mut refused = BackupError::NoSuchSlot;
        for slot in &self.header.slots {
            let Slot::Recipient(envelope) = slot else {
                continue;
            };
            match ring.open(envelope, &BINDING) {
                Ok(key) => return self.authenticated(key),
                Err(error) => refused = error.into(),
            }
        }
        Err(refused)
    }

    /// What the escrow service is to be told, if there is a slot for one. Authentic once the file
    /// was unlocked: until then the service is told what a stranger may have written.
    #[must_use]
    pub fn escrow(&self) -> Option<&[u8]> {
        self.escrow_slot().map(EscrowSlot::opaque)
    }

    /// Unlocks with the secret that the escrow service gave back for [`escrow`](Self::escrow).
    ///
    /// # Errors
    /// [`BackupError::NoSuchSlot`], [`BackupError::WrongKey`], [`BackupError::HeaderForged`].
    pub fn unlock_with_escrow<B: FileBackend>(
        &self,
        secret: &Secret<32>,
    ) -> Result<FileKey<B>, BackupError> {
        let slot = self.escrow_slot().ok_or(BackupError::NoSuchSlot)?;
        let key = slot.open::<B>(secret)?;
        self.authenticated(key.ok_or(BackupError::WrongKey)?)
    }

    /// Reads the whole file and gives out nothing.
    ///
    /// # Errors
    /// [`BackupError::Damaged`], [`BackupError::Incomplete`], [`BackupError::Malformed`],
    /// [`BackupError::HeaderForged`]; [`RestoreError::Source`].
    pub fn verify<B: FileBackend>(
        &mut self,
        key: FileKey<B>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Verified<B>, RestoreError<S::Error>> {
        let open = |next: Next<'_, B, P>, items: &mut Items| match next {
            Next::Part(opener, part) => opener.look_through(part, |text| items.pass_over(text)),
            Next::End(opener) => {
                let mut text = Buffer::new();
                opener.finish(&mut text)?;
                items.pass_over(&text)
            }
        };
        let done = self.pass(&key, Phase::Verifying, progress, open, |_| Ok(()))?;
        let Progress { bytes, items, .. } = done;
        Ok(Verified { key, items, bytes })
    }

    /// Gives out every item of a backup that was verified, in order. Each is authentic; that they are
    /// all there was found before. (Should somebody cut the file off between the passes, the import
    /// ends in [`BackupError::Incomplete`]: import into a place of its own if others can write to the
    /// file.)
    ///
    /// # Errors
    /// [`RestoreError::Import`] as soon as `import` refuses an item; as [`verify`](Self::verify).
    pub fn restore<B: FileBackend, I>(
        &mut self,
        verified: &Verified<B>,
        progress: &mut dyn FnMut(Progress),
        mut import: impl FnMut(Restored<'_>) -> Result<(), I>,
    ) -> Result<(), RestoreError<S::Error, I>> {
        let mut visit = |item: Restored<'_>| import(item).map_err(RestoreError::Import);
        let open = |next: Next<'_, B, P>, items: &mut Items| match next {
            Next::Part(opener, part) => Ok(opener.update(part, &mut items.text)?),
            Next::End(opener) => Ok(opener.finish(&mut items.text)?),
        };
        let read = |items: &mut Items| items.read(&mut visit);
        self.pass(&verified.key, Phase::Importing, progress, open, read)
            .map(drop)
    }

    /// Lets `open` take the payload part by part, and after each `read` what came of it.
    fn pass<B: FileBackend, I>(
        &mut self,
        key: &FileKey<B>,
        phase: Phase,
        progress: &mut dyn FnMut(Progress),
        mut open: impl FnMut(Next<'_, B, P>, &mut Items) -> Result<(), BackupError> + Send,
        mut read: impl FnMut(&mut Items) -> Result<(), RestoreError<S::Error, I>>,
    ) -> Result<Progress, RestoreError<S::Error, I>> {
        let mut opener = self.payload(key)?;
        let mut items = Items::default();
        let mut bytes = HEADER_LEN as u64;
        let mut tell = |len: usize, items: &Items| {
            bytes = bytes.saturating_add(len as u64);
            let items = items.seen.items;
            let done = Progress {
                phase,
                bytes,
                items,
            };
            progress(done);
            done
        };

        let (len, in_memory) = self.part_len(phase);
        let mut at_end = false;
        while let Some(part) = self.source.next_in_memory(in_memory) {
            at_end = part.is_empty();
            if at_end {
                break;
            }
            open(Next::Part(&mut opener, part), &mut items)?;
            read(&mut items)?;
            tell(part.len(), &items);
        }
        let (mut part, mut ahead) = (Vec::new(), Vec::new());
        if !at_end {
            fill_with(&mut self.source, len, &mut part)?;
        }
        while !part.is_empty() {
            let take = || open(Next::Part(&mut opener, &part), &mut items);
            let source = &mut self.source;
            let (taken, filled) = self
                .spread
                .beside(take, || fill_with(source, len, &mut ahead));
            taken?;
            read(&mut items)?;
            tell(part.len(), &items);
            filled?;
            mem::swap(&mut part, &mut ahead);
        }
        open(Next::End(opener), &mut items)?;
        read(&mut items)?;
        items.seen.finish()?;
        Ok(tell(0, &items))
    }

    /// Length of a part in bytes, and of one that is in memory.
    fn part_len(&self, phase: Phase) -> (usize, usize) {
        // Threads that have more to do wait less often for each other.
        let chunks = self.spread.chunks_at_once().saturating_mul(2).max(CHUNKS);
        let len = chunks.saturating_mul(CHUNK_LEN + TAG_LEN);
        match phase {
            Phase::Verifying => (len, len.saturating_mul(PARTS_IN_MEMORY)),
            Phase::Importing => (len, len),
        }
    }

    /// Goes to the front of the payload.
    fn payload<B: FileBackend, I>(
        &mut self,
        key: &FileKey<B>,
    ) -> Result<Opener<B, P>, RestoreError<S::Error, I>> {
        self.source.rewind().map_err(RestoreError::Source)?;
        let mut skipped = vec![0; self.header.bytes.len()];
        exact(&mut self.source, &mut skipped)?;
        if skipped != self.header.bytes {
            return Err(BackupError::HeaderForged.into());
        }
        let mut front = [0; HEADER_LEN];
        exact(&mut self.source, &mut front)?;
        let (payload, context) = self.header.payload::<B>(&key.key)?;
        key.life.used();
        let opener = Opener::new(&payload, &context, &front).map_err(|error| match error {
            // The header is genuine and names the key, so the payload's own front was changed.
            ChunkedError::WrongKey => BackupError::Damaged { chunk: 0 },
            other => other.into(),
        })?;
        Ok(opener.on(self.spread.clone()))
    }

    fn escrow_slot(&self) -> Option<&EscrowSlot> {
        self.header.slots.iter().find_map(|slot| match slot {
            Slot::Escrow(slot) => Some(slot),
            _ => None,
        })
    }

    fn authenticated<B: FileBackend>(&self, key: Secret<32>) -> Result<FileKey<B>, BackupError> {
        self.header.authenticate::<B>(&key)?;
        Ok(FileKey {
            key,
            life: Life::begins::<B>(KeyKind::FileKey),
            backend: PhantomData,
        })
    }
}

impl<S, P> fmt::Debug for Backup<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backup")
            .field("slots", &self.header.slots.len())
            .finish_non_exhaustive()
    }
}
