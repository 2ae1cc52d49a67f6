//! Every path against RustCrypto and against published cases.

mod batches;
mod refusals;

use sprag_core::primitives::{OpenJob, SealJob};

use super::*;

/// Length of the engine's associated data in bytes.
const ENGINE_AAD: usize = 32 + sprag_core::session::HEADER_LEN;

/// A way to seal and open under a single-use key, of a text from elsewhere or in place.
struct Path {
    name: &'static str,
    seal: Box<Seal>,
    open: Box<Open>,
    seal_batch: Box<SealBatch>,
    open_batch: Box<OpenBatch>,
}

type Seal = dyn Fn(
    &[u8; 32],
    &[u8; 12],
    &[u8],
    Option<&[u8]>,
    &mut [u8],
) -> Result<[u8; 16], PrimitiveError>;
type Open = dyn Fn(
    &[u8; 32],
    &[u8; 12],
    &[u8],
    Option<&[u8]>,
    &mut [u8],
    &[u8; 16],
) -> Result<(), PrimitiveError>;
type SealBatch = dyn Fn(&mut [SealJob<'_>]);
type OpenBatch = dyn Fn(&mut [OpenJob<'_>]);

impl Path {
    fn of(name: &'static str, path: impl SingleUse + 'static) -> Self {
        Self {
            name,
            seal: Box::new(move |key, nonce, aad, text, buffer| {
                Ok(path.seal(key, nonce, aad, text, buffer))
            }),
            open: Box::new(move |key, nonce, aad, sealed, buffer, tag| {
                path.open(key, nonce, aad, sealed, buffer, tag)
            }),
            seal_batch: Box::new(move |jobs| path.seal_batch(jobs)),
            open_batch: Box::new(move |jobs| path.open_batch(jobs)),
        }
    }

    /// RustCrypto: what the others are compared with.
    fn portable() -> Self {
        Self {
            name: "portable",
            seal: Box::new(|key, nonce, aad, text, buffer| {
                let key = Portable::key(key)?;
                match text {
                    None => Portable::seal(&key, nonce, aad, buffer),
                    Some(text) => Portable::seal_into(&key, nonce, aad, text, buffer),
                }
            }),
            open: Box::new(|key, nonce, aad, sealed, buffer, tag| {
                let key = Portable::key(key)?;
                match sealed {
                    None => Portable::open(&key, nonce, aad, buffer, tag),
                    Some(sealed) => Portable::open_into(&key, nonce, aad, sealed, buffer, tag),
                }
            }),
            seal_batch: Box::new(Portable::seal_batch),
            open_batch: Box::new(Portable::open_batch),
        }
    }
}

/// Everything this processor can take.
fn paths() -> Vec<Path> {
    let mut paths = vec![Path::portable()];
    paths.extend(super::Path::available().map(|path| Path::of(path.name(), path)));
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        if paths.len() < 4 {
            println!("not every path is checked: this processor lacks instructions of the others");
        }
        let emulated = x86::emulated::Emulated::available();
        paths.extend(emulated.map(|path| Path::of("four blocks, emulated", path)));
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
        let tag = seal(&self.key, &self.nonce, &self.aad, None, &mut buffer).expect("sealed");
        (buffer, tag)
    }

    /// Seals and opens at `offset` of a page, and requires RustCrypto's bytes and nothing beside
    /// them written.
    fn holds_at(&self, offset: usize, path: &Path) {
        let context = || {
            let (len, aad_len) = (self.plaintext.len(), self.aad.len());
            format!("{}, {len} bytes, {aad_len} of data, at {offset}", path.name)
        };
        let (key, nonce, aad) = (&self.key, &self.nonce, &self.aad);
        let (ciphertext, tag) = self.sealed_by(&Path::portable().seal);
        let mut page = Page::new(offset, &self.plaintext);
        let sealed = (path.seal)(key, nonce, aad, None, page.get_mut());
        assert_eq!(sealed, Ok(tag), "{}", context());
        assert!(page.holds(&ciphertext), "{}", context());
        let opened = (path.open)(key, nonce, aad, None, page.get_mut(), &tag);
        assert_eq!(opened, Ok(()), "{}", context());
        assert!(page.holds(&self.plaintext), "{}", context());

        // From one buffer into another, which holds something else.
        let mut other = Page::new((offset + 29) % 64, &vec![7; self.plaintext.len()]);
        let sealed = (path.seal)(key, nonce, aad, Some(page.get_mut()), other.get_mut());
        assert_eq!(sealed, Ok(tag), "into another, {}", context());
        assert!(other.holds(&ciphertext), "into another, {}", context());
        page.get_mut().fill(8);
        let opened = (path.open)(key, nonce, aad, Some(other.get_mut()), page.get_mut(), &tag);
        assert_eq!(opened, Ok(()), "into another, {}", context());
        assert!(page.holds(&self.plaintext), "into another, {}", context());
        assert!(other.holds(&ciphertext), "into another, {}", context());
    }

    /// Requires that `open` refuses this ciphertext and leaves zeros.
    fn is_refused(&self, ciphertext: &[u8], tag: &[u8; 16], path: &Path) {
        let (key, nonce, aad) = (&self.key, &self.nonce, &self.aad);
        let mut page = Page::new(3, ciphertext);
        for from in [None, Some(ciphertext)] {
            let context = format!("{}, from elsewhere: {}", path.name, from.is_some());
            let opened = (path.open)(key, nonce, aad, from, page.get_mut(), tag);
            let refused = Err(PrimitiveError::AuthenticationFailed);
            assert_eq!(opened, refused, "{context}");
            assert!(page.holds(&vec![0; ciphertext.len()]), "{context}");
            page.get_mut().fill(8);
        }
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
