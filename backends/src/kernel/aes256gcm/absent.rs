//! Processors of which no AES instructions are known here: nothing is ever detected.

use sprag_core::primitives::{OpenJob, SealJob};

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

    pub(super) fn seal(self, _: &[u8; 32], _: &[u8; 12], _: &[u8], _: &mut [u8]) -> [u8; 16] {
        match self {}
    }

    pub(super) fn open(
        self,
        _: &[u8; 32],
        _: &[u8; 12],
        _: &[u8],
        _: &mut [u8],
        _: &[u8; 16],
    ) -> bool {
        match self {}
    }

    pub(super) fn seal_into(
        self,
        _: &[u8; 32],
        _: &[u8; 12],
        _: &[u8],
        _: &[u8],
        _: &mut [u8],
    ) -> [u8; 16] {
        match self {}
    }

    pub(super) fn open_into(
        self,
        _: &[u8; 32],
        _: &[u8; 12],
        _: &[u8],
        _: &[u8],
        _: &mut [u8],
        _: &[u8; 16],
    ) -> bool {
        match self {}
    }

    pub(super) fn seal_batch(self, _: &mut [SealJob<'_>]) {
        match self {}
    }

    pub(super) fn open_batch(self, _: &mut [OpenJob<'_>]) {
        match self {}
    }
}
