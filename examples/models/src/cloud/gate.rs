//! A stop on the way of a message, for whoever wants to look at the server while it handles one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::net::PATIENCE;

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
        let opened = self.changed.wait_while(state, |state| state.closed);
        opened.unwrap_or_else(PoisonError::into_inner).waiting -= 1;
    }

    /// Waits until somebody waits to pass, but no longer than [`PATIENCE`].
    pub fn arrived(&self) {
        let state = self.state();
        // Nobody there is for the caller to see.
        let _ = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| state.waiting == 0);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
