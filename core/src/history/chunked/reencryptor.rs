//! Encrypting a file anew, as it comes.

use core::fmt;

use rand_core::TryCryptoRng;

use super::{Buffer, ChunkedError, HEADER_LEN, Opener, Room, SEALED_LEN, Sealer};
use crate::backend::FileBackend;
use crate::secret::Secret;

/// Takes a file from one key to another, with a chunk or two in memory.
///
/// The new file is as complete as the old one only when [`finish`](Self::finish) said so: put it in
/// the old one's place after that ([`Objects::replace`](crate::wrap::Objects::replace)).
pub struct Reencryptor<B: FileBackend> {
    opener: Opener<B>,
    sealer: Sealer<B>,
    /// Plaintext between the two, overwritten by the next and wiped at the end.
    text: Buffer,
}

impl<B: FileBackend> Reencryptor<B> {
    /// Starts with the old file's header; the new one's comes back. Each pair is a key and a context.
    ///
    /// # Errors
    /// As [`Opener::new`] and [`Sealer::new`].
    pub fn new<R: TryCryptoRng + ?Sized>(
        from: (&Secret<32>, &[u8]),
        header: &[u8; HEADER_LEN],
        to: (&Secret<32>, &[u8]),
        rng: &mut R,
    ) -> Result<(Self, [u8; HEADER_LEN]), ChunkedError> {
        let opener = Opener::new(from.0, from.1, header)?;
        let (sealer, header) = Sealer::new(to.0, to.1, rng)?;
        let this = Self {
            opener,
            sealer,
            text: Buffer::new(),
        };
        Ok((this, header))
    }

    /// Takes more of the old file and appends what that makes of the new one to `out`.
    ///
    /// # Errors
    /// As [`Opener::update`] and [`Sealer::update`].
    pub fn update(&mut self, file: &[u8], out: &mut impl Room) -> Result<(), ChunkedError> {
        for part in file.chunks(SEALED_LEN) {
            self.opener.update(part, &mut self.text)?;
            self.sealer.update(&self.text, out)?;
            self.text.clear();
        }
        Ok(())
    }

    /// Ends both files.
    ///
    /// # Errors
    /// As [`Opener::finish`] and [`Sealer::finish`].
    pub fn finish(mut self, out: &mut impl Room) -> Result<(), ChunkedError> {
        self.opener.finish(&mut self.text)?;
        self.sealer.update(&self.text, out)?;
        self.sealer.finish(out)
    }
}

impl<B: FileBackend> fmt::Debug for Reencryptor<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reencryptor").finish_non_exhaustive()
    }
}
