//! What backups need of the world outside: Unicode's tables, and files.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use sprag_core::history::backup::{BackupSource, Password};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// So many bytes NFKC makes of one at most, in UTF-8 (of those of U+FDFA).
const GROWTH: usize = 11;

/// A password as a person typed it, brought into Unicode's normalization form NFKC, so that the
/// same letters from two keyboards are the same password. Blanks count.
#[must_use]
pub fn password(typed: &str) -> Password {
    // Room for all of it, so that nothing is left behind where the string would have grown.
    let mut normal = Zeroizing::new(String::with_capacity(typed.len().saturating_mul(GROWTH)));
    normal.extend(typed.nfkc());
    Password::from_nfkc(&normal)
}

/// A backup that is read from a file, or from whatever can be read and rewound.
#[derive(Debug)]
pub struct ReadSeek<R>(pub R);

impl<R: Read + Seek> BackupSource for ReadSeek<R> {
    type Error = io::Error;

    fn rewind(&mut self) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0)).map(drop)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_grows_beyond_its_room() {
        let growth = |c: char| {
            let normal: usize = c.nfkc().map(char::len_utf8).sum();
            normal.div_ceil(c.len_utf8())
        };
        assert_eq!(('\0'..=char::MAX).map(growth).max(), Some(GROWTH));
    }
}
