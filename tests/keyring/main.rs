//! Key rings: what opens a scope, what does not, and what becomes of keys.

#[path = "../support/altered_files.rs"]
mod altered_files;
#[path = "../support/failing.rs"]
mod failing;
#[path = "../support/hex.rs"]
mod hex;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/two_keys.rs"]
mod two_keys;
#[path = "../support/vectors.rs"]
mod vectors;

mod altered;
mod commitment;
mod entropy;
mod golden;
mod life;
mod limits;
mod rotation;
mod scopes;
mod stored;

use sprag::keyring::{KeyRing, KeyRingError, PasswordLimits, ScopeKey};
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::primitives::PasswordCost;
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekRing, WrapAlgorithm};
use sprag::{Secret, entropy::SysRng};

/// For tests alone: it holds nobody up.
const CHEAP: PasswordCost = PasswordCost {
    memory: 64,
    passes: 1,
    lanes: 1,
};
/// No more than that.
const LIMITS: PasswordLimits = PasswordLimits {
    memory: 64,
    passes: 1,
    lanes: 1,
};

fn rng() -> SysRng {
    sprag::entropy::system()
}

fn secret() -> Secret<32> {
    Secret::random(&mut rng()).unwrap()
}

fn kek<B: CryptoBackend>(id: u8) -> KekRing<B, DhKem> {
    let key = PrivateKey::generate(&mut rng()).unwrap();
    KekRing::new([id; 16], WrapAlgorithm::DhKemAes256Gcm, key).unwrap()
}

/// A ring with one scope that a device key opens, and one key in it.
fn one_scope<B: CryptoBackend>(scope: &str, device: &Secret<32>) -> (KeyRing<B>, ScopeKey<B>) {
    let mut ring = KeyRing::new(&mut rng()).unwrap();
    let key = add_scope(&mut ring, scope, device);
    (ring, key)
}

fn add_scope<B: CryptoBackend>(
    ring: &mut KeyRing<B>,
    scope: &str,
    device: &Secret<32>,
) -> ScopeKey<B> {
    let key = ring.create_scope(scope, &mut rng()).unwrap();
    ring.set_device_key(&key, "phone", device, &mut rng())
        .unwrap();
    ring.generate(&key, "notes", &mut rng()).unwrap();
    key
}

/// As another process reads it.
fn read_again<B: CryptoBackend>(ring: &KeyRing<B>) -> KeyRing<B> {
    KeyRing::decode(&ring.encode().unwrap()).unwrap()
}

/// Opens every scope of a file with the same device key, and every key in it.
fn open_all<B: CryptoBackend>(file: &[u8], device: &Secret<32>) -> Result<usize, KeyRingError> {
    let ring = KeyRing::<B>::decode(file)?;
    let mut count = 0;
    for scope in ring.scopes() {
        let key = ring.unlock_with_device_key(scope, device)?;
        for (name, generation) in ring.entries(&key)? {
            ring.get(&key, name, generation)?;
            count += 1;
        }
    }
    Ok(count)
}
