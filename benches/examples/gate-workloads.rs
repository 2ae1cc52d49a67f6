//! Our workloads as a shared library, for the gate (`sprag-bench gate`): base and head are each
//! built as one and loaded into the same process.

sprag_bench::gate::export!(sprag_bench::gate::own());
