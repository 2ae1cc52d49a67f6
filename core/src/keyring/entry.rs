//! A key of a scope, sealed under the scope's key.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::name::Name;
use super::{KeyRingError, ScopeKey};
use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::entropy;
use crate::primitives::Hmac;
use crate::sealed_key::SealedKey;
use crate::secret::Secret;

const LABEL: &[u8] = b"SPRAG1 kr key";

/// One generation of a key.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) generation: u32,
    nonce: [u8; 12],
    sealed: SealedKey,
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
        let sealed = SealedKey::seal::<B>(&under(scope, &ad)?, &nonce, &ad, key)?;
        scope.used();
        Ok(Self {
            name,
            generation,
            nonce,
            sealed,
        })
    }

    pub(super) fn open<B: CryptoBackend>(
        &self,
        scope: &ScopeKey<B>,
    ) -> Result<Secret<32>, KeyRingError> {
        let ad = associated(scope, &self.name, self.generation);
        let opened = self
            .sealed
            .open::<B>(&under(scope, &ad)?, &self.nonce, &ad)?;
        let key = opened.ok_or(KeyRingError::Damaged)?;
        scope.used();
        Ok(key)
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
            sealed: SealedKey::read(reader)?,
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
        self.sealed.write(out);
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
