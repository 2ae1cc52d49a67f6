//! What may be in a backup, and how it stands there.
//!
//! A backup holds what a person would miss: records of the history and the application's own data.
//! It holds nothing that a second device must not have: the trait is sealed, and neither a session nor
//! a key has it.

use core::ops::Range;

use super::BackupError;
use super::padding::padded;
use crate::history::chunked::Scattered;

/// The end mark; the padding behind it is the same byte.
pub(super) const END: u8 = 0;
pub(super) const HISTORY: u8 = 1;
pub(super) const APP: u8 = 2;

/// The longest body of an item in bytes: 16 MiB.
pub const MAX_BODY: usize = 1 << 24;

/// What may be put into a backup.
pub trait BackupContent: Content + Sync {}

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

/// Items one behind the other, as they stand in the file; nothing is copied.
pub(super) struct Encoded<'a, C> {
    contents: &'a [C],
    /// Where each ends.
    ends: &'a [usize],
}

impl<'a, C: Content> Encoded<'a, C> {
    /// These items, whose lengths [`encoded_len`] said.
    pub(super) const fn new(contents: &'a [C], ends: &'a [usize]) -> Self {
        Self { contents, ends }
    }

    /// The items from that on in which byte `at` is, and where the first of them begins.
    fn starting_at(&self, at: usize) -> (usize, &'a [C]) {
        let number = self.ends.partition_point(|end| *end <= at);
        let before = number.checked_sub(1).and_then(|last| self.ends.get(last));
        let contents = self.contents.get(number..).unwrap_or_default();
        (before.copied().unwrap_or_default(), contents)
    }
}

impl<C: Content + Sync> Scattered for Encoded<'_, C> {
    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    fn in_place(&self, range: Range<usize>) -> Option<&[u8]> {
        let (start, contents) = self.starting_at(range.start);
        let (_, name, body) = contents.first()?.parts();
        let body_start = start.checked_add(FRAME_LEN)?.checked_add(name.len())?;
        let start = range.start.checked_sub(body_start)?;
        body.get(start..range.end.checked_sub(body_start)?)
    }

    fn copy(&self, start: usize, mut to: &mut [u8]) -> Option<()> {
        let (first, contents) = self.starting_at(start);
        let mut skipped = start.checked_sub(first)?;
        let mut contents = contents.iter();
        while !to.is_empty() {
            let (kind, name, body) = contents.next()?.parts();
            let [high, low] = (name.len() as u16).to_be_bytes();
            let len = (body.len() as u32).to_be_bytes();
            for part in [&[kind, high, low], name, &len, body] {
                let from = part.get(skipped..).unwrap_or_default();
                skipped = skipped.saturating_sub(part.len());
                let copied = from.len().min(to.len());
                let (front, rest) = to.split_at_mut(copied);
                front.copy_from_slice(from.get(..copied)?);
                to = rest;
            }
        }
        Some(())
    }
}

/// An item's bytes beside its name and its body.
pub(super) const FRAME_LEN: usize = 7;

/// How many bytes an item has in the file.
pub(super) fn encoded_len(content: &impl Content) -> Result<usize, BackupError> {
    let (_, name, body) = content.parts();
    if name.len() > usize::from(u16::MAX) || body.len() > MAX_BODY {
        return Err(BackupError::TooLong);
    }
    Ok(name
        .len()
        .saturating_add(body.len())
        .saturating_add(FRAME_LEN))
}

/// How many zeros stand behind `content_len` bytes of items: the end mark and the padding.
pub(super) fn zeros_behind(content_len: u64) -> u64 {
    padded(content_len.saturating_add(1)).saturating_sub(content_len)
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

    /// Items as they stand in the file, put together from copies of so many bytes.
    fn encode<C: Content + Sync>(contents: &[C], step: usize) -> Vec<u8> {
        let mut end = 0;
        let ends = contents.iter().map(|content| {
            end += encoded_len(content).unwrap();
            end
        });
        let ends: Vec<_> = ends.collect();
        let encoded = Encoded::new(contents, &ends);
        let mut text = alloc::vec![0xaa; end];
        for (number, place) in text.chunks_mut(step).enumerate() {
            let range = number * step..number * step + place.len();
            encoded.copy(range.start, place).unwrap();
            if let Some(there) = encoded.in_place(range) {
                assert_eq!(there, place);
            }
        }
        assert_eq!(encoded.copy(end - 1, &mut [0; 2]), None);
        assert_eq!(encoded.in_place(end - 1..end + 1), None);
        text
    }

    #[test]
    fn an_item_stands_there_as_it_is_described() {
        let (name, body) = (&b"name"[..], &b"hi"[..]);
        let app = AppData { name, body };
        assert_eq!(encode(&[app], 1000), b"\x02\0\x04name\0\0\0\x02hi");
        let record = HistoryRecord { id: name, body };
        assert_eq!(encode(&[record], 1000), b"\x01\0\x04name\0\0\0\x02hi");
    }

    #[test]
    fn many_items_are_one_behind_the_other_however_they_are_copied() {
        let body: Vec<u8> = (0..=255).collect();
        let records = [(0, 0), (1, 3), (5, 200), (0, 1), (3, 0), (2, 9)];
        let records = records.map(|(name, len)| HistoryRecord {
            id: &body[..name],
            body: &body[..len],
        });
        let each = records.iter().flat_map(|record| encode(&[*record], 1000));
        let each: Vec<_> = each.collect();
        for step in [1, 2, 3, 7, 50, 1000] {
            assert_eq!(encode(&records, step), each, "by {step}");
        }
    }

    #[test]
    fn what_is_too_long_has_no_length() {
        let long = alloc::vec![7; MAX_BODY + 1];
        let lengths = [
            (1 << 16, 0, None),
            (0, MAX_BODY + 1, None),
            ((1 << 16) - 1, MAX_BODY, Some((1 << 16) - 1 + MAX_BODY + 7)),
        ];
        for (name, body, len) in lengths {
            let record = HistoryRecord {
                id: &long[..name],
                body: &long[..body],
            };
            let len = len.ok_or(BackupError::TooLong);
            assert_eq!(encoded_len(&record), len, "{name}, {body}");
        }
    }
}
