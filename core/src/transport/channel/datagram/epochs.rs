//! The keys of both directions of datagrams, by epoch.
//!
//! A receiver holds the current epoch, the next, which stands ready, and for a while the one before.

use alloc::boxed::Box;

use crate::backend::CryptoBackend;
use crate::time::UnixTime;
use crate::transport::channel::epoch::Epoch;
use crate::transport::channel::window::Window;
use crate::transport::error::TransportError;

pub(super) struct Sending<B: CryptoBackend> {
    pub(super) epoch: Epoch<B>,
    pub(super) number: u8,
    /// Whether the peer is known to have this epoch's key.
    pub(super) confirmed: bool,
}

pub(super) struct Receiving<B: CryptoBackend> {
    pub(super) number: u8,
    pub(super) current: Numbered<B>,
    pub(super) next: Numbered<B>,
    /// The epoch before, and since when it is that. Boxed: the place of one that is not there is not
    /// written, and would carry here what was left on the stack.
    pub(super) previous: Option<Box<(Numbered<B>, UnixTime)>>,
}

pub(super) struct Numbered<B: CryptoBackend> {
    pub(super) epoch: Epoch<B>,
    pub(super) window: Window,
}

impl<B: CryptoBackend> Numbered<B> {
    pub(super) const fn new(epoch: Epoch<B>) -> Self {
        let window = Window::new();
        Self { epoch, window }
    }
}

/// Which of the receiving epochs a datagram belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Previous,
    Current,
    Next,
}

impl<B: CryptoBackend> Receiving<B> {
    pub(super) fn which(&self, number: u8) -> Result<Which, TransportError> {
        match number.wrapping_sub(self.number) {
            0 => Ok(Which::Current),
            1 => Ok(Which::Next),
            u8::MAX if self.previous.is_some() => Ok(Which::Previous),
            _ => Err(TransportError::UnknownEpoch),
        }
    }

    pub(super) fn epoch(&mut self, which: Which) -> Result<&mut Numbered<B>, TransportError> {
        match which {
            Which::Previous => {
                let previous = self.previous.as_mut().map(|previous| &mut previous.0);
                previous.ok_or(TransportError::UnknownEpoch)
            }
            Which::Current => Ok(&mut self.current),
            Which::Next => Ok(&mut self.next),
        }
    }

    /// The next epoch becomes the current one.
    pub(super) fn promote(&mut self, after: Epoch<B>, now: UnixTime) {
        self.next.epoch.starts(now);
        let after = Numbered::new(after);
        let current = core::mem::replace(&mut self.next, after);
        let previous = core::mem::replace(&mut self.current, current);
        self.previous = Some(Box::new((previous, now)));
        self.number = self.number.wrapping_add(1);
    }
}
