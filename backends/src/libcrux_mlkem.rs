//! ML-KEM over `libcrux-ml-kem`, for the backends whose library has none that takes seeds.
//!
//! libcrux takes the key seed and the encapsulation randomness as bytes, which the contract of
//! [`Kem`] needs, and picks AVX2 or NEON at run time.

use libcrux_ml_kem::{MlKemCiphertext, MlKemPrivateKey, MlKemPublicKey, mlkem768, mlkem1024};
use sprag_core::primitives::{Kem, PrimitiveError};
use zeroize::Zeroize;

use crate::provenance::{Row, Wipes};

/// ML-KEM-768 (FIPS 203) from libcrux.
#[derive(Clone, Copy, Debug)]
pub struct MlKem768;

/// ML-KEM-1024 (FIPS 203) from libcrux.
#[derive(Clone, Copy, Debug)]
pub struct MlKem1024;

/// A key pair, expanded from its seed.
///
/// libcrux does not wipe its keys, so this type does on drop; copies that libcrux makes on the
/// stack while it computes are out of reach.
pub struct DecapsulationKey<const PRIVATE: usize, const PUBLIC: usize> {
    private: MlKemPrivateKey<PRIVATE>,
    public: MlKemPublicKey<PUBLIC>,
}

impl<const PRIVATE: usize, const PUBLIC: usize> Drop for DecapsulationKey<PRIVATE, PUBLIC> {
    fn drop(&mut self) {
        self.private[0..].zeroize();
    }
}

impl<const PRIVATE: usize, const PUBLIC: usize> zeroize::ZeroizeOnDrop
    for DecapsulationKey<PRIVATE, PUBLIC>
{
}

macro_rules! implement_kem {
    ($kem:ident, $module:ident, private: $private:literal, public: $public:literal, ciphertext: $ciphertext:literal) => {
        impl Kem for $kem {
            const PUBLIC_LEN: usize = $public;
            const CIPHERTEXT_LEN: usize = $ciphertext;

            type DecapsulationKey = DecapsulationKey<$private, $public>;

            fn decapsulation_key(
                seed: &[u8; 64],
            ) -> Result<Self::DecapsulationKey, PrimitiveError> {
                let (private, public) = $module::generate_key_pair(*seed).into_parts();
                Ok(DecapsulationKey { private, public })
            }

            fn public_key(
                key: &Self::DecapsulationKey,
                public: &mut [u8],
            ) -> Result<(), PrimitiveError> {
                let public: &mut [u8; $public] = public
                    .try_into()
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                public.copy_from_slice(key.public.as_slice());
                Ok(())
            }

            fn encapsulate(
                public: &[u8],
                m: &[u8; 32],
                ciphertext: &mut [u8],
                shared: &mut [u8; 32],
            ) -> Result<(), PrimitiveError> {
                shared.fill(0);
                let public = MlKemPublicKey::<$public>::try_from(public)
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                let ciphertext: &mut [u8; $ciphertext] = ciphertext
                    .try_into()
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                if !$module::validate_public_key(&public) {
                    return Err(PrimitiveError::InvalidKey);
                }
                let (sealed, mut agreed) = $module::encapsulate(&public, *m);
                ciphertext.copy_from_slice(sealed.as_slice());
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
                let ciphertext = MlKemCiphertext::<$ciphertext>::try_from(ciphertext)
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                let mut agreed = $module::decapsulate(&key.private, &ciphertext);
                shared.copy_from_slice(&agreed);
                agreed.as_mut_slice().zeroize();
                Ok(())
            }
        }
    };
}

implement_kem!(MlKem768, mlkem768, private: 2400, public: 1184, ciphertext: 1088);
implement_kem!(MlKem1024, mlkem1024, private: 3168, public: 1568, ciphertext: 1568);

/// The row of every backend that takes ML-KEM from here.
pub(crate) const PROVENANCE: Row = Row {
    primitive: "ML-KEM-768, ML-KEM-1024",
    library: "libcrux-ml-kem",
    wipes: Wipes::Partly,
    note: "the expanded key is wiped by us; what libcrux copies on the stack is not",
};
