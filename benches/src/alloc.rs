//! The counting allocator: allocations and live bytes, per thread.
//!
//! What lives here: [`CountingAllocator`], which a binary installs as its global allocator, and
//! [`counted`] and [`peak`], which read it around a piece of work. Allocations by C code are counted where
//! the binary also routes the C library's `malloc` and `free` through here (see `c_malloc.rs`).
//!
//! Invariants: counters are thread-local and plain, so counting costs about a nanosecond and
//! never contends; every request is passed on unchanged. Where nothing is installed the answer
//! is `None`, never a zero that nobody counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::ops::Add;
use std::sync::atomic::{Ordering, compiler_fence};

/// The system's allocator, counted.
#[derive(Clone, Copy, Debug)]
pub struct CountingAllocator;

/// What a piece of work did to the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// Allocations and reallocations by Rust code.
    pub rust: Option<u64>,
    /// Allocations by C code.
    pub c: Option<u64>,
    /// Bytes that Rust code asked for; of a reallocation all of its new size.
    pub rust_bytes: Option<u64>,
    /// Bytes that C code asked for.
    pub c_bytes: Option<u64>,
    /// Bytes allocated less bytes freed, by Rust and by C where that is counted.
    pub grown: Option<i64>,
}

/// Runs `work` and returns what this thread allocated meanwhile.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    let rust_counts = is_installed();
    let c_counts = THROUGH_C.get() > 0;
    let (rust, c, live) = (RUST.get(), C.get(), LIVE.get());
    let (rust_bytes, c_bytes) = (RUST_BYTES.get(), C_BYTES.get());
    let result = work();
    let allocations = Allocations {
        rust: rust_counts.then(|| RUST.get() - rust),
        c: c_counts.then(|| C.get() - c),
        rust_bytes: rust_counts.then(|| RUST_BYTES.get() - rust_bytes),
        c_bytes: c_counts.then(|| C_BYTES.get() - c_bytes),
        grown: rust_counts.then(|| LIVE.get() - live),
    };
    (result, allocations)
}

/// Runs `work` and returns the most bytes that this thread had allocated meanwhile, less those it had
/// before; `None` where nothing is installed.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    let installed = is_installed();
    let before = LIVE.get();
    PEAK.set(before);
    let result = work();
    let most = u64::try_from(PEAK.get() - before).unwrap_or(0);
    (result, installed.then_some(most))
}

/// Counts one `malloc` of `asked` bytes that gave `bytes`. For the function that the linker puts
/// before `malloc`.
pub fn note_malloc(asked: usize, bytes: usize) {
    THROUGH_C.set(THROUGH_C.get() + 1);
    // Rust's own allocations pass through malloc too.
    if !IN_RUST.get() {
        C.set(C.get() + 1);
        C_BYTES.set(C_BYTES.get() + asked as u64);
        live(signed(bytes));
    }
}

/// Counts one `free` of `bytes`, likewise.
pub fn note_free(bytes: usize) {
    if !IN_RUST.get() {
        LIVE.set(LIVE.get() - signed(bytes));
    }
}

impl Add for Allocations {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a + b);
        Self {
            rust: sum(self.rust, other.rust),
            c: sum(self.c, other.c),
            rust_bytes: sum(self.rust_bytes, other.rust_bytes),
            c_bytes: sum(self.c_bytes, other.c_bytes),
            grown: self.grown.zip(other.grown).map(|(a, b)| a + b),
        }
    }
}

thread_local! {
    static RUST: Cell<u64> = const { Cell::new(0) };
    static C: Cell<u64> = const { Cell::new(0) };
    static RUST_BYTES: Cell<u64> = const { Cell::new(0) };
    static C_BYTES: Cell<u64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
    static THROUGH_C: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static IN_RUST: Cell<bool> = const { Cell::new(false) };
}

fn live(grown: i64) {
    let now = LIVE.get() + grown;
    LIVE.set(now);
    PEAK.set(PEAK.get().max(now));
}

/// Does an allocation show in the count?
fn is_installed() -> bool {
    let before = RUST.get();
    drop(black_box(Box::new(0_u8)));
    RUST.get() != before
}

fn pass_on<T>(grown: i64, request: impl FnOnce() -> T) -> T {
    live(grown);
    IN_RUST.set(true);
    // The compiler knows that malloc touches no variable of ours, and would drop the flag: it
    // does not know that the linker puts another malloc there.
    compiler_fence(Ordering::SeqCst);
    let answer = request();
    compiler_fence(Ordering::SeqCst);
    IN_RUST.set(false);
    answer
}

fn count<T>(asked: usize, grown: i64, request: impl FnOnce() -> T) -> T {
    RUST.set(RUST.get() + 1);
    RUST_BYTES.set(RUST_BYTES.get() + asked as u64);
    pass_on(grown, request)
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

// SAFETY: every method passes its arguments on to `System` unchanged and returns its answer; the
// thread-local counters are constant-initialised and need no destructor, so reading them neither
// allocates nor can happen after their end.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those `System` asks for.
        count(layout.size(), signed(layout.size()), || unsafe {
            System.alloc(layout)
        })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        count(layout.size(), signed(layout.size()), || unsafe {
            System.alloc_zeroed(layout)
        })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let grown = signed(size) - signed(layout.size());
        // SAFETY: as above.
        count(size, grown, || unsafe {
            System.realloc(pointer, layout, size)
        })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        pass_on(-signed(layout.size()), || unsafe {
            System.dealloc(pointer, layout);
        });
    }
}
