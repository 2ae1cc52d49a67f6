//! What the server's errors mean (PostgreSQL documentation, appendix A), and which of them leave it
//! open whether a commit happened.

use std::error::Error as _;

use postgres::Error;
use postgres::error::SqlState;
use sprag_core::store::{StoreError, StoreErrorKind};

/// Raised by `sprag_commit` where a record was made meanwhile.
const MADE_MEANWHILE: &str = "SP409";

pub(super) fn is_conflict(error: &Error) -> bool {
    error
        .code()
        .is_some_and(|code| code.code() == MADE_MEANWHILE)
}

/// The server undid the statement for the sake of another: nothing happened.
pub(super) fn may_be_repeated(error: &Error) -> bool {
    matches!(
        error.code(),
        Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED)
    )
}

/// Whether the connection is of no more use.
pub(super) fn broken(error: &Error) -> bool {
    error.is_closed() || in_doubt(error)
}

/// Whether a statement may have been carried out all the same: the server did not answer, or was being
/// stopped, which it may also say of a commit that it has made.
pub(super) fn in_doubt(error: &Error) -> bool {
    match error.code() {
        None => true,
        Some(code) => ["57P", "08"]
            .iter()
            .any(|class| code.code().starts_with(class)),
    }
}

pub(super) fn translate(error: Error) -> StoreError {
    let code = error.code().map(SqlState::code).unwrap_or_default();
    let kind = match code {
        "" => without_code(&error),
        "53100" => StoreErrorKind::Full,
        "25006" => StoreErrorKind::ReadOnly,
        "3D000" | "28000" | "28P01" | "42501" => StoreErrorKind::Configuration,
        "42P01" | "42703" | "42883" => StoreErrorKind::Foreign,
        "XX001" | "XX002" => StoreErrorKind::Damaged,
        _ if ["08", "53", "57P", "55P03"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            StoreErrorKind::Unavailable
        }
        _ => StoreErrorKind::Other,
    };
    // The server's own words stand behind the library's.
    let message = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    StoreError::new(kind, message)
}

/// Errors of the connection, not of the server.
fn without_code(error: &Error) -> StoreErrorKind {
    let message = error.to_string();
    if error.is_closed() || message.contains("communicating") || message.contains("connecting") {
        StoreErrorKind::Unavailable
    } else if message.contains("authentication") || message.contains("configuration") {
        StoreErrorKind::Configuration
    } else {
        StoreErrorKind::Other
    }
}
