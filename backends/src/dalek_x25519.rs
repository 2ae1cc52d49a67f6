//! X25519 over `x25519-dalek`, for the backends whose library cannot keep a private key.

use sprag_core::primitives::{KeyAgreement, PrimitiveError};
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::ZeroizeOnDrop;

/// X25519 (RFC 7748) from `x25519-dalek`.
#[derive(Clone, Copy, Debug)]
pub struct X25519;

/// A private key and its cached public half. The private half is wiped on drop.
pub struct PrivateKey {
    secret: StaticSecret,
    public: PublicKey,
}

impl KeyAgreement for X25519 {
    type PrivateKey = PrivateKey;

    fn private_key(bytes: &[u8; 32]) -> Result<PrivateKey, PrimitiveError> {
        let secret = StaticSecret::from(*bytes);
        let public = PublicKey::from(&secret);
        Ok(PrivateKey { secret, public })
    }

    fn public_key(private: &PrivateKey) -> &[u8; 32] {
        private.public.as_bytes()
    }

    fn private_bytes(private: &PrivateKey) -> &[u8; 32] {
        private.secret.as_bytes()
    }

    fn agree(
        private: &PrivateKey,
        peer: &[u8; 32],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        let agreed = private.secret.diffie_hellman(&PublicKey::from(*peer));
        // A non-contributory result is all zeros, which is what the contract asks for.
        shared.copy_from_slice(agreed.as_bytes());
        if agreed.was_contributory() {
            Ok(())
        } else {
            Err(PrimitiveError::NonContributory)
        }
    }
}

// A dependency that stops wiping breaks the build here.
const fn assert_wipes<T: ZeroizeOnDrop>() {}
const _: () = {
    assert_wipes::<StaticSecret>();
    assert_wipes::<SharedSecret>();
};
