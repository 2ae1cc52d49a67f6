//! Where every primitive of a backend comes from, and whether its keys are wiped.
//!
//! For people who choose a backend: the tables are printed by `sprag-bench doctor`. Each backend
//! module holds its own table beside the types it describes; this module holds only the shape,
//! and the list of what was compiled in.

/// The table of one backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The backend's name, as in `CryptoBackend::NAME`.
    pub backend: &'static str,
    /// One row per primitive.
    pub rows: &'static [Row],
}

/// Where one primitive comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The primitive, as its specification names it.
    pub primitive: &'static str,
    /// The crates that compute it.
    pub library: &'static str,
    /// Whether key material is wiped after use.
    pub wipes: Wipes,
    /// What else a user should know: what is left unwiped, what is slow. May be empty.
    pub note: &'static str,
}

/// What becomes of key material after use.
///
/// No entry speaks of copies that a compiler or a library leaves in registers and on the stack:
/// no library here promises those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wipes {
    /// Every key type is wiped on drop.
    Yes,
    /// What we hold is wiped, what the library holds is not; the note says which.
    Partly,
    /// Nothing is wiped.
    No,
}

/// The tables of the backends that are compiled in.
pub const COMPILED: &[Provenance] = &[
    #[cfg(feature = "rustcrypto")]
    crate::rustcrypto::PROVENANCE,
    #[cfg(feature = "ring")]
    crate::ring::PROVENANCE,
    #[cfg(feature = "aws-lc-rs")]
    crate::aws_lc::PROVENANCE,
    #[cfg(all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    ))]
    crate::graviola::PROVENANCE,
    #[cfg(feature = "mixed")]
    crate::mixed::PROVENANCE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_accounts_for_every_primitive() {
        for Provenance { backend, rows } in COMPILED {
            let primitives: Vec<_> = rows.iter().map(|row| row.primitive).collect();
            assert_eq!(
                primitives,
                [
                    "X25519",
                    "HMAC-SHA-256",
                    "AES-256-GCM",
                    "ChaCha20-Poly1305",
                    "Ed25519",
                    "ML-KEM-768, ML-KEM-1024",
                    "SHA-3",
                    #[cfg(feature = "files")]
                    "HKDF-SHA-512",
                    #[cfg(feature = "files")]
                    "Argon2id",
                ],
                "{backend}"
            );
            for row in *rows {
                assert!(!row.library.is_empty(), "{backend} {}", row.primitive);
                assert!(row.wipes == Wipes::Yes || !row.note.is_empty(), "{backend}");
            }
        }
    }
}
