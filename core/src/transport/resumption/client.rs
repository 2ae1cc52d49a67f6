//! The client's side: a ticket with its secret.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::CryptoBackend;
use crate::codec::Writer;
use crate::time::UnixTime;
use crate::transport::error::TransportError;
use crate::transport::noise::Handshake;
use crate::transport::resumption::ticket::{FRONT_LEN, Front, MAX_LIFETIME, TICKET_LEN};
use crate::transport::resumption::{Resumption, protocol};

/// A ticket and what is needed to use it.
pub struct ClientTicket {
    ticket: Vec<u8>,
    resumption: Resumption,
    not_after: UnixTime,
}

impl ClientTicket {
    /// Keeps a ticket that came through a channel
    /// ([`Received::Ticket`](crate::transport::Received::Ticket)), with that channel's
    /// [`resumption`](crate::transport::Channel::resumption) of the same moment.
    ///
    /// # Errors
    /// [`TransportError::Malformed`].
    pub fn new(
        ticket: &[u8],
        resumption: Resumption,
        now: UnixTime,
    ) -> Result<Self, TransportError> {
        if ticket.len() != TICKET_LEN {
            return Err(TransportError::Malformed);
        }
        let front = ticket.get(..FRONT_LEN).unwrap_or_default();
        let not_after = Front::decode(front)?.not_after;
        Ok(Self {
            ticket: ticket.to_vec(),
            resumption,
            not_after: not_after.min(now.plus(MAX_LIFETIME)),
        })
    }

    /// Last second at which the ticket is of use, at most 7 days from when it came.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// Starts a resumption: by NKpsk0 if the server's static key is given, which the server then
    /// proves anew, and by NNpsk0 without. Returns the handshake, which waits for the answer, and the
    /// first message. The prologue must differ from that of a whole handshake
    /// ([`Agreed::prologue`](crate::transport::Agreed::prologue)).
    ///
    /// # Errors
    /// [`TransportError::TicketExpired`], [`TransportError::InvalidKey`],
    /// [`TransportError::NonContributory`], [`TransportError::Entropy`],
    /// [`TransportError::Library`].
    pub fn resume<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        &self,
        prologue: &[u8],
        server: Option<[u8; 32]>,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<(Handshake<B>, Vec<u8>), TransportError> {
        if now > self.not_after {
            return Err(TransportError::TicketExpired);
        }
        let protocol = protocol(self.resumption.aead, server.is_some());
        let mut builder = Handshake::initiator(protocol)
            .prologue(prologue)
            .psk(self.resumption.secret.duplicate());
        if let Some(server) = server {
            builder = builder.remote_static(server);
        }
        let mut handshake = builder.build()?;
        let message = handshake.write_message(&[], rng)?;
        self.resumption.life.used();
        let mut first = Vec::new();
        // A ticket has far less than 2^16 bytes.
        first.put_u16(u16::try_from(self.ticket.len()).unwrap_or(u16::MAX));
        first.put(&self.ticket);
        first.put(&message);
        Ok((handshake, first))
    }
}

impl fmt::Debug for ClientTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTicket")
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}
