//! X25519 over `x25519-dalek`, for the backends whose library cannot keep a private key.

extern crate alloc;

use alloc::vec::Vec;

use curve25519_dalek::EdwardsPoint;
use sprag_core::primitives::{KeyAgreement, PrimitiveError};
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// X25519 (RFC 7748) from `x25519-dalek`.
#[derive(Clone, Copy, Debug)]
pub struct X25519;

/// A private key and its cached public half. The private half is wiped on drop.
pub struct PrivateKey {
    secret: StaticSecret,
    public: PublicKey,
}

/// Keys that share an inversion, whose cost is then a hundredth of theirs or less.
const INVERTED_AT_ONCE: usize = 64;

impl KeyAgreement for X25519 {
    type PrivateKey = PrivateKey;

    fn private_key(bytes: &[u8; 32]) -> Result<PrivateKey, PrimitiveError> {
        let secret = StaticSecret::from(*bytes);
        let public = PublicKey::from(&secret);
        Ok(PrivateKey { secret, public })
    }

    /// With one inversion for many keys: the rows `primitive/x25519_public_batch` of `sprag-bench`
    /// beside `primitive/x25519_public`.
    ///
    /// The points are wiped. The denominators of their coordinates, which dalek inverts, stay in
    /// memory that dalek frees.
    fn private_key_batch(
        bytes: &[&[u8; 32]],
        keys: &mut Vec<PrivateKey>,
    ) -> Result<(), PrimitiveError> {
        keys.reserve(bytes.len());
        for bytes in bytes.chunks(INVERTED_AT_ONCE) {
            if let [bytes] = bytes {
                keys.push(Self::private_key(bytes)?);
                continue;
            }
            let points: Vec<_> = bytes
                .iter()
                .map(|bytes| EdwardsPoint::mul_base_clamped(**bytes))
                .collect();
            let points = Zeroizing::new(points);
            let publics = EdwardsPoint::to_montgomery_batch(&points);
            keys.extend(bytes.iter().zip(publics).map(|(bytes, public)| PrivateKey {
                secret: StaticSecret::from(**bytes),
                public: PublicKey::from(public.to_bytes()),
            }));
        }
        Ok(())
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
