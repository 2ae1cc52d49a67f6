//! Resumptions: a handshake with a ticket, both sides, ended by channels as a whole one is.

use std::sync::Arc;

use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Channel, ClientTicket, MemoryRegister, Pattern, Received, TicketKeys, TicketPolicy,
};

use super::Proof;
use super::handshake::{Strangers, channels, talk};
use crate::workload::meeting::NOW;
use crate::workload::{Operation, OrWrong, Wrong, operation};

/// Tickets that are prepared at once.
const CAPACITY: usize = 16;
/// What both sides know beforehand.
const PROLOGUE: &[u8] = b"barometer";

/// A client with a channel, and the server that issues it tickets.
struct Acquaintances<B: CryptoBackend> {
    strangers: Strangers<B>,
    client: Channel<B>,
    server: Channel<B>,
    keys: TicketKeys,
    register: MemoryRegister,
}

type Channels<B> = Option<(Channel<B>, Channel<B>)>;

pub(super) fn build<B: CryptoBackend>(
    proof: Proof,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Acquaintances::<B>::new(seed)?,
        CAPACITY,
        |state| Ok((state.ticket()?, None)),
        move |state, (ticket, outcome): &mut (ClientTicket, Channels<B>)| {
            *outcome = Some(state.resume(proof, ticket)?);
            Ok(())
        },
        |_, (_, outcome), digest| {
            let (client, server) = outcome.as_mut().ok_or_else(|| Wrong::new("no channel"))?;
            digest.absorb(client.channel_binding());
            talk(client, server)
        },
    ))
}

impl<B: CryptoBackend> Acquaintances<B> {
    fn new(seed: u64) -> Result<Self, Wrong> {
        let mut strangers = Strangers::<B>::new(seed)?;
        let sides = strangers.meet(Pattern::IK, AeadAlgorithm::Aes256Gcm)?;
        let (client, server) = channels(sides)?;
        let keys = TicketKeys::new(TicketPolicy::default(), NOW, &mut strangers.rng);
        Ok(Self {
            strangers,
            client,
            server,
            keys: keys.or_wrong("ticket keys")?,
            register: register(),
        })
    }

    /// A ticket as it came through the channel. The register forgets the ones before: what is measured
    /// is not how many there were.
    fn ticket(&mut self) -> Result<ClientTicket, Wrong> {
        self.register = register();
        let resumption = self.server.resumption().or_wrong("resumption")?;
        let rng = &mut self.strangers.rng;
        let ticket = self
            .keys
            .issue::<B, _>(&resumption, rng)
            .or_wrong("issue")?;
        let mut record = self.server.send_ticket(&ticket).or_wrong("send_ticket")?;
        let received = self.client.open_in_place(&mut record);
        let Received::Ticket(place) = received.or_wrong("open_in_place")? else {
            return Err(Wrong::new("no ticket came"));
        };
        let resumption = self.client.resumption().or_wrong("resumption")?;
        ClientTicket::new(&record[place], resumption, NOW).or_wrong("a ticket")
    }

    fn resume(
        &mut self,
        proof: Proof,
        ticket: &ClientTicket,
    ) -> Result<(Channel<B>, Channel<B>), Wrong> {
        let Strangers { rng, server, .. } = &mut self.strangers;
        let (public, private) = match proof {
            Proof::Ticket => (None, None),
            Proof::StaticKey => (Some(*server.public()), Some(Arc::clone(server))),
        };
        let started = ticket.resume::<B, _>(PROLOGUE, public, NOW, rng);
        let (mut client, first) = started.or_wrong("resume")?;
        let accepted = self
            .keys
            .resume(&first, PROLOGUE, private, &mut self.register);
        let mut server = accepted.or_wrong("resume")?.handshake;
        let answer = server.write_message(&[], rng).or_wrong("write_message")?;
        client.read_message(&answer).or_wrong("read_message")?;
        channels((client, server))
    }
}

fn register() -> MemoryRegister {
    MemoryRegister::new(CAPACITY, NOW)
}
