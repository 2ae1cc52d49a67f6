//! The system's clock, for handing to the calls that take a time.

use std::time::{SystemTime, UNIX_EPOCH};

use sprag_core::UnixTime;

/// Now, by the system's clock; zero if that stands before 1970.
#[must_use]
pub fn now() -> UnixTime {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixTime(elapsed.map_or(0, |elapsed| elapsed.as_secs()))
}
