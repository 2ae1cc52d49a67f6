//! The group `primitive`: single calls, with a fresh key where the ratchet uses one.
//!
//! What the numbers of the other groups are made of. `…_fresh` sets up the key and uses it once,
//! as a ratchet's message key is used; `…_warm` uses a prepared key, as published tables do.

use std::hint::black_box;

use rand_core::{Rng as _, SeedableRng};
use sprag_core::backend::PqBackend;
use sprag_core::primitives::{Aead, Hmac, Kem, KeyAgreement, Signature};

use super::{Buffer, Operation, OrWrong, Rng, Wrong, capacity_for, ensure, operation};

/// The associated data of a message: session id and authenticated header, about.
const AAD_LEN: usize = 40;
/// Message sizes in bytes: a word, a line, a packet, a record.
pub const MESSAGE_SIZES: &[usize] = &[64, 256, 1350, 16384];

/// Which primitive is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it; `ALL` has them as they stand in reports.
pub enum PrimitiveWork {
    ChainStep,
    Hkdf64,
    Sha256,
    Aes256GcmSealFresh,
    Aes256GcmOpenFresh,
    Aes256GcmSealWarm,
    ChaCha20Poly1305SealFresh,
    ChaCha20Poly1305OpenFresh,
    X25519Agree,
    X25519Public,
    Ed25519Sign,
    Ed25519Verify,
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
        MESSAGE_SIZES,
    ),
    (
        "primitive/aes256gcm_open_fresh",
        P::Aes256GcmOpenFresh,
        MESSAGE_SIZES,
    ),
    (
        "primitive/aes256gcm_seal_warm",
        P::Aes256GcmSealWarm,
        MESSAGE_SIZES,
    ),
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

/// Builds the operation on backend `B`.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: PrimitiveWork,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let rng = Rng::seed_from_u64(seed);
    Ok(match work {
        P::ChainStep => chain_step::<B::HmacSha256>(rng),
        P::Hkdf64 => hkdf64::<B::HmacSha256>(rng),
        P::Sha256 => sha256::<B::HmacSha256>(rng, size),
        P::Aes256GcmSealFresh => seal_fresh::<B::Aes256Gcm>(rng, size),
        P::Aes256GcmOpenFresh => open_fresh::<B::Aes256Gcm>(rng, size),
        P::Aes256GcmSealWarm => seal_warm::<B::Aes256Gcm>(rng, size)?,
        P::ChaCha20Poly1305SealFresh => seal_fresh::<B::ChaCha20Poly1305>(rng, size),
        P::ChaCha20Poly1305OpenFresh => open_fresh::<B::ChaCha20Poly1305>(rng, size),
        P::X25519Agree => agree::<B::X25519>(rng),
        P::X25519Public => public::<B::X25519>(rng),
        P::Ed25519Sign => sign::<B::Ed25519>(rng)?,
        P::Ed25519Verify => verify::<B::Ed25519>(rng)?,
        P::MlKem768Keygen => keygen::<B::MlKem768>(rng),
        P::MlKem768Encaps => encaps::<B::MlKem768>(rng),
        P::MlKem768Decaps => decaps::<B::MlKem768>(rng),
        P::MlKem1024Keygen => keygen::<B::MlKem1024>(rng),
        P::MlKem1024Encaps => encaps::<B::MlKem1024>(rng),
        P::MlKem1024Decaps => decaps::<B::MlKem1024>(rng),
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

fn chain_step<H: Hmac>(mut rng: Rng) -> Box<dyn Operation> {
    struct Step {
        message_key: [u8; 32],
        next: [u8; 32],
    }
    let first: [u8; 32] = random(&mut rng);
    // The chain as it runs, and the chain as two plain HMACs give it.
    operation(
        (first, first),
        512,
        |_| {
            Ok(Step {
                message_key: [0; 32],
                next: [0; 32],
            })
        },
        |(chain_key, _), step| {
            H::chain_step(black_box(chain_key), &mut step.message_key, &mut step.next);
            *chain_key = step.next;
            Ok(())
        },
        |(_, expected), step, digest| {
            let (mut message_key, mut next) = ([0; 32], [0; 32]);
            H::hmac(expected, &[&[0x01]], &mut message_key);
            H::hmac(expected, &[&[0x02]], &mut next);
            *expected = next;
            digest.absorb(&step.message_key);
            ensure(
                step.next == next && step.message_key == message_key,
                "the chain step is not two HMACs",
            )
        },
    )
}

fn hkdf64<H: Hmac>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        512,
        |rng| Ok((random::<32>(rng), random::<32>(rng), [0; 64])),
        |_, (salt, ikm, okm)| {
            H::hkdf64(black_box(salt), black_box(ikm), b"SPRAG1 rk", okm).or_wrong("hkdf64")
        },
        |_, (salt, ikm, okm), digest| {
            let (mut prk, mut expected) = ([0; 32], [0; 64]);
            H::hkdf_extract(salt, &[&*ikm], &mut prk);
            H::hkdf_expand(&prk, b"SPRAG1 rk", &mut expected).or_wrong("hkdf_expand")?;
            digest.absorb(okm);
            ensure(*okm == expected, "hkdf64 is not extract and expand")
        },
    )
}

fn sha256<H: Hmac>(rng: Rng, size: usize) -> Box<dyn Operation> {
    operation(
        rng,
        capacity_for(size),
        move |rng| Ok((filled(rng, size), [0; 32])),
        |_, (message, hash)| {
            *hash = H::sha256(&[black_box(message.get())]);
            Ok(())
        },
        |_, (message, hash), digest| {
            digest.absorb(hash);
            let (head, tail) = message.get().split_at(message.get().len() / 2);
            ensure(
                *hash == H::sha256(&[head, tail]),
                "the hash depends on how the message is cut",
            )
        },
    )
}

/// A message, what seals it, and what comes out.
struct Letter {
    key: [u8; 32],
    nonce: [u8; 12],
    aad: [u8; AAD_LEN],
    plain: Buffer,
    buffer: Buffer,
    tag: [u8; 16],
}

impl Letter {
    fn write(rng: &mut Rng, size: usize) -> Self {
        let plain = filled(rng, size);
        let mut buffer = Buffer::aligned(size);
        buffer.get_mut().copy_from_slice(plain.get());
        Self {
            key: random(rng),
            nonce: random(rng),
            aad: random(rng),
            plain,
            buffer,
            tag: [0; 16],
        }
    }

    fn seal<A: Aead>(&mut self) -> Result<(), Wrong> {
        self.tag = A::seal_once(
            black_box(&self.key),
            &self.nonce,
            &self.aad,
            self.buffer.get_mut(),
        )
        .or_wrong("seal_once")?;
        Ok(())
    }

    fn open<A: Aead>(&mut self) -> Result<(), Wrong> {
        A::open_once(
            black_box(&self.key),
            &self.nonce,
            &self.aad,
            self.buffer.get_mut(),
            &self.tag,
        )
        .or_wrong("open_once")
    }

    fn is_plain(&self) -> Result<(), Wrong> {
        ensure(
            self.buffer.get() == self.plain.get(),
            "the opened message is not the sealed one",
        )
    }
}

fn seal_fresh<A: Aead>(rng: Rng, size: usize) -> Box<dyn Operation> {
    operation(
        rng,
        capacity_for(size),
        move |rng| Ok(Letter::write(rng, size)),
        |_, letter| letter.seal::<A>(),
        |_, letter, digest| {
            digest.absorb(letter.buffer.get());
            digest.absorb(&letter.tag);
            letter.open::<A>()?;
            letter.is_plain()
        },
    )
}

fn open_fresh<A: Aead>(rng: Rng, size: usize) -> Box<dyn Operation> {
    operation(
        rng,
        capacity_for(size),
        move |rng| {
            let mut letter = Letter::write(rng, size);
            letter.seal::<A>()?;
            Ok(letter)
        },
        |_, letter| letter.open::<A>(),
        |_, letter, digest| {
            digest.absorb(letter.buffer.get());
            letter.is_plain()
        },
    )
}

fn seal_warm<A: Aead + 'static>(mut rng: Rng, size: usize) -> Result<Box<dyn Operation>, Wrong> {
    let bytes = random(&mut rng);
    let key = A::key(&bytes).or_wrong("key")?;
    Ok(operation(
        (rng, key),
        capacity_for(size),
        move |(rng, _)| {
            let mut letter = Letter::write(rng, size);
            letter.key = bytes;
            Ok(letter)
        },
        |(_, key), letter| {
            let buffer = letter.buffer.get_mut();
            letter.tag =
                A::seal(black_box(key), &letter.nonce, &letter.aad, buffer).or_wrong("seal")?;
            Ok(())
        },
        |_, letter, digest| {
            digest.absorb(letter.buffer.get());
            digest.absorb(&letter.tag);
            letter.open::<A>()?;
            letter.is_plain()
        },
    ))
}

fn agree<K: KeyAgreement + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        64,
        |rng| {
            let ours = K::private_key(&random(rng)).or_wrong("private_key")?;
            let theirs = K::private_key(&random(rng)).or_wrong("private_key")?;
            let peer = *K::public_key(&theirs);
            Ok((ours, theirs, peer, [0; 32]))
        },
        |_, (ours, _, peer, shared)| K::agree(black_box(ours), peer, shared).or_wrong("agree"),
        |_, (ours, theirs, _, shared), digest| {
            let mut other = [0; 32];
            K::agree(theirs, K::public_key(ours), &mut other).or_wrong("agree")?;
            digest.absorb(shared);
            ensure(*shared == other, "the two sides do not agree")
        },
    )
}

fn public<K: KeyAgreement + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        64,
        |rng| Ok((random::<32>(rng), None)),
        |_, (bytes, key)| {
            *key = Some(K::private_key(black_box(bytes)).or_wrong("private_key")?);
            Ok(())
        },
        |_, (bytes, key), digest| {
            let key = key.as_ref().ok_or_else(|| Wrong::new("no key"))?;
            digest.absorb(K::public_key(key));
            ensure(K::private_bytes(key) == bytes, "the key is another one")
        },
    )
}

fn sign<S: Signature + 'static>(mut rng: Rng) -> Result<Box<dyn Operation>, Wrong> {
    let key = S::signing_key(&random(&mut rng)).or_wrong("signing_key")?;
    Ok(operation(
        (rng, key),
        64,
        |(rng, _)| Ok((random::<128>(rng), [0; 64])),
        |(_, key), (message, signature)| {
            *signature = S::sign(black_box(key), message);
            Ok(())
        },
        |(_, key), (message, signature), digest| {
            digest.absorb(signature);
            S::verify(S::public_key(key), message, signature).or_wrong("verify")
        },
    ))
}

fn verify<S: Signature + 'static>(mut rng: Rng) -> Result<Box<dyn Operation>, Wrong> {
    let key = S::signing_key(&random(&mut rng)).or_wrong("signing_key")?;
    Ok(operation(
        (rng, key),
        64,
        |(rng, key)| {
            let message = random::<128>(rng);
            let signature = S::sign(key, &message);
            Ok((message, signature))
        },
        |(_, key), (message, signature)| {
            S::verify(S::public_key(key), black_box(message), signature).or_wrong("verify")
        },
        |(_, key), (message, signature), digest| {
            digest.absorb(signature);
            signature[0] ^= 1;
            ensure(
                S::verify(S::public_key(key), message, signature).is_err(),
                "a forged signature was accepted",
            )
        },
    ))
}

fn keygen<K: Kem + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        16,
        |rng| Ok((random::<64>(rng), None, vec![0; K::PUBLIC_LEN])),
        |_, (seed, key, public)| {
            let made = K::decapsulation_key(black_box(seed)).or_wrong("decapsulation_key")?;
            K::public_key(&made, public).or_wrong("public_key")?;
            *key = Some(made);
            Ok(())
        },
        |rng, (_, key, public), digest| {
            digest.absorb(public);
            let key = key.as_ref().ok_or_else(|| Wrong::new("no key"))?;
            let mut exchange = Exchange::to::<K>(public.clone(), rng);
            exchange.encapsulate::<K>()?;
            exchange.check::<K>(key)
        },
    )
}

/// One encapsulation and its two secrets.
struct Exchange {
    public: Vec<u8>,
    m: [u8; 32],
    ciphertext: Vec<u8>,
    ours: [u8; 32],
    theirs: [u8; 32],
}

impl Exchange {
    fn to<K: Kem>(public: Vec<u8>, rng: &mut Rng) -> Self {
        Self {
            public,
            m: random(rng),
            ciphertext: vec![0; K::CIPHERTEXT_LEN],
            ours: [0; 32],
            theirs: [0; 32],
        }
    }

    fn encapsulate<K: Kem>(&mut self) -> Result<(), Wrong> {
        K::encapsulate(
            black_box(&self.public),
            &self.m,
            &mut self.ciphertext,
            &mut self.ours,
        )
        .or_wrong("encapsulate")
    }

    fn decapsulate<K: Kem>(&mut self, key: &K::DecapsulationKey) -> Result<(), Wrong> {
        K::decapsulate(key, black_box(&self.ciphertext), &mut self.theirs).or_wrong("decapsulate")
    }

    fn check<K: Kem>(&mut self, key: &K::DecapsulationKey) -> Result<(), Wrong> {
        self.decapsulate::<K>(key)?;
        ensure(self.ours == self.theirs, "the two sides do not agree")
    }
}

fn kem_pair<K: Kem>(rng: &mut Rng) -> Result<(K::DecapsulationKey, Exchange), Wrong> {
    let key = K::decapsulation_key(&random(rng)).or_wrong("decapsulation_key")?;
    let mut public = vec![0; K::PUBLIC_LEN];
    K::public_key(&key, &mut public).or_wrong("public_key")?;
    Ok((key, Exchange::to::<K>(public, rng)))
}

fn encaps<K: Kem + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        16,
        |rng| kem_pair::<K>(rng),
        |_, (_, exchange)| exchange.encapsulate::<K>(),
        |_, (key, exchange), digest| {
            digest.absorb(&exchange.ciphertext);
            digest.absorb(&exchange.ours);
            exchange.check::<K>(key)
        },
    )
}

fn decaps<K: Kem + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        16,
        |rng| {
            let (key, mut exchange) = kem_pair::<K>(rng)?;
            exchange.encapsulate::<K>()?;
            Ok((key, exchange))
        },
        |_, (key, exchange)| exchange.decapsulate::<K>(key),
        |_, (_, exchange), digest| {
            digest.absorb(&exchange.theirs);
            ensure(
                exchange.ours == exchange.theirs,
                "the two sides do not agree",
            )
        },
    )
}
