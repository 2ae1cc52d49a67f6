//! What a function is called: its name with the module it stands in.
//!
//! Debug information of line tables often keeps a function's bare name only. The file that it
//! stands in says the rest.

use std::path::{Component, Path};

use pprof::Symbol;

/// The name of the function, after its module if that can be told.
pub(super) fn name_of(symbol: &Symbol) -> String {
    let name = symbol.name();
    let file = symbol.filename.as_deref();
    match file.filter(|_| is_bare(&name)).and_then(module) {
        Some(module) => format!("{module}::{name}"),
        None => name,
    }
}

/// Is there no path before what the function is generic over?
fn is_bare(name: &str) -> bool {
    let path = name.split('<').next().unwrap_or(name);
    !path.is_empty() && !path.contains("::")
}

/// The module that a source file in Rust holds, by where it stands.
fn module(file: &Path) -> Option<String> {
    if file.extension()? != "rs" {
        return None;
    }
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let (is_ours, file) = match file.strip_prefix(ours) {
        Ok(inner) => (true, inner),
        Err(_) => (file.is_relative(), file),
    };
    let parts: Vec<&str> = file
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let src = parts.iter().rposition(|part| *part == "src")?;
    let folder = src.checked_sub(1).map_or("", |before| parts[before]);
    let mut path = vec![if is_ours {
        own(folder)
    } else {
        library(folder)
    }];
    let (stem, folders) = parts[src + 1..].split_last()?;
    path.extend(folders.iter().map(|folder| (*folder).to_owned()));
    let stem = stem.trim_end_matches(".rs");
    if !["lib", "main", "mod"].contains(&stem) {
        path.push(stem.to_owned());
    }
    Some(path.join("::"))
}

/// The crate in a folder of this repository.
fn own(folder: &str) -> String {
    match folder {
        "" => "sprag".into(),
        "benches" => "sprag_bench".into(),
        folder => format!("sprag_{folder}"),
    }
}

/// The crate in a folder such as `x25519-dalek-3.0.0`.
fn library(folder: &str) -> String {
    let version = folder
        .match_indices('-')
        .find(|(at, _)| folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    folder[..version.map_or(folder.len(), |(at, _)| at)].replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(name: &str, file: &str) -> String {
        name_of(&Symbol {
            name: Some(name.into()),
            addr: None,
            lineno: None,
            filename: Some(file.into()),
        })
    }

    #[test]
    fn a_bare_name_gets_the_module_of_its_file() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/profile/mod.rs");
        for (name, file, whole) in [
            (
                "sample",
                own.to_str().unwrap(),
                "sprag_bench::profile::sample",
            ),
            (
                "short<1, 2>",
                "backends/src/kernel/x86/message.rs",
                "sprag_backends::kernel::x86::message::short<1, 2>",
            ),
            (
                "agree",
                "/r/x25519-dalek-3.0.0/src/x25519.rs",
                "x25519_dalek::x25519::agree",
            ),
            (
                "lock",
                "/rustc/59/library/std/src/sync/mutex.rs",
                "std::sync::mutex::lock",
            ),
        ] {
            assert_eq!(called(name, file), whole);
        }
    }

    #[test]
    fn a_whole_name_and_one_that_is_not_of_rust_stay() {
        for (name, file) in [
            ("ring::aead::seal", "/r/ring-0.17.14/src/aead.rs"),
            ("<a::B as c::D>::e", "/r/a-1.0.0/src/b.rs"),
            (
                "aesni_ctr32_ghash_6x",
                "/r/aws-lc-sys-0.47.0/aws-lc/generated-src/linux-x86_64/a.S",
            ),
        ] {
            assert_eq!(called(name, file), name);
        }
    }
}
