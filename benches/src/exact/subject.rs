//! Workloads whose instructions are counted: rows as those of the table, of sizes that are short
//! enough.

use sprag::sprag_core::suite::Suite;

use crate::workload::primitive::PrimitiveWork;
use crate::workload::table::{Beside, Work, Workload, row};

/// One operation of `work`, and nothing beside it.
pub(super) const fn subject(name: &'static str, work: Work) -> Workload {
    Workload {
        beside: Beside::Nothing,
        backends: &[],
        ..row(name, work)
    }
}

/// A primitive of fixed size.
pub(super) const fn primitive(name: &'static str, work: PrimitiveWork) -> Workload {
    subject(name, Work::Primitive(work))
}

/// `workload` on inputs of `size`.
pub(super) const fn sized(size: usize, workload: Workload) -> Workload {
    Workload {
        size: Some(size),
        ..workload
    }
}

/// `workload` with `suite`.
pub(super) const fn with(suite: Suite, workload: Workload) -> Workload {
    Workload {
        suite: Some(suite),
        ..workload
    }
}
