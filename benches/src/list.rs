//! The verb `list`.

use std::collections::HashSet;
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
    let mut seen = HashSet::new();
    let names = table.iter().map(|row| row.name);
    let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
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
