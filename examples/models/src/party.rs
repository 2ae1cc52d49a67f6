//! A party of a model, as its own process sees itself: one command line in, one answer line out.
//!
//! A line is fields between tabs. An answer's first field is `ok`, or `refused` with the reason behind
//! it. The conductor's end is [`crate::conductor`].

use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use crate::Result;
use crate::backend::BackendName;

/// The longest line in bytes.
pub const MAX_LINE: u64 = 256 << 10;

/// First field of the answer to a command that was done.
pub const OK: &str = "ok";

/// First field of the answer to a command that was refused.
pub const REFUSED: &str = "refused";

/// What a party's process is told when it starts.
#[derive(Clone, Debug)]
pub struct Place {
    /// The backend to run on.
    pub backend: BackendName,
    /// The party's own folder, which is there.
    pub folder: PathBuf,
    /// What to do wrong.
    pub fault: Option<Fault>,
}

/// A way to break a model, so that its checks are seen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// What was to be gone stays: a relay keeps what it delivered, the ring's server each older copy,
    /// a client of a channel the channel that it closed.
    Keeps,
    /// Texts and keys go where nobody expects them: a device puts them into its crash reports and beside
    /// its backup, a client of a channel says them beside it; the cloud's server logs texts.
    Leaks,
}

/// Says that the party is ready, with `ready` for the conductor, and answers commands until there are
/// no more: the conductor closed its end, or is gone.
///
/// # Errors
/// Reading's and writing's.
pub fn answer(
    ready: &[&str],
    mut command: impl FnMut(&str, &[&str]) -> Result<Vec<String>>,
) -> Result<()> {
    let mut input = io::stdin().lock();
    write_line(&mut io::stdout(), OK, ready)?;
    while let Some(line) = read_line(&mut input)? {
        let mut fields = line.split('\t');
        let verb = fields.next().unwrap_or_default();
        let arguments: Vec<&str> = fields.collect();
        let (status, said) = match command(verb, &arguments) {
            Ok(said) => (OK, said),
            Err(error) => (REFUSED, vec![error.to_string().replace(['\t', '\n'], " ")]),
        };
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        write_line(&mut io::stdout(), status, &said)?;
    }
    Ok(())
}

/// Writes a line.
///
/// # Errors
/// `InvalidInput` if a field has a tab or the end of a line in it; the stream's.
pub fn write_line(to: &mut impl Write, first: &str, rest: &[&str]) -> io::Result<()> {
    let fields: Vec<&str> = std::iter::once(first).chain(rest.iter().copied()).collect();
    if fields.iter().any(|field| field.contains(['\t', '\n'])) {
        let why = "a field has a tab or the end of a line in it";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    to.write_all(format!("{}\n", fields.join("\t")).as_bytes())?;
    to.flush()
}

/// Reads a line; `None` at the end.
///
/// # Errors
/// `InvalidData` if it is longer than [`MAX_LINE`] or cut off; the stream's.
pub fn read_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if from.take(MAX_LINE).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    if line.pop() != Some('\n') {
        let why = "the line is too long or was cut off";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(Some(line))
}

/// A command that its party does not know, or with other arguments than it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCommand(pub String);

impl fmt::Display for UnknownCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no command {:?} with these arguments", self.0)
    }
}

impl std::error::Error for UnknownCommand {}

/// Bytes as hexadecimal digits, for lines.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal digits.
///
/// # Errors
/// `InvalidData` if they are not pairs of those.
pub fn unhex(text: &str) -> io::Result<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[a, b]| Some(digit(*a)? << 4 | digit(*b)?));
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes
        .filter(|_| rest.is_empty())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded_and_whole() {
        let mut line = Vec::new();
        assert!(write_line(&mut line, OK, &["a", ""]).is_ok());
        let read = read_line(&mut &line[..]).ok().flatten();
        assert_eq!(read.as_deref(), Some("ok\ta\t"));
        assert!(write_line(&mut line, OK, &["a\tb"]).is_err());
        assert!(read_line(&mut &b"cut off"[..]).is_err());
        assert!(read_line(&mut &vec![b'x'; MAX_LINE as usize + 1][..]).is_err());
        assert_eq!(unhex(&hex(&[0, 0x9f])).ok(), Some(vec![0, 0x9f]));
        assert!(unhex("0").is_err() && unhex("zz").is_err());
    }
}
