//! Two implementations of SHA-256, HMAC and HKDF.

use proptest::prelude::*;
use sprag_core::primitives::{ChainStepJob, Hmac, PrimitiveError};

use crate::holds;

pub(crate) fn hashes<Reference: Hmac, Other: Hmac>() {
    #[derive(Debug, PartialEq)]
    struct Hashes {
        digest: [u8; 32],
        tag: [u8; 32],
        prk: [u8; 32],
        okm: Result<Vec<u8>, PrimitiveError>,
        root: [u8; 64],
    }

    fn hash<H: Hmac>(key: &[u8], parts: &[Vec<u8>], okm_len: usize) -> Hashes {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let info = parts.concat();
        let (mut tag, mut prk, mut root) = ([0; 32], [0; 32], [0; 64]);
        H::hmac(key, &parts, &mut tag);
        H::hkdf_extract(key, &parts, &mut prk);
        let mut okm = vec![0; okm_len];
        let expanded = H::hkdf_expand(&prk, &info, &mut okm);
        H::hkdf64(&prk, &tag, &info, &mut root).expect("64 bytes");
        Hashes {
            digest: H::sha256(&parts),
            tag,
            prk,
            okm: expanded.map(|()| okm),
            root,
        }
    }

    type Stepped = (Vec<([u8; 32], [u8; 32])>, Vec<[u8; 32]>);

    fn step<H: Hmac>(keys: &[[u8; 32]], steps: u32) -> Stepped {
        let mut results = vec![([0; 32], [0; 32]); keys.len()];
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
        let mut advanced = keys.to_vec();
        advanced
            .iter_mut()
            .for_each(|key| H::chain_advance(key, steps));
        (results, advanced)
    }

    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    let okm_len = prop_oneof![0..200usize, Just(8160), Just(8161)];
    let inputs = (bytes(), prop::collection::vec(bytes(), 0..4), okm_len);
    holds(1000, inputs, |(key, parts, okm_len)| {
        let expected = hash::<Reference>(&key, &parts, okm_len);
        assert_eq!(expected, hash::<Other>(&key, &parts, okm_len));
    });
    let chains = (prop::collection::vec(any::<[u8; 32]>(), 0..20), 0..40u32);
    holds(200, chains, |(keys, steps)| {
        let expected = step::<Reference>(&keys, steps);
        assert_eq!(expected, step::<Other>(&keys, steps));
    });
}
