//! The group `durable`: sessions in a store, where a message comes out after a commit.
//!
//! What lives here: what is done ([`Task`]) and where the records are ([`Place`]). The way a row is
//! compared with is its [`Baseline`](super::table::Baseline), built here too. What does not: the
//! stores, which are those that a user gets.
//!
//! A row on PostgreSQL needs a server: the variable `SPRAG_POSTGRES` holds its address, as under
//! `scripts/with-postgres`. SQLite's file lies in `target`, so on the disk of the build.

mod alone;
mod desk;
mod fan_out;
mod messages;
mod place;
mod workers;

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use super::{Operation, Wrong};

pub use place::{Place, has_postgres};

/// Something a device does, and where its records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurableWork {
    /// What is done.
    pub task: Task,
    /// Where the records are.
    pub place: Place,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Encrypts messages of one conversation, each in a commit of its own.
    Encrypt,
    /// Takes as many sending numbers as there are messages in one commit, and encrypts them.
    EncryptLeased,
    /// Encrypts them in a session that is in no store.
    EncryptAlone,
    /// Decrypts messages of one conversation, each in a commit of its own.
    Decrypt,
    /// Decrypts them in a session that is in no store.
    DecryptAlone,
    /// Encrypts so many messages for each of many conversations.
    FanOut(Commits, usize),
    /// Several workers on one device, each with a connection of its own, encrypt as many messages.
    Workers(Worked, usize),
}

/// How often a fan-out commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commits {
    /// Once for every message.
    Each,
    /// Once for a message to all.
    Together,
    /// Once for all messages to all, by leases.
    Leased,
}

/// What the workers of one device work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worked {
    /// Each on a conversation of its own.
    Apart,
    /// All on the same conversation: who comes second does it anew.
    Same,
}

/// Builds the operation on backend `B`: `count` items a call, messages of `size` bytes.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result or the store can't be opened.
pub fn build<B: PqBackend>(
    DurableWork { task, place }: DurableWork,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match task {
        Task::Encrypt => messages::encrypt::<B>(place, suite, size, count, seed),
        Task::EncryptLeased => messages::encrypt_leased::<B>(place, suite, size, count, seed),
        Task::EncryptAlone => alone::encrypt::<B>(suite, size, count, seed),
        Task::Decrypt => messages::decrypt::<B>(place, suite, size, count, seed),
        Task::DecryptAlone => alone::decrypt::<B>(suite, size, count, seed),
        Task::FanOut(commits, rounds) => {
            let devices = count / rounds;
            fan_out::build::<B>(commits, rounds, place, suite, size, devices, seed)
        }
        Task::Workers(worked, workers) => {
            workers::build::<B>(worked, workers, place, suite, size, count, seed)
        }
    }
}

/// A message's text.
fn text(size: usize) -> Vec<u8> {
    vec![b't'; size]
}
