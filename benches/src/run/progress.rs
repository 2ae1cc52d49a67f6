//! Progress on standard error, with the time that is left.

use std::io::{IsTerminal as _, Write as _, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on a terminal, a line now and then elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    pub(super) fn new(weight: u32) -> Self {
        let terminal = stderr().is_terminal();
        let bar = ProgressBar::new(weight.into());
        bar.set_draw_target(if terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {percent:>3} %  {eta} left  {msg}")
        {
            bar.set_style(style);
        }
        Self { bar, terminal }
    }

    pub(super) fn begin(&self, id: &str) {
        self.bar.set_message(id.to_owned());
    }

    pub(super) fn done(&self, weight: u32) {
        let tenth = |bar: &ProgressBar| bar.position() * 10 / bar.length().unwrap_or(1).max(1);
        let before = tenth(&self.bar);
        self.bar.inc(weight.into());
        if !self.terminal && tenth(&self.bar) > before {
            // Progress is a courtesy: a closed standard error must not stop the run.
            let _ = writeln!(stderr(), "{} % measured", tenth(&self.bar) * 10);
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
