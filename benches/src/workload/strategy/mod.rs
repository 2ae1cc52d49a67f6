//! The group `strategies`: the ways of doing the same work, each beside doing it item by item.
//!
//! A row of this group is one way ([`Task`]) with warm or cold caches; the way it is compared
//! with is a row's [`Baseline`](super::table::Baseline), built here too.

mod agree;
mod chunks;
mod cold;
mod receive;
mod run;
mod send_turn;
mod spin;

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use super::batch::{self, BatchWork, Way};
use super::{Operation, Wrong};

pub use receive::SendingHalf;

/// One way of doing something, and the state of the caches when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrategyWork {
    /// What is done and how.
    pub task: Task,
    /// What the caches hold.
    pub caches: Caches,
}

/// What is done and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Many sessions or handshakes.
    Many(BatchWork, Way),
    /// Many agreements, each with a key of its own.
    Agree(Way),
    /// Decrypting a message that turns the ratchet.
    Receive(SendingHalf),
    /// Several messages in one session.
    Run(Way, Saving),
    /// Encrypting a message that turns the ratchet.
    SendTurn(KeysMade),
    /// Sealing a large payload.
    Chunks(Cut, Way),
    /// Arithmetic alone.
    Spin(Way),
}

impl Task {
    /// Must it be measured on a thread of a pool?
    #[must_use]
    pub const fn splits(self) -> bool {
        matches!(
            self,
            Self::Many(_, Way::Pool) | Self::Chunks(_, Way::Pool) | Self::Spin(Way::Pool)
        )
    }
}

/// What is done with the session after every change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saving {
    /// Nothing.
    Nothing,
    /// It is encoded, as for a store.
    Encoded,
}

/// When the key of a turn is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysMade {
    /// Before, outside the clock.
    Ahead,
    /// When it is needed.
    OnTheSpot,
}

/// How a payload is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// In one piece.
    Whole,
    /// In chunks of so many bytes.
    Chunks(usize),
}

/// What the caches hold when a call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caches {
    /// What the calls before left there: code, sessions, messages, as far as they fit.
    Warm,
    /// Other data: they are filled with it before every call, outside the clock.
    Cold,
}

/// Builds the operation on backend `B`: `count` items a call, messages of `size` bytes.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: StrategyWork,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let operation = match work.task {
        Task::Many(work, way) => batch::build::<B>(work, way, suite, size, count, seed)?,
        Task::Agree(way) => agree::build::<B>(way, count, seed)?,
        Task::Receive(half) => receive::build::<B>(half, suite, size, seed)?,
        Task::Run(way, saving) => run::build::<B>(way, saving, suite, size, count, seed)?,
        Task::SendTurn(keys) => send_turn::build::<B>(keys, suite, size, seed)?,
        Task::Chunks(cut, way) => chunks::build::<B>(cut, way, size)?,
        Task::Spin(way) => spin::build(way, seed),
    };
    Ok(match work.caches {
        Caches::Warm => operation,
        Caches::Cold => cold::build(operation),
    })
}
