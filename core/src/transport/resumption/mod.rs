//! Resuming: a short handshake with a client that was here before.
//!
//! What lives here: tickets, in which a server hands its own memory to the client; the keys that seal
//! them; the register that keeps them from being used too often. What does not: data before the
//! handshake is through (0-RTT), which could be repeated by anybody who saw them: a resumption's first
//! message carries none, and a server refuses one that does.
//!
//! docs/PROTOCOL.md section 15.5. A resumption draws fresh keys on both sides and mixes their agreement
//! in; the secret in the ticket alone opens nothing.

mod client;
mod keys;
mod register;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod ticket;

pub use client::ClientTicket;
pub use keys::{Resumed, TicketKeys, TicketPolicy};
pub use register::{MemoryRegister, StrikeRegister, TicketId};

use core::fmt;

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyKind, Life};
use crate::secret::Secret;
use crate::suite::AeadAlgorithm;
use crate::transport::noise::{NoiseProtocol, Pattern};

/// What a channel leaves for its resumption, the same secret on both sides.
pub struct Resumption {
    pub(super) aead: AeadAlgorithm,
    pub(super) secret: Secret<32>,
    pub(super) remote_static: Option<[u8; 32]>,
    life: Life,
}

impl Resumption {
    pub(super) fn new<B: CryptoBackend>(
        aead: AeadAlgorithm,
        secret: Secret<32>,
        remote_static: Option<[u8; 32]>,
    ) -> Self {
        Self {
            aead,
            secret,
            remote_static,
            life: Life::begins::<B>(KeyKind::ResumptionSecret),
        }
    }
}

impl fmt::Debug for Resumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resumption").finish_non_exhaustive()
    }
}

/// What a resumption is made of: the server proves its key anew where the client knows it.
const fn protocol(aead: AeadAlgorithm, with_key: bool) -> NoiseProtocol {
    let pattern = if with_key {
        Pattern::NK_PSK0
    } else {
        Pattern::NN_PSK0
    };
    NoiseProtocol::new(pattern, aead)
}
