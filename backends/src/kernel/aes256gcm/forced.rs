//! AES-256-GCM on a path of one's choice instead of the best: for tests and measurements that
//! compare paths side by side in one process, and for nothing else.
//!
//! Invariant: no path is taken that was not detected. [`Aes256Gcm::check`] says beforehand whether
//! it is there; without it every single-use key is refused.

use core::fmt::{self, Debug};
use core::marker::PhantomData;

use sprag_core::primitives::{Aead, PrimitiveError};

use super::{Path, Portable, SingleUse};
use crate::aead_limit;

/// [`kernel::Aes256Gcm`](crate::kernel::Aes256Gcm) on the path `P`, whichever is the best.
///
/// Prepared keys are RustCrypto's, as there.
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm<P>(PhantomData<P>);

impl<P: Instructions> Aes256Gcm<P> {
    /// Whether this processor has the path.
    ///
    /// # Errors
    /// [`Missing`] if it does not.
    pub fn check() -> Result<(), Missing> {
        Self::path().map(drop)
    }

    fn path() -> Result<Path, Missing> {
        Path::forced(P::CHOICE).ok_or(Missing { path: P::NAME })
    }
}

/// On a processor without the path, single-use keys give [`PrimitiveError::Library`].
impl<P: Instructions> Aead for Aes256Gcm<P> {
    type Key = <Portable as Aead>::Key;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        Portable::key(bytes)
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        Portable::seal(key, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        Portable::open(key, nonce, aad, buffer, tag)
    }

    #[inline]
    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        let path = Self::path().map_err(|_| PrimitiveError::Library)?;
        aead_limit::check(buffer.len(), aead_limit::AES_GCM)?;
        Ok(path.seal(key, nonce, aad, None, buffer))
    }

    #[inline]
    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        let path = Self::path().map_err(|_| PrimitiveError::Library)?;
        path.open(key, nonce, aad, None, buffer, tag)
    }
}

/// A path that can be forced.
pub trait Instructions: Debug + Copy + Send + Sync + 'static + sealed::Chosen {
    /// As [`kernel::paths`](crate::kernel::paths) calls it.
    const NAME: &'static str;
}

/// AES-NI and PCLMULQDQ: vectors of one block.
#[derive(Clone, Copy, Debug)]
pub struct AesNi;

/// VAES and VPCLMULQDQ on 256 bits: vectors of two blocks.
#[derive(Clone, Copy, Debug)]
pub struct Vaes256;

/// VAES and VPCLMULQDQ on 512 bits: vectors of four blocks, and of two where the message is short.
#[derive(Clone, Copy, Debug)]
pub struct Vaes512;

/// AES and PMULL of ARMv8.
#[derive(Clone, Copy, Debug)]
pub struct Armv8;

impl Instructions for AesNi {
    const NAME: &'static str = "AES-NI";
}

impl Instructions for Vaes256 {
    const NAME: &'static str = "VAES, 256 bits";
}

impl Instructions for Vaes512 {
    const NAME: &'static str = "VAES, 512 bits";
}

impl Instructions for Armv8 {
    const NAME: &'static str = "ARMv8 AES and PMULL";
}

/// The processor has not got the instructions of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// As [`kernel::paths`](crate::kernel::paths) calls it.
    pub path: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this processor has no instructions for {}", self.path)
    }
}

impl core::error::Error for Missing {}

/// What nobody else names.
pub(super) mod sealed {
    use super::{AesNi, Armv8, Vaes256, Vaes512};

    /// A path by name, on any processor.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Choice {
        AesNi,
        Vaes256,
        Vaes512,
        Armv8,
    }

    pub trait Chosen {
        const CHOICE: Choice;
    }

    impl Chosen for AesNi {
        const CHOICE: Choice = Choice::AesNi;
    }

    impl Chosen for Vaes256 {
        const CHOICE: Choice = Choice::Vaes256;
    }

    impl Chosen for Vaes512 {
        const CHOICE: Choice = Choice::Vaes512;
    }

    impl Chosen for Armv8 {
        const CHOICE: Choice = Choice::Armv8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the path is there; if so, its bytes must be RustCrypto's, and else it must refuse.
    fn is_there<P: Instructions>() -> bool {
        let (key, nonce, aad) = ([1; 32], [2; 12], [3; 72]);
        let there = Aes256Gcm::<P>::check().is_ok();
        for len in [0, 64, 129, 1350] {
            let (mut buffer, mut expected) = (vec![4; len], vec![4; len]);
            let tag = Aes256Gcm::<P>::seal_once(&key, &nonce, &aad, &mut buffer);
            if !there {
                assert_eq!(tag, Err(PrimitiveError::Library));
                assert_eq!(buffer, expected, "{}", P::NAME);
                continue;
            }
            let right = Portable::seal_once(&key, &nonce, &aad, &mut expected);
            assert_eq!((tag, &buffer), (right, &expected), "{}", P::NAME);
            let mut tag = tag.unwrap();
            let opened = Aes256Gcm::<P>::open_once(&key, &nonce, &aad, &mut buffer, &tag);
            assert_eq!((opened, buffer), (Ok(()), vec![4; len]));
            tag[0] ^= 1;
            assert_eq!(
                Aes256Gcm::<P>::open_once(&key, &nonce, &aad, &mut expected, &tag),
                Err(PrimitiveError::AuthenticationFailed)
            );
        }
        there
    }

    #[test]
    fn a_forced_path_is_taken_if_it_is_there_and_refused_if_not() {
        let found = [
            (AesNi::NAME, is_there::<AesNi>()),
            (Vaes256::NAME, is_there::<Vaes256>()),
            (Vaes512::NAME, is_there::<Vaes512>()),
            (Armv8::NAME, is_there::<Armv8>()),
        ];
        let there = found
            .iter()
            .filter(|(_, there)| *there)
            .map(|(name, _)| *name);
        let available = Path::available().map(Path::name);
        assert!(there.eq(available), "{found:?}");
        // No processor has both kinds.
        assert!(!(found[0].1 && found[3].1));
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = Missing {
            path: Vaes512::NAME,
        };
        assert!(missing.to_string().contains("VAES, 512 bits"));
    }
}
