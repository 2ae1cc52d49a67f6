//! A secret that is known without lying anywhere in plain.

use std::boxed::Box;
use std::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::entropy::EntropyError;

/// What secrets are kept under: no secret, only different from nothing.
pub(super) const MASK: u64 = 0x9e37_79b9_7f4a_7c15;
/// What HMAC's inner and outer padding make of a key's bytes; 0 leaves them.
const PADDING: [u64; 3] = [0, 0x3636_3636_3636_3636, 0x5c5c_5c5c_5c5c_5c5c];

/// A secret of at least 16 bytes, masked.
#[derive(Clone, Debug)]
pub struct Canary {
    words: Vec<u64>,
}

/// A secret where it lies, wiped on drop, and the canary of it.
pub type Planted<const N: usize> = (Box<Zeroizing<[u8; N]>>, Canary);

/// Sixteen bytes of a secret in one of its forms, masked, in two words.
pub(super) type Window = [u64; 2];

impl Canary {
    /// Remembers a secret. Of its length only whole eight bytes count.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        let words = secret.chunks_exact(8);
        let words = words.map(|bytes| word(bytes) ^ MASK);
        Self {
            words: words.collect(),
        }
    }

    /// A random secret of `N` bytes, and the canary of it.
    ///
    /// # Errors
    /// [`EntropyError`] of the generator.
    pub fn plant<const N: usize, R: TryCryptoRng + ?Sized>(
        rng: &mut R,
    ) -> Result<Planted<N>, EntropyError> {
        // Filled where it stays: a secret that moves leaves a copy on the stack.
        let mut secret = Box::new(Zeroizing::new([0; N]));
        crate::entropy::fill(rng, &mut secret[..])?;
        let canary = Self::of(&secret[..]);
        Ok((secret, canary))
    }

    /// All windows that would betray it: at every eighth byte; as it is, with the bytes of its 32-bit
    /// words the other way round as ciphers and hashes keep it, and padded by HMAC.
    pub(super) fn windows(&self) -> impl Iterator<Item = Window> {
        let pairs = self.words.windows(2).map(|pair| [pair[0], pair[1]]);
        pairs.flat_map(|pair| {
            let turned = pair.map(|masked| turned(masked ^ MASK) ^ MASK);
            let forms = [pair, turned].into_iter();
            forms.flat_map(|form| PADDING.map(|padding| form.map(|masked| masked ^ padding)))
        })
    }
}

fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

const fn turned(word: u64) -> u64 {
    word.swap_bytes().rotate_left(32)
}
