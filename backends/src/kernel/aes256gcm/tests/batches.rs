//! Many messages in one call.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_batch_is_a_loop(
        shapes in prop::collection::vec((any::<usize>(), 0..100usize, length(), 0..4usize), 0..20)
    ) {
        let messages: Vec<_> = shapes
            .iter()
            .map(|(seed, aad_len, len, _)| Message::of(*seed, *aad_len, *len))
            .collect();
        for path in paths() {
            let mut buffers: Vec<_> = messages.iter().map(|m| m.plaintext.clone()).collect();
            let mut jobs: Vec<_> = messages
                .iter()
                .zip(&mut buffers)
                .map(|(Message { key, nonce, aad, .. }, buffer)| SealJob {
                    key,
                    nonce,
                    aad,
                    buffer,
                    outcome: Err(PrimitiveError::Library),
                })
                .collect();
            (path.seal_batch)(&mut jobs);
            let mut tags: Vec<_> = jobs.iter().map(|job| job.outcome.expect("sealed")).collect();
            for ((message, buffer), tag) in messages.iter().zip(&buffers).zip(&tags) {
                let expected = message.sealed_by(&Path::portable().seal);
                prop_assert_eq!(&(buffer.clone(), *tag), &expected, "{}", path.name);
            }

            for ((_, _, _, damage), tag) in shapes.iter().zip(&mut tags) {
                if *damage == 0 {
                    tag[15] ^= 0x80;
                }
            }
            let mut jobs: Vec<_> = messages
                .iter()
                .zip(&mut buffers)
                .zip(&tags)
                .map(|((Message { key, nonce, aad, .. }, buffer), tag)| OpenJob {
                    key,
                    nonce,
                    aad,
                    buffer,
                    tag,
                    outcome: Err(PrimitiveError::Library),
                })
                .collect();
            (path.open_batch)(&mut jobs);
            for ((_, _, _, damage), (job, message)) in shapes.iter().zip(jobs.iter().zip(&messages)) {
                if *damage == 0 {
                    prop_assert_eq!(job.outcome, Err(PrimitiveError::AuthenticationFailed));
                    prop_assert!(job.buffer.iter().all(|byte| *byte == 0));
                } else {
                    prop_assert_eq!(job.outcome, Ok(()));
                    prop_assert_eq!(&*job.buffer, &message.plaintext[..]);
                }
            }
        }
    }
}

/// Of neighbours in a batch each is judged by its own tag: what is refused becomes zeros, and the
/// other is opened, with nothing written around either.
#[test]
fn a_wrong_tag_spoils_its_own_message_only() {
    for path in paths() {
        for (first, second) in (0..=70).flat_map(|len| [(len, 64), (len, 70 - len), (64, len)]) {
            let messages = [first, second].map(|len| Message::of(len, ENGINE_AAD, len));
            let sealed = messages
                .each_ref()
                .map(|m| m.sealed_by(&Path::portable().seal));
            for wrong in [[false, false], [true, false], [false, true], [true, true]] {
                let mut pages = [0, 1].map(|n| Page::new(n, &sealed[n].0));
                let tags = [0, 1].map(|n| sealed[n].1.map(|byte| byte ^ u8::from(wrong[n])));
                let mut jobs: Vec<_> = messages
                    .iter()
                    .zip(&mut pages)
                    .zip(&tags)
                    .map(
                        |(
                            (
                                Message {
                                    key, nonce, aad, ..
                                },
                                page,
                            ),
                            tag,
                        )| OpenJob {
                            key,
                            nonce,
                            aad,
                            buffer: page.get_mut(),
                            tag,
                            outcome: Err(PrimitiveError::Library),
                        },
                    )
                    .collect();
                (path.open_batch)(&mut jobs);
                let outcomes: Vec<_> = jobs.iter().map(|job| job.outcome).collect();
                for n in 0..2 {
                    let (outcome, content) = if wrong[n] {
                        let zeros = vec![0; messages[n].plaintext.len()];
                        (Err(PrimitiveError::AuthenticationFailed), zeros)
                    } else {
                        (Ok(()), messages[n].plaintext.clone())
                    };
                    let context = format!("{}, {first} and {second} bytes, {wrong:?}", path.name);
                    assert_eq!(outcomes[n], outcome, "{context}");
                    assert!(pages[n].holds(&content), "{context}");
                }
            }
        }
    }
}

/// Lengths of messages: mostly short, and often the same.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![Just(64), Just(256), 0..80usize, 0..300usize, 0..2000usize]
}
