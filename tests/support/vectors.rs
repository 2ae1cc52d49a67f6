//! Files of golden values in `core/vectors`: on each line a name and hexadecimal digits.
//!
//! `SPRAG_WRITE_VECTORS=1` writes a file anew; that of a released version never changes.

use std::fmt::Write;
use std::path::Path;

/// What the file holds, after it was written with what is `made` if that is asked for.
pub(crate) fn kept(name: &str, made: impl FnOnce() -> String) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("core/vectors");
    let path = folder.join(name);
    if std::env::var_os("SPRAG_WRITE_VECTORS").is_some() {
        std::fs::write(&path, made()).expect("a writable folder");
    }
    std::fs::read_to_string(&path).expect("core/vectors holds the file")
}

/// The lines of a file.
pub(crate) fn lines<const N: usize>(values: [(&str, &[u8]); N]) -> String {
    let mut lines = String::new();
    for (name, bytes) in values {
        write!(lines, "{name} ").expect("a string takes all");
        for byte in bytes {
            write!(lines, "{byte:02x}").expect("a string takes all");
        }
        lines.push('\n');
    }
    lines
}

/// The digits of each line.
pub(crate) fn digits<const N: usize>(lines: &str) -> [&str; N] {
    let lines = lines.lines();
    let digits = lines.map(|line| line.split_once(' ').expect("a name and digits").1);
    let digits: Vec<_> = digits.collect();
    digits.try_into().expect("as many lines")
}
