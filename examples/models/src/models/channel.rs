//! The model of TLS, SSH and VPNs: a channel between a client and a server, and nothing kept.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sprag::SecretBytes;
use sprag::sprag_core::PqBackend;
use sprag::transport::{ChannelPolicy, Limits};

use crate::channel::{Client, Connection, Handler, Peer, Server, Tap, protocols, renewing, spoken};
use crate::conductor::{Conductor, Party};
use crate::journal::{self, Watched};
use crate::models::{Model, UnknownRole, close};
use crate::party::{Fault, Place, UnknownCommand, answer, hex, unhex};
use crate::search::Needle;
use crate::table::Facts;
use crate::{Result, fields, scrub, with_backend};

/// The model.
pub(super) const MODEL: Model = Model {
    facts: Facts {
        name: "channel",
        like: "TLS, SSH, VPNs: encryption between client and server",
        can_decrypt: "client and server",
        ephemeral_keys: "yes: new for each connection, renewed by messages, bytes and age, gone at its end",
        on_server: "in the clear while it is handled; nothing is kept",
        server_restores: "no: there are none",
        history: "none",
    },
    run,
    party,
};

/// A limit that no connection of this model reaches.
const NEVER: u64 = 1 << 20;

/// What has a key renewed, by the name that the conductor uses.
fn policy(name: &str) -> Result<ChannelPolicy> {
    let (records, bytes, age) = match name {
        "records" => (4, NEVER, NEVER),
        "bytes" => (NEVER, 4096, NEVER),
        "age" => (NEVER, NEVER, 3),
        _ => return Err(UnknownCommand(name.to_owned()).into()),
    };
    // A key lives for 24 hours at most, whatever else.
    let age = age.min(24 * 3600);
    Ok(renewing(Limits {
        records,
        bytes,
        age,
    }))
}

fn party(role: &str, place: &Place) -> Result<()> {
    match role {
        "server" => {
            journal::start(&place.folder)?;
            with_backend!(place.backend, B => server::<Watched<B>>())
        }
        "client" => {
            journal::start(&place.folder)?;
            with_backend!(place.backend, B => client::<Watched<B>>(place))
        }
        "tap" => tap(),
        _ => Err(UnknownRole(role.to_owned()).into()),
    }
}

fn run(conductor: &mut Conductor) -> Result<()> {
    conductor
        .report
        .step("a client and a server, and somebody on the way who copies all");
    let server = conductor.start("server", "server")?;
    let mut tap = conductor.start("tap", "tap")?;
    let address = tap.ask("to", &[server.ready()])?;
    let public = server.ready_field(1).to_owned();
    let mut run = Run {
        control: Needle::new("the server's public key", unhex(&public)?),
        client: conductor.start("client", "client")?,
        server,
        conductor,
        said: Vec::new(),
    };
    run.client.ask("server", &[&address[0], &public])?;
    run.first_connection()?;
    run.second_connection()?;
    run.third_connection()?;
    run.what_passed(&tap)
}

struct Run<'a> {
    conductor: &'a mut Conductor,
    client: Party,
    server: Party,
    control: Needle,
    said: Vec<String>,
}

impl Run<'_> {
    fn first_connection(&mut self) -> Result<()> {
        let step = "the first connection: negotiated, keys renewed after every 4 records";
        self.conductor.report.step(step);
        let connected = self.connect("records")?;
        let strongest = protocols(false)[0].to_string();
        let claim = "both took the protocol that the client prefers, with ML-KEM in it";
        let held = connected[0] == strongest && connected[1] == "whole";
        self.conductor.report.check(claim, held);
        let renewed = self.talk("records", 24)?;
        // 24 requests and as many answers, 4 to a key.
        let claim = "keys were renewed by messages";
        self.conductor.report.check(claim, renewed >= 10);
        self.conductor.report.note(scrub::SAID);
        self.keys_while_open()?;
        self.close()
    }

    fn second_connection(&mut self) -> Result<()> {
        let step = "the second connection: a resumption, keys renewed after every 4 KiB";
        self.conductor.report.step(step);
        let connected = self.connect("bytes")?;
        let claim = "the ticket saved the whole handshake";
        self.conductor
            .report
            .check(claim, connected[1] == "resumed");
        let few = self.talk("bytes", 6)?;
        let renewed = self.blocks(10)?;
        let claim = "keys were renewed by bytes, and only by bytes";
        self.conductor.report.check(claim, few == 0 && renewed >= 4);
        // So that both directions are under the last of them.
        self.talk("bytes at last", 2)?;
        self.keys_while_open()?;
        self.close()
    }

    fn third_connection(&mut self) -> Result<()> {
        let step = "the third connection: keys renewed after 3 seconds";
        self.conductor.report.step(step);
        let connected = self.connect("age")?;
        let claim = "the ticket of the second connection works too";
        self.conductor
            .report
            .check(claim, connected[1] == "resumed");
        let before = self.talk("age", 3)?;
        thread::sleep(Duration::from_millis(4100));
        // The first renews, the second is under the new key.
        let after = self.talk("age later", 2)?;
        let claim = "keys were renewed by age, and only by age";
        self.conductor
            .report
            .check(claim, before == 0 && after >= 2);
        self.keys_while_open()?;
        self.close()
    }

    /// Says things, checks the answers, and returns how many new keys that took.
    fn talk(&mut self, about: &str, times: usize) -> Result<usize> {
        let before = self.client.keys()?.len();
        for time in 0..times {
            self.say(&format!("nobody else reads this about {about}, {time}"))?;
        }
        Ok(self.client.keys()?.len() - before)
    }

    /// Connects, and says a first word, so that both directions' keys are in the journal. Returns the
    /// protocol and the kind of the handshake.
    fn connect(&mut self, policy: &str) -> Result<[String; 2]> {
        let connected = self.client.ask("connect", &[policy])?;
        self.say(&format!("the first word of {policy}"))?;
        <[String; 2]>::try_from(connected).map_err(|_| fields::Malformed.into())
    }

    fn say(&mut self, text: &str) -> Result<()> {
        let answer = self.client.ask("say", &[text])?;
        if answer != [format!("you said: {text}")] {
            self.conductor
                .report
                .check("the answer is to what was said", false);
        }
        self.said.push(text.to_owned());
        Ok(())
    }

    fn blocks(&mut self, times: usize) -> Result<usize> {
        let before = self.client.keys()?.len();
        for _ in 0..times {
            self.client.ask("say", &[&"a block ".repeat(256)])?;
        }
        Ok(self.client.keys()?.len() - before)
    }

    /// Of all keys so far the two of the moment are there, and no other.
    fn keys_while_open(&mut self) -> Result<()> {
        for party in [&self.client, &self.server] {
            let keys = journal::read(party.folder())?;
            let (gone, current) = keys.split_at(keys.len().saturating_sub(2));
            let needles = |keys: &[[u8; 32]]| -> Vec<Needle> {
                let name = |key| Needle::new("a key", key);
                keys.iter().map(name).collect()
            };
            let (gone, current) = (needles(gone), needles(current));
            let name = party.name();
            let claim = format!("while it is open, the {name} has the keys of both directions");
            self.conductor.holds_all(&claim, party, &current)?;
            let claim = format!("and the {name} has none of the keys before");
            let control = &current[0];
            self.conductor.keys_gone(&claim, party, control, &gone)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        close(&mut self.client, &mut self.server)?;
        let keys = [self.client.keys()?, self.server.keys()?].concat();
        for party in [&self.client, &self.server] {
            let claim = format!("after the close the {} has no key of it", party.name());
            self.conductor
                .keys_gone(&claim, party, &self.control, &keys)?;
        }
        Ok(())
    }

    fn what_passed(&mut self, tap: &Party) -> Result<()> {
        self.conductor.report.step("what passed");
        let text = |text: &String| Needle::new(format!("{text:?}"), text);
        let said: Vec<Needle> = self.said.iter().map(text).collect();
        let keys = [self.client.keys()?, self.server.keys()?].concat();
        let offer = Needle::new("the client's offer", spoken(false)?.encode_client());
        let claim = "who copied all of it has nothing that was said";
        self.conductor.holds_none(claim, tap, &offer, &said)?;
        let claim = "nor a key";
        self.conductor.holds_none(claim, tap, &offer, &keys)
    }
}

struct Echo;

impl Handler for Echo {
    fn answer(&self, _: Peer, request: &[u8]) -> Result<SecretBytes> {
        let [said] = fields::split(request)?[..] else {
            return Err(fields::Malformed.into());
        };
        Ok(fields::join(&[b"you said: ", said]))
    }
}

fn server<B: PqBackend>() -> Result<()> {
    let server = Arc::new(Server::<B, _>::new(ChannelPolicy::default(), Echo)?);
    let address = server.serve()?.to_string();
    let public = hex(server.public());
    answer(&[&address, &public], |verb, _| match verb {
        "ended" => Ok(vec![server.ended().to_string()]),
        _ => Err(UnknownCommand(verb.to_owned()).into()),
    })
}

fn tap() -> Result<()> {
    let tap = Tap::default();
    answer(&[], |verb, arguments| match (verb, arguments) {
        ("to", [server]) => Ok(vec![tap.serve(server.parse()?)?.to_string()]),
        _ => Err(UnknownCommand(verb.to_owned()).into()),
    })
}

fn client<B: PqBackend>(place: &Place) -> Result<()> {
    let mut client: Option<Client<B>> = None;
    let mut open: Option<Connection<B>> = None;
    let mut kept = Vec::new();
    answer(&[], |verb, arguments| {
        match (verb, arguments, &mut client, &mut open) {
            ("server", [address, key], ..) => {
                let key = unhex(key)?.try_into().map_err(|_| fields::Malformed)?;
                let (address, policy): (SocketAddr, _) = (address.parse()?, policy("records")?);
                client = Some(Client::new(address, key, None, policy));
            }
            ("connect", [name], Some(client), None) => {
                client.set_policy(policy(name)?);
                let connection = client.connect()?;
                let kind = if connection.is_resumed() {
                    "resumed"
                } else {
                    "whole"
                };
                let said = vec![connection.protocol().to_string(), kind.to_owned()];
                open = Some(connection);
                return Ok(said);
            }
            ("say", [text], Some(client), Some(open)) => {
                if place.fault == Some(Fault::Leaks) {
                    client.leak(&journal::leaked(&place.folder, text.as_bytes())?)?;
                }
                let answer = open.call(&[text.as_bytes()])?;
                let answer = fields::split(&answer)?.concat();
                return Ok(vec![String::from_utf8(answer)?]);
            }
            ("close", [], Some(client), open @ Some(_)) => {
                let connection = open.take();
                if place.fault == Some(Fault::Keeps) {
                    kept.extend(connection);
                } else if let Some(connection) = connection {
                    client.keep(connection.close()?);
                }
            }
            _ => return Err(UnknownCommand(verb.to_owned()).into()),
        }
        Ok(Vec::new())
    })
}
