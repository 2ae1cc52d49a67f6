//! A generator that works for some draws, and then fails.

use std::fmt;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};

pub(crate) struct Failing {
    works: usize,
    inner: ChaCha20Rng,
}

impl Failing {
    /// Fails after so many draws, the same ones each time.
    pub(crate) fn after(works: usize) -> Self {
        let inner = ChaCha20Rng::seed_from_u64(9);
        Self { works, inner }
    }
}

#[derive(Debug)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

impl TryRng for Failing {
    type Error = Broken;

    fn try_next_u32(&mut self) -> Result<u32, Broken> {
        unreachable!("only bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Broken> {
        unreachable!("only bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Broken> {
        self.works = self.works.checked_sub(1).ok_or(Broken)?;
        self.inner.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Failing {}
