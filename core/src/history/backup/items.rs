//! Reading the items of a backup off its text.

use super::BackupError;
use super::content::{APP, AppData, END, HISTORY, HistoryRecord, MAX_BODY, Restored, zeros_behind};
use crate::codec::Reader;
use crate::history::chunked::Buffer;

/// Reads items off a text that comes in parts, with one part and one item in memory.
#[derive(Default)]
pub(super) struct Items {
    pub(super) text: Buffer,
    /// What of a body is still to be passed over.
    body_left: usize,
    /// Bytes of the items that were read.
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
        let mut rest = &*self.text;
        while self.ending_len.is_none() && rest.first() != Some(&END) {
            let item = head(rest)?.and_then(|head| head.item());
            let Some((item, behind)) = item else {
                let left = rest.len();
                self.leave(left);
                return Ok(());
            };
            visit(item)?;
            let len = rest.len().saturating_sub(behind.len()) as u64;
            self.content_len = self.content_len.saturating_add(len);
            self.count = self.count.saturating_add(1);
            rest = behind;
        }
        let ending = rest.len();
        Ok(self.read_ending(ending)?)
    }

    /// Counts the items, whose bodies need not be there as a whole.
    pub(super) fn pass_over(&mut self) -> Result<(), BackupError> {
        let mut rest = &*self.text;
        loop {
            let (_, behind) = rest.split_at(self.body_left.min(rest.len()));
            self.body_left = self.body_left.saturating_sub(rest.len());
            rest = behind;
            if self.body_left > 0 || self.ending_len.is_some() || rest.first() == Some(&END) {
                break;
            }
            let Some(head) = head(rest)? else {
                let left = rest.len();
                self.leave(left);
                return Ok(());
            };
            let len = rest
                .len()
                .saturating_sub(head.behind.len())
                .saturating_add(head.body_len);
            self.content_len = self.content_len.saturating_add(len as u64);
            self.count = self.count.saturating_add(1);
            self.body_left = head.body_len;
            rest = head.behind;
        }
        let ending = rest.len();
        self.read_ending(ending)
    }

    /// All but the last `left` bytes were read.
    fn leave(&mut self, left: usize) {
        self.text.consume(self.text.len().saturating_sub(left));
    }

    /// Reads the last `len` bytes: nothing, or the end mark and padding.
    fn read_ending(&mut self, len: usize) -> Result<(), BackupError> {
        if len > 0 {
            // All are read, whatever they are: so a processor takes many at once.
            let start = self.text.len().saturating_sub(len);
            let ending = self.text.get(start..).unwrap_or_default();
            if ending.iter().fold(END, |all, byte| all | byte) != END {
                return Err(BackupError::Malformed);
            }
            let ending = self.ending_len.get_or_insert(0);
            *ending = ending.saturating_add(len as u64);
        }
        self.text.clear();
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
        items.finish()?;
        Ok(items.count)
    }

    fn pass_over(text: &[u8], step: usize, head: usize) -> Result<u64, BackupError> {
        let mut items = Items::default();
        for part in text.chunks(step) {
            items.text.extend_from_slice(part);
            // However long the bodies are.
            assert!(items.text.room() <= 2 * (step + head));
            items.pass_over()?;
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
        items.finish()?;
        Ok(items.count)
    }

    #[test]
    fn a_length_that_lies_reserves_nothing() {
        let front = [HISTORY, 0, 0, 0xff, 0xff, 0xff, 0xff];
        let mut items = Items::default();
        items.text.extend_from_slice(&front);
        let refused = Err(BackupError::TooLong);
        assert_eq!(items.read::<BackupError>(&mut |_| Ok(())), refused);
        assert_eq!(items.pass_over(), refused);
        assert!(items.text.room() < 1000);
    }
}
