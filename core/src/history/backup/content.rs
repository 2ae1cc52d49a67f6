//! What may be in a backup, and how it stands there.
//!
//! A backup holds what a person would miss: records of the history and the application's own data.
//! It holds nothing that a second device must not have: the trait is sealed, and neither a session nor
//! a key has it.

use super::BackupError;
use super::padding::padded;
use super::text::Text;
use crate::codec::Reader;

/// The end mark; the padding behind it is the same byte.
pub(super) const END: u8 = 0;
const HISTORY: u8 = 1;
const APP: u8 = 2;

/// The longest body of an item in bytes: 16 MiB.
pub const MAX_BODY: usize = 1 << 24;

/// What may be put into a backup.
pub trait BackupContent: Content {}

impl BackupContent for HistoryRecord<'_> {}
impl BackupContent for AppData<'_> {}

mod sealed {
    /// An item's type, name and body.
    pub trait Content {
        fn parts(&self) -> (u8, &[u8], &[u8]);
    }
}

pub(super) use sealed::Content;

/// A record of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRecord<'a> {
    /// Its name.
    pub id: &'a [u8],
    /// What it says.
    pub body: &'a [u8],
}

impl Content for HistoryRecord<'_> {
    fn parts(&self) -> (u8, &[u8], &[u8]) {
        (HISTORY, self.id, self.body)
    }
}

/// Data of the application that belongs to no device: settings, contacts, drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppData<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// What it holds.
    pub body: &'a [u8],
}

impl Content for AppData<'_> {
    fn parts(&self) -> (u8, &[u8], &[u8]) {
        (APP, self.name, self.body)
    }
}

/// What comes back out of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restored<'a> {
    /// A record of the history.
    History(HistoryRecord<'a>),
    /// Data of the application.
    App(AppData<'a>),
}

/// Gives out an item's bytes in parts, without a copy, and says how many they are.
pub(super) fn encode(
    content: &impl Content,
    mut put: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<u64, BackupError> {
    let (kind, name, body) = content.parts();
    let name_len = u16::try_from(name.len()).map_err(|_| BackupError::TooLong)?;
    if body.len() > MAX_BODY {
        return Err(BackupError::TooLong);
    }
    let body_len = body.len() as u32;
    let [high, low] = name_len.to_be_bytes();
    put(&[kind, high, low])?;
    put(name)?;
    put(&body_len.to_be_bytes())?;
    put(body)?;
    let len = u64::from(body_len).saturating_add(name_len.into());
    Ok(len.saturating_add(7))
}

/// How many zeros stand behind `content_len` bytes of items: the end mark and the padding.
pub(super) fn zeros_behind(content_len: u64) -> u64 {
    padded(content_len.saturating_add(1)).saturating_sub(content_len)
}

/// Reads items off a text that comes in parts, with one part and one item in memory.
#[derive(Default)]
pub(super) struct Items {
    pub(super) text: Text,
    /// Bytes of complete items.
    content_len: u64,
    /// Bytes from the end mark on, once it was seen.
    ending_len: Option<u64>,
    /// How many items were read.
    pub(super) count: u64,
}

impl Items {
    /// Gives out the items that are there as a whole.
    pub(super) fn read<E: From<BackupError>>(
        &mut self,
        visit: &mut impl FnMut(Restored<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = self.text.unread();
        while self.ending_len.is_none() && rest.first() != Some(&END) {
            let Some((item, behind)) = item(rest)? else {
                let left = rest.len();
                self.text.leave(left);
                return Ok(());
            };
            visit(item)?;
            let len = rest.len().saturating_sub(behind.len()) as u64;
            self.content_len = self.content_len.saturating_add(len);
            self.count = self.count.saturating_add(1);
            rest = behind;
        }
        // All are read, whatever they are: so a processor takes many at once.
        if rest.iter().fold(END, |all, byte| all | byte) != END {
            return Err(BackupError::Malformed.into());
        }
        let ending = self.ending_len.get_or_insert(0);
        *ending = ending.saturating_add(rest.len() as u64);
        self.text.leave(0);
        Ok(())
    }

    /// Ends the text: nothing is missing, and the padding is the one there is.
    pub(super) fn finish(&self) -> Result<(), BackupError> {
        let ending = self.ending_len.ok_or(BackupError::Malformed)?;
        if ending != zeros_behind(self.content_len) {
            return Err(BackupError::Malformed);
        }
        Ok(())
    }
}

/// The first item and what stands behind it, `None` if it is not there as a whole.
fn item(bytes: &[u8]) -> Result<Option<(Restored<'_>, &[u8])>, BackupError> {
    let mut reader = Reader::new(bytes);
    let Ok(kind) = reader.u8() else {
        return Ok(None);
    };
    if kind != HISTORY && kind != APP {
        return Err(BackupError::Malformed);
    }
    let (Ok(name), Ok(len)) = (reader.prefixed(), reader.u32()) else {
        return Ok(None);
    };
    let len = usize::try_from(len).map_err(|_| BackupError::TooLong)?;
    if len > MAX_BODY {
        return Err(BackupError::TooLong);
    }
    let Ok(body) = reader.bytes(len) else {
        return Ok(None);
    };
    let item = match kind {
        HISTORY => Restored::History(HistoryRecord { id: name, body }),
        _ => Restored::App(AppData { name, body }),
    };
    let left = reader.remaining();
    Ok(Some((item, reader.bytes(left)?)))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::history::chunked::Room;

    fn text() -> Vec<u8> {
        let mut text = Vec::new();
        for n in 0..50_u8 {
            let body = alloc::vec![n; usize::from(n) * 40];
            let (name, body) = (&[n][..], &body[..]);
            let put = |part: &[u8]| {
                text.extend_from_slice(part);
                Ok(())
            };
            let len = if n % 3 == 0 {
                encode(&AppData { name, body }, put)
            } else {
                encode(&HistoryRecord { id: name, body }, put)
            };
            assert_eq!(len, Ok(8 + body.len() as u64));
        }
        let zeros = zeros_behind(text.len() as u64);
        text.resize(text.len() + zeros as usize, END);
        text
    }

    fn read(text: &[u8], step: usize) -> Result<u64, BackupError> {
        let mut items = Items::default();
        let mut names = 0;
        for part in text.chunks(step) {
            items.text.next(part.len()).copy_from_slice(part);
            // At most twice the longest item and a part, however many items there are.
            assert!(items.text.room() <= 2 * (1968 + step));
            items.read::<BackupError>(&mut |item| {
                let (Restored::History(HistoryRecord { id: name, body })
                | Restored::App(AppData { name, body })) = item;
                assert_eq!((name, body.len()), (&[names][..], usize::from(names) * 40));
                names += 1;
                Ok(())
            })?;
        }
        items.finish()?;
        Ok(items.count)
    }

    #[test]
    fn items_come_out_however_the_text_is_cut() {
        let text = text();
        assert_eq!(text.len() as u64, padded(text.len() as u64));
        for step in [1, 7, 8, 4096, text.len()] {
            assert_eq!(read(&text, step), Ok(50), "{step}");
        }
    }

    #[test]
    fn another_padding_or_none_is_refused() {
        let text = text();
        for len in [text.len() - 1, text.len() - 4096, 40, 0] {
            assert_eq!(
                read(&text[..len], 100),
                Err(BackupError::Malformed),
                "{len}"
            );
        }
        let mut longer = text.clone();
        longer.push(0);
        assert_eq!(read(&longer, 100), Err(BackupError::Malformed));
        let mut dirty = text;
        *dirty.last_mut().unwrap() = 1;
        assert_eq!(read(&dirty, 100), Err(BackupError::Malformed));
    }

    #[test]
    fn a_length_that_lies_reserves_nothing() {
        let mut items = Items::default();
        let front = [HISTORY, 0, 0, 0xff, 0xff, 0xff, 0xff];
        items.text.next(front.len()).copy_from_slice(&front);
        let refused = items.read::<BackupError>(&mut |_| Ok(()));
        assert_eq!(refused, Err(BackupError::TooLong));
        assert!(items.text.room() < 1000);
    }
}
