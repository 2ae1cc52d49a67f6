//! The boundary between the gate and a library of workloads: a small versioned C interface.
//!
//! What lives here: [`Interface`], which a library exports under one name (by
//! [`export!`](crate::gate::export)), and [`Library`] with [`Opened`], which load it. All unsafe
//! code of the gate is in this file. What a workload is and how it is measured is elsewhere.
//!
//! Invariants: no panic crosses the boundary; nothing but integers, C pointers to bytes and one
//! opaque handle does, so that two builds by different compilers may meet; a loaded library is
//! never unloaded.
//!
//! Answers longer than a number are left in a thread-local text of the library, which
//! `Interface::text` copies out.

use std::cell::RefCell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr;

use super::error::Error;
use super::table::Gated;
use crate::build_info::Build;
use crate::workload::{Digest, Operation, Wrong};

/// The version of [`Interface`]: raised with every change of it or of what its functions mean.
pub const VERSION: u32 = 1;
/// The exported function's name.
const SYMBOL: &[u8] = b"sprag_gate_interface";

/// What a library of workloads exports.
///
/// The version comes first in every version. Functions that give a `Status` leave a text when
/// they fail.
#[repr(C)]
#[derive(Debug)]
pub struct Interface {
    version: u32,
    /// How many workloads there are; their indices are those below it.
    count: extern "C" fn() -> usize,
    /// Leaves the identifier of a workload as text, then a line of what is done with it.
    describe: extern "C" fn(usize) -> Status,
    /// Leaves the compiler, profile and flags that the library was built with as text.
    build: extern "C" fn() -> Status,
    /// Leaves what one operation of the workload calls and allocates as text.
    count_calls: extern "C" fn(usize, u64) -> Status,
    /// A handle on a workload, made from a seed; null if it failed.
    open: extern "C" fn(usize, u64) -> *mut Handle,
    capacity: unsafe extern "C" fn(*mut Handle) -> usize,
    prepare: unsafe extern "C" fn(*mut Handle, usize) -> Status,
    run: unsafe extern "C" fn(*mut Handle, usize, usize) -> Status,
    verify: unsafe extern "C" fn(*mut Handle) -> Status,
    close: unsafe extern "C" fn(*mut Handle),
    /// Copies the text to a buffer of so many bytes, as much as fits, and gives its length.
    text: unsafe extern "C" fn(*mut u8, usize) -> usize,
}

/// 0 for done, 1 for a failure that the text describes.
type Status = u32;
const DONE: Status = 0;
const FAILED: Status = 1;

/// A workload that was opened, as its own library knows it. Opaque to everyone else.
#[derive(Debug)]
pub struct Handle {
    _opaque: [u8; 0],
}

/// A table of workloads to export. [`export!`](crate::gate::export) implements it.
pub trait Exported: 'static {
    /// The table.
    fn table() -> &'static [Gated];
}

impl Interface {
    /// The interface to the table of `T`.
    #[must_use]
    pub const fn of<T: Exported>() -> Self {
        Self {
            version: VERSION,
            count: count::<T>,
            describe: describe::<T>,
            build,
            count_calls: count_calls::<T>,
            open: open::<T>,
            capacity,
            prepare,
            run,
            verify,
            close,
            text,
        }
    }
}

type Operating = Box<dyn Operation>;

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

fn leave(text: impl Display) {
    TEXT.with_borrow_mut(|left| *left = text.to_string());
}

/// What `work` gives; a failure or a panic is left as text.
fn guarded<R>(work: impl FnOnce() -> Result<R, Wrong>) -> Option<R> {
    // A workload that panicked may be broken, but is not unsound; the gate stops using it.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(result)) => Some(result),
        Ok(Err(wrong)) => {
            leave(wrong.0);
            None
        }
        Err(panic) => {
            let message = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            leave(format_args!("panicked: {}", message.unwrap_or("(no text)")));
            None
        }
    }
}

fn status(work: impl FnOnce() -> Result<(), Wrong>) -> Status {
    guarded(work).map_or(FAILED, |()| DONE)
}

fn row<T: Exported>(index: usize) -> Result<&'static Gated, Wrong> {
    let row = T::table().get(index);
    row.ok_or_else(|| Wrong::new(format_args!("there is no workload {index}")))
}

extern "C" fn count<T: Exported>() -> usize {
    guarded(|| Ok(T::table().len())).unwrap_or(0)
}

extern "C" fn describe<T: Exported>(index: usize) -> Status {
    status(|| {
        let row = row::<T>(index)?;
        leave(format_args!("{}\n{}", row.id, row.what));
        Ok(())
    })
}

extern "C" fn build() -> Status {
    status(|| {
        leave(Build::this().how());
        Ok(())
    })
}

extern "C" fn count_calls<T: Exported>(index: usize, seed: u64) -> Status {
    status(|| {
        leave(row::<T>(index)?.count(seed)?);
        Ok(())
    })
}

extern "C" fn open<T: Exported>(index: usize, seed: u64) -> *mut Handle {
    let opened: Option<Operating> = guarded(|| row::<T>(index)?.open(seed));
    opened.map_or(ptr::null_mut(), |operation| {
        Box::into_raw(Box::new(operation)).cast()
    })
}

/// The operation behind a handle.
///
/// # Safety
/// `handle` came from [`open`] of this library, was not closed, and no other reference to it lives
/// as long as the answer.
unsafe fn operation<'a>(handle: *mut Handle) -> &'a mut Operating {
    // SAFETY: `open` made the pointer from a box of this type, and the caller promises the rest.
    unsafe { &mut *handle.cast::<Operating>() }
}

/// # Safety
/// As for [`operation`].
unsafe extern "C" fn capacity(handle: *mut Handle) -> usize {
    // SAFETY: the caller promises what `operation` asks for.
    let operation = unsafe { operation(handle) };
    guarded(|| Ok(operation.capacity())).unwrap_or(1)
}

/// # Safety
/// As for [`operation`].
unsafe extern "C" fn prepare(handle: *mut Handle, count: usize) -> Status {
    // SAFETY: the caller promises what `operation` asks for.
    let operation = unsafe { operation(handle) };
    status(|| operation.prepare(count))
}

/// # Safety
/// As for [`operation`].
unsafe extern "C" fn run(handle: *mut Handle, from: usize, to: usize) -> Status {
    // SAFETY: the caller promises what `operation` asks for.
    let operation = unsafe { operation(handle) };
    status(|| operation.run(from..to))
}

/// # Safety
/// As for [`operation`].
unsafe extern "C" fn verify(handle: *mut Handle) -> Status {
    // SAFETY: the caller promises what `operation` asks for.
    let operation = unsafe { operation(handle) };
    status(|| operation.verify(&mut Digest::new()))
}

/// # Safety
/// As for [`operation`]; the handle is not used again.
unsafe extern "C" fn close(handle: *mut Handle) {
    // SAFETY: `open` made the pointer from a box of this type, and the caller gives it up.
    let operation = unsafe { Box::from_raw(handle.cast::<Operating>()) };
    guarded(|| {
        drop(operation);
        Ok(())
    });
}

/// # Safety
/// `buffer` may be written to for `len` bytes, or `len` is 0.
unsafe extern "C" fn text(buffer: *mut u8, len: usize) -> usize {
    TEXT.with_borrow(|left| {
        if len > 0 {
            // SAFETY: `len` bytes may be written, and no more than the text has are read; the text
            // is the library's own and does not overlap with the caller's buffer.
            unsafe { ptr::copy_nonoverlapping(left.as_ptr(), buffer, left.len().min(len)) };
        }
        left.len()
    })
}

/// A library of workloads that was loaded.
#[derive(Debug)]
pub struct Library {
    interface: &'static Interface,
    /// Identifiers, by index.
    pub ids: Vec<String>,
    /// What is done with each, by index: see [`Gated::what`].
    pub what: Vec<String>,
    /// How it was built.
    pub build: String,
}

impl Library {
    /// Loads the library at `path` and runs its initialisers, as any program does with a library
    /// that it links to: it must be one that was built to be trusted. It stays loaded.
    ///
    /// # Errors
    /// [`Error`]: it cannot be loaded, exports no interface, or one of another version.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::Unloadable(path.to_owned(), error);
        // SAFETY: the caller built the library from a revision of the project that is under test,
        // and runs its code on purpose.
        let library = unsafe { libloading::Library::new(path) }.map_err(failed)?;
        // It may have started threads, and has destructors of thread-locals: it is never unloaded,
        // which also makes its statics live as long as the process.
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        // SAFETY: whatever exports this name is an `export!` of some version, whose type has
        // always been this.
        let entry = unsafe { library.get::<extern "C" fn() -> *const Interface>(SYMBOL) };
        let entry = entry.map_err(|_| Error::NoInterface(path.to_owned()))?;
        let interface = entry();
        // SAFETY: the pointer is to a static of the library, aligned and alive for good; in every
        // version the first field is the version, a `u32`.
        let version = unsafe { *interface.cast::<u32>() };
        if version != VERSION {
            return Err(Error::OtherVersion(path.to_owned(), version));
        }
        // SAFETY: as above, and the version says that it is this type.
        Self::of(unsafe { &*interface })
    }

    fn of(interface: &'static Interface) -> Result<Self, Error> {
        let mut library = Self {
            interface,
            ids: Vec::new(),
            what: Vec::new(),
            build: String::new(),
        };
        for index in 0..(interface.count)() {
            let text = library.text_of((interface.describe)(index))?;
            let (id, what) = text.split_once('\n').unwrap_or((&text, ""));
            library.ids.push(id.to_owned());
            library.what.push(what.to_owned());
        }
        library.build = library.text_of((interface.build)())?;
        Ok(library)
    }

    /// The index of the workload called `id`.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.ids.iter().position(|other| other == id)
    }

    /// Sets the workload of this index up.
    ///
    /// # Errors
    /// [`Wrong`] if that gave a wrong result, or there is no such workload.
    pub fn open(&self, index: usize, seed: u64) -> Result<Opened, Wrong> {
        let handle = (self.interface.open)(index, seed);
        if handle.is_null() {
            return Err(Wrong(self.text()));
        }
        Ok(Opened {
            interface: self.interface,
            handle,
        })
    }

    /// What one operation of the workload of this index calls and allocates, as lines of a name
    /// and a number.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn count_calls(&self, index: usize, seed: u64) -> Result<String, Wrong> {
        self.text_of((self.interface.count_calls)(index, seed))
    }

    fn text_of(&self, status: Status) -> Result<String, Wrong> {
        match status {
            DONE => Ok(self.text()),
            _ => Err(Wrong(self.text())),
        }
    }

    fn text(&self) -> String {
        text_from(self.interface)
    }
}

fn text_from(interface: &Interface) -> String {
    // SAFETY: nothing is written to a buffer of no bytes.
    let len = unsafe { (interface.text)(ptr::null_mut(), 0) };
    let mut bytes = vec![0; len];
    // SAFETY: the buffer has as many bytes as is said.
    unsafe { (interface.text)(bytes.as_mut_ptr(), bytes.len()) };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A workload of a loaded library that was set up.
#[derive(Debug)]
pub struct Opened {
    interface: &'static Interface,
    handle: *mut Handle,
}

impl Opened {
    /// See [`Operation::capacity`].
    #[must_use]
    pub fn capacity(&self) -> usize {
        // SAFETY: this is the only holder of the handle, which its own library made and which is
        // open until the drop; the call keeps no reference. The same goes for the calls below.
        unsafe { (self.interface.capacity)(self.handle) }
    }

    /// See [`Operation::prepare`].
    ///
    /// # Errors
    /// [`Wrong`], as the operation says, or it panicked. The same goes for the others.
    pub fn prepare(&mut self, count: usize) -> Result<(), Wrong> {
        // SAFETY: see `capacity`; `self` is borrowed for writing.
        let status = unsafe { (self.interface.prepare)(self.handle, count) };
        self.outcome(status)
    }

    /// See [`Operation::run`].
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    #[inline]
    pub fn run(&mut self, from: usize, to: usize) -> Result<(), Wrong> {
        // SAFETY: see `capacity`; `self` is borrowed for writing.
        let status = unsafe { (self.interface.run)(self.handle, from, to) };
        self.outcome(status)
    }

    /// See [`Operation::verify`].
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare).
    pub fn verify(&mut self) -> Result<(), Wrong> {
        // SAFETY: see `capacity`; `self` is borrowed for writing.
        let status = unsafe { (self.interface.verify)(self.handle) };
        self.outcome(status)
    }

    #[inline]
    fn outcome(&self, status: Status) -> Result<(), Wrong> {
        match status {
            DONE => Ok(()),
            _ => Err(Wrong(text_from(self.interface))),
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // SAFETY: see `capacity`; the handle goes with `self`.
        unsafe { (self.interface.close)(self.handle) };
    }
}

#[cfg(test)]
mod tests;
