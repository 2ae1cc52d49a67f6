//! The verb `list`.

use std::io::{self, Write};

use crate::workload::table::{self, Workload};

/// Prints every workload's name with the number of its variants, or every variant's identifier.
///
/// # Errors
/// What writing gave.
pub fn list(all: bool, out: &mut dyn Write) -> io::Result<()> {
    let table = table::all();
    if all {
        return table
            .iter()
            .try_for_each(|row| writeln!(out, "{}", row.id()));
    }
    let mut names: Vec<&str> = table.iter().map(|row| row.name).collect();
    names.dedup();
    for name in names {
        let variants: Vec<&Workload> = table.iter().filter(|row| row.name == name).collect();
        writeln!(
            out,
            "{name:<40}{:>3} {}",
            variants.len(),
            plural(variants.len())
        )?;
    }
    Ok(())
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "variant" } else { "variants" }
}
