//! Stores for the durable sessions of [`sprag_core::durable`].
//!
//! What lives here: implementations of [`sprag_core::store::Store`], each of which passes that
//! module's conformance suite. What does not: anything about what the records hold; they are sealed
//! before they come here.
//!
//! | store | who shares it | survives |
//! |---|---|---|
//! | [`Memory`] | threads of a process | nothing |
//! | [`Sqlite`] | processes of a machine | a crash of the process; of the machine, see [`Durability`] |
//! | [`Postgres`] | machines | what the server is set to |

#![forbid(unsafe_code)]

mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
use sprag_core::store::RecordId;

pub use memory::Memory;
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresOptions};
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, Sqlite, SqliteOptions};

/// The first name that stands behind this one, or the first of all. One comparison with it is what an index
/// can answer, where "there is none, or it is greater" reads all names before.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn first_behind(after: Option<&RecordId>) -> Vec<u8> {
    after.map_or_else(Vec::new, |after| [after.name(), &[0]].concat())
}
