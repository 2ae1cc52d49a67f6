//! ML-KEM over `ml-kem`.
//!
//! `libcrux-ml-kem` is pure Rust too and four to six times as fast, but needs Rust 1.94, by
//! `libcrux-platform`; this backend builds with the Rust version of the engine. Who may require the
//! newer one can put the ML-KEM of another backend into a list of their own.

use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{DecapsulationKey, EncapsulationKey, ml_kem_768, ml_kem_1024};
use sprag_core::primitives::{Kem, PrimitiveError};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// ML-KEM-768 (FIPS 203) from `ml-kem`.
#[derive(Clone, Copy, Debug)]
pub struct MlKem768;

/// ML-KEM-1024 (FIPS 203) from `ml-kem`.
#[derive(Clone, Copy, Debug)]
pub struct MlKem1024;

macro_rules! implement_kem {
    ($kem:ident, $parameters:path, public: $public:literal, ciphertext: $ciphertext:literal) => {
        impl Kem for $kem {
            const PUBLIC_LEN: usize = $public;
            const CIPHERTEXT_LEN: usize = $ciphertext;

            type DecapsulationKey = DecapsulationKey<$parameters>;

            fn decapsulation_key(
                seed: &[u8; 64],
            ) -> Result<Self::DecapsulationKey, PrimitiveError> {
                Ok(DecapsulationKey::from_seed((*seed).into()))
            }

            fn public_key(
                key: &Self::DecapsulationKey,
                public: &mut [u8],
            ) -> Result<(), PrimitiveError> {
                let public: &mut [u8; $public] = public
                    .try_into()
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                public.copy_from_slice(&key.encapsulation_key().to_bytes());
                Ok(())
            }

            fn encapsulate(
                public: &[u8],
                m: &[u8; 32],
                ciphertext: &mut [u8],
                shared: &mut [u8; 32],
            ) -> Result<(), PrimitiveError> {
                shared.fill(0);
                let public: &[u8; $public] = public
                    .try_into()
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                let ciphertext: &mut [u8; $ciphertext] = ciphertext
                    .try_into()
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                let public = EncapsulationKey::<$parameters>::new(public.into())
                    .map_err(|_| PrimitiveError::InvalidKey)?;
                let (sealed, mut agreed) = public.encapsulate_deterministic(m.into());
                ciphertext.copy_from_slice(&sealed);
                shared.copy_from_slice(&agreed);
                agreed.as_mut_slice().zeroize();
                Ok(())
            }

            fn decapsulate(
                key: &Self::DecapsulationKey,
                ciphertext: &[u8],
                shared: &mut [u8; 32],
            ) -> Result<(), PrimitiveError> {
                shared.fill(0);
                let ciphertext: &[u8; $ciphertext] = ciphertext
                    .try_into()
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                let mut agreed = key.decapsulate(ciphertext.into());
                shared.copy_from_slice(&agreed);
                agreed.as_mut_slice().zeroize();
                Ok(())
            }
        }
    };
}

implement_kem!(MlKem768, ml_kem::MlKem768, public: 1184, ciphertext: 1088);
implement_kem!(MlKem1024, ml_kem::MlKem1024, public: 1568, ciphertext: 1568);

// A dependency that stops wiping breaks the build here.
const fn assert_wipes<T: ZeroizeOnDrop>() {}
const _: () = {
    assert_wipes::<ml_kem_768::DecapsulationKey>();
    assert_wipes::<ml_kem_1024::DecapsulationKey>();
};
