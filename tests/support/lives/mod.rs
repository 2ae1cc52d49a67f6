//! Whole lives of the engine's objects on any backend, from their first key to their last.

pub(crate) mod messages;
pub(crate) mod storage;
pub(crate) mod transport;
