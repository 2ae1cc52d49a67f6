//! A key and its counter, as Noise has them (section 5.1).
//!
//! The counter moves only when a message was sealed or opened; its last value, 2^64 - 1, is for
//! `Rekey` alone.

use alloc::vec::Vec;

use zeroize::Zeroize;

use crate::backend::CryptoBackend;
use crate::secret::Secret;
use crate::suite::AeadAlgorithm;
use crate::transport::cipher::{CipherKey, TAG_LEN};
use crate::transport::error::TransportError;

/// The counter that never seals a message (Noise section 5.1).
pub(super) const RESERVED: u64 = u64::MAX;

/// The nonce of a counter: little-endian for ChaChaPoly, big-endian for AESGCM (section 12).
fn nonce(aead: AeadAlgorithm, counter: u64) -> [u8; 12] {
    let counter = match aead {
        AeadAlgorithm::Aes256Gcm => counter.to_be_bytes(),
        AeadAlgorithm::ChaCha20Poly1305 => counter.to_le_bytes(),
    };
    let mut nonce = [0; 12];
    nonce
        .iter_mut()
        .skip(4)
        .zip(counter)
        .for_each(|(to, from)| *to = from);
    nonce
}

pub(super) struct CipherState<B: CryptoBackend> {
    aead: AeadAlgorithm,
    key: CipherKey<B>,
    counter: u64,
}

impl<B: CryptoBackend> CipherState<B> {
    pub(super) fn new(
        aead: AeadAlgorithm,
        key: &Secret<32>,
        counter: u64,
    ) -> Result<Self, TransportError> {
        let key = CipherKey::new(aead, key)?;
        Ok(Self { aead, key, counter })
    }

    pub(super) const fn counter(&self) -> u64 {
        self.counter
    }

    /// The counter of the next message and the one after it.
    fn counters(&self) -> Result<(u64, u64), TransportError> {
        if self.counter == RESERVED {
            return Err(TransportError::NonceExhausted);
        }
        let next = self.counter.checked_add(1);
        Ok((self.counter, next.ok_or(TransportError::NonceExhausted)?))
    }

    /// Seals what stands in `buffer` behind the first `from` bytes, and appends the tag.
    pub(super) fn seal(
        &mut self,
        ad: &[u8],
        buffer: &mut Vec<u8>,
        from: usize,
    ) -> Result<(), TransportError> {
        let (counter, next) = self.counters()?;
        let body = buffer.get_mut(from..).unwrap_or_default();
        let tag = self.key.seal(&nonce(self.aead, counter), ad, body);
        match tag {
            Ok(tag) => buffer.extend_from_slice(&tag),
            Err(error) => {
                buffer.zeroize();
                return Err(error.into());
            }
        }
        self.counter = next;
        Ok(())
    }

    /// Opens a ciphertext with its tag.
    pub(super) fn open(&mut self, ad: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, TransportError> {
        let (counter, next) = self.counters()?;
        let (body, tag) = ciphertext
            .split_last_chunk::<TAG_LEN>()
            .ok_or(TransportError::Malformed)?;
        let mut plaintext = body.to_vec();
        let nonce = nonce(self.aead, counter);
        self.key.open(&nonce, ad, &mut plaintext, tag)?;
        self.counter = next;
        Ok(plaintext)
    }

    /// `Rekey` (section 4.2): a key that the old one gives and that doesn't give it back.
    pub(super) fn rekey(&mut self) -> Result<(), TransportError> {
        let mut key = Secret::<32>::zeroed();
        let nonce = nonce(self.aead, RESERVED);
        self.key.seal(&nonce, &[], key.expose_mut())?;
        self.key = CipherKey::new(self.aead, &key)?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::testing::null::Null;

    #[test]
    fn the_last_counter_seals_and_opens_nothing() {
        for aead in [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305] {
            let start = RESERVED.checked_sub(2).unwrap();
            let key = Secret::new([7; 32]);
            let mut sender = CipherState::<Null>::new(aead, &key, start).unwrap();
            let mut receiver = CipherState::<Null>::new(aead, &key, start).unwrap();
            for _ in 0..2 {
                let mut buffer = b"text".to_vec();
                sender.seal(&[], &mut buffer, 0).unwrap();
                assert_eq!(receiver.open(&[], &buffer).unwrap(), b"text");
            }
            let refused = Err(TransportError::NonceExhausted);
            for _ in 0..3 {
                assert_eq!(sender.seal(&[], &mut b"text".to_vec(), 0), refused);
                assert!(receiver.open(&[], &[0; 20]).is_err());
                // A new key doesn't set the counter back.
                sender.rekey().unwrap();
            }
            assert_eq!(sender.counter(), RESERVED);
        }
    }
}
