//! The exact layers of the regression gate: what can be counted instead of timed.
//!
//! Invariant: a number that stands here is a count, the same however busy the machine is. There is
//! no clock in this module.

pub mod classes;
pub mod step;
