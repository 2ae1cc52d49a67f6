//! A key of a scope, sealed under the scope's key.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use super::name::Name;
use super::{KeyRingError, ScopeKey};
use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::entropy;
use crate::primitives::{Aead, Hmac, PrimitiveError};
use crate::secret::Secret;

const LABEL: &[u8] = b"SPRAG1 kr key";

/// One generation of a key.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) generation: u32,
    nonce: [u8; 12],
    sealed: [u8; 32],
    tag: [u8; 16],
}

impl Entry {
    pub(super) fn seal<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        scope: &ScopeKey<B>,
        name: Name,
        generation: u32,
        key: &Secret<32>,
        rng: &mut R,
    ) -> Result<Self, KeyRingError> {
        let mut nonce = [0; 12];
        entropy::fill(rng, &mut nonce)?;
        let ad = associated(scope, &name, generation);
        let under = under(scope, &ad)?;
        let mut sealed = *key.expose();
        match B::Aes256Gcm::seal_once(under.expose(), &nonce, &ad, &mut sealed) {
            Ok(tag) => {
                scope.used();
                Ok(Self {
                    name,
                    generation,
                    nonce,
                    sealed,
                    tag,
                })
            }
            Err(error) => {
                sealed.zeroize();
                Err(error.into())
            }
        }
    }

    pub(super) fn open<B: CryptoBackend>(
        &self,
        scope: &ScopeKey<B>,
    ) -> Result<Secret<32>, KeyRingError> {
        let ad = associated(scope, &self.name, self.generation);
        let under = under(scope, &ad)?;
        let mut opened = Secret::new(self.sealed);
        let key = opened.expose_mut();
        match B::Aes256Gcm::open_once(under.expose(), &self.nonce, &ad, key, &self.tag) {
            Ok(()) => {
                scope.used();
                Ok(opened)
            }
            Err(PrimitiveError::AuthenticationFailed) => Err(KeyRingError::Damaged),
            Err(error) => Err(error.into()),
        }
    }

    /// Where it stands among the scope's keys: each place is taken once, and they rise.
    pub(super) fn place(&self) -> (&Name, u32) {
        (&self.name, self.generation)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let entry = Self {
            name: Name::read(reader)?,
            generation: reader.u32()?,
            nonce: *reader.array()?,
            sealed: *reader.array()?,
            tag: *reader.array()?,
        };
        if entry.generation == 0 {
            return Err(Malformed);
        }
        Ok(entry)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.name.write(out);
        out.put_u32(self.generation);
        out.put(&self.nonce);
        out.put(&self.sealed);
        out.put(&self.tag);
    }
}

fn associated<B>(scope: &ScopeKey<B>, name: &Name, generation: u32) -> Vec<u8> {
    let mut ad = scope.place.label(LABEL);
    name.write(&mut ad);
    ad.put_u32(generation);
    ad
}

/// A key for this entry alone, so that drawn nonces never meet.
fn under<B: CryptoBackend>(scope: &ScopeKey<B>, ad: &[u8]) -> Result<Secret<32>, KeyRingError> {
    let mut key = Secret::zeroed();
    B::HmacSha256::hkdf_expand(scope.key.expose(), ad, key.expose_mut())?;
    Ok(key)
}
