//! Resumption: tickets that are used twice, too late, under keys that are gone, on other servers.

use std::sync::{Arc, Mutex};

use sprag::UnixTime;
use sprag::default::Backend;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::transport::{
    Channel, ClientTicket, MemoryRegister, Received, Resumed, StrikeRegister, TicketId, TicketKeys,
    TicketPolicy, TransportError,
};

use crate::support::on_every_backend;
use crate::world::{CLIENT_PRIVATE, NOW, SERVER_PRIVATE, channels, key, open, quiet, rng};

const PROLOGUE: &[u8] = b"the prologue of a resumption";

/// A server that gives and takes tickets.
struct Server {
    keys: TicketKeys,
    register: MemoryRegister,
}

impl Server {
    fn new(policy: TicketPolicy) -> Self {
        Self {
            keys: TicketKeys::new(policy, NOW, &mut rng(1)).unwrap(),
            register: MemoryRegister::new(100, NOW),
        }
    }

    /// A ticket, through a channel as it should be.
    fn ticket<B: CryptoBackend>(&self, seed: u64) -> ClientTicket {
        let (mut client, mut server) = channels::<B>(quiet());
        let resumption = server.resumption().unwrap();
        let ticket = self
            .keys
            .issue::<B, _>(&resumption, &mut rng(seed))
            .unwrap();
        let mut record = server.send_ticket(&ticket).unwrap();
        let Received::Ticket(range) = client.open_in_place(&mut record).unwrap() else {
            panic!("no ticket");
        };
        ClientTicket::new(&record[range], client.resumption().unwrap(), NOW).unwrap()
    }

    fn at(&mut self, seconds: u64) -> &mut Self {
        let now = UnixTime(NOW.0 + seconds);
        self.keys.observe_time(now, &mut rng(seconds)).unwrap();
        self
    }

    fn resume(&mut self, first: &[u8]) -> Result<Resumed<Backend>, TransportError> {
        let register = &mut self.register;
        self.keys
            .resume::<Backend, _>(first, PROLOGUE, None, register)
    }
}

fn first(ticket: &ClientTicket, seed: u64) -> Vec<u8> {
    let resumed = ticket.resume::<Backend, _>(PROLOGUE, None, NOW, &mut rng(seed));
    resumed.unwrap().1
}

#[test]
fn a_client_comes_back_with_and_without_the_servers_key() {
    on_every_backend!(comes_back);
}

fn comes_back<B: CryptoBackend>() {
    for with_key in [false, true] {
        let mut server = Server::new(TicketPolicy::default());
        let ticket = server.ticket::<B>(2);
        let own = key::<B>(SERVER_PRIVATE);
        let known = with_key.then(|| *own.public());
        let rng = &mut rng(3);
        let (mut client, first) = ticket.resume::<B, _>(PROLOGUE, known, NOW, rng).unwrap();
        let resumed = server
            .keys
            .resume::<B, _>(
                &first,
                PROLOGUE,
                with_key.then_some(own),
                &mut server.register,
            )
            .unwrap();
        // Who it was is known from the ticket.
        assert_eq!(resumed.client, Some(*key::<B>(CLIENT_PRIVATE).public()));
        let mut handshake = resumed.handshake;
        let answer = handshake.write_message(b"", rng).unwrap();
        client.read_message(&answer).unwrap();
        let mut client = client.into_channel(quiet(), NOW).unwrap();
        let mut server = handshake.into_channel(quiet(), NOW).unwrap();
        let record = client.seal(b"here again").unwrap();
        assert_eq!(open(&mut server, &record), b"here again");
        let record = server.seal(b"welcome").unwrap();
        assert_eq!(open(&mut client, &record), b"welcome");
    }
}

#[test]
fn a_ticket_is_used_as_often_as_it_may_be() {
    for uses in [1, 3] {
        let mut server = Server::new(TicketPolicy {
            uses,
            ..TicketPolicy::default()
        });
        let ticket = server.ticket::<Backend>(2);
        for seed in 0..u64::from(uses) {
            assert!(server.resume(&first(&ticket, seed)).is_ok());
        }
        let refused = server.resume(&first(&ticket, 9)).err();
        assert_eq!(refused, Some(TransportError::TicketSpent));
        // The very same first message is no better.
        let refused = server.resume(&first(&ticket, 0)).err();
        assert_eq!(refused, Some(TransportError::TicketSpent));
        let another = server.ticket::<Backend>(3);
        assert!(server.resume(&first(&another, 4)).is_ok());
    }
}

#[test]
fn what_is_forged_is_refused_and_uses_nothing_up() {
    let mut server = Server::new(TicketPolicy::default());
    let ticket = server.ticket::<Backend>(2);
    let genuine = first(&ticket, 3);
    for at in 0..genuine.len() {
        let mut forged = genuine.clone();
        forged[at] ^= 0x08;
        assert!(server.resume(&forged).is_err(), "byte {at}");
        assert!(server.resume(&genuine[..at]).is_err(), "{at} bytes");
    }
    let other = server
        .keys
        .resume::<Backend, _>(&genuine, b"another", None, &mut server.register);
    assert_eq!(other.err(), Some(TransportError::AuthenticationFailed));
    assert!(server.resume(&genuine).is_ok());
}

#[test]
fn a_ticket_lapses_by_its_date_and_with_its_key() {
    // The key outlives the ticket.
    let policy = TicketPolicy {
        lifetime: 3600,
        ..TicketPolicy::default()
    };
    let mut server = Server::new(policy);
    let (one, two) = (server.ticket::<Backend>(2), server.ticket::<Backend>(3));
    assert_eq!(one.not_after(), UnixTime(NOW.0 + 3600));
    assert!(server.at(3600).resume(&first(&one, 4)).is_ok());
    let refused = server.at(3601).resume(&first(&two, 5)).err();
    assert_eq!(refused, Some(TransportError::TicketExpired));
    // The server's clock doesn't go back.
    let refused = server.at(0).resume(&first(&two, 5)).err();
    assert_eq!(refused, Some(TransportError::TicketExpired));
    let after = UnixTime(NOW.0 + 3601);
    let refused = two.resume::<Backend, _>(PROLOGUE, None, after, &mut rng(6));
    assert_eq!(refused.err(), Some(TransportError::TicketExpired));

    // The ticket outlives the key: two keys are kept.
    let policy = TicketPolicy {
        lifetime: 24 * 3600,
        rotate_after: 1000,
        ..TicketPolicy::default()
    };
    let mut server = Server::new(policy);
    let tickets = [2, 3, 4, 5].map(|seed| server.ticket::<Backend>(seed));
    assert!(server.at(999).resume(&first(&tickets[0], 6)).is_ok());
    assert!(server.at(1000).resume(&first(&tickets[1], 7)).is_ok());
    assert!(server.at(1999).resume(&first(&tickets[2], 8)).is_ok());
    let refused = server.at(2000).resume(&first(&tickets[3], 9)).err();
    assert_eq!(refused, Some(TransportError::UnknownTicketKey));

    // After a long sleep even the last key is too old.
    let mut server = Server::new(policy);
    let ticket = server.ticket::<Backend>(2);
    let refused = server.at(2000).resume(&first(&ticket, 3)).err();
    assert_eq!(refused, Some(TransportError::UnknownTicketKey));
}

#[test]
fn other_rules_take_no_old_tickets() {
    let mut server = Server::new(TicketPolicy::default());
    let ticket = server.ticket::<Backend>(2);
    server.keys.set_revision(1);
    let refused = server.resume(&first(&ticket, 3)).err();
    assert_eq!(refused, Some(TransportError::TicketExpired));
    let ticket = server.ticket::<Backend>(4);
    assert!(server.resume(&first(&ticket, 5)).is_ok());
}

#[test]
fn a_clock_that_is_behind_takes_tickets_of_the_next_minute_and_no_later_ones() {
    for (ahead, taken) in [(60, true), (61, false)] {
        let mut issuer = Server::new(TicketPolicy::default());
        let ticket = issuer.at(ahead).ticket::<Backend>(2);
        // Another process that was given the same keys, as equal draws give them here.
        let mut behind = Server::new(TicketPolicy::default());
        let outcome = behind.resume(&first(&ticket, 3));
        assert_eq!(outcome.is_ok(), taken, "{outcome:?}");
    }
}

#[test]
fn a_restart_makes_no_used_ticket_good_again() {
    let mut server = Server::new(TicketPolicy::default());
    let (used, unused) = (server.ticket::<Backend>(2), server.ticket::<Backend>(3));
    let message = first(&used, 4);
    assert!(server.resume(&message).is_ok());
    // Keys that survived, a register that did not.
    server.register = MemoryRegister::new(100, UnixTime(NOW.0 + 1));
    for message in [&message, &first(&unused, 5)] {
        let refused = server.at(1).resume(message).err();
        assert_eq!(refused, Some(TransportError::TicketExpired));
    }
    let fresh = server.ticket::<Backend>(6);
    assert!(server.resume(&first(&fresh, 7)).is_ok());
    // Keys that did not survive.
    let keys = TicketKeys::new(TicketPolicy::default(), NOW, &mut rng(99)).unwrap();
    server.keys = keys;
    let refused = server.resume(&first(&fresh, 8)).err();
    assert_eq!(refused, Some(TransportError::UnknownTicketKey));
}

/// What several servers share.
#[derive(Clone)]
struct Shared(Arc<Mutex<MemoryRegister>>);

impl StrikeRegister for Shared {
    fn spend(
        &mut self,
        ticket: TicketId,
        uses: u8,
        issued: UnixTime,
        not_after: UnixTime,
        now: UnixTime,
    ) -> Result<(), TransportError> {
        let mut register = self.0.lock().unwrap();
        register.spend(ticket, uses, issued, not_after, now)
    }
}

#[test]
fn servers_that_share_keys_and_register_take_a_ticket_once_together() {
    let server = || Server::new(TicketPolicy::default());
    let shared = Shared(Arc::new(Mutex::new(MemoryRegister::new(10, NOW))));
    let ticket = server().ticket::<Backend>(2);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|seed| {
                let (mut register, ticket) = (shared.clone(), &ticket);
                scope.spawn(move || {
                    let first = first(ticket, seed);
                    let keys = server().keys;
                    keys.resume::<Backend, _>(&first, PROLOGUE, None, &mut register)
                        .map(drop)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(accepted, 1, "{outcomes:?}");
    assert!(outcomes.contains(&Err(TransportError::TicketSpent)));
}

#[test]
fn a_full_register_refuses_until_notes_lapse() {
    let policy = TicketPolicy {
        lifetime: 100,
        ..TicketPolicy::default()
    };
    let mut server = Server::new(policy);
    server.register = MemoryRegister::new(2, NOW);
    let tickets = [2, 3, 4].map(|seed| server.ticket::<Backend>(seed));
    assert!(server.resume(&first(&tickets[0], 5)).is_ok());
    assert!(server.resume(&first(&tickets[1], 6)).is_ok());
    let refused = server.resume(&first(&tickets[2], 7)).err();
    assert_eq!(refused, Some(TransportError::RegisterFull));
    // What is spent stays so.
    let refused = server.resume(&first(&tickets[0], 8)).err();
    assert_eq!(refused, Some(TransportError::TicketSpent));
    let fresh = server.at(101).ticket::<Backend>(9);
    assert!(server.resume(&first(&fresh, 10)).is_ok());
}

#[test]
fn an_agreement_in_the_channel_changes_the_secret_of_later_tickets() {
    let mut server = Server::new(TicketPolicy::default());
    let (mut here, mut there) = channels::<Backend>(quiet());
    let rng = &mut rng(2);
    let before = here.resumption().unwrap();
    let mut record = here.start_agreement(rng).unwrap();
    there.open_in_place(&mut record).unwrap();
    let mut record = there.control(rng).unwrap().unwrap();
    here.open_in_place(&mut record).unwrap();
    let after = here.resumption().unwrap();
    let resumption = there.resumption().unwrap();
    let ticket = server.keys.issue::<Backend, _>(&resumption, rng).unwrap();
    let stolen = ClientTicket::new(&ticket, before, NOW).unwrap();
    let refused = server.resume(&first(&stolen, 3)).err();
    assert_eq!(refused, Some(TransportError::AuthenticationFailed));
    let own = ClientTicket::new(&ticket, after, NOW).unwrap();
    assert!(server.resume(&first(&own, 4)).is_ok());
}

#[test]
fn tickets_travel_from_server_to_client_only() {
    let (mut client, _): (Channel<Backend>, _) = channels(quiet());
    assert_eq!(
        client.send_ticket(b"ticket"),
        Err(TransportError::OutOfTurn)
    );
    let resumption = client.resumption().unwrap();
    let refused = ClientTicket::new(b"ticket", resumption, NOW);
    assert_eq!(refused.err(), Some(TransportError::Malformed));
}

#[test]
fn policies_must_make_sense() {
    let good = TicketPolicy::default();
    for policy in [
        TicketPolicy {
            lifetime: 7 * 24 * 3600 + 1,
            ..good
        },
        TicketPolicy {
            rotate_after: 0,
            ..good
        },
        TicketPolicy { uses: 0, ..good },
    ] {
        let refused = TicketKeys::new(policy, NOW, &mut rng(1)).err();
        assert_eq!(refused, Some(TransportError::InvalidPolicy));
    }
}
