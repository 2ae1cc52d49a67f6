//! The group `primitive`: single calls, with a fresh key where the ratchet uses one.
//!
//! What the numbers of the other groups are made of. `…_fresh` sets up the key and uses it once,
//! as a ratchet's message key is used; `…_warm` uses a prepared key, as published tables do.

mod aead;
mod alternate;
mod hash;
mod kem;
mod keys;

use rand_core::{Rng as _, SeedableRng};
use sprag::sprag_core::backend::PqBackend;

use super::{Buffer, Operation, Rng, Wrong};

/// Message sizes in bytes: a word, a line, a packet, a record.
pub const MESSAGE_SIZES: &[usize] = &[64, 256, 1350, 16384];

/// Where libraries take different paths under AES-256-GCM.
const AES_SIZES: &[usize] = &[64, 256, 1350, 4096, 16384, 65536];

/// Which primitive is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it; `ALL` has them as they stand in reports.
pub enum PrimitiveWork {
    ChainStep,
    ChainAdvance,
    ChainStepBatch,
    Hkdf64,
    Sha256,
    Aes256GcmSealFresh,
    Aes256GcmOpenFresh,
    Aes256GcmSealWarm,
    StepAndSeal,
    ChaCha20Poly1305SealFresh,
    ChaCha20Poly1305OpenFresh,
    X25519Agree,
    X25519AgreeBatch,
    X25519Public,
    X25519PublicBatch,
    Ed25519Sign,
    Ed25519Verify,
    Ed25519VerifyBatch,
    MlKem768Keygen,
    MlKem768Encaps,
    MlKem768Decaps,
    MlKem1024Keygen,
    MlKem1024Encaps,
    MlKem1024Decaps,
}

use PrimitiveWork as P;

/// Every primitive workload with its name and its sizes (none: the size is fixed).
pub const ALL: &[(&str, PrimitiveWork, &[usize])] = &[
    ("primitive/chain_step", P::ChainStep, &[]),
    ("primitive/hkdf64", P::Hkdf64, &[]),
    ("primitive/sha256", P::Sha256, MESSAGE_SIZES),
    (
        "primitive/aes256gcm_seal_fresh",
        P::Aes256GcmSealFresh,
        AES_SIZES,
    ),
    (
        "primitive/aes256gcm_open_fresh",
        P::Aes256GcmOpenFresh,
        AES_SIZES,
    ),
    (
        "primitive/aes256gcm_seal_warm",
        P::Aes256GcmSealWarm,
        MESSAGE_SIZES,
    ),
    ("primitive/alternate", P::StepAndSeal, &[256]),
    (
        "primitive/chacha20poly1305_seal_fresh",
        P::ChaCha20Poly1305SealFresh,
        MESSAGE_SIZES,
    ),
    (
        "primitive/chacha20poly1305_open_fresh",
        P::ChaCha20Poly1305OpenFresh,
        MESSAGE_SIZES,
    ),
    ("primitive/x25519_agree", P::X25519Agree, &[]),
    ("primitive/x25519_public", P::X25519Public, &[]),
    ("primitive/ed25519_sign", P::Ed25519Sign, &[]),
    ("primitive/ed25519_verify", P::Ed25519Verify, &[]),
    ("primitive/mlkem768_keygen", P::MlKem768Keygen, &[]),
    ("primitive/mlkem768_encaps", P::MlKem768Encaps, &[]),
    ("primitive/mlkem768_decaps", P::MlKem768Decaps, &[]),
    ("primitive/mlkem1024_keygen", P::MlKem1024Keygen, &[]),
    ("primitive/mlkem1024_encaps", P::MlKem1024Encaps, &[]),
    ("primitive/mlkem1024_decaps", P::MlKem1024Decaps, &[]),
];

/// Every primitive workload on many items with its name and its numbers of items.
pub const BATCHES: &[(&str, PrimitiveWork, &[usize])] = &[
    ("primitive/chain_advance", P::ChainAdvance, &[100]),
    ("primitive/chain_step_batch", P::ChainStepBatch, &[2, 8, 64]),
    (
        "primitive/x25519_agree_batch",
        P::X25519AgreeBatch,
        &[2, 3, 4, 8, 64],
    ),
    (
        "primitive/x25519_public_batch",
        P::X25519PublicBatch,
        &[2, 8, 64],
    ),
    (
        "primitive/ed25519_verify_batch",
        P::Ed25519VerifyBatch,
        &[2, 8, 64],
    ),
];

/// Builds the operation on backend `B`, on `batch` items if it is one of [`BATCHES`].
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: PrimitiveWork,
    size: usize,
    batch: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let rng = Rng::seed_from_u64(seed);
    Ok(match work {
        P::ChainStep => hash::chain_step::<B::HmacSha256>(rng),
        P::ChainAdvance => hash::chain_advance::<B::HmacSha256>(rng, batch),
        P::ChainStepBatch => hash::chain_step_batch::<B::HmacSha256>(rng, batch),
        P::Hkdf64 => hash::hkdf64::<B::HmacSha256>(rng),
        P::Sha256 => hash::sha256::<B::HmacSha256>(rng, size),
        P::Aes256GcmSealFresh => aead::seal_fresh::<B::Aes256Gcm>(rng, size),
        P::Aes256GcmOpenFresh => aead::open_fresh::<B::Aes256Gcm>(rng, size),
        P::Aes256GcmSealWarm => aead::seal_warm::<B::Aes256Gcm>(rng, size)?,
        P::StepAndSeal => alternate::step_and_seal::<B>(rng, size),
        P::ChaCha20Poly1305SealFresh => aead::seal_fresh::<B::ChaCha20Poly1305>(rng, size),
        P::ChaCha20Poly1305OpenFresh => aead::open_fresh::<B::ChaCha20Poly1305>(rng, size),
        P::X25519Agree => keys::agree::<B::X25519>(rng),
        P::X25519AgreeBatch => keys::agree_batch::<B::X25519>(rng, batch),
        P::X25519Public => keys::public::<B::X25519>(rng),
        P::X25519PublicBatch => keys::public_batch::<B::X25519>(rng, batch),
        P::Ed25519Sign => keys::sign::<B::Ed25519>(rng)?,
        P::Ed25519Verify => keys::verify::<B::Ed25519>(rng)?,
        P::Ed25519VerifyBatch => keys::verify_batch::<B::Ed25519>(rng, batch)?,
        P::MlKem768Keygen => kem::keygen::<B::MlKem768>(rng),
        P::MlKem768Encaps => kem::encaps::<B::MlKem768>(rng),
        P::MlKem768Decaps => kem::decaps::<B::MlKem768>(rng),
        P::MlKem1024Keygen => kem::keygen::<B::MlKem1024>(rng),
        P::MlKem1024Encaps => kem::encaps::<B::MlKem1024>(rng),
        P::MlKem1024Decaps => kem::decaps::<B::MlKem1024>(rng),
    })
}

fn random<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn filled(rng: &mut Rng, len: usize) -> Buffer {
    let mut buffer = Buffer::aligned(len);
    rng.fill_bytes(buffer.get_mut());
    buffer
}
