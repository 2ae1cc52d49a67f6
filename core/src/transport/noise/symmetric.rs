//! The symmetric half of a handshake (Noise section 5.2): chaining key, hash, and the key that seals.

use alloc::vec::Vec;

use crate::backend::CryptoBackend;
use crate::primitives::Hmac;
use crate::secret::Secret;
use crate::suite::AeadAlgorithm;
use crate::transport::error::TransportError;
use crate::transport::noise::cipher_state::CipherState;
use crate::transport::noise::protocol::NoiseProtocol;

/// Length of the hash in bytes.
pub(super) const HASH_LEN: usize = 32;

/// The key that seals parts of handshake messages, with its counter.
struct Sealing {
    key: Secret<32>,
    counter: u64,
}

pub(super) struct SymmetricState {
    aead: AeadAlgorithm,
    chaining_key: Secret<32>,
    hash: [u8; HASH_LEN],
    sealing: Option<Sealing>,
}

impl SymmetricState {
    /// `InitializeSymmetric`.
    pub(super) fn new<B: CryptoBackend>(protocol: NoiseProtocol) -> Self {
        let name = protocol.name();
        let mut hash = [0; HASH_LEN];
        if name.len() > HASH_LEN {
            hash = B::HmacSha256::sha256(&[name.as_bytes()]);
        } else {
            let bytes = name.bytes();
            hash.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
        Self {
            aead: protocol.aead(),
            chaining_key: Secret::new(hash),
            hash,
            sealing: None,
        }
    }

    /// A second copy, for a message that may turn out to be forged.
    pub(super) fn duplicate(&self) -> Self {
        Self {
            aead: self.aead,
            chaining_key: self.chaining_key.duplicate(),
            hash: self.hash,
            sealing: self.sealing.as_ref().map(|sealing| Sealing {
                key: sealing.key.duplicate(),
                counter: sealing.counter,
            }),
        }
    }

    pub(super) const fn hash(&self) -> &[u8; HASH_LEN] {
        &self.hash
    }

    pub(super) const fn chaining_key(&self) -> &Secret<32> {
        &self.chaining_key
    }

    /// Whether parts of messages are sealed already: then they are longer by a tag.
    pub(super) const fn is_sealing(&self) -> bool {
        self.sealing.is_some()
    }

    pub(super) fn mix_hash<B: CryptoBackend>(&mut self, data: &[u8]) {
        self.hash = B::HmacSha256::sha256(&[&self.hash, data]);
    }

    pub(super) fn mix_key<B: CryptoBackend>(&mut self, ikm: &[u8]) -> Result<(), TransportError> {
        let output = hkdf::<B, 64>(&self.chaining_key, ikm)?;
        let [chaining_key, key] = take(&output);
        self.chaining_key = chaining_key;
        self.sealing = Some(Sealing { key, counter: 0 });
        Ok(())
    }

    pub(super) fn mix_key_and_hash<B: CryptoBackend>(
        &mut self,
        ikm: &[u8],
    ) -> Result<(), TransportError> {
        let output = hkdf::<B, 96>(&self.chaining_key, ikm)?;
        let [chaining_key, data, key] = take(&output);
        self.chaining_key = chaining_key;
        self.mix_hash::<B>(data.expose());
        self.sealing = Some(Sealing { key, counter: 0 });
        Ok(())
    }

    /// `EncryptAndHash` of what stands in `message` behind the first `from` bytes.
    pub(super) fn encrypt_and_hash<B: CryptoBackend>(
        &mut self,
        message: &mut Vec<u8>,
        from: usize,
    ) -> Result<(), TransportError> {
        if let Some(sealing) = &mut self.sealing {
            let mut cipher = CipherState::<B>::new(self.aead, &sealing.key, sealing.counter)?;
            cipher.seal(&self.hash, message, from)?;
            sealing.counter = cipher.counter();
        }
        self.mix_hash::<B>(message.get(from..).unwrap_or_default());
        Ok(())
    }

    /// `DecryptAndHash`.
    pub(super) fn decrypt_and_hash<B: CryptoBackend>(
        &mut self,
        data: &[u8],
    ) -> Result<Vec<u8>, TransportError> {
        let plaintext = match &mut self.sealing {
            Some(sealing) => {
                let mut cipher = CipherState::<B>::new(self.aead, &sealing.key, sealing.counter)?;
                let plaintext = cipher.open(&self.hash, data)?;
                sealing.counter = cipher.counter();
                plaintext
            }
            None => data.to_vec(),
        };
        self.mix_hash::<B>(data);
        Ok(plaintext)
    }

    /// `Split`: the initiator's sending key, then the responder's.
    pub(super) fn split<B: CryptoBackend>(&self) -> Result<[Secret<32>; 2], TransportError> {
        Ok(take(&hkdf::<B, 64>(&self.chaining_key, &[])?))
    }
}

/// Noise's HKDF (section 4.3), which is RFC 5869's without an info.
fn hkdf<B: CryptoBackend, const N: usize>(
    chaining_key: &Secret<32>,
    ikm: &[u8],
) -> Result<Secret<N>, TransportError> {
    let (mut prk, mut output) = (Secret::<32>::zeroed(), Secret::zeroed());
    B::HmacSha256::hkdf_extract(chaining_key.expose(), &[ikm], prk.expose_mut());
    B::HmacSha256::hkdf_expand(prk.expose(), &[], output.expose_mut())?;
    Ok(output)
}

/// The outputs one by one.
fn take<const N: usize, const KEYS: usize>(output: &Secret<N>) -> [Secret<32>; KEYS] {
    let mut keys = core::array::from_fn(|_| Secret::zeroed());
    let chunks = output.expose().chunks_exact(32);
    for (key, chunk) in keys.iter_mut().zip(chunks) {
        let bytes: &mut [u8; 32] = Secret::expose_mut(key);
        bytes
            .iter_mut()
            .zip(chunk)
            .for_each(|(to, from)| *to = *from);
    }
    keys
}
