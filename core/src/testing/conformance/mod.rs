//! One call that says whether a backend keeps the contract of [`crate::primitives`].
//!
//! What lives here: [`check`] and [`check_classical`], for authors of backends to call from a
//! test of their own, and what they report. Each primitive has a file with its list of checks:
//! known answers of its specification, and each sentence of the contract on its trait. Every
//! check on a list is run; there is none to skip. A check that panics has failed.
//!
//! Not checked, because it takes 64 GiB: that an AEAD refuses a message beyond its limit.
//!
//! ```
//! use sprag_core::testing::{conformance, null::Null};
//!
//! // The null backend is no cryptography, and is found out.
//! let failure = conformance::check::<Null>().unwrap_err();
//! assert_eq!(failure.backend, "null");
//! ```

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod aead;
mod hmac;
mod kem;
mod key_agreement;
mod material;
mod signature;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::panic;

use crate::backend::{CryptoBackend, PqBackend};

/// Checks all primitives of a backend.
///
/// # Errors
/// The first check that failed.
pub fn check<B: PqBackend>() -> Result<Report, Failure> {
    let mut checks = classical::<B>();
    checks.extend(kem::checks::<B::MlKem768, kem::MlKem768, B::HmacSha256>());
    checks.extend(kem::checks::<B::MlKem1024, kem::MlKem1024, B::HmacSha256>());
    run(B::NAME, &checks)
}

/// Checks the classical primitives of a backend.
///
/// # Errors
/// The first check that failed.
pub fn check_classical<B: CryptoBackend>() -> Result<Report, Failure> {
    run(B::NAME, &classical::<B>())
}

/// What was checked, and held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The backend's name.
    pub backend: &'static str,
    /// Every check in the order it ran: the primitive, and what was found true of it.
    pub checks: Vec<(&'static str, &'static str)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (primitive, name) in &self.checks {
            writeln!(f, "{} {primitive}: {name}", self.backend)?;
        }
        Ok(())
    }
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The backend's name.
    pub backend: &'static str,
    /// The primitive.
    pub primitive: &'static str,
    /// What should have been true.
    pub check: &'static str,
    /// What was found instead.
    pub found: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            backend,
            primitive,
            check,
            found,
        } = self;
        write!(f, "{backend} {primitive}: not true that {check}: {found}")
    }
}

impl core::error::Error for Failure {}

/// One thing that must be true of a primitive.
struct Check {
    primitive: &'static str,
    name: &'static str,
    run: fn() -> Outcome,
}

/// What was found, where it was not what should be.
type Outcome = Result<(), String>;

fn classical<B: CryptoBackend>() -> Vec<Check> {
    let mut checks = hmac::checks::<B::HmacSha256>();
    checks.extend(key_agreement::checks::<B::X25519>());
    checks.extend(aead::checks::<B::Aes256Gcm, aead::Aes256Gcm, B::HmacSha256>());
    checks.extend(aead::checks::<
        B::ChaCha20Poly1305,
        aead::ChaCha20Poly1305,
        B::HmacSha256,
    >());
    checks.extend(signature::checks::<B::Ed25519>());
    checks
}

fn run(backend: &'static str, checks: &[Check]) -> Result<Report, Failure> {
    let mut held = Vec::new();
    for check in checks {
        panic::catch_unwind(check.run)
            .unwrap_or_else(|_| Err("it panicked".to_string()))
            .map_err(|found| Failure {
                backend,
                primitive: check.primitive,
                check: check.name,
                found,
            })?;
        held.push((check.primitive, check.name));
    }
    Ok(Report {
        backend,
        checks: held,
    })
}
