//! How a store refuses.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::store::RecordId;

/// What went wrong in a store, and in the store's own words. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
}

/// What a program can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store can't be reached now, or was too busy for longer than it waits. Retry later.
    Unavailable,
    /// There is no room. Retry when there is.
    Full,
    /// The store may only be read.
    ReadOnly,
    /// The address or the settings of the store make no sense, or it does not let us in.
    Configuration,
    /// The database belongs to another program.
    Foreign,
    /// The database was made by newer software than this.
    NewerSchema,
    /// The database is damaged.
    Damaged,
    /// Anything else.
    Other,
}

impl StoreError {
    /// An error of this kind; `message` says what happened, without a full stop.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// What a program can act on.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether the same call can succeed later without anybody changing a setting.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Unavailable | StoreErrorKind::Full
        )
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Unavailable => "the store is not available: ",
            StoreErrorKind::Full => "the store is full: ",
            StoreErrorKind::ReadOnly => "the store may only be read: ",
            StoreErrorKind::Configuration => "the store's address or settings are wrong: ",
            StoreErrorKind::Foreign => "the database belongs to another program: ",
            StoreErrorKind::NewerSchema => "the database was made by newer software: ",
            StoreErrorKind::Damaged => "the database is damaged: ",
            StoreErrorKind::Other => "the store failed: ",
        })?;
        f.write_str(&self.message)
    }
}

impl core::error::Error for StoreError {}

/// Why a commit was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// Nothing was changed: these records have another revision than was expected.
    Conflict(Vec<RecordId>),
    /// Nothing was changed.
    Refused(StoreError),
    /// It is not known whether everything was changed or nothing, for the connection was lost while
    /// the store was at it.
    Unknown(StoreError),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(ids) => {
                f.write_str("somebody else changed")?;
                for (place, id) in ids.iter().enumerate() {
                    let before = if place == 0 { " " } else { ", " };
                    write!(f, "{before}{id}")?;
                }
                Ok(())
            }
            Self::Refused(error) => fmt::Display::fmt(error, f),
            Self::Unknown(error) => write!(f, "unknown whether it was committed: {error}"),
        }
    }
}

impl core::error::Error for CommitError {}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}
