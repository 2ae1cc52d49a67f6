//! The backends that are compiled in, as a value: for choosing one at run time.

use std::fmt;

use sprag_core::CryptoBackend;
use sprag_core::session::{Session, SessionPolicy, StateError};

use crate::AnySession;

/// A backend that is compiled in.
///
/// ```
/// use sprag::{BackendName, SessionPolicy};
///
/// for backend in BackendName::COMPILED.iter().filter(|backend| backend.is_supported()) {
///     let refused = backend.decode_session(b"not a session", SessionPolicy::default());
///     assert!(refused.is_err(), "{backend}");
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackendName {
    /// [`crate::mixed`].
    #[cfg(feature = "mixed")]
    Mixed,
    /// [`crate::aws_lc`].
    #[cfg(feature = "aws-lc-rs")]
    AwsLc,
    /// [`crate::ring`].
    #[cfg(feature = "ring")]
    Ring,
    /// [`crate::rustcrypto`].
    #[cfg(feature = "rustcrypto")]
    RustCrypto,
    /// [`crate::graviola`].
    #[cfg(all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    ))]
    Graviola,
}

impl BackendName {
    /// Every backend that is compiled in, in the order in which
    /// [`DefaultBackend`](crate::DefaultBackend) is chosen.
    pub const COMPILED: &'static [Self] = &[
        #[cfg(feature = "mixed")]
        Self::Mixed,
        #[cfg(feature = "aws-lc-rs")]
        Self::AwsLc,
        #[cfg(feature = "ring")]
        Self::Ring,
        #[cfg(feature = "rustcrypto")]
        Self::RustCrypto,
        #[cfg(all(
            feature = "graviola",
            any(target_arch = "aarch64", target_arch = "x86_64")
        ))]
        Self::Graviola,
    ];

    /// The name in reports, such as `"aws-lc-rs"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            #[cfg(feature = "mixed")]
            Self::Mixed => <crate::mixed::Backend as CryptoBackend>::NAME,
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => <crate::aws_lc::Backend as CryptoBackend>::NAME,
            #[cfg(feature = "ring")]
            Self::Ring => <crate::ring::Backend as CryptoBackend>::NAME,
            #[cfg(feature = "rustcrypto")]
            Self::RustCrypto => <crate::rustcrypto::Backend as CryptoBackend>::NAME,
            #[cfg(all(
                feature = "graviola",
                any(target_arch = "aarch64", target_arch = "x86_64")
            ))]
            Self::Graviola => <crate::graviola::Backend as CryptoBackend>::NAME,
        }
    }

    /// Whether the backend runs on this processor. Only `graviola` asks for more than its target has;
    /// its documentation says what, and what happens without.
    #[must_use]
    pub fn is_supported(self) -> bool {
        match self {
            #[cfg(all(
                feature = "graviola",
                any(target_arch = "aarch64", target_arch = "x86_64")
            ))]
            Self::Graviola => sprag_backends::graviola::is_supported(),
            #[allow(unreachable_patterns)]
            _ => true,
        }
    }

    /// The compiled-in backend with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::COMPILED
            .iter()
            .copied()
            .find(|backend| backend.as_str() == name)
    }

    /// Loads a session on this backend, whichever saved it.
    ///
    /// # Errors
    /// As [`Session::decode`]; [`StateError::Library`] where the backend is not
    /// [supported](Self::is_supported).
    pub fn decode_session(
        self,
        bytes: &[u8],
        policy: SessionPolicy,
    ) -> Result<Box<dyn AnySession>, StateError> {
        if !self.is_supported() {
            return Err(StateError::Library);
        }
        fn load<B: CryptoBackend>(
            bytes: &[u8],
            policy: SessionPolicy,
        ) -> Result<Box<dyn AnySession>, StateError> {
            Ok(Box::new(Session::<B>::decode(bytes, policy)?))
        }
        match self {
            #[cfg(feature = "mixed")]
            Self::Mixed => load::<crate::mixed::Backend>(bytes, policy),
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => load::<crate::aws_lc::Backend>(bytes, policy),
            #[cfg(feature = "ring")]
            Self::Ring => load::<crate::ring::Backend>(bytes, policy),
            #[cfg(feature = "rustcrypto")]
            Self::RustCrypto => load::<crate::rustcrypto::Backend>(bytes, policy),
            #[cfg(all(
                feature = "graviola",
                any(target_arch = "aarch64", target_arch = "x86_64")
            ))]
            Self::Graviola => load::<crate::graviola::Backend>(bytes, policy),
        }
    }
}

impl fmt::Display for BackendName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_first_that_is_compiled_in() {
        let first = BackendName::COMPILED
            .first()
            .map(|backend| backend.as_str());
        assert_eq!(first, Some(crate::DefaultBackend::NAME));
    }

    #[test]
    fn names_are_found_again() {
        for backend in BackendName::COMPILED {
            assert_eq!(BackendName::from_name(backend.as_str()), Some(*backend));
        }
        assert_eq!(BackendName::from_name("none"), None);
    }
}
