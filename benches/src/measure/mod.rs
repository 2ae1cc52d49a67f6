//! Measuring: the clock, the sampler, the floor.
//!
//! What lives here: how a workload's time is taken. What does not: what a workload is
//! (`workload`) and what becomes of the numbers (`record`, `report`).

pub mod clock;
pub mod floor;
pub mod sampler;
pub mod stats;
