//! What a run prints, and whether everything it checked held.

/// The steps and checks of a run. Each is printed as it happens.
#[derive(Debug, Default)]
pub struct Report {
    held: u32,
    failed: u32,
    not_run: u32,
}

impl Report {
    /// Says what happens now.
    pub fn step(&self, what: &str) {
        println!("\n-- {what}");
    }

    /// Says what a party could read or not.
    pub fn note(&self, what: &str) {
        println!("       {what}");
    }

    /// A claim of the model, and whether it held.
    pub fn check(&mut self, claim: &str, held: bool) {
        let count = if held {
            &mut self.held
        } else {
            &mut self.failed
        };
        *count += 1;
        println!("{} {claim}", if held { "ok    " } else { "FAILED" });
    }

    /// A claim that a party refuses a command, for this reason and no other. `refused` is the reason it
    /// gave, if it refused.
    pub fn refused(&mut self, claim: &str, refused: Option<String>, reason: &str) {
        let said = refused.as_deref().unwrap_or("it was done");
        self.note(&format!("answer: {said}"));
        self.check(claim, said == reason);
    }

    /// A claim of the model that this machine cannot check.
    pub fn not_run(&mut self, claim: &str, why: &str) {
        self.not_run += 1;
        println!("NOT RUN {claim}: {why}");
    }

    /// Prints the sum, and says whether every check that was made held, and any was made.
    #[must_use]
    pub fn close(&self, model: &str) -> bool {
        let Self {
            held,
            failed,
            not_run,
        } = self;
        println!("\n{model}: {held} checks held, {failed} failed, {not_run} not run");
        *failed == 0 && *held > 0
    }
}
