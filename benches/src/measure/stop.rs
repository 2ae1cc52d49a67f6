//! Stopping a measurement half-way, keeping what was measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether to stop: asked by those who measure, between two slices of work.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A stop that a first Ctrl-C (or SIGTERM) asks for; a second one ends the process at once. If
    /// the system gives no such signals, they end it as they always do.
    #[must_use]
    pub fn on_ctrl_c() -> Self {
        let stop = Self::default();
        let asked = stop.clone();
        // Where another handler is installed already, that one is in charge.
        let _ = ctrlc::set_handler(move || {
            if asked.0.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            eprintln!("\nstopping; what was measured so far is kept (again to end at once)");
        });
        stop
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Was it asked for?
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
