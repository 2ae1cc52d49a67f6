//! The verb `doctor`.

use std::io::Write;

use crate::cli::Failure;

/// Explains this host.
///
/// # Errors
/// [`Failure::Output`].
pub fn doctor(out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "todo")?;
    Ok(())
}
