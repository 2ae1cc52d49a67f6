//! The trap flag and the handler of its signal: x86-64 under Linux.
//!
//! With the flag set the processor stops *after* an instruction, and the signal shows where it is
//! going on. So the instruction that is counted, and whose bytes are looked at, is the next one:
//! from the first of the closure, at which the call of it stops, up to its return, after which the
//! place is [`END`].

use std::arch::asm;
use std::ffi::{c_int, c_void};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::{StepError, Stepped};
use crate::exact::classes::decode::{Kind, kind};
use crate::exact::classes::{Class, Classes};

/// Whoever holds it may step; the statics below are the holder's and the handler's, which runs on
/// the holder's thread.
static STEPPING: Mutex<()> = Mutex::new(());

/// Where the closure returns to.
static END: AtomicUsize = AtomicUsize::new(0);
/// Where the last stop was.
static LAST: AtomicUsize = AtomicUsize::new(0);
/// Stops that may still come.
static LEFT: AtomicU64 = AtomicU64::new(0);
static ENDED: AtomicBool = AtomicBool::new(false);
static INSTRUCTIONS: AtomicU64 = AtomicU64::new(0);
static CLASSES: [AtomicU64; Class::ALL.len()] = [const { AtomicU64::new(0) }; Class::ALL.len()];

pub(super) fn step<F: FnOnce()>(limit: u64, work: F) -> Result<Stepped, StepError> {
    let mut call = Call::Waiting(work);
    let outcome = {
        let _stepping = STEPPING.lock().unwrap_or_else(PoisonError::into_inner);
        LAST.store(0, Relaxed);
        LEFT.store(limit, Relaxed);
        ENDED.store(false, Relaxed);
        INSTRUCTIONS.store(0, Relaxed);
        CLASSES.iter().for_each(|count| count.store(0, Relaxed));
        let handler = Handler::install();
        run(&mut call);
        drop(handler);
        outcome()
    };
    match call {
        Call::Panicked(payload) => resume_unwind(payload),
        _ => outcome,
    }
}

fn outcome() -> Result<Stepped, StepError> {
    let stepped = Stepped {
        instructions: INSTRUCTIONS.load(Relaxed),
        classes: Classes::from(CLASSES.each_ref().map(|count| count.load(Relaxed))),
    };
    if ENDED.load(Relaxed) {
        Ok(stepped)
    } else if LEFT.load(Relaxed) == 0 {
        Err(StepError::TooLong(stepped))
    } else {
        Err(StepError::NotDelivered)
    }
}

/// A closure and what became of it.
enum Call<F> {
    Waiting(F),
    Done,
    Panicked(Box<dyn std::any::Any + Send>),
}

/// Calls the closure at `call`. No panic leaves it, since nothing may unwind through [`run`].
///
/// # Safety
/// `call` points to a `Call<F>` that nothing else uses meanwhile.
unsafe extern "C" fn enter<F: FnOnce()>(call: *mut Call<F>) {
    // SAFETY: the caller's promise.
    let call = unsafe { &mut *call };
    if let Call::Waiting(work) = mem::replace(call, Call::Done)
        && let Err(payload) = catch_unwind(AssertUnwindSafe(work))
    {
        *call = Call::Panicked(payload);
    }
}

/// Calls [`enter`] with the trap flag set from its first instruction to its last.
fn run<F: FnOnce()>(call: &mut Call<F>) {
    // SAFETY: the call follows the C convention, whose clobbered registers are given up; the
    // stack is aligned for it and balanced; `enter` gets what it asks for and does not unwind.
    // The trap flag stops the processor after `call` first. The handler, which is installed,
    // changes nothing but its statics and this flag. It is cleared at the label by the handler,
    // and below in case the handler was not called.
    unsafe {
        asm!(
            "lea rax, [rip + 2f]",
            "mov qword ptr [rdx], rax",
            "pushfq",
            "or qword ptr [rsp], 0x100",
            "popfq",
            "call {enter}",
            "2:",
            "pushfq",
            "and qword ptr [rsp], -0x101",
            "popfq",
            enter = sym enter::<F>,
            in("rdi") ptr::from_mut(call),
            in("rdx") END.as_ptr(),
            clobber_abi("C"),
        );
    }
}

/// The bit of the trap flag.
const TRAP_FLAG: i64 = 0x100;

/// Counts the instruction at which the processor has stopped.
///
/// Async-signal-safe: it only loads and stores atomics, reads the code and changes the flags that
/// the kernel restores.
extern "C" fn on_stop(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: installed with SA_SIGINFO, the kernel passes both, and nothing else refers to them.
    let (reason, registers) = unsafe {
        let context = &mut *context.cast::<libc::ucontext_t>();
        ((*info).si_code, &mut context.uc_mcontext.gregs)
    };
    if reason != libc::TRAP_TRACE {
        // A breakpoint of someone else: what it would have done without this handler.
        // SAFETY: both calls are async-signal-safe and take any signal.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        return;
    }
    let at = registers[libc::REG_RIP as usize] as usize;
    let flags = &mut registers[libc::REG_EFL as usize];
    if at == END.load(Relaxed) {
        ENDED.store(true, Relaxed);
        *flags &= !TRAP_FLAG;
        return;
    }
    let left = LEFT.load(Relaxed);
    if left == 0 {
        *flags &= !TRAP_FLAG;
        return;
    }
    LEFT.store(left - 1, Relaxed);
    let again = LAST.load(Relaxed) == at;
    LAST.store(at, Relaxed);
    // SAFETY: the processor is about to execute these bytes, and no byte beyond the opcode is
    // asked for.
    let code = (at..).map(|place| unsafe { ptr::with_exposed_provenance::<u8>(place).read() });
    let kind = kind(code);
    if again && kind == Kind::Repeated {
        return;
    }
    add_one(&INSTRUCTIONS);
    if let Kind::Of(class) = kind {
        add_one(&CLASSES[class as usize]);
    }
}

/// Adds one, without the bus lock that only other threads would need.
fn add_one(count: &AtomicU64) {
    count.store(count.load(Relaxed) + 1, Relaxed);
}

/// [`on_stop`] as the handler of this thread's traps, until it is dropped.
struct Handler {
    action: libc::sigaction,
    mask: libc::sigset_t,
}

impl Handler {
    fn install() -> Self {
        // SAFETY: all zeroes is a value of these types; every pointer is to a local variable; the
        // handler has the signature that SA_SIGINFO asks for and is async-signal-safe. The calls
        // fail for wrong arguments only, and these are right.
        unsafe {
            let (mut before, mut mask): (Self, libc::sigset_t) = mem::zeroed();
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = on_stop as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(libc::SIGTRAP, &action, &mut before.action);
            // A blocked trap would end the process.
            libc::sigaddset(&mut mask, libc::SIGTRAP);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &mask, &mut before.mask);
            before
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // SAFETY: what the same calls gave before.
        unsafe {
            libc::sigaction(libc::SIGTRAP, &self.action, ptr::null_mut());
            libc::pthread_sigmask(libc::SIG_SETMASK, &self.mask, ptr::null_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handler() -> usize {
        // SAFETY: asks for the handler only; all zeroes is a value of this type.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            libc::sigaction(libc::SIGTRAP, ptr::null(), &mut action);
            action.sa_sigaction
        }
    }

    #[test]
    fn the_handler_is_there_while_stepping_and_no_longer() {
        let _stepping = STEPPING.lock().unwrap_or_else(PoisonError::into_inner);
        let before = handler();
        let installed = Handler::install();
        assert_ne!(handler(), before);
        drop(installed);
        assert_eq!(handler(), before);
    }
}
