//! Processors of which no AES instructions are known here: nothing is ever detected.

use super::{Message, SingleUse};

/// A proof that nobody can give.
#[derive(Clone, Copy)]
pub(super) enum Path {}

impl Path {
    pub(super) const fn detect() -> Option<Self> {
        None
    }

    #[cfg(test)]
    pub(super) fn available() -> impl Iterator<Item = Self> {
        core::iter::empty()
    }

    #[cfg(feature = "forced-paths")]
    pub(super) const fn forced(_: super::forced::sealed::Choice) -> Option<Self> {
        None
    }

    pub(super) const fn fastest_up_to(self) -> usize {
        match self {}
    }

    pub(super) const fn is_fastest_between_buffers(self) -> bool {
        match self {}
    }

    pub(super) const fn name(self) -> &'static str {
        match self {}
    }
}

impl SingleUse for Path {
    fn run<const SEAL: bool>(
        self,
        _: Option<&[u8]>,
        _: &mut [Message<'_>; 1],
        _: &mut [u8; 16],
    ) -> bool {
        match self {}
    }
}
