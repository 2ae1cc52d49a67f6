//! HPKE (RFC 9180): encryption to a public key whose owner takes no part.
//!
//! | file | noun |
//! |---|---|
//! | `dhkem` | DHKEM(X25519, HKDF-SHA256), KEM 0x0020, with sender authentication |
//! | `xwing` | X-Wing: ML-KEM-768 with X25519, KEM 0x647a |
//! | `setup` | modes and key schedule (section 5.1) |
//! | `context` | sealing, opening, exporting (sections 5.2, 5.3) |
//! | `labeled` | LabeledExtract and LabeledExpand (section 4) |
//!
//! KDF 0x0001 (HKDF-SHA256); AEADs 0x0002 (AES-256-GCM), 0x0003 (ChaCha20-Poly1305) and 0xffff
//! (export only). AES-128-GCM and the other KDFs are left out: nothing here needs them.
//!
//! Stricter than the RFC: a public key that is not the canonical spelling of its point is refused
//! (the RFC takes it), and a pre-shared key has at least 32 bytes (the RFC says so of its entropy).
//!
//! What it does not give: forward secrecy against the recipient's key, and authentication of the
//! sender that survives the theft of the recipient's key. In the Auth modes, whoever has the
//! **recipient's** private key can make messages to the recipient that look as if they came from
//! any sender. Where authorship matters, sign.
//!
//! ```
//! # fn example<Backend: sprag_core::CryptoBackend>(
//! #     rng: &mut impl rand_core::CryptoRng,
//! # ) -> Result<(), sprag_core::wrap::hpke::HpkeError> {
//! use sprag_core::wrap::hpke::{Aead, DhKem, PrivateKey, Setup};
//!
//! let key = PrivateKey::<Backend>::generate(rng)?;
//! let setup = Setup::new(Aead::ChaCha20Poly1305, b"example");
//!
//! let (enc, sealed) = setup.seal::<Backend, DhKem, _>(&key.public(), b"ad", b"text", rng)?;
//! let text = setup.open::<Backend, DhKem>(&key, &enc, b"ad", &sealed)?;
//! assert_eq!(*text, *b"text");
//! # Ok(())
//! # }
//! ```

mod context;
mod dhkem;
mod error;
mod labeled;
mod setup;
mod xwing;

pub use context::{Receiver, Sender};
pub use dhkem::{DhKem, PrivateKey, PublicKey};
pub use error::HpkeError;
pub use setup::{Aead, Encapsulated, Psk, Setup};
pub use xwing::{XWing, XWingPrivateKey, XWingPublicKey};

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use crate::secret::Secret;

/// A KEM of HPKE (RFC 9180 section 4) whose shared secret has 32 bytes.
pub trait HpkeKem<B> {
    /// Its number in the registry of RFC 9180 section 7.1.
    const ID: u16;
    /// The recipient's public key.
    type PublicKey;
    /// The recipient's private key. Wiped on drop.
    type PrivateKey;

    /// The public half of a private key.
    fn public(key: &Self::PrivateKey) -> Self::PublicKey;

    /// Draws an encapsulated key, and the secret that it carries to `to`.
    ///
    /// # Errors
    /// [`HpkeError::Entropy`], [`HpkeError::InvalidKey`], [`HpkeError::NonContributory`].
    fn encapsulate<R: TryCryptoRng + ?Sized>(
        to: &Self::PublicKey,
        rng: &mut R,
    ) -> Result<(Vec<u8>, Secret<32>), HpkeError>;

    /// The secret that `enc` carries.
    ///
    /// # Errors
    /// [`HpkeError::InvalidKey`] if `enc` cannot be one, [`HpkeError::NonContributory`].
    fn decapsulate(key: &Self::PrivateKey, enc: &[u8]) -> Result<Secret<32>, HpkeError>;
}
