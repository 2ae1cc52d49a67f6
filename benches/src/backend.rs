//! The backends by name, and the one place where a name becomes a type.

use std::fmt;
use std::str::FromStr;

/// A backend that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// Pure Rust: RustCrypto and dalek.
    RustCrypto,
    /// `ring`.
    Ring,
    /// `aws-lc-rs`.
    AwsLc,
    /// `graviola`. Only on processors that it supports.
    #[cfg(graviola)]
    Graviola,
    /// The composition that measures best.
    Mixed,
    /// The best composition of libraries, without our kernel. Only on request, and beside `mixed`
    /// in the group `kernel`.
    Libraries,
    /// No cryptography: the engine's own cost. Only on request.
    Null,
}

impl Backend {
    /// What is measured unless asked otherwise, on a processor that supports it.
    pub const DEFAULT: &'static [Self] = &[
        Self::RustCrypto,
        Self::Ring,
        Self::AwsLc,
        #[cfg(graviola)]
        Self::Graviola,
        Self::Mixed,
    ];
    /// Everything that can be asked for.
    pub const ALL: &'static [Self] = &[
        Self::RustCrypto,
        Self::Ring,
        Self::AwsLc,
        #[cfg(graviola)]
        Self::Graviola,
        Self::Mixed,
        Self::Libraries,
        Self::Null,
    ];
    /// The backend whose results the others' are compared with.
    pub const REFERENCE: Self = Self::RustCrypto;

    /// The name in reports and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RustCrypto => "rustcrypto",
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc-rs",
            #[cfg(graviola)]
            Self::Graviola => "graviola",
            Self::Mixed => "mixed",
            Self::Libraries => "libraries",
            Self::Null => "null",
        }
    }

    /// Whether it runs on this processor.
    #[must_use]
    pub fn is_supported(self) -> bool {
        match self {
            #[cfg(graviola)]
            Self::Graviola => sprag::BackendName::Graviola.is_supported(),
            _ => true,
        }
    }

    /// Those of `backends` that run on this processor.
    #[must_use]
    pub fn supported(backends: &[Self]) -> Vec<Self> {
        let backends = backends.iter().copied();
        backends.filter(|backend| backend.is_supported()).collect()
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| UnknownBackend(name.to_owned()))
    }
}

/// No backend has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBackend(pub String);

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown backend {:?}; there are", self.0)?;
        for backend in Backend::ALL {
            write!(f, " {backend}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownBackend {}

/// Runs `$body` with `$B` standing for the type of the backend `$backend`.
macro_rules! with_backend {
    ($backend:expr, $B:ident => $body:expr) => {
        match $backend {
            $crate::backend::Backend::RustCrypto => {
                type $B = sprag::rustcrypto::RustCrypto;
                $body
            }
            $crate::backend::Backend::Ring => {
                type $B = sprag::ring::Ring;
                $body
            }
            $crate::backend::Backend::AwsLc => {
                type $B = sprag::aws_lc::AwsLc;
                $body
            }
            #[cfg(graviola)]
            $crate::backend::Backend::Graviola => {
                type $B = sprag::graviola::Graviola;
                $body
            }
            $crate::backend::Backend::Mixed => {
                type $B = sprag::mixed::Mixed;
                $body
            }
            $crate::backend::Backend::Libraries => {
                type $B = $crate::libraries::Libraries;
                $body
            }
            $crate::backend::Backend::Null => {
                type $B = sprag::sprag_core::testing::null::Null;
                $body
            }
        }
    };
}
pub(crate) use with_backend;
