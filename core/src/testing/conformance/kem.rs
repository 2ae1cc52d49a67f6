//! What must be true of ML-KEM-768 and ML-KEM-1024.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::material::{array, bytes, gives, hex, hex_array, same, works, zeros};
use super::{Check, Outcome};
use crate::primitives::{Hmac, Kem, PrimitiveError};

/// What distinguishes the parameter sets to the checks.
pub(super) trait Parameters {
    const PRIMITIVE: &'static str;
    const PUBLIC_LEN: usize;
    const CIPHERTEXT_LEN: usize;
    /// SHA-256 of the encapsulation key of [`SEED`], from Wycheproof's key generation set.
    const PUBLIC_DIGEST: &'static str;
    /// SHA-256 of the ciphertext for that key and `m = array(1)`. This and the secrets are what
    /// two independent implementations, `ml-kem` and libcrux, agree on.
    const CIPHERTEXT_DIGEST: &'static str;
    /// The shared secret in that ciphertext.
    const SHARED: &'static str;
    /// The secret that implicit rejection gives for that ciphertext with its first bit changed.
    const REJECTED: &'static str;
}

/// FIPS 203 with the parameter set ML-KEM-768.
pub(super) struct MlKem768;

impl Parameters for MlKem768 {
    const PRIMITIVE: &'static str = "ML-KEM-768";
    const PUBLIC_LEN: usize = 1184;
    const CIPHERTEXT_LEN: usize = 1088;
    const PUBLIC_DIGEST: &'static str =
        "86adbca81f4fee893e2fb58fb98aa2fe188f501fed268d7f4056f8c05c4e53c4";
    const CIPHERTEXT_DIGEST: &'static str =
        "68032cb5e6418e70f92a2da017b234434ce24df07db4bfe2f245d45d27673d9b";
    const SHARED: &'static str = "d9397b6589597d96ee062bd7557810702da9cfbd21700c8b5e3df4a2ee364f99";
    const REJECTED: &'static str =
        "39a0b35f01e46be2a411685669ddaf7b275ea5a70c85876323be48de70a0e3bd";
}

/// FIPS 203 with the parameter set ML-KEM-1024.
pub(super) struct MlKem1024;

impl Parameters for MlKem1024 {
    const PRIMITIVE: &'static str = "ML-KEM-1024";
    const PUBLIC_LEN: usize = 1568;
    const CIPHERTEXT_LEN: usize = 1568;
    const PUBLIC_DIGEST: &'static str =
        "61b95ec8c32ae85ad7a17ae5b9c2dfb083e05f767da3ba9a0a8092ea6b4cbf7a";
    const CIPHERTEXT_DIGEST: &'static str =
        "8b778b27bbe9379769bab6660305af3fbe9fa8e96326e90231a23a9402014c41";
    const SHARED: &'static str = "b0a52d3d065e1838c062ebc791fb6cb4ff094af125bbb8850c699dec31fcdb20";
    const REJECTED: &'static str =
        "b2a52cf07a7d782c1edae61f0844f021cfaa79f09f27cb18a4e84368f12e2359";
}

/// The seed `d || z` of the known answers.
const SEED: &str = "7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d\
                    8626ed79d451140800e03b59b956f8210e556067407d13dc90fa9e8b872bfb8f";

/// The checks of a [`Kem`].
pub(super) fn checks<K: Kem, P: Parameters, H: Hmac>() -> Vec<Check> {
    let check = |name, run| Check {
        primitive: P::PRIMITIVE,
        name,
        run,
    };
    vec![
        check(
            "the known answers are met, with implicit rejection",
            known_answers::<K, P, H>,
        ),
        check("both sides agree", round_trip::<K>),
        check(
            "a changed ciphertext gives a secret of its own and no error",
            rejection::<K>,
        ),
        check("slices of the wrong length are refused", lengths::<K>),
        check(
            "an encapsulation key beyond the modulus is refused",
            modulus::<K>,
        ),
    ]
}

fn known_answers<K: Kem, P: Parameters, H: Hmac>() -> Outcome {
    gives("PUBLIC_LEN", &K::PUBLIC_LEN, &P::PUBLIC_LEN)?;
    gives("CIPHERTEXT_LEN", &K::CIPHERTEXT_LEN, &P::CIPHERTEXT_LEN)?;
    let key = works("a seed", K::decapsulation_key(&hex_array(SEED)))?;
    let mut public = vec![0; K::PUBLIC_LEN];
    works("public_key", K::public_key(&key, &mut public))?;
    let digest = H::sha256(&[&public]);
    same(
        "the digest of the public key",
        &digest,
        &hex(P::PUBLIC_DIGEST),
    )?;

    let (mut ciphertext, mut shared) = (vec![0; K::CIPHERTEXT_LEN], [0; 32]);
    let outcome = K::encapsulate(&public, &array(1), &mut ciphertext, &mut shared);
    works("encapsulate", outcome)?;
    let digest = H::sha256(&[&ciphertext]);
    same(
        "the digest of the ciphertext",
        &digest,
        &hex(P::CIPHERTEXT_DIGEST),
    )?;
    same("the shared secret", &shared, &hex(P::SHARED))?;

    works(
        "decapsulate",
        K::decapsulate(&key, &ciphertext, &mut shared),
    )?;
    same("the decapsulated secret", &shared, &hex(P::SHARED))?;
    ciphertext[0] ^= 1;
    works(
        "decapsulate",
        K::decapsulate(&key, &ciphertext, &mut shared),
    )?;
    same(
        "the secret of implicit rejection",
        &shared,
        &hex(P::REJECTED),
    )
}

fn round_trip<K: Kem>() -> Outcome {
    for seed in 0..20 {
        let key = works("a seed", K::decapsulation_key(&array(seed)))?;
        let mut public = vec![0; K::PUBLIC_LEN];
        works("public_key", K::public_key(&key, &mut public))?;
        let mut ciphertext = vec![0; K::CIPHERTEXT_LEN];
        let (mut ours, mut theirs) = ([0; 32], [0; 32]);
        let outcome = K::encapsulate(&public, &array(seed + 100), &mut ciphertext, &mut ours);
        works("encapsulate", outcome)?;
        works(
            "decapsulate",
            K::decapsulate(&key, &ciphertext, &mut theirs),
        )?;
        same("the decapsulated secret", &theirs, &ours)?;
    }
    Ok(())
}

fn rejection<K: Kem>() -> Outcome {
    let key = works("a seed", K::decapsulation_key(&array(1)))?;
    let mut seen = Vec::new();
    for seed in 0..10 {
        let forged = bytes(seed, K::CIPHERTEXT_LEN);
        let (mut once, mut again) = ([0; 32], [0; 32]);
        works("decapsulate", K::decapsulate(&key, &forged, &mut once))?;
        works("decapsulate", K::decapsulate(&key, &forged, &mut again))?;
        same("the secret of a second try", &again, &once)?;
        if seen.contains(&once) {
            return Err("two forged ciphertexts give one secret".into());
        }
        seen.push(once);
    }
    Ok(())
}

fn lengths<K: Kem>() -> Outcome {
    let refused = Err(PrimitiveError::InvalidLength);
    let key = works("a seed", K::decapsulation_key(&array(1)))?;
    let mut public = vec![0; K::PUBLIC_LEN];
    works("public_key", K::public_key(&key, &mut public))?;
    let mut shared = [0; 32];
    for wrong in [0, K::PUBLIC_LEN - 1, K::PUBLIC_LEN + 1] {
        let outcome = K::public_key(&key, &mut vec![0; wrong]);
        gives(
            &format!("public_key into {wrong} bytes"),
            &outcome,
            &refused,
        )?;
        let mut ciphertext = vec![0; K::CIPHERTEXT_LEN];
        shared.fill(0xaa);
        let outcome = K::encapsulate(&bytes(1, wrong), &array(2), &mut ciphertext, &mut shared);
        gives(
            &format!("encapsulate to a key of {wrong} bytes"),
            &outcome,
            &refused,
        )?;
        zeros("the shared secret", &shared)?;
    }
    for wrong in [0, K::CIPHERTEXT_LEN - 1, K::CIPHERTEXT_LEN + 1] {
        shared.fill(0xaa);
        let outcome = K::encapsulate(&public, &array(2), &mut vec![0; wrong], &mut shared);
        gives(
            &format!("encapsulate into {wrong} bytes"),
            &outcome,
            &refused,
        )?;
        zeros("the shared secret", &shared)?;
        let outcome = K::decapsulate(&key, &bytes(1, wrong), &mut shared);
        gives(&format!("decapsulate {wrong} bytes"), &outcome, &refused)?;
    }
    Ok(())
}

fn modulus<K: Kem>() -> Outcome {
    const Q: u16 = 3329;
    let key = works("a seed", K::decapsulation_key(&array(1)))?;
    let mut public = vec![0; K::PUBLIC_LEN];
    works("public_key", K::public_key(&key, &mut public))?;
    let coefficients = (K::PUBLIC_LEN - 32) / 3 * 2;
    for position in [
        0,
        1,
        coefficients / 2 + 1,
        coefficients - 2,
        coefficients - 1,
    ] {
        for (value, valid) in [
            (0, true),
            (Q - 1, true),
            (Q, false),
            (Q + 1, false),
            (4095, false),
        ] {
            let mut changed = public.clone();
            set_coefficient(&mut changed, position, value);
            let mut ciphertext = vec![0; K::CIPHERTEXT_LEN];
            let mut shared = [0xaa; 32];
            let outcome = K::encapsulate(&changed, &array(2), &mut ciphertext, &mut shared);
            let what = format!("coefficient {position} = {value}");
            if valid {
                works(&what, outcome)?;
            } else {
                gives(&what, &outcome, &Err(PrimitiveError::InvalidKey))?;
                zeros("the shared secret", &shared)?;
            }
        }
    }
    Ok(())
}

/// Overwrites one of the 12-bit coefficients that a key is packed of (FIPS 203 section 4.2.1).
fn set_coefficient(public: &mut [u8], position: usize, value: u16) {
    let [low, high] = value.to_le_bytes();
    let pair = &mut public[position / 2 * 3..][..3];
    if position.is_multiple_of(2) {
        pair[0] = low;
        pair[1] = pair[1] & 0xf0 | high;
    } else {
        pair[1] = pair[1] & 0x0f | low << 4;
        pair[2] = high << 4 | low >> 4;
    }
}
