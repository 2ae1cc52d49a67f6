//! The one place where a backend's name becomes a type.

use std::fmt;

pub use sprag::BackendName;
use sprag::provenance::{COMPILED, Wipes};

/// The backend of this name, if it runs on this processor.
///
/// # Errors
/// [`UnknownBackend`], which lists those that do.
pub fn named(name: &str) -> Result<BackendName, UnknownBackend> {
    BackendName::from_name(name)
        .filter(|backend| backend.is_supported())
        .ok_or_else(|| UnknownBackend(name.to_owned()))
}

/// What the backend's library leaves in memory of an AES-256-GCM key that is gone, in the words of
/// `sprag-bench doctor`; `None` if it wipes all.
#[must_use]
pub fn unwiped(backend: BackendName) -> Option<&'static str> {
    let mut tables = COMPILED.iter();
    let table = tables.find(|table| table.backend == backend.as_str())?;
    let row = table.rows.iter().find(|row| row.primitive == "AES-256-GCM");
    row.filter(|row| row.wipes != Wipes::Yes)
        .map(|row| row.note)
}

/// No backend of this name runs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBackend(pub String);

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no backend {:?} runs here; there are", self.0)?;
        let supported = BackendName::COMPILED.iter().filter(|b| b.is_supported());
        supported.into_iter().try_for_each(|b| write!(f, " {b}"))
    }
}

impl std::error::Error for UnknownBackend {}

/// Runs `$body` with `$B` standing for the type of the backend `$backend`.
#[macro_export]
macro_rules! with_backend {
    ($backend:expr, $B:ident => $body:expr) => {
        match $backend {
            $crate::backend::BackendName::Ring => {
                type $B = ::sprag::ring::Backend;
                $body
            }
            $crate::backend::BackendName::AwsLc => {
                type $B = ::sprag::aws_lc::Backend;
                $body
            }
            $crate::backend::BackendName::Mixed => {
                type $B = ::sprag::mixed::Backend;
                $body
            }
            #[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
            $crate::backend::BackendName::Graviola => {
                type $B = ::sprag::graviola::Backend;
                $body
            }
            // RustCrypto; the enum may grow.
            _ => {
                type $B = ::sprag::rustcrypto::Backend;
                $body
            }
        }
    };
}
