//! Reading the items of a backup off its text.

use super::BackupError;
use super::content::{
    APP, AppData, END, FRAME_LEN, HISTORY, HistoryRecord, MAX_BODY, Restored, zeros_behind,
};
use crate::codec::Reader;
use crate::history::chunked::Buffer;

/// Reads items off a text that comes in parts, with one part and one item in memory.
#[derive(Default)]
pub(super) struct Items {
    pub(super) text: Buffer,
    /// What of a body is still to be passed over.
    body_left: usize,
    pub(super) seen: Seen,
}

/// What was seen of a text.
#[derive(Default)]
pub(super) struct Seen {
    /// How many items were read.
    pub(super) items: u64,
    /// Their bytes.
    content_len: u64,
    /// Bytes from the end mark on, once it was there.
    ending_len: Option<u64>,
}

impl Items {
    /// Gives out the items that are there as a whole.
    pub(super) fn read<E: From<BackupError>>(
        &mut self,
        visit: &mut impl FnMut(Restored<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = &*self.text;
        while self.seen.ending_len.is_none() && rest.first() != Some(&END) {
            let item = head(rest)?.and_then(|head| head.item());
            let Some((item, behind)) = item else {
                let left = rest.len();
                self.leave(left);
                return Ok(());
            };
            visit(item)?;
            self.seen.item(rest.len().saturating_sub(behind.len()));
            rest = behind;
        }
        self.seen.ending(rest)?;
        self.text.clear();
        Ok(())
    }

    /// Counts the items of a text whose next bytes these are. Nothing of it is kept but a head that is not
    /// there as a whole.
    pub(super) fn pass_over(&mut self, mut next: &[u8]) -> Result<(), BackupError> {
        while !next.is_empty() {
            let passed = self.body_left.min(next.len());
            self.body_left = self.body_left.saturating_sub(passed);
            next = next.get(passed..).unwrap_or_default();
            let ends = self.text.is_empty() && next.first() == Some(&END);
            if ends || self.seen.ending_len.is_some() {
                return self.seen.ending(next);
            }
            next = self.pass_over_head(next)?;
        }
        Ok(())
    }

    /// Counts the item whose head is at the front, a part of which may have come before, and gives back what
    /// is behind the head.
    fn pass_over_head<'a>(&mut self, next: &'a [u8]) -> Result<&'a [u8], BackupError> {
        let (head_len, body_len, behind) = if self.text.is_empty() {
            let Some(head) = head(next)? else {
                self.text.extend_from_slice(next);
                return Ok(&[]);
            };
            let len = next.len().saturating_sub(head.behind.len());
            (len, head.body_len, head.behind)
        } else {
            let missing = head_len(&self.text).saturating_sub(self.text.len());
            let (front, behind) = next.split_at(missing.min(next.len()));
            self.text.extend_from_slice(front);
            let Some(head) = head(&self.text)? else {
                return Ok(behind);
            };
            let found = (self.text.len(), head.body_len, behind);
            self.text.clear();
            found
        };
        self.seen.item(head_len.saturating_add(body_len));
        self.body_left = body_len;
        Ok(behind)
    }

    /// All but the last `left` bytes were read.
    fn leave(&mut self, left: usize) {
        self.text.consume(self.text.len().saturating_sub(left));
    }
}

impl Seen {
    /// Counts an item of so many bytes.
    fn item(&mut self, len: usize) {
        self.content_len = self.content_len.saturating_add(len as u64);
        self.items = self.items.saturating_add(1);
    }

    /// Reads the rest of a text: nothing, or the end mark and padding.
    fn ending(&mut self, rest: &[u8]) -> Result<(), BackupError> {
        if rest.is_empty() {
            return Ok(());
        }
        // All are read, whatever they are: so a processor takes many at once.
        if rest.iter().fold(END, |all, byte| all | byte) != END {
            return Err(BackupError::Malformed);
        }
        let len = self.ending_len.get_or_insert(0);
        *len = len.saturating_add(rest.len() as u64);
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

/// What stands before an item's body, and everything behind it.
struct Head<'a> {
    kind: u8,
    name: &'a [u8],
    body_len: usize,
    behind: &'a [u8],
}

/// The head of the first item, `None` if it is not there as a whole.
fn head(bytes: &[u8]) -> Result<Option<Head<'_>>, BackupError> {
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
    let body_len = usize::try_from(len).map_err(|_| BackupError::TooLong)?;
    if body_len > MAX_BODY {
        return Err(BackupError::TooLong);
    }
    let left = reader.remaining();
    Ok(Some(Head {
        kind,
        name,
        body_len,
        behind: reader.bytes(left)?,
    }))
}

/// How many bytes a head has, or how many of it tell that.
fn head_len(bytes: &[u8]) -> usize {
    let [_, high, low, ..] = bytes else { return 3 };
    usize::from(u16::from_be_bytes([*high, *low])).saturating_add(FRAME_LEN)
}

impl<'a> Head<'a> {
    /// The item and what stands behind it, `None` if it is not there as a whole.
    fn item(self) -> Option<(Restored<'a>, &'a [u8])> {
        let (body, behind) = self.behind.split_at_checked(self.body_len)?;
        let name = self.name;
        let item = match self.kind {
            HISTORY => Restored::History(HistoryRecord { id: name, body }),
            _ => Restored::App(AppData { name, body }),
        };
        Some((item, behind))
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests {
    use alloc::vec::Vec;

    use super::super::padding::padded;
    use super::*;

    /// The longest item of [`text()`].
    const LONGEST: usize = 8 + 49 * 40;

    fn text() -> Vec<u8> {
        let mut text = Vec::new();
        for n in 0..50_u8 {
            let len = u32::from(n) * 40;
            text.extend([1 + n % 2, 0, 1, n]);
            text.extend(len.to_be_bytes());
            text.resize(text.len() + len as usize, n);
        }
        let zeros = zeros_behind(text.len() as u64);
        text.resize(text.len() + zeros as usize, END);
        text
    }

    fn read(text: &[u8], step: usize) -> Result<u64, BackupError> {
        let mut items = Items::default();
        let mut names = 0;
        for part in text.chunks(step) {
            items.text.extend_from_slice(part);
            // At most twice the longest item and a part, however many items there are.
            assert!(items.text.room() <= 2 * (LONGEST + step));
            items.read::<BackupError>(&mut |item| {
                let (Restored::History(HistoryRecord { id: name, body })
                | Restored::App(AppData { name, body })) = item;
                assert_eq!((name, body.len()), (&[names][..], usize::from(names) * 40));
                names += 1;
                Ok(())
            })?;
        }
        items.seen.finish()?;
        Ok(items.seen.items)
    }

    fn pass_over(text: &[u8], step: usize, head: usize) -> Result<u64, BackupError> {
        let mut items = Items::default();
        for part in text.chunks(step) {
            items.pass_over(part)?;
            // However long the bodies and the parts are.
            assert!(items.text.room() <= 3 * head);
        }
        items.seen.finish()?;
        Ok(items.seen.items)
    }

    #[test]
    fn items_come_out_however_the_text_is_cut() {
        let text = text();
        assert_eq!(text.len() as u64, padded(text.len() as u64));
        for step in [1, 7, 8, 4096, text.len()] {
            assert_eq!(read(&text, step), Ok(50), "{step}");
            assert_eq!(pass_over(&text, step, 8), Ok(50), "{step}");
        }
    }

    #[test]
    fn another_padding_or_none_is_refused() {
        let whole = text();
        let mut longer = whole.clone();
        longer.push(0);
        let mut dirty = whole.clone();
        *dirty.last_mut().unwrap() = 1;
        let cut = [whole.len() - 1, whole.len() - 4096, 40, 0];
        let cut = cut.map(|len| whole[..len].to_vec());
        for text in [longer, dirty].into_iter().chain(cut) {
            for step in [1, 100, text.len().max(1)] {
                let refused = Err(BackupError::Malformed);
                assert_eq!(read(&text, step), refused, "{} by {step}", text.len());
                assert_eq!(
                    pass_over(&text, step, 8),
                    refused,
                    "{} by {step}",
                    text.len()
                );
            }
        }
    }

    #[test]
    fn both_ways_of_reading_refuse_the_same() {
        let whole = text();
        for at in (0..whole.len()).step_by(13) {
            let mut changed = whole.clone();
            changed[at] ^= 0x41;
            // What is taken for a name may be as long as a name can be.
            let (one, other) = (lengths(&changed), pass_over(&changed, 100, 7 + (1 << 16)));
            assert_eq!(one, other, "byte {at}");
        }
    }

    /// As [`read`], whatever the items say.
    fn lengths(text: &[u8]) -> Result<u64, BackupError> {
        let mut items = Items::default();
        for part in text.chunks(100) {
            items.text.extend_from_slice(part);
            items.read::<BackupError>(&mut |_| Ok(()))?;
        }
        items.seen.finish()?;
        Ok(items.seen.items)
    }

    #[test]
    fn a_length_that_lies_reserves_nothing() {
        let front = [HISTORY, 0, 0, 0xff, 0xff, 0xff, 0xff];
        let mut items = Items::default();
        items.text.extend_from_slice(&front);
        let refused = Err(BackupError::TooLong);
        assert_eq!(items.read::<BackupError>(&mut |_| Ok(())), refused);
        assert_eq!(Items::default().pass_over(&front), refused);
        assert!(items.text.room() < 1000);
    }
}
