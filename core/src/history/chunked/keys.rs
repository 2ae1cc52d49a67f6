//! A file's keys, and its chunks one by one.

use core::ops::Range;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use super::scattered::Scattered;
use super::{ChunkedError, HEADER_LEN, MAX_CHUNKS, TAG_LEN};
use crate::backend::FileBackend;
use crate::codec::Reader;
use crate::entropy;
use crate::lifecycle::{KeyAction, KeyKind, Life, tell};
use crate::nonce;
use crate::primitives::{Aead, ExpandSha512, PrimitiveError};
use crate::secret::Secret;

const LABEL: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
const SALT_LEN: usize = 24;

/// A file's key and base nonce.
pub(super) struct Keys<B: FileBackend> {
    key: <B::Aes256Gcm as Aead>::Key,
    base_nonce: Secret<12>,
    _life: Life,
}

impl<B: FileBackend> Keys<B> {
    /// Keys for a new file, and its header.
    pub(super) fn draw<R: TryCryptoRng + ?Sized>(
        key: &Secret<32>,
        context: &[u8],
        rng: &mut R,
    ) -> Result<(Self, [u8; HEADER_LEN]), ChunkedError> {
        let mut salt = [0; SALT_LEN];
        entropy::fill(rng, &mut salt)?;
        let (keys, commitment) = Self::derive(key, context, &salt)?;
        let mut header = [0; HEADER_LEN];
        let parts = salt.iter().chain(&commitment);
        header
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = *from);
        Ok((keys, header))
    }

    /// The keys of the file with this header.
    pub(super) fn of(
        key: &Secret<32>,
        context: &[u8],
        header: &[u8; HEADER_LEN],
    ) -> Result<Self, ChunkedError> {
        let (salt, committed) = header.split_at(SALT_LEN);
        let (keys, commitment) = Self::derive(key, context, salt)?;
        if !bool::from(commitment[..].ct_eq(committed)) {
            return Err(ChunkedError::WrongKey);
        }
        Ok(keys)
    }

    fn derive(
        key: &Secret<32>,
        context: &[u8],
        salt: &[u8],
    ) -> Result<(Self, [u8; 32]), ChunkedError> {
        let mut derived = Secret::<76>::zeroed();
        let okm = derived.expose_mut();
        B::Sha512::hkdf_expand(key.expose(), &[LABEL, salt, context], okm)?;
        let mut reader = Reader::new(derived.expose());
        let (Ok(key), Ok(nonce), Ok(commitment)) = (reader.array(), reader.array(), reader.array())
        else {
            return Err(ChunkedError::Backend);
        };
        let keys = Self {
            key: B::Aes256Gcm::key(key)?,
            base_nonce: Secret::new(*nonce),
            _life: Life::begins::<B>(KeyKind::ChunkKey),
        };
        Ok((keys, *commitment))
    }

    /// Seals a chunk in place.
    pub(super) fn seal(
        &self,
        number: u64,
        chunk: &mut [u8],
    ) -> Result<[u8; TAG_LEN], ChunkedError> {
        let nonce = self.nonce(number)?;
        let tag = B::Aes256Gcm::seal(&self.key, &nonce, &[], chunk)?;
        tell::<B>(KeyKind::ChunkKey, KeyAction::Used);
        Ok(tag)
    }

    /// Seals a chunk into a place for it and its tag.
    pub(super) fn seal_into(
        &self,
        number: u64,
        text: &[u8],
        place: &mut [u8],
    ) -> Result<(), ChunkedError> {
        let nonce = self.nonce(number)?;
        let (chunk, tag) = place
            .split_last_chunk_mut()
            .ok_or(ChunkedError::NoSuchChunk)?;
        *tag = B::Aes256Gcm::seal_into(&self.key, &nonce, &[], text, chunk)?;
        tell::<B>(KeyKind::ChunkKey, KeyAction::Used);
        Ok(())
    }

    /// Seals `part` of a text that may lie in more than one place.
    pub(super) fn seal_from(
        &self,
        number: u64,
        text: &(impl Scattered + ?Sized),
        part: Range<usize>,
        place: &mut [u8],
    ) -> Result<(), ChunkedError> {
        if let Some(text) = text.in_place(part.clone()) {
            return self.seal_into(number, text, place);
        }
        let (chunk, tag) = place
            .split_last_chunk_mut()
            .ok_or(ChunkedError::NoSuchChunk)?;
        text.copy(part.start, chunk)
            .ok_or(ChunkedError::NoSuchChunk)?;
        *tag = self.seal(number, chunk)?;
        Ok(())
    }

    /// Opens a chunk in place; one that is refused leaves zeros.
    pub(super) fn open(
        &self,
        number: u64,
        chunk: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), ChunkedError> {
        let nonce = self.nonce(number)?;
        let opened = B::Aes256Gcm::open(&self.key, &nonce, &[], chunk, tag);
        Self::opened(number, opened)
    }

    /// Opens a chunk with its tag into a place for its plaintext; one that is refused leaves zeros.
    pub(super) fn open_into(
        &self,
        number: u64,
        sealed: &[u8],
        place: &mut [u8],
    ) -> Result<(), ChunkedError> {
        let nonce = self.nonce(number)?;
        let (chunk, tag) = sealed.split_last_chunk().ok_or(ChunkedError::NoSuchChunk)?;
        let opened = B::Aes256Gcm::open_into(&self.key, &nonce, &[], chunk, place, tag);
        Self::opened(number, opened)
    }

    fn opened(number: u64, opened: Result<(), PrimitiveError>) -> Result<(), ChunkedError> {
        opened.map_err(|error| match error {
            PrimitiveError::AuthenticationFailed => ChunkedError::Damaged { chunk: number },
            other => other.into(),
        })?;
        tell::<B>(KeyKind::ChunkKey, KeyAction::Used);
        Ok(())
    }

    fn nonce(&self, number: u64) -> Result<[u8; 12], ChunkedError> {
        if number >= MAX_CHUNKS {
            return Err(ChunkedError::TooLong);
        }
        Ok(nonce::numbered(self.base_nonce.expose(), number))
    }
}
