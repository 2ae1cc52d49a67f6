//! Records at rest: sealed under the store key, bound to their name and revision.
//!
//! ```text
//! 0: version (1) = 1   1: mark of the store key (8)   9: salt (16)   25: nonce (12)
//! 37: ciphertext ‖ tag (16)
//!
//! key  = HMAC(store key, "SPRAG1 rest" ‖ salt)
//! mark = HMAC(store key, "SPRAG1 mark"), its first 8 bytes
//! ad   = "SPRAG1 rest" ‖ version ‖ kind ‖ name's length (1) ‖ name ‖ revision (8)
//! ```
//! Salt and nonce are drawn for each blob, so that a store key seals any number of them, also when a
//! store was set back to an older copy. AES-256-GCM.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::backend::CryptoBackend;
use crate::codec::{Reader, Writer};
use crate::durable::DurableError;
use crate::entropy;
use crate::lifecycle::{KeyKind, Life, once};
use crate::primitives::{Aead, Hmac};
use crate::secret::{Secret, SecretBytes};
use crate::store::RecordId;

/// Version of the blobs, and of what stands in them.
const VERSION: u8 = 1;
const LABEL: &[u8] = b"SPRAG1 rest";
const HEAD_LEN: usize = 37;
const TAG_LEN: usize = 16;

/// The keys of a store: one that seals, and those that were in use before it.
///
/// 32 random bytes each, kept outside of the store: by the operating system's key ring or a key
/// service.
#[derive(Debug)]
pub struct StoreKeys {
    current: Secret<32>,
    older: Vec<Secret<32>>,
}

impl StoreKeys {
    /// A store with one key.
    #[must_use]
    pub const fn new(current: Secret<32>) -> Self {
        let older = Vec::new();
        Self { current, older }
    }

    /// A key that was in use before: it opens what has not been sealed anew yet.
    #[must_use]
    pub fn with_older(mut self, key: Secret<32>) -> Self {
        self.older.push(key);
        self
    }
}

/// The keys with their marks.
#[derive(Debug)]
pub(super) struct MarkedKeys {
    current: Marked,
    older: Vec<Marked>,
}

#[derive(Debug)]
struct Marked {
    mark: [u8; 8],
    key: Secret<32>,
    life: Life,
}

impl Marked {
    fn new<B: CryptoBackend>(key: Secret<32>) -> Self {
        let mut tag = Zeroizing::new([0; 32]);
        B::HmacSha256::hmac(key.expose(), &[b"SPRAG1 mark"], &mut tag);
        let mut mark = [0; 8];
        mark.iter_mut()
            .zip(tag.iter())
            .for_each(|(to, from)| *to = *from);
        let life = Life::begins::<B>(KeyKind::StoreKey);
        Self { mark, key, life }
    }

    fn derive<B: CryptoBackend>(&self, salt: &[u8]) -> Secret<32> {
        let mut key = Secret::zeroed();
        B::HmacSha256::hmac(self.key.expose(), &[LABEL, salt], key.expose_mut());
        key
    }

    /// It gave a record's key, which was used and wiped.
    fn told<B: CryptoBackend>(&self) {
        self.life.used();
        once::<B>(KeyKind::RecordKey, 1);
    }
}

impl MarkedKeys {
    pub(super) fn new<B: CryptoBackend>(keys: StoreKeys) -> Self {
        Self {
            current: Marked::new::<B>(keys.current),
            older: keys.older.into_iter().map(Marked::new::<B>).collect(),
        }
    }

    /// Whether a blob was sealed under the current key.
    pub(super) fn is_current(&self, blob: &[u8]) -> bool {
        blob.get(1..9) == Some(&self.current.mark)
    }

    pub(super) fn seal<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        &self,
        id: &RecordId,
        revision: u64,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, DurableError> {
        let len = plaintext.len().saturating_add(HEAD_LEN + TAG_LEN);
        let mut drawn = [0; 28];
        entropy::fill(rng, &mut drawn)?;
        let mut blob = Vec::with_capacity(len);
        blob.put(&[VERSION]);
        blob.put(&self.current.mark);
        blob.put(&drawn);
        blob.put(plaintext);
        let (salt, nonce) = drawn.split_at(16);
        let key = self.current.derive::<B>(salt);
        let (nonce, body) = (nonce.first_chunk(), blob.get_mut(HEAD_LEN..));
        let (Some(nonce), Some(body)) = (nonce, body) else {
            return Err(DurableError::Library);
        };
        match B::Aes256Gcm::seal_once(key.expose(), nonce, &associated(id, revision), body) {
            Ok(tag) => {
                blob.put(&tag);
                self.current.told::<B>();
            }
            Err(_) => {
                blob.zeroize();
                return Err(DurableError::Library);
            }
        }
        Ok(blob)
    }

    pub(super) fn open<B: CryptoBackend>(
        &self,
        id: &RecordId,
        revision: u64,
        blob: &[u8],
    ) -> Result<SecretBytes, DurableError> {
        let damaged = || DurableError::Damaged(id.clone());
        let mut reader = Reader::new(blob);
        let version = reader.u8().map_err(|_| damaged())?;
        if version > VERSION {
            return Err(DurableError::NewerBlob(version));
        }
        if version != VERSION {
            return Err(damaged());
        }
        let mark = reader.array::<8>().map_err(|_| damaged())?;
        let salt = reader.array::<16>().map_err(|_| damaged())?;
        let nonce = reader.array::<12>().map_err(|_| damaged())?;
        let rest = reader.remaining();
        let text = rest.checked_sub(TAG_LEN).ok_or_else(damaged)?;
        let body = reader.bytes(text).map_err(|_| damaged())?;
        let tag = reader.array::<TAG_LEN>().map_err(|_| damaged())?;

        let mut keys = [&self.current].into_iter().chain(&self.older);
        let key = keys
            .find(|key| key.mark == *mark)
            .ok_or(DurableError::WrongStoreKey)?;
        let (store_key, key) = (key, key.derive::<B>(salt));
        let mut body = SecretBytes::from(body);
        let ad = associated(id, revision);
        B::Aes256Gcm::open_once(key.expose(), nonce, &ad, &mut body, tag).map_err(|_| damaged())?;
        store_key.told::<B>();
        Ok(body)
    }
}

fn associated(id: &RecordId, revision: u64) -> Vec<u8> {
    let mut ad = Vec::with_capacity(
        LABEL
            .len()
            .saturating_add(id.name().len())
            .saturating_add(11),
    );
    ad.put(LABEL);
    ad.put(&[VERSION, id.kind() as u8, id.name().len() as u8]);
    ad.put(id.name());
    ad.put_u64(revision);
    ad
}
