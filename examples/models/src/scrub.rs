//! What a move leaves on the stack.
//!
//! The engine wipes its secrets where they lie. On the way there they pass through frames of functions, and
//! what a function leaves there when it returns is out of a library's reach (docs/THREAT-MODEL.md). A
//! program that wants it gone holds what has keys on the heap, and writes over the stack below at a moment
//! when nothing there is in use.

use std::hint::black_box;

/// What a run says of it before it looks for keys that are gone.
pub const SAID: &str =
    "client and server write over dead frames of their stacks, where moves leave keys";

/// Writes over the next `N` bytes of this thread's stack, which are below every frame in use.
#[inline(never)]
pub fn stack<const N: usize>() {
    black_box(&mut [0_u8; N]);
}

/// After each request: as deep as records and renewals go.
pub const SHALLOW: usize = 64 << 10;

/// After a connection: as deep as handshakes go.
pub const DEEP: usize = 512 << 10;
