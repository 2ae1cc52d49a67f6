//! ML-KEM over `libcrux-ml-kem`, for the backends whose library has none that takes seeds.
//!
//! libcrux takes the key seed and the encapsulation randomness as bytes, which the contract of
//! [`Kem`] needs. Its calls on encoded keys make the matrix of the key anew each time, which is
//! half of a decapsulation. So a decapsulation key is kept as libcrux's "unpacked" key pair, which
//! holds the matrix and costs no more to make. libcrux has one such type for each kind of vector
//! instructions and leaves the choice to its callers; it is made here by the test that libcrux
//! makes itself for its other calls. Public keys are encapsulated to once, so they stay as they are.
//!
//! (A build of libcrux without vector instructions, by `LIBCRUX_DISABLE_SIMD256` or
//! `LIBCRUX_DISABLE_SIMD128`, lacks the types that are named here.)

extern crate alloc;

use alloc::boxed::Box;

use libcrux_ml_kem::{MlKemCiphertext, MlKemPublicKey, mlkem768, mlkem1024};
use sprag_core::primitives::{Kem, PrimitiveError};
use zeroize::{Zeroize, ZeroizeOnDrop, optimization_barrier};

use crate::provenance::{Row, Wipes};

/// ML-KEM-768 (FIPS 203) from libcrux.
#[derive(Clone, Copy, Debug)]
pub struct MlKem768;

/// ML-KEM-1024 (FIPS 203) from libcrux.
#[derive(Clone, Copy, Debug)]
pub struct MlKem1024;

/// Evaluates an expression on the key pair, with the module of libcrux that its type is from.
macro_rules! on {
    ($key:ident, $module:ident, $value:expr, |$pair:ident, $libcrux:ident| $then:expr) => {
        match $value {
            $key::Portable($pair) => {
                use $module::portable::unpacked as $libcrux;
                $then
            }
            #[cfg(target_arch = "x86_64")]
            $key::Avx2($pair) => {
                use $module::avx2::unpacked as $libcrux;
                $then
            }
            #[cfg(target_arch = "aarch64")]
            $key::Neon($pair) => {
                use $module::neon::unpacked as $libcrux;
                $then
            }
        }
    };
}

macro_rules! implement_kem {
    (
        $kem:ident, $key:ident, $module:ident, $pair:ident,
        public: $public:literal, ciphertext: $ciphertext:literal
    ) => {
        /// A key pair, expanded from its seed, for the instructions it was made with. In a box, so
        /// that it leaves no copies where it is moved.
        ///
        /// libcrux does not wipe its keys, so this type does on drop; copies that libcrux makes on
        /// the stack while it computes are out of reach.
        pub enum $key {
            /// No vector instructions.
            Portable(Box<$module::portable::unpacked::$pair>),
            /// AVX2; made on processors that have it only.
            #[cfg(target_arch = "x86_64")]
            Avx2(Box<$module::avx2::unpacked::$pair>),
            /// NEON.
            #[cfg(target_arch = "aarch64")]
            Neon(Box<$module::neon::unpacked::$pair>),
        }

        impl $key {
            /// All zeros, for the processor.
            fn blank() -> Self {
                #[cfg(target_arch = "x86_64")]
                if libcrux_platform::simd256_support() {
                    return Self::Avx2(Box::new($module::avx2::unpacked::init_key_pair()));
                }
                #[cfg(target_arch = "aarch64")]
                if libcrux_platform::simd128_support() {
                    return Self::Neon(Box::new($module::neon::unpacked::init_key_pair()));
                }
                Self::Portable(Box::new($module::portable::unpacked::init_key_pair()))
            }

            fn expand(&mut self, seed: &[u8; 64]) {
                on!(Self, $module, self, |pair, libcrux| {
                    libcrux::generate_key_pair_mut(*seed, pair)
                });
            }

            fn wipe(&mut self) {
                on!(Self, $module, self, |pair, libcrux| {
                    // Nothing of it lies elsewhere, so this overwrites all.
                    const { assert!(!core::mem::needs_drop::<libcrux::$pair>()) };
                    **pair = libcrux::init_key_pair();
                    optimization_barrier(&**pair);
                });
            }
        }

        impl Drop for $key {
            fn drop(&mut self) {
                self.wipe();
            }
        }

        impl ZeroizeOnDrop for $key {}

        impl Kem for $kem {
            const PUBLIC_LEN: usize = $public;
            const CIPHERTEXT_LEN: usize = $ciphertext;

            type DecapsulationKey = $key;

            fn decapsulation_key(seed: &[u8; 64]) -> Result<$key, PrimitiveError> {
                let mut key = $key::blank();
                key.expand(seed);
                Ok(key)
            }

            fn public_key(key: &$key, public: &mut [u8]) -> Result<(), PrimitiveError> {
                let public: &mut [u8; $public] = public
                    .try_into()
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                let encoded = on!($key, $module, key, |pair, libcrux| {
                    libcrux::key_pair_serialized_public_key(pair)
                });
                public.copy_from_slice(encoded.as_slice());
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
                key: &$key,
                ciphertext: &[u8],
                shared: &mut [u8; 32],
            ) -> Result<(), PrimitiveError> {
                shared.fill(0);
                let ciphertext = MlKemCiphertext::<$ciphertext>::try_from(ciphertext)
                    .map_err(|_| PrimitiveError::InvalidLength)?;
                let mut agreed = on!($key, $module, key, |pair, libcrux| {
                    libcrux::decapsulate(pair, &ciphertext)
                });
                shared.copy_from_slice(&agreed);
                agreed.as_mut_slice().zeroize();
                Ok(())
            }
        }
    };
}

implement_kem!(
    MlKem768, MlKem768Key, mlkem768, MlKem768KeyPairUnpacked,
    public: 1184, ciphertext: 1088
);
implement_kem!(
    MlKem1024, MlKem1024Key, mlkem1024, MlKem1024KeyPairUnpacked,
    public: 1568, ciphertext: 1568
);

/// The row of every backend that takes ML-KEM from here.
pub(crate) const PROVENANCE: Row = Row {
    primitive: "ML-KEM-768, ML-KEM-1024",
    library: "libcrux-ml-kem",
    wipes: Wipes::Partly,
    note: "the expanded key is wiped by us; what libcrux copies on the stack is not",
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Every type of key that this processor can use against libcrux's calls on encoded keys, and
    /// what is left of it when it was wiped.
    macro_rules! check {
        ($kem:ident, $key:ident, $module:ident) => {
            for seed in (0..32_u8).map(|i| core::array::from_fn(|at| i ^ (at as u8))) {
                let (private, public) = $module::generate_key_pair(seed).into_parts();
                let (sealed, _) = $module::encapsulate(&public, [seed[0]; 32]);
                let mut forged = *sealed.as_slice();
                forged[usize::from(seed[0])] ^= 1;

                let portable = Box::new($module::portable::unpacked::init_key_pair());
                for mut key in [$key::blank(), $key::Portable(portable)] {
                    key.expand(&seed);
                    let mut encoded = [0; $kem::PUBLIC_LEN];
                    $kem::public_key(&key, &mut encoded).unwrap();
                    assert_eq!(&encoded, public.as_slice());
                    for ciphertext in [sealed.as_slice(), &forged] {
                        let mut shared = [0; 32];
                        $kem::decapsulate(&key, ciphertext, &mut shared).unwrap();
                        let ciphertext = MlKemCiphertext::from(*ciphertext);
                        assert_eq!(shared, $module::decapsulate(&private, &ciphertext));
                    }

                    let private_half = |key: &$key| {
                        on!($key, $module, key, |pair, libcrux| {
                            libcrux::key_pair_serialized_private_key(pair)
                        })
                    };
                    assert_eq!(private_half(&key).as_slice(), private.as_slice());
                    key.wipe();
                    assert_eq!(
                        private_half(&key).as_slice(),
                        private_half(&$key::blank()).as_slice()
                    );
                }
            }
        };
    }

    #[test]
    fn every_key_pair_is_the_encoded_one_and_is_wiped() {
        check!(MlKem768, MlKem768Key, mlkem768);
        check!(MlKem1024, MlKem1024Key, mlkem1024);
    }
}
