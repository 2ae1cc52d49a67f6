//! SHA-256, HMAC and HKDF of every path: known answers, and each of them as its specification
//! writes it, over the hash of the crate `sha2`.

use sha2::{Digest, Sha256};

use super::*;

fn hmac_as_specified(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() <= 64 {
        block[..key.len()].copy_from_slice(key);
    } else {
        block[..32].copy_from_slice(&Sha256::digest(key));
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

fn expanded_as_specified(prk: &[u8], info: &[u8], len: usize) -> Vec<u8> {
    let (mut okm, mut block) = (Vec::new(), Vec::new());
    for counter in 1..=len.div_ceil(32) {
        let counter = u8::try_from(counter).expect("at most 255 blocks");
        block = hmac_as_specified(prk, &[&block, info, &[counter]].concat()).to_vec();
        okm.extend_from_slice(&block);
    }
    okm.truncate(len);
    okm
}

/// Bytes that differ from their neighbours, in memory that ends with them.
fn bytes(len: usize, seed: u8) -> Box<[u8]> {
    (0..len)
        .map(|at| (at as u8).wrapping_mul(151).wrapping_add(seed))
        .collect()
}

/// Cuts a message into three parts, depending on `seed`.
fn cut(message: &[u8], seed: usize) -> [&[u8]; 3] {
    let (head, rest) = message.split_at(seed * 7 % (message.len() + 1));
    let (middle, tail) = rest.split_at(seed * 13 % (rest.len() + 1));
    [head, middle, tail]
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(digit).collect()
}

#[test]
fn known_answers_are_met() {
    for path in paths() {
        // FIPS 180-4: no block, one, two, and 15,625.
        for (message, digest) in [
            (
                vec![],
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                b"abc".to_vec(),
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".to_vec(),
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (
                vec![b'a'; 1_000_000],
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
        ] {
            assert_eq!((path.sha256)(&[&message])[..], hex(digest), "{}", path.name);
        }
        // RFC 4231 cases 2 and 6, and RFC 5869 case 1.
        for (key, message, expected) in [
            (
                &b"Jefe"[..],
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let mut tag = [0; 32];
            (path.hmac)(key, &[message.as_bytes()], &mut tag);
            assert_eq!(tag[..], hex(expected), "{}", path.name);
        }
        let (salt, info): (Vec<u8>, Vec<u8>) = ((0..13).collect(), (0xf0..0xfa).collect());
        let (mut prk, mut okm) = ([0; 32], [0; 42]);
        (path.hmac)(&salt, &[&[0x0b; 22]], &mut prk);
        (path.expand)(&prk, &info, &mut okm).expect("a short output");
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf\
                        34007208d5b887185865";
        assert_eq!(okm[..], hex(expected), "{}", path.name);
    }
}

#[test]
fn every_message_of_0_to_512_bytes_has_its_digest() {
    let mut cases = 0;
    for path in paths() {
        for len in 0..=512 {
            let message = bytes(len, 3);
            let digest = <[u8; 32]>::from(Sha256::digest(&message));
            assert_eq!((path.sha256)(&[&message]), digest, "{} {len}", path.name);
            for seed in 0..8 {
                let parts = cut(&message, seed);
                assert_eq!((path.sha256)(&parts), digest, "{} {parts:?}", path.name);
                cases += 1;
            }
        }
    }
    println!("SHA-256: {cases} messages in parts agree with sha2");
}

#[test]
fn every_message_under_every_key_of_0_to_160_bytes_has_its_tag() {
    let mut cases = 0;
    for key_len in 0..=160 {
        let key = bytes(key_len, 5);
        for len in 0..=512 {
            let message = bytes(len, 7);
            let expected = hmac_as_specified(&key, &message);
            for path in paths() {
                let mut tag = [0; 32];
                (path.hmac)(&key, &cut(&message, key_len), &mut tag);
                assert_eq!(tag, expected, "{} {key_len} {len}", path.name);
                cases += 1;
            }
        }
    }
    println!("HMAC-SHA-256: {cases} pairs of key and message agree with RFC 2104 over sha2");
}

#[test]
fn every_expansion_is_as_specified() {
    let mut cases = 0;
    for path in paths() {
        for info_len in 0..=130 {
            let (prk, info) = ([info_len as u8; 32], bytes(info_len, 11));
            for len in [0, 1, 31, 32, 33, 64, 65, 255] {
                let mut okm = bytes(len, 13);
                (path.expand)(&prk, &info, &mut okm).expect("a short output");
                let expected = expanded_as_specified(&prk, &info, len);
                assert_eq!(okm[..], expected, "{} {info_len} {len}", path.name);
                cases += 1;
            }
        }
        let mut okm = vec![0; 255 * 32 + 1];
        let refused = (path.expand)(&[1; 32], b"info", &mut okm);
        assert_eq!(refused, Err(PrimitiveError::InvalidLength));
        assert!(okm.iter().all(|byte| *byte == 0));
        okm.pop();
        (path.expand)(&[1; 32], b"info", &mut okm).expect("as long as it may be");
        assert_eq!(okm, expanded_as_specified(&[1; 32], b"info", 255 * 32));
    }
    println!("HKDF-Expand: {cases} outputs agree with RFC 5869 over sha2");
}

#[test]
fn messages_may_be_long_and_stand_anywhere() {
    let message = bytes(70_000, 17);
    for path in paths() {
        for offset in 0..64 {
            for len in [64, 4096 + offset, 65_536] {
                let part = &message[offset..offset + len];
                let digest = <[u8; 32]>::from(Sha256::digest(part));
                assert_eq!((path.sha256)(&[part]), digest, "{} {offset}", path.name);
            }
        }
    }
}
