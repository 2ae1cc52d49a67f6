//! The group `ladder`: the same work with ever better instructions of the processor.
//!
//! What lives here: the rungs, and the lists of primitives that stand on them. What is done on a
//! rung is what the groups `primitive` and `session` do. The lowest rung is RustCrypto, which takes
//! AES-NI and SHA-NI where they are; in a build with the flags of `scripts/ladder` it is portable
//! software, which nothing else can bring about in one process.
//!
//! Invariant: a rung whose instructions the processor lacks is refused, not replaced.

use std::marker::PhantomData;

use sprag::rustcrypto::RustCrypto;
use sprag::sprag_core::backend::{CryptoBackend, PqBackend};
use sprag::sprag_core::suite::Suite;
use sprag_backends::kernel;
use sprag_backends::kernel::forced::{self, AesNi, Armv8, Instructions, Vaes256, Vaes512};

use super::primitive::{self, PrimitiveWork};
use super::session::{self, Place, SessionWork};
use super::{Operation, Wrong};

/// One piece of work on one rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LadderWork {
    /// What is done.
    pub task: Task,
    /// With what.
    pub rung: Rung,
}

/// What is done on every rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A chain step.
    Step,
    /// AES-256-GCM under a fresh key.
    Seal,
    /// A whole message: chain step and AES-256-GCM.
    Encrypt,
}

/// What it is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// RustCrypto as this program was built.
    Library,
    /// The kernel's chain step with SHA-NI.
    ShaNi,
    /// The kernel's chain step with the SHA-256 instructions of ARMv8.
    Sha2,
    /// The kernel with AES-NI and PCLMULQDQ.
    AesNi,
    /// The kernel with VAES and VPCLMULQDQ on 256 bits.
    Vaes256,
    /// The kernel with VAES and VPCLMULQDQ on 512 bits.
    Vaes512,
    /// The kernel with AES and PMULL of ARMv8.
    Armv8,
}

impl Rung {
    /// What [`Rung::Library`] is called: `software` in a build of `scripts/ladder`.
    pub const LIBRARY: &'static str = if cfg!(software) {
        "software"
    } else {
        "rustcrypto"
    };

    /// The rungs of `task` that this processor has, the best one last.
    #[must_use]
    pub fn of(task: Task) -> Vec<Self> {
        let all: &[Self] = match task {
            Task::Step => &[Self::Library, Self::ShaNi, Self::Sha2],
            Task::Seal | Task::Encrypt => &[
                Self::Library,
                Self::AesNi,
                Self::Vaes256,
                Self::Vaes512,
                Self::Armv8,
            ],
        };
        let all = all.iter().copied();
        all.filter(|rung| rung.check().is_ok()).collect()
    }

    /// The name in identifiers and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Library => Self::LIBRARY,
            Self::ShaNi => "sha_ni",
            Self::Sha2 => "armv8_sha2",
            Self::AesNi => "aesni",
            Self::Vaes256 => "vaes256",
            Self::Vaes512 => "vaes512",
            Self::Armv8 => "armv8_aes",
        }
    }

    /// `Ok` if this processor has what the rung is about.
    fn check(self) -> Result<(), Wrong> {
        let missing = |missing: forced::Missing| Wrong::new(missing);
        match self {
            Self::Library => Ok(()),
            Self::ShaNi => chain_steps_take("SHA-NI"),
            Self::Sha2 => chain_steps_take("ARMv8 SHA2"),
            Self::AesNi => forced::Aes256Gcm::<AesNi>::check().map_err(missing),
            Self::Vaes256 => forced::Aes256Gcm::<Vaes256>::check().map_err(missing),
            Self::Vaes512 => forced::Aes256Gcm::<Vaes512>::check().map_err(missing),
            Self::Armv8 => forced::Aes256Gcm::<Armv8>::check().map_err(missing),
        }
    }
}

fn chain_steps_take(instructions: &str) -> Result<(), Wrong> {
    let mut paths = kernel::paths().into_iter();
    if paths.any(|path| path.primitive == "SHA-256" && path.instructions == instructions) {
        Ok(())
    } else {
        Err(Wrong(format!(
            "this processor has no instructions for {instructions}"
        )))
    }
}

/// Builds the operation. On the reference backend that is the reference's own, whatever the rung:
/// what the rung's results are compared with.
///
/// # Errors
/// [`Wrong`] if the processor lacks the rung's instructions.
pub fn build<B: PqBackend>(
    work: LadderWork,
    suite: Suite,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let LadderWork { task, rung } = work;
    if B::NAME == RustCrypto::NAME {
        return on::<RustCrypto>(task, suite, size, seed);
    }
    rung.check()?;
    match rung {
        Rung::Library => on::<RustCrypto>(task, suite, size, seed),
        Rung::AesNi => on::<Kernel<AesNi>>(task, suite, size, seed),
        Rung::Vaes256 => on::<Kernel<Vaes256>>(task, suite, size, seed),
        Rung::Vaes512 => on::<Kernel<Vaes512>>(task, suite, size, seed),
        // For chain steps, where the ciphers do not matter, it is any of the kernel's lists.
        Rung::ShaNi | Rung::Sha2 | Rung::Armv8 => on::<Kernel<Armv8>>(task, suite, size, seed),
    }
}

fn on<L: PqBackend>(
    task: Task,
    suite: Suite,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match task {
        Task::Step => primitive::build::<L>(PrimitiveWork::ChainStep, size, 1, seed),
        Task::Seal => primitive::build::<L>(PrimitiveWork::Aes256GcmSealFresh, size, 1, seed),
        Task::Encrypt => {
            session::build::<L>(SessionWork::Encrypt(Place::Aligned), suite, size, seed)
        }
    }
}

/// The kernel's chain step and its AES-256-GCM on the path `P`; what a message that does not turn
/// the ratchet does not need is RustCrypto's.
#[derive(Clone, Copy, Debug)]
struct Kernel<P>(PhantomData<P>);

impl<P: Instructions> CryptoBackend for Kernel<P> {
    const NAME: &'static str = "kernel";
    type X25519 = <RustCrypto as CryptoBackend>::X25519;
    type HmacSha256 = kernel::HmacSha256;
    type Aes256Gcm = forced::Aes256Gcm<P>;
    type ChaCha20Poly1305 = <RustCrypto as CryptoBackend>::ChaCha20Poly1305;
    type Ed25519 = <RustCrypto as CryptoBackend>::Ed25519;
}

impl<P: Instructions> PqBackend for Kernel<P> {
    type MlKem768 = <RustCrypto as PqBackend>::MlKem768;
    type MlKem1024 = <RustCrypto as PqBackend>::MlKem1024;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::workload::table::{self, Work};

    #[test]
    fn the_table_has_the_rungs_that_are_there_and_no_others() {
        for task in [Task::Step, Task::Seal, Task::Encrypt] {
            let there = Rung::of(task);
            assert_eq!(there[0], Rung::Library);
            let rows = table::all().into_iter().filter_map(|row| match row.work {
                Work::Ladder(work) if work.task == task => Some(work.rung),
                _ => None,
            });
            assert!(rows.clone().all(|rung| there.contains(&rung)));
            assert!(
                there
                    .iter()
                    .all(|rung| rows.clone().any(|row| row == *rung))
            );
        }
    }

    #[test]
    fn a_rung_that_is_not_there_is_refused() {
        // No processor has the AES instructions of both architectures.
        let other = [Rung::AesNi, Rung::Armv8].into_iter();
        for rung in other.filter(|rung| rung.check().is_err()) {
            let work = Work::Ladder(LadderWork {
                task: Task::Seal,
                rung,
            });
            let row = table::all().into_iter().find(|row| row.group() == "ladder");
            let row = table::Workload {
                work,
                ..row.unwrap()
            };
            let refused = row.operation(Backend::Mixed, 1).err().unwrap();
            assert!(refused.0.contains("no instructions"), "{refused}");
        }
    }
}
