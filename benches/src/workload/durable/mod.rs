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
mod place;
mod receive;
mod send;
mod workers;

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::session::Session;
use sprag::sprag_core::suite::Suite;

use super::{Digest, Operation, OrWrong, Rng, Wrong, ensure};

pub(super) use place::Site;
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
    /// Encrypts so many messages for each of one or many conversations.
    Send(Commits, usize),
    /// Encrypts messages in a session that is in no store.
    SendAlone,
    /// Decrypts messages of one conversation, each in a commit of its own.
    Receive,
    /// Decrypts them in a session that is in no store.
    ReceiveAlone,
    /// Several workers on one device, each with a connection of its own, encrypt as many messages.
    Workers(Worked, usize),
}

/// How often it commits.
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
        Task::Send(commits, rounds) => {
            let devices = count / rounds;
            send::build::<B>(commits, rounds, place, suite, size, devices, seed)
        }
        Task::SendAlone => alone::send::<B>(suite, size, count, seed),
        Task::Receive => receive::build::<B>(place, suite, size, count, seed),
        Task::ReceiveAlone => alone::receive::<B>(suite, size, count, seed),
        Task::Workers(worked, workers) => {
            workers::build::<B>(worked, workers, place, suite, size, count, seed)
        }
    }
}

/// A message's text.
fn text(size: usize) -> &'static [u8] {
    static TEXT: [u8; 4096] = [b't'; 4096];
    &TEXT[..size]
}

/// So many messages of `text`, for the other end to decrypt.
fn sent<B: PqBackend>(
    from: &mut Session<B>,
    text: &[u8],
    count: usize,
    rng: &mut Rng,
) -> Result<Vec<Vec<u8>>, Wrong> {
    (0..count)
        .map(|_| from.encrypt(text, rng).or_wrong("encrypt"))
        .collect()
}

/// Checks what was decrypted.
fn expect_all(opened: &[Vec<u8>], text: &[u8], digest: &mut Digest) -> Result<(), Wrong> {
    opened.iter().try_for_each(|opened| {
        digest.absorb(opened);
        ensure(opened == text, "the plaintext is another one")
    })
}
