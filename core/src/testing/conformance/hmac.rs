//! What must be true of SHA-256, HMAC-SHA-256 and HKDF-SHA-256.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::material::{array, bytes, gives, hex, hex_array, same, works};
use super::{Check, Outcome};
use crate::primitives::{ChainStepJob, Hmac, PrimitiveError};

/// The checks of an [`Hmac`].
pub(super) fn checks<H: Hmac>() -> Vec<Check> {
    let check = |name, run| Check {
        primitive: "HMAC-SHA-256",
        name,
        run,
    };
    vec![
        check("FIPS 180-4 examples are met", sha256_known_answers::<H>),
        check(
            "SHA-256 of 0 to 300 bytes is as it should be",
            sha256_lengths::<H>,
        ),
        check("the parts of a hash are concatenated", parts::<H>),
        check("RFC 4231 is met", rfc4231::<H>),
        check(
            "keys and messages of 0 to 300 bytes give the right tags",
            hmac_lengths::<H>,
        ),
        check("RFC 5869 appendix A is met", rfc5869::<H>),
        check(
            "HKDF-Expand gives 0 to 8160 bytes and refuses 8161",
            expand_lengths::<H>,
        ),
        check("hkdf64 is Extract, then Expand", hkdf64::<H>),
        check("a chain step is two HMACs", chain_step::<H>),
        check(
            "advancing a chain is stepping it repeatedly",
            chain_advance::<H>,
        ),
        check("a batch is a loop", batch::<H>),
    ]
}

fn sha256_known_answers<H: Hmac>() -> Outcome {
    for (message, digest) in [
        (
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ] {
        same(
            "the digest",
            &H::sha256(&[message.as_bytes()]),
            &hex(digest),
        )?;
    }
    Ok(())
}

// The digests below are over the concatenated outputs, computed with Python's hashlib and hmac.

fn sha256_lengths<H: Hmac>() -> Outcome {
    let digests: Vec<u8> = (0..=300)
        .flat_map(|len| H::sha256(&[&bytes(5, len)]))
        .collect();
    let expected = hex("378c7ff0b1e50f4b7d5314388a23df5bb3516b9dd3bc4e9979d5604e908ddc1c");
    same(
        "the digest of all digests",
        &H::sha256(&[&digests]),
        &expected,
    )
}

fn parts<H: Hmac>() -> Outcome {
    let message = bytes(12, 200);
    let whole = H::sha256(&[&message]);
    let mut whole_tag = [0; 32];
    H::hmac(&message, &[&message], &mut whole_tag);
    for first in 0..=message.len() {
        let (a, b) = message.split_at(first);
        let (b, c) = b.split_at(b.len() / 3);
        same("the digest", &H::sha256(&[a, b, &[], c]), &whole)?;
        let mut tag = [0; 32];
        H::hmac(&message, &[a, b, &[], c], &mut tag);
        same("the tag", &tag, &whole_tag)?;
        H::hkdf_extract(&message, &[a, b, &[], c], &mut tag);
        same("the pseudorandom key", &tag, &whole_tag)?;
    }
    same(
        "the digest of no parts",
        &H::sha256(&[]),
        &H::sha256(&[&[]]),
    )
}

fn rfc4231<H: Hmac>() -> Outcome {
    let large_key = "Test Using Larger Than Block-Size Key - Hash Key First";
    let large_both = "This is a test using a larger than block-size key and a larger than \
                      block-size data. The key needs to be hashed before being used by the HMAC \
                      algorithm.";
    let counted: Vec<u8> = (1..=25).collect();
    let cases: [(&[u8], &[u8], &str); 6] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            &counted,
            &[0xcd; 50],
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
        (
            &[0xaa; 131],
            large_key.as_bytes(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            &[0xaa; 131],
            large_both.as_bytes(),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (key, message, expected) in cases {
        let mut tag = [0; 32];
        H::hmac(key, &[message], &mut tag);
        same("the tag", &tag, &hex(expected))?;
    }
    Ok(())
}

fn hmac_lengths<H: Hmac>() -> Outcome {
    let tags: Vec<u8> = (0..=300)
        .flat_map(|len| {
            let mut tag = [0; 32];
            H::hmac(&bytes(6, len), &[&bytes(7, 300 - len)], &mut tag);
            tag
        })
        .collect();
    let expected = hex("a58273c89d99a1eed52e3a51ef2d7a84f5bddae63caf3630b9ff2ff46bf9ce5c");
    same("the digest of all tags", &H::sha256(&[&tags]), &expected)
}

fn rfc5869<H: Hmac>() -> Outcome {
    let counted = |from: u8, len: u8| (from..=from + (len - 1)).collect::<Vec<u8>>();
    for (ikm, salt, info, prk, okm) in [
        (
            vec![0x0b; 22],
            counted(0, 13),
            counted(0xf0, 10),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            counted(0, 80),
            counted(0x60, 80),
            counted(0xb0, 80),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb\
             41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            vec![0x0b; 22],
            vec![],
            vec![],
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ] {
        let mut found = [0; 32];
        H::hkdf_extract(&salt, &[&ikm], &mut found);
        same("the pseudorandom key", &found, &hex(prk))?;
        let expected = hex(okm);
        let mut found = vec![0; expected.len()];
        works(
            "the expansion",
            H::hkdf_expand(&hex_array(prk), &info, &mut found),
        )?;
        same("the output", &found, &expected)?;
    }
    Ok(())
}

fn expand_lengths<H: Hmac>() -> Outcome {
    const LIMIT: usize = 255 * 32;
    let prk = array(13);
    let info = bytes(14, 21);
    let mut longest = vec![0; LIMIT];
    works(
        "the longest expansion",
        H::hkdf_expand(&prk, &info, &mut longest),
    )?;
    let mut last = [0; 32];
    H::hmac(
        &prk,
        &[&longest[LIMIT - 64..LIMIT - 32], &info, &[255]],
        &mut last,
    );
    same("the last block", &longest[LIMIT - 32..], &last)?;
    for len in (0..130).chain([LIMIT - 33, LIMIT - 1]) {
        let mut okm = vec![0; len];
        works(
            &format!("{len} bytes"),
            H::hkdf_expand(&prk, &info, &mut okm),
        )?;
        same("a shorter output", &okm, &longest[..len])?;
    }
    let outcome = H::hkdf_expand(&prk, &info, &mut vec![0; LIMIT + 1]);
    gives(
        "one byte too many",
        &outcome,
        &Err(PrimitiveError::InvalidLength),
    )
}

fn hkdf64<H: Hmac>() -> Outcome {
    let (salt, ikm) = (array(9), array(10));
    let mut all = Vec::new();
    for len in 0..130 {
        let info = bytes(11, len);
        let mut okm = [0; 64];
        works("hkdf64", H::hkdf64(&salt, &ikm, &info, &mut okm))?;
        let mut prk = [0; 32];
        H::hkdf_extract(&salt, &[&ikm], &mut prk);
        let mut expected = [0; 64];
        works("the expansion", H::hkdf_expand(&prk, &info, &mut expected))?;
        same("the output", &okm, &expected)?;
        all.extend(okm);
    }
    let expected = hex("434b698bef384138ab4b3227c336fbaec05e0d9a5f91ec9f4fbd4a6743d0fefb");
    same("the digest of all outputs", &H::sha256(&[&all]), &expected)
}

fn chain_step<H: Hmac>() -> Outcome {
    let (mut message_key, mut next) = ([0; 32], [0; 32]);
    H::chain_step(&array(8), &mut message_key, &mut next);
    let expected = "1aefb70d814443d94d91f016b932ae3957abc21c231e2b7ed09627b9874377bc";
    same("the message key", &message_key, &hex(expected))?;
    let expected = "5b52514ce25362a8e97c4f183266ed899f9498a763a219554918d7dcc6f8f745";
    same("the next chain key", &next, &hex(expected))?;
    for seed in 0..20 {
        let chain_key = array(seed);
        let (mut one, mut two) = ([0; 32], [0; 32]);
        H::chain_step(&chain_key, &mut message_key, &mut next);
        H::hmac(&chain_key, &[&[0x01]], &mut one);
        H::hmac(&chain_key, &[&[0x02]], &mut two);
        same("the message key", &message_key, &one)?;
        same("the next chain key", &next, &two)?;
    }
    Ok(())
}

fn chain_advance<H: Hmac>() -> Outcome {
    for steps in [0, 1, 2, 3, 50] {
        let mut advanced = array(8);
        H::chain_advance(&mut advanced, steps);
        let mut stepped = array(8);
        for _ in 0..steps {
            let (mut message_key, mut next) = ([0; 32], [0; 32]);
            H::chain_step(&stepped, &mut message_key, &mut next);
            stepped = next;
        }
        same(&format!("the chain key after {steps}"), &advanced, &stepped)?;
    }
    let mut advanced = array(8);
    H::chain_advance(&mut advanced, 1000);
    let expected = "d7eb6e8b442b5b8a5f7a74ab17cebfa5e39c9ab014d5eefeed58b47e32672bc5";
    same("the chain key after 1000", &advanced, &hex(expected))
}

fn batch<H: Hmac>() -> Outcome {
    let keys: Vec<[u8; 32]> = (0..19).map(array).collect();
    for count in 0..=keys.len() {
        let mut results = vec![([0; 32], [0; 32]); count];
        let mut jobs: Vec<_> = keys
            .iter()
            .zip(&mut results)
            .map(|(chain_key, (message_key, next))| ChainStepJob {
                chain_key,
                message_key,
                next,
            })
            .collect();
        H::chain_step_batch(&mut jobs);
        for (key, (message_key, next)) in keys.iter().zip(&results) {
            let (mut expected_message_key, mut expected_next) = ([0; 32], [0; 32]);
            H::chain_step(key, &mut expected_message_key, &mut expected_next);
            same("an item of the batch", message_key, &expected_message_key)?;
            same("an item of the batch", next, &expected_next)?;
        }
    }
    Ok(())
}
