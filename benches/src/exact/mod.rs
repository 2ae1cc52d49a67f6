//! The exact layers of the regression gate: what can be counted instead of timed.
//!
//! What lives here: primitive calls and allocations ([`counts`]), executed instructions
//! ([`instructions`]), the accelerated ones among them by backend ([`witness`], in short [`paths`]), their golden files
//! ([`golden`]) and what a difference means ([`verdict`]). [`step`] is how instructions are
//! counted. docs/GATE.md explains them.
//!
//! Invariant: a number that stands here is a count, the same however busy the machine is. There is
//! no clock in this module.

pub mod classes;
pub mod counts;
pub mod executed;
pub mod failed;
pub mod golden;
pub mod instructions;
pub mod paths;
pub mod step;
pub mod verdict;
pub mod witness;

mod subject;
