//! The `malloc` and `free` that the linker puts before the C library's (`build.rs`).
//!
//! They let the barometer see what AWS-LC allocates. Only on Linux with glibc, and only in the
//! barometer's own binary.

use std::ffi::c_void;

use sprag_bench::alloc::{note_free, note_malloc};

unsafe extern "C" {
    fn __real_malloc(size: usize) -> *mut c_void;
    fn __real_free(pointer: *mut c_void);
    fn malloc_usable_size(pointer: *mut c_void) -> usize;
}

// SAFETY: the linker's `--wrap` makes this name the target of every `malloc` of the program and
// of nothing else; the signature is malloc's.
#[unsafe(no_mangle)]
extern "C" fn __wrap_malloc(size: usize) -> *mut c_void {
    // SAFETY: malloc takes any size and has no other condition; its result, null included, may be
    // asked for its size.
    let (pointer, usable) = unsafe {
        let pointer = __real_malloc(size);
        (pointer, malloc_usable_size(pointer))
    };
    note_malloc(size, usable);
    pointer
}

// SAFETY: as above, for `free`; callers promise what free asks for.
#[unsafe(no_mangle)]
extern "C" fn __wrap_free(pointer: *mut c_void) {
    // SAFETY: a pointer that may be freed, null included, may be asked for its size first.
    unsafe {
        note_free(malloc_usable_size(pointer));
        __real_free(pointer);
    }
}
