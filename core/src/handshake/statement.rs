//! A signed statement: what was signed, by whom, and the signature, ready to be checked alone or
//! in a batch.
//!
//! Every signed message starts with a label that ends in a zero byte and is unique to its kind,
//! so that no signature can be taken for one over something else.

use alloc::vec::Vec;

use crate::backend::CryptoBackend;
use crate::handshake::error::HandshakeError;
use crate::primitives::{Signature, VerifyJob};

/// A statement whose signature is not yet checked.
pub(super) struct Statement {
    pub(super) public: [u8; 32],
    pub(super) signature: [u8; 64],
    pub(super) message: Vec<u8>,
}

impl Statement {
    pub(super) fn new(
        public: &[u8; 32],
        signature: &[u8; 64],
        label: &[u8],
        parts: &[&[u8]],
    ) -> Self {
        let mut message = label.to_vec();
        for part in parts {
            message.extend_from_slice(part);
        }
        Self {
            public: *public,
            signature: *signature,
            message,
        }
    }

    pub(super) fn verify<B: CryptoBackend>(&self) -> Result<(), HandshakeError> {
        B::Ed25519::verify(&self.public, &self.message, &self.signature)?;
        Ok(())
    }

    /// Checks many; the outcomes are in the order of the statements.
    pub(super) fn verify_batch<'s, B: CryptoBackend>(
        statements: impl IntoIterator<Item = &'s Self>,
    ) -> Vec<Result<(), HandshakeError>> {
        let mut jobs: Vec<_> = statements
            .into_iter()
            .map(|statement| VerifyJob {
                public: &statement.public,
                message: &statement.message,
                signature: &statement.signature,
                outcome: Ok(()),
            })
            .collect();
        B::Ed25519::verify_batch(&mut jobs);
        jobs.iter()
            .map(|job| job.outcome.map_err(HandshakeError::from))
            .collect()
    }
}
