//! Measuring: the clock, the sampler, the floor, and how sure the result is.
//!
//! What lives here: how a workload's time is taken. What does not: what a workload is
//! (`workload`) and what becomes of the numbers (`record`, `report`).

pub mod bootstrap;
pub mod clock;
pub mod core_clock;
pub mod distribution;
pub mod floor;
pub mod noise;
pub mod sampler;
pub mod stats;
pub mod stop;
