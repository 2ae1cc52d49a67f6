//! The verb `doctor`: explains this host to whoever must choose a backend and a suite.
//!
//! What lives here: the page as a whole. `probe` measures for a few seconds, `advice` draws the
//! conclusions, `trap` and `per_message` two of them; `host` explains what the host says of itself;
//! `remains` searches memory for what libraries leave of keys.
//! What a backend is claimed to be slow at was measured slow, here and now; only the reasons come
//! from a list.

mod advice;
mod host;
mod per_message;
mod probe;
mod remains;
mod trap;

use std::io::{self, Write};

use sprag::provenance::{COMPILED, Provenance, Wipes};
use sprag_backends::kernel;

use crate::backend::Backend;
use crate::build_info::Build;
use crate::cli::Failure;
use crate::exact::paths;
use crate::host::{CpuUse, Host, PathTaken};
use crate::measure::clock::Clock;
use crate::report::wrapped;

const WIDTH: usize = 100;

/// Prints what this host is, where every primitive comes from, what is slow here and what to use.
///
/// # Errors
/// [`Failure::Output`], and [`Failure::Wrong`] if a primitive gave a wrong result.
pub fn doctor(out: &mut dyn Write) -> Result<(), Failure> {
    let clock = Clock::measure();
    let mut host = Host::look(clock);
    let cpu = CpuUse::now();
    let build = Build::this();
    host.paths = paths::taken(&Backend::supported(Backend::DEFAULT));
    print_host(out, &host, &build)?;
    for provenance in COMPILED {
        print_provenance(out, provenance)?;
    }
    for backend in Backend::DEFAULT.iter().filter(|one| !one.is_supported()) {
        writeln!(
            out,
            "\nThis processor lacks instructions that {backend} needs: it is not measured, and would \
             refuse\nevery key."
        )?;
    }
    // Before the timings, which take much memory that would have to be searched.
    remains::print(out)?;
    writeln!(out, "\nMeasuring for a few seconds…")?;
    out.flush()?;
    let timings = probe::Timings::take(clock)?;
    host.look_again(&cpu);
    timings.print(out)?;
    writeln!(out, "\nSlow here")?;
    list(out, &advice::slow_paths(&timings, &host, &build))?;
    writeln!(out, "\nRecommended here")?;
    list(out, &advice::recommendations(&timings, &host))?;
    Ok(())
}

fn list(out: &mut dyn Write, items: &[String]) -> io::Result<()> {
    if items.is_empty() {
        return writeln!(out, "  nothing known");
    }
    items
        .iter()
        .try_for_each(|item| writeln!(out, "  - {}", wrapped(item, WIDTH - 4, "    ")))
}

fn print_host(out: &mut dyn Write, host: &Host, build: &Build) -> io::Result<()> {
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    let with = |wanted: bool| {
        let names = host.features.iter().filter(|(_, has)| **has == wanted);
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            "none".into()
        } else {
            names.join(" ")
        }
    };
    let virtualised = match host.virtualised {
        Some(true) => "yes",
        Some(false) => "no sign of it",
        None => "unknown",
    };
    let flags = if build.rustflags.is_empty() {
        "none"
    } else {
        &build.rustflags
    };
    let load = host
        .load_start
        .map_or("unknown".into(), |load| load.to_string());
    let rows = [
        ("processor", or_unknown(&host.cpu)),
        (
            "cores",
            host.cores
                .map_or("unknown".into(), |cores| cores.to_string()),
        ),
        ("features", with(true)),
        ("missing", with(false)),
        ("virtual", virtualised.into()),
        (
            "system",
            format!("{} {}", host.os, or_unknown(&host.kernel)),
        ),
        ("governor", or_unknown(&host.governor)),
        ("load", load),
        (
            "build",
            format!("{}, {}", build.target, or_unknown(&build.rustc)),
        ),
        ("built for", build.target_features.join(" ")),
        ("RUSTFLAGS", flags.into()),
        ("own kernel", paths()),
    ];
    let taken = taken(host);
    let taken = taken.iter().map(|path| ("path", path.clone()));
    for (name, value) in rows.into_iter().chain(taken) {
        writeln!(
            out,
            "{name:<12}{}",
            wrapped(&value, WIDTH - 12, &" ".repeat(12))
        )?;
    }
    Ok(())
}

/// What each library takes on this processor, as far as that is known, and whether it was seen: a line
/// for each primitive.
fn taken(host: &Host) -> Vec<String> {
    let lines = host.paths.chunk_by(|a, b| a.primitive == b.primitive);
    let line = |paths: &[PathTaken]| {
        let backends = paths.iter().map(|taken| {
            let PathTaken {
                backend,
                path,
                known,
                ..
            } = taken;
            format!("{backend} {path} ({known})")
        });
        let backends: Vec<String> = backends.collect();
        format!("{}: {}", paths[0].primitive, backends.join("; "))
    };
    lines.map(line).collect()
}

/// The code that our own kernel takes on this processor.
fn paths() -> String {
    let paths = kernel::paths().map(|path| format!("{}: {}", path.primitive, path.instructions));
    paths.join("; ")
}

fn print_provenance(out: &mut dyn Write, provenance: &Provenance) -> io::Result<()> {
    writeln!(out, "\n{}", provenance.backend)?;
    for row in provenance.rows {
        let wipes = match row.wipes {
            Wipes::Yes => "keys wiped",
            Wipes::Partly => "partly wiped",
            Wipes::No => "not wiped",
        };
        writeln!(out, "  {:<26}{:<44}{wipes}", row.primitive, row.library)?;
        if !row.note.is_empty() {
            writeln!(out, "      {}", wrapped(row.note, WIDTH - 6, "      "))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_path_stands_on_the_page() {
        let mut host = Host::look(Clock::measure());
        host.paths.push(PathTaken {
            backend: "ring".into(),
            primitive: "AES-256-GCM".into(),
            path: "VAES".into(),
            known: "measured".into(),
        });
        let mut page = Vec::new();
        print_host(&mut page, &host, &Build::this()).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(
            page.contains("\npath        AES-256-GCM: ring VAES (measured)\n"),
            "{page}"
        );
    }
}
