//! A public key of the peer, which may not be known yet.

/// Zeros until it is known. The place of an `Option` that is none is not written: in a handshake that
/// moves to the heap it would carry there what was left on the stack.
#[derive(Clone, Copy)]
pub(super) struct PeerKey {
    key: [u8; 32],
    known: bool,
}

impl PeerKey {
    pub(super) const UNKNOWN: Self = Self {
        key: [0; 32],
        known: false,
    };

    pub(super) const fn get(&self) -> Option<&[u8; 32]> {
        if self.known { Some(&self.key) } else { None }
    }
}

impl From<[u8; 32]> for PeerKey {
    fn from(key: [u8; 32]) -> Self {
        Self { key, known: true }
    }
}

impl From<Option<[u8; 32]>> for PeerKey {
    fn from(key: Option<[u8; 32]>) -> Self {
        key.map_or(Self::UNKNOWN, Self::from)
    }
}
