//! Making a backup.

use alloc::vec;
use alloc::vec::Vec;
use core::{fmt, slice};

use rand_core::TryCryptoRng;

use super::content::{END, Encoded, encoded_len, zeros_behind};
use super::header::{Header, Slot, check};
use super::slot::{EscrowSlot, PASSWORD, RECOVERY};
use super::{BackupContent, BackupError, Password, RecoveryKey};
use crate::backend::FileBackend;
use crate::history::chunked::{InOrder, Room, Scattered, Sealer, Spread};
use crate::lifecycle::{KeyKind, Life};
use crate::primitives::PasswordCost;
use crate::secret::Secret;
use crate::slot::{PasswordSlot, SecretSlot};
use crate::time::UnixTime;
use crate::wrap::hpke::HpkeKem;
use crate::wrap::{Binding, Envelope, PublicKek, Purpose};

/// What an envelope in a backup is bound to; its place is authenticated by the header's MAC.
pub(super) const BINDING: Binding<'_> = Binding {
    purpose: Purpose::Backup,
    key_id: &[0; 16],
    context: b"SKB1",
};

/// A backup that is being set up: who can open it.
pub struct BackupBuilder<B> {
    file_key: Secret<32>,
    life: Life,
    slots: Vec<Slot>,
    backend: core::marker::PhantomData<B>,
}

impl<B: FileBackend> BackupBuilder<B> {
    /// A backup under a fresh key, which nobody can open yet.
    ///
    /// # Errors
    /// [`BackupError::Entropy`].
    pub fn new<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, BackupError> {
        Ok(Self {
            file_key: Secret::random(rng)?,
            life: Life::begins::<B>(KeyKind::FileKey),
            slots: Vec::new(),
            backend: core::marker::PhantomData,
        })
    }

    /// Lets a password open it. What that costs is up to `cost`, for us now and for an attacker at
    /// each guess.
    ///
    /// # Errors
    /// [`BackupError::SlotConflict`], [`BackupError::SlotCount`], [`BackupError::CostRefused`] for a
    /// cost that Argon2 does not allow, [`BackupError::OutOfMemory`], [`BackupError::Entropy`].
    pub fn password<R: TryCryptoRng + ?Sized>(
        self,
        password: &Password,
        cost: PasswordCost,
        rng: &mut R,
    ) -> Result<Self, BackupError> {
        let slot = PasswordSlot::seal::<B, R>(&self.file_key, password, cost, PASSWORD, rng)?;
        self.with(Slot::Password(slot))
    }

    /// Lets a recovery key open it. One key may open many backups.
    ///
    /// # Errors
    /// [`BackupError::SlotCount`], [`BackupError::Entropy`].
    pub fn recovery_key<R: TryCryptoRng + ?Sized>(
        self,
        key: &RecoveryKey,
        rng: &mut R,
    ) -> Result<Self, BackupError> {
        let slot = SecretSlot::seal::<B, R>(&self.file_key, key.secret(), RECOVERY, rng)?;
        self.with(Slot::Recovery(slot))
    }

    /// Lets the holder of a private key open it.
    ///
    /// # Errors
    /// [`BackupError::SlotConflict`], [`BackupError::SlotCount`], [`BackupError::Entropy`];
    /// [`BackupError::WrongKey`] if the public key is a bad one.
    pub fn recipient<K: HpkeKem<B>, R: TryCryptoRng + ?Sized>(
        self,
        to: &PublicKek<B, K>,
        rng: &mut R,
    ) -> Result<Self, BackupError> {
        let envelope = Envelope::seal(&self.file_key, to, &BINDING, rng)?;
        self.with(Slot::Recipient(envelope))
    }

    /// Lets a 32-byte secret open it that an external service gives back: the output of an oblivious
    /// pseudorandom function, or a key that secure hardware gives out after so many attempts at most.
    /// `opaque`, of at most [`MAX_OPAQUE`](super::MAX_OPAQUE) bytes, is what the service is told; it
    /// stands in the file in the clear. Whoever learns the secret opens the file: a service that can
    /// be asked without limit, or that learns the secret itself, protects nothing.
    ///
    /// # Errors
    /// [`BackupError::TooLong`], [`BackupError::SlotCount`], [`BackupError::Entropy`].
    pub fn escrow<R: TryCryptoRng + ?Sized>(
        self,
        opaque: &[u8],
        secret: &Secret<32>,
        rng: &mut R,
    ) -> Result<Self, BackupError> {
        let slot = EscrowSlot::seal::<B, R>(&self.file_key, opaque, secret, rng)?;
        self.with(Slot::Escrow(slot))
    }

    /// Begins the file: appends its header to `out`.
    ///
    /// # Errors
    /// [`BackupError::SlotCount`] if nobody could open it, [`BackupError::Entropy`].
    pub fn begin<R: TryCryptoRng + ?Sized>(
        self,
        created: UnixTime,
        rng: &mut R,
        out: &mut impl Room,
    ) -> Result<BackupWriter<B>, BackupError> {
        let header = Header::create::<B>(self.slots, created, &self.file_key)?;
        let (key, context) = header.payload::<B>(&self.file_key)?;
        let (sealer, front) = Sealer::new(&key, &context, rng)?;
        self.life.used();
        for part in [&header.bytes[..], &front] {
            out.next(part.len()).copy_from_slice(part);
        }
        let content_len = 0;
        Ok(BackupWriter {
            sealer,
            content_len,
        })
    }

    fn with(mut self, slot: Slot) -> Result<Self, BackupError> {
        self.slots.push(slot);
        check(&self.slots)?;
        Ok(self)
    }
}

impl<B> fmt::Debug for BackupBuilder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupBuilder")
            .field("slots", &self.slots.len())
            .finish_non_exhaustive()
    }
}

/// A backup that is being written: each call appends to a buffer that the caller empties into the
/// file, best a [`Buffer`](crate::history::chunked::Buffer).
pub struct BackupWriter<B: FileBackend, P = InOrder> {
    sealer: Sealer<B, P>,
    content_len: u64,
}

impl<B: FileBackend> BackupWriter<B> {
    /// Seals from here on as `spread` says. The file is the same, and that much more lies in memory.
    #[must_use]
    pub fn on<P: Spread>(self, spread: P) -> BackupWriter<B, P> {
        BackupWriter {
            sealer: self.sealer.on(spread),
            content_len: self.content_len,
        }
    }
}

impl<B: FileBackend, P: Spread> BackupWriter<B, P> {
    /// Adds an item.
    ///
    /// # Errors
    /// [`BackupError::TooLong`], and nothing was added; [`BackupError::Backend`].
    pub fn add<C: BackupContent>(
        &mut self,
        content: &C,
        out: &mut impl Room,
    ) -> Result<(), BackupError> {
        let ends = [encoded_len(content)?];
        self.add_encoded(&Encoded::new(slice::from_ref(content), &ends), out)
    }

    /// Adds many items: the same as one after the other, but what they complete is sealed from where
    /// they stand, by all threads that there are. Two megabytes together keep two threads busy.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_all<C: BackupContent>(
        &mut self,
        contents: &[C],
        out: &mut impl Room,
    ) -> Result<(), BackupError> {
        let mut end = 0_usize;
        let ends = contents.iter().map(|content| {
            let len = encoded_len(content)?;
            end = end.checked_add(len).ok_or(BackupError::TooLong)?;
            Ok(end)
        });
        let ends: Vec<_> = ends.collect::<Result<_, BackupError>>()?;
        self.add_encoded(&Encoded::new(contents, &ends), out)
    }

    #[inline]
    fn add_encoded(
        &mut self,
        items: &impl Scattered,
        out: &mut impl Room,
    ) -> Result<(), BackupError> {
        self.sealer.update_from(items, out)?;
        self.content_len = self.content_len.saturating_add(items.len() as u64);
        Ok(())
    }

    /// Ends the file: what is still to be written. Without all of it the file is refused as
    /// incomplete.
    pub fn finish(self) -> Ending<B, P> {
        Ending {
            sealer: Some(self.sealer),
            zeros: zeros_behind(self.content_len),
        }
    }
}

impl<B: FileBackend, P> fmt::Debug for BackupWriter<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupWriter")
            .field("content_len", &self.content_len)
            .finish_non_exhaustive()
    }
}

/// The end of a backup, in parts of about 64 KiB, or of what a [`Spread`] takes together: its padding
/// alone may be a sixteenth of the content.
///
/// A part that fails, with [`BackupError::Backend`], is the last.
#[must_use = "a backup without its end is refused"]
pub struct Ending<B: FileBackend, P = InOrder> {
    /// `None` behind the last part.
    sealer: Option<Sealer<B, P>>,
    zeros: u64,
}

impl<B: FileBackend, P: Spread> Ending<B, P> {
    fn part(&mut self, mut sealer: Sealer<B, P>) -> Result<Vec<u8>, BackupError> {
        const PART: u64 = 1 << 16;
        let zeros = self.zeros.min(PART);
        let mut out = Vec::new();
        sealer.update(&vec![END; zeros as usize], &mut out)?;
        self.zeros = self.zeros.saturating_sub(zeros);
        if self.zeros == 0 {
            sealer.finish(&mut out)?;
        } else {
            self.sealer = Some(sealer);
        }
        Ok(out)
    }
}

impl<B: FileBackend, P: Spread> Iterator for Ending<B, P> {
    type Item = Result<Vec<u8>, BackupError>;

    fn next(&mut self) -> Option<Self::Item> {
        let sealer = self.sealer.take()?;
        Some(self.part(sealer))
    }
}

impl<B: FileBackend, P> fmt::Debug for Ending<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending")
            .field("zeros", &self.zeros)
            .finish_non_exhaustive()
    }
}
