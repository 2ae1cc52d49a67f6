//! Two implementations of AEADs.

use proptest::prelude::*;
use sprag_core::primitives::{Aead, OpenJob, PrimitiveError, SealJob};

use crate::holds;
use crate::inputs::{Damage, message_len};

pub(crate) fn messages<Reference: Aead, Other: Aead>() {
    type Input = ([u8; 32], [u8; 12], Vec<u8>, Vec<u8>, Damage);
    type Sealed = Vec<(Vec<u8>, [u8; 16])>;
    type Opened = Vec<(Vec<u8>, Result<(), PrimitiveError>)>;

    fn seal<A: Aead>(inputs: &[Input]) -> Sealed {
        let mut buffers: Vec<_> = inputs.iter().map(|input| input.3.clone()).collect();
        let mut jobs: Vec<_> = inputs
            .iter()
            .zip(&mut buffers)
            .map(|((key, nonce, aad, ..), buffer)| SealJob {
                key,
                nonce,
                aad,
                buffer,
                outcome: Err(PrimitiveError::Library),
            })
            .collect();
        A::seal_batch(&mut jobs);
        let sealed: Sealed = jobs
            .iter()
            .map(|job| (job.buffer.to_vec(), job.outcome.expect("sealed")))
            .collect();
        for ((key, nonce, aad, plaintext, _), expected) in inputs.iter().zip(&sealed) {
            let prepared = A::key(key).expect("a key");
            for tag_of in [
                &|buffer: &mut [u8]| A::seal_once(key, nonce, aad, buffer),
                &|buffer: &mut [u8]| A::seal(&prepared, nonce, aad, buffer),
                &|buffer: &mut [u8]| {
                    buffer.fill(9);
                    A::seal_into(&prepared, nonce, aad, plaintext, buffer)
                },
            ] as [&dyn Fn(&mut [u8]) -> _; 3]
            {
                let mut buffer = plaintext.clone();
                let tag = tag_of(&mut buffer).expect("sealed");
                assert_eq!((buffer, tag), *expected);
            }
        }
        sealed
    }

    fn open<A: Aead>(inputs: &[Input], sealed: &Sealed) -> Opened {
        let mut buffers: Vec<_> = sealed
            .iter()
            .map(|(ciphertext, _)| ciphertext.clone())
            .collect();
        let mut jobs: Vec<_> = inputs
            .iter()
            .zip(sealed)
            .zip(&mut buffers)
            .map(|(((key, nonce, aad, ..), (_, tag)), buffer)| OpenJob {
                key,
                nonce,
                aad,
                buffer,
                tag,
                outcome: Err(PrimitiveError::Library),
            })
            .collect();
        A::open_batch(&mut jobs);
        let opened: Opened = jobs
            .iter()
            .map(|job| (job.buffer.to_vec(), job.outcome))
            .collect();
        for (((key, nonce, aad, ..), (ciphertext, tag)), expected) in
            inputs.iter().zip(sealed).zip(&opened)
        {
            let prepared = A::key(key).expect("a key");
            for open in [
                &|buffer: &mut [u8]| A::open_once(key, nonce, aad, buffer, tag),
                &|buffer: &mut [u8]| A::open(&prepared, nonce, aad, buffer, tag),
                &|buffer: &mut [u8]| {
                    buffer.fill(9);
                    A::open_into(&prepared, nonce, aad, ciphertext, buffer, tag)
                },
            ] as [&dyn Fn(&mut [u8]) -> _; 3]
            {
                let mut buffer = ciphertext.clone();
                let outcome = open(&mut buffer);
                assert_eq!((buffer, outcome), *expected);
            }
        }
        opened
    }

    let plaintext = message_len().prop_flat_map(|len| prop::collection::vec(any::<u8>(), len));
    let aad = prop::collection::vec(any::<u8>(), 0..80);
    let input = (
        any::<[u8; 32]>(),
        any::<[u8; 12]>(),
        aad,
        plaintext,
        any::<Damage>(),
    );
    holds(500, prop::collection::vec(input, 0..6), |mut inputs| {
        let mut sealed = seal::<Reference>(&inputs);
        assert_eq!(sealed, seal::<Other>(&inputs));
        for ((_, _, aad, _, damage), (ciphertext, tag)) in inputs.iter_mut().zip(&mut sealed) {
            damage.apply(aad, ciphertext, tag);
        }
        let opened = open::<Reference>(&inputs, &sealed);
        assert_eq!(opened, open::<Other>(&inputs, &sealed));
        for ((_, _, _, plaintext, damage), (buffer, outcome)) in inputs.iter().zip(&opened) {
            assert_eq!(outcome.is_ok(), *damage == Damage::None);
            match outcome {
                Ok(()) => assert_eq!(buffer, plaintext),
                Err(_) => assert!(buffer.iter().all(|byte| *byte == 0)),
            }
        }
    });
}
