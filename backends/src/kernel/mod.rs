//! Primitives of our own where the libraries are built for another case than the ratchet's.
//!
//! A ratchet uses each key once; libraries spend what pays off over many uses. What lives here is
//! only what measures better than every library, as components for anyone's list of primitives;
//! `mixed` uses them. What does not:
//! portable code, which is RustCrypto's, and anything that a library does as fast.
//! docs/KERNEL.md tells how it works and how fast it is.
//!
//! # Safety
//!
//! This is the only module of the project with `unsafe` code, under these rules:
//!
//! - Every block says why it is sound.
//! - Code that needs instructions of a processor is reached only through a value that proves that
//!   they were detected, so everything above that value is safe code.
//! - No branch and no address depends on a secret. What holds secrets on the way is cleared.
//! - Each path is tested on its own against another implementation and known answers.
//!
//! # Dispatch
//!
//! Every call asks the detection, which runs once per process (`cpufeatures`); asking again is an
//! atomic load and a branch, and nothing at all in a build for processors that have the
//! instructions. Without them the portable path gives the same bytes.

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod aarch64;
mod aes256gcm;
#[cfg(all(test, target_arch = "x86_64", target_feature = "sse2"))]
mod depth;
mod sha256;
mod x25519;

pub use aes256gcm::Aes256Gcm;
#[cfg(feature = "forced-paths")]
pub use aes256gcm::forced;
pub use sha256::HmacSha256;
pub use x25519::X25519;

/// A primitive of the kernel and the code that computes it on this processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// The primitive.
    pub primitive: &'static str,
    /// The instructions it takes, or `portable` for those of a library.
    pub instructions: &'static str,
}

/// Which paths are taken on this processor.
#[must_use]
pub fn paths() -> [Path; 3] {
    [
        Path {
            primitive: "AES-256-GCM",
            instructions: Aes256Gcm::path(),
        },
        Path {
            primitive: "SHA-256",
            instructions: sha256::path(),
        },
        Path {
            primitive: "X25519",
            instructions: x25519::path(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SPRAG_NATIVE` names the primitives, with commas between them, for which code of our own has
    /// to be taken; the others have to be portable. Without it this only shows what is.
    #[test]
    fn the_paths_taken_are_the_wanted_ones() {
        let wanted = std::env::var("SPRAG_NATIVE").ok();
        for path in paths() {
            println!("path of {}: {}", path.primitive, path.instructions);
            if let Some(wanted) = &wanted {
                let native = wanted.split(',').any(|name| name == path.primitive);
                assert_eq!(path.instructions != "portable", native, "{path:?}");
            }
        }
    }
}
