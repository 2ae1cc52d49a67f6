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
    /// The composition of the three that measures best.
    Mixed,
    /// The best composition of libraries, without our kernel. Only on request, and beside `mixed`
    /// in the group `kernel`.
    Libraries,
    /// No cryptography: the engine's own cost. Only on request.
    Null,
}

impl Backend {
    /// What is measured unless asked otherwise.
    pub const DEFAULT: [Self; 4] = [Self::RustCrypto, Self::Ring, Self::AwsLc, Self::Mixed];
    /// Everything that can be asked for.
    pub const ALL: [Self; 6] = [
        Self::RustCrypto,
        Self::Ring,
        Self::AwsLc,
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
            Self::Mixed => "mixed",
            Self::Libraries => "libraries",
            Self::Null => "null",
        }
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
            .into_iter()
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
