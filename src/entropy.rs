//! Randomness: the operating system's generator, and any generator as an object.
//!
//! What lives here: [`system`], for handing to the calls that take a generator, and [`AnyRng`] for
//! those that take one as an object. What does not: a generator of our own, or any state.

use rand_core::{TryCryptoRng, TryRng};

pub use getrandom::SysRng;
pub use sprag_core::entropy::EntropyError;

/// The operating system's generator (`getrandom`, or what the platform has).
///
/// It has no state and costs a system call per use. If the system cannot give randomness, the call
/// that asked for it returns its `Entropy` error; there is no fall-back.
///
/// ```
/// let secret = sprag::Secret::<32>::random(&mut sprag::entropy::system())?;
/// # Ok::<(), sprag::entropy::EntropyError>(())
/// ```
#[must_use]
pub const fn system() -> SysRng {
    SysRng
}

/// Any cryptographic generator as an object, whatever its error type.
pub trait AnyRng {
    /// Fills `bytes` with randomness.
    ///
    /// # Errors
    /// [`EntropyError`] if the generator failed.
    fn try_fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

impl<R: TryCryptoRng> AnyRng for R {
    fn try_fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.try_fill_bytes(bytes).map_err(|_| EntropyError)
    }
}

/// The way back: an object as a generator.
pub(crate) struct ByObject<'a>(pub(crate) &'a mut dyn AnyRng);

impl TryRng for ByObject<'_> {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        let mut bytes = [0; 4];
        self.0.try_fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        let mut bytes = [0; 8];
        self.0.try_fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.0.try_fill(bytes)
    }
}

impl TryCryptoRng for ByObject<'_> {}
