//! A stop on the way of a message, for whoever wants to look at the server while it handles one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Open at first.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    waiting: usize,
}

impl Gate {
    /// Lets nobody pass from now on.
    pub fn close(&self) {
        self.state().closed = true;
    }

    /// Lets all pass.
    pub fn open(&self) {
        self.state().closed = false;
        self.changed.notify_all();
    }

    /// Passes, once the gate is open.
    pub fn pass(&self) {
        let mut state = self.state();
        state.waiting += 1;
        self.changed.notify_all();
        while state.closed {
            state = self.wait(state);
        }
        state.waiting -= 1;
    }

    /// Waits until somebody waits to pass.
    pub fn arrived(&self) {
        let mut state = self.state();
        while state.waiting == 0 {
            state = self.wait(state);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}
