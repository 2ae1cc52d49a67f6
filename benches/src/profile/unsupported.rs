//! Systems without a sampler that is used here.

use std::time::Duration;

use super::{ProfileError, Seen};
use crate::backend::Backend;
use crate::cli::Failure;
use crate::workload::table::Workload;

pub(super) fn sample(_: &Workload, _: Backend, _: Duration) -> Result<Seen, Failure> {
    Err(ProfileError::UnsupportedSystem.into())
}
