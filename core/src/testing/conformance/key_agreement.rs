//! What must be true of X25519.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::material::{array, gives, hex_array, same, works, zeros};
use super::{Check, Outcome};
use crate::primitives::{AgreeJob, KeyAgreement, PrimitiveError};

/// The checks of a [`KeyAgreement`].
pub(super) fn checks<K: KeyAgreement>() -> Vec<Check> {
    let check = |name, run| Check {
        primitive: "X25519",
        name,
        run,
    };
    vec![
        check("RFC 7748 sections 5.2 and 6.1 are met", known_answers::<K>),
        check(
            "RFC 7748 section 5.2 is met iterated 1000 times",
            iterated::<K>,
        ),
        check(
            "any 32 bytes are a private key and come back as they were",
            any_bytes::<K>,
        ),
        check("a private key is clamped on use", clamped::<K>),
        check(
            "a peer's key is taken modulo 2^255 and the prime",
            reduced::<K>,
        ),
        check(
            "an all-zero result is an error that leaves zeros",
            non_contributory::<K>,
        ),
        check(
            "a batch of private keys is a loop and leaves other keys alone",
            private_keys::<K>,
        ),
        check("a batch is a loop, failing items included", batch::<K>),
    ]
}

fn agree<K: KeyAgreement>(private: &[u8; 32], peer: &[u8; 32]) -> Result<[u8; 32], String> {
    let mut shared = [0xaa; 32];
    let private = works("a private key", K::private_key(private))?;
    works("an agreement", K::agree(&private, peer, &mut shared))?;
    Ok(shared)
}

fn known_answers<K: KeyAgreement>() -> Outcome {
    for (private, peer, shared) in [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
        (
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        ),
    ] {
        let found = agree::<K>(&hex_array(private), &hex_array(peer))?;
        same("the shared secret", &found, &hex_array::<32>(shared))?;
    }
    Ok(())
}

fn iterated<K: KeyAgreement>() -> Outcome {
    let mut k = [0; 32];
    k[0] = 9;
    let mut u = k;
    for i in 1..=1000 {
        let next = agree::<K>(&k, &u)?;
        u = k;
        k = next;
        if i == 1 {
            let after_one = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
            same("the result after 1", &k, &hex_array::<32>(after_one))?;
        }
    }
    let after_1000 = "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51";
    same("the result after 1000", &k, &hex_array::<32>(after_1000))
}

fn any_bytes<K: KeyAgreement>() -> Outcome {
    for bytes in [[0; 32], [0xff; 32], array(1), array(2), {
        let mut one = [0; 32];
        one[31] = 0x80;
        one
    }] {
        let key = works("a private key", K::private_key(&bytes))?;
        same("private_bytes", K::private_bytes(&key), &bytes)?;
        let mut base = [0; 32];
        base[0] = 9;
        same(
            "public_key",
            K::public_key(&key),
            &agree::<K>(&bytes, &base)?,
        )?;
    }
    Ok(())
}

fn clamped<K: KeyAgreement>() -> Outcome {
    for seed in 0..8 {
        let bytes: [u8; 32] = array(seed);
        let mut clamped = bytes;
        clamped[0] &= 248;
        clamped[31] = clamped[31] & 127 | 64;
        let peer = works("a private key", K::private_key(&array(seed + 100)))?;
        let peer = K::public_key(&peer);
        same(
            "the shared secret",
            &agree::<K>(&bytes, peer)?,
            &agree::<K>(&clamped, peer)?,
        )?;
    }
    Ok(())
}

fn reduced<K: KeyAgreement>() -> Outcome {
    let private = array(3);
    for low in 2..19 {
        let mut canonical = [0; 32];
        canonical[0] = low;
        let expected = agree::<K>(&private, &canonical)?;
        let mut above_prime = [0xff; 32];
        above_prime[0] = 0xed + low;
        above_prime[31] = 0x7f;
        let mut spellings = [canonical, above_prime, above_prime];
        spellings[0][31] |= 0x80;
        spellings[2][31] |= 0x80;
        for spelling in spellings {
            same(
                "the shared secret",
                &agree::<K>(&private, &spelling)?,
                &expected,
            )?;
        }
    }
    Ok(())
}

/// The points of small order, in canonical form and in others.
const SMALL_ORDER: [&str; 8] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
];

fn non_contributory<K: KeyAgreement>() -> Outcome {
    for private in [[7; 32], array(4), [0xff; 32]] {
        let private = works("a private key", K::private_key(&private))?;
        for peer in SMALL_ORDER {
            let mut shared = [0xaa; 32];
            let outcome = K::agree(&private, &hex_array(peer), &mut shared);
            gives(peer, &outcome, &Err(PrimitiveError::NonContributory))?;
            zeros("the shared secret", &shared)?;
        }
    }
    Ok(())
}

/// Numbers of keys around those at which an implementation may cut a batch.
const KEYS: [usize; 11] = [0, 1, 2, 3, 8, 9, 16, 63, 64, 65, 130];

fn private_keys<K: KeyAgreement>() -> Outcome {
    let seeds: Vec<[u8; 32]> = (0..=u8::MAX)
        .map(|seed| match seed {
            0 | 70 => [0; 32],
            71 => [0xff; 32],
            _ => array(seed),
        })
        .collect();
    for count in KEYS {
        for before in [0, 1, 5] {
            let mut keys = Vec::new();
            for seed in seeds.iter().rev().take(before) {
                keys.push(works("a private key", K::private_key(seed))?);
            }
            let batch: Vec<_> = seeds.iter().take(count).collect();
            works("a batch of keys", K::private_key_batch(&batch, &mut keys))?;
            if keys.len() != before + count {
                return Err(alloc::format!(
                    "{before} keys and {count} more are {}",
                    keys.len()
                ));
            }
            let expected = seeds.iter().rev().take(before).chain(batch);
            for (key, seed) in keys.iter().zip(expected) {
                let single = works("a private key", K::private_key(seed))?;
                same("private_bytes", K::private_bytes(key), seed)?;
                same("public_key", K::public_key(key), K::public_key(&single))?;
            }
        }
    }
    Ok(())
}

fn batch<K: KeyAgreement>() -> Outcome {
    let keys = (0..9)
        .map(|seed| works("a private key", K::private_key(&array(seed))))
        .collect::<Result<Vec<_>, _>>()?;
    let peers: Vec<[u8; 32]> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| match i % 3 {
            1 => hex_array(SMALL_ORDER[i % SMALL_ORDER.len()]),
            _ => *K::public_key(key),
        })
        .collect();
    for count in 0..=keys.len() {
        let mut shared = vec![[0xaa; 32]; count];
        let mut jobs: Vec<AgreeJob<'_, K>> = keys
            .iter()
            .rev()
            .zip(&peers)
            .zip(&mut shared)
            .map(|((private, peer), shared)| AgreeJob {
                private,
                peer,
                shared,
                outcome: Err(PrimitiveError::Library),
            })
            .collect();
        K::agree_batch(&mut jobs);
        let outcomes: Vec<_> = jobs.iter().map(|job| job.outcome).collect();
        for (i, private) in keys.iter().rev().take(count).enumerate() {
            let mut expected = [0xaa; 32];
            let outcome = K::agree(private, &peers[i], &mut expected);
            gives("an item of the batch", &outcomes[i], &outcome)?;
            same("an item of the batch", &shared[i], &expected)?;
        }
    }
    Ok(())
}
