//! Wrapping: a key sealed for whoever holds a private key.
//!
//! What lives here: [`hpke`] (RFC 9180); over it the [`Envelope`], which holds one 32-byte key for
//! one recipient; the [`KekRing`], which holds the generations of a key-encryption key; and
//! [`Objects`], the wrapped keys of large objects in a [`Store`](crate::store::Store). What does
//! not: sessions between two parties, which have forward secrecy and this has not
//! ([`crate::session`]); the objects' own bytes and backups ([`crate::history`]).
//!
//! An envelope says nothing about who made it: anybody with the public key can. Where authorship
//! matters, sign the envelope.
//!
//! ```
//! # fn example<Backend: sprag_core::CryptoBackend>(
//! #     rng: &mut impl rand_core::CryptoRng,
//! # ) -> Result<(), sprag_core::wrap::WrapError> {
//! use sprag_core::Secret;
//! use sprag_core::wrap::hpke::{DhKem, PrivateKey};
//! use sprag_core::wrap::{Binding, Envelope, KekRing, Purpose, WrapAlgorithm};
//!
//! let first = PrivateKey::<Backend>::generate(rng)?;
//! let mut ring = KekRing::<Backend, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, first)?;
//!
//! let session_key = Secret::random(rng)?;
//! let binding = Binding { purpose: Purpose::Session, key_id: &[7; 16], context: b"call 42" };
//! let envelope = Envelope::seal(&session_key, &ring.current(), &binding, rng)?;
//!
//! // A new generation; the old one still opens, and wraps anew for the new one.
//! ring.rotate(PrivateKey::generate(rng)?)?;
//! let envelope = ring.rewrap(&envelope, &binding, rng)?.unwrap();
//! assert_eq!(envelope.kek().generation, 2);
//! assert_eq!(ring.open(&envelope, &binding)?.expose(), session_key.expose());
//! # Ok(())
//! # }
//! ```

mod envelope;
mod error;
pub mod hpke;
mod kek;
mod objects;
mod rewrap;

pub use envelope::{Binding, Envelope, Purpose, WrapAlgorithm};
pub use error::WrapError;
pub use kek::{KekName, KekRing, PublicKek};
pub use objects::{Object, Objects};
pub(crate) use rewrap::{Holder, replace, rewrap_page, unexpected};
pub use rewrap::{RewrapCursor, RewrapProgress, references};
