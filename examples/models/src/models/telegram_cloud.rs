//! `telegram-cloud`: encrypted to the server, which keeps the history and gives it to any device.
//!
//! What a device and the server share are the keys of a channel, new for each connection and gone with it.
//! The server opens, encrypts again under a storage key of its own, and delivers over other channels. So
//! the history outlives every session key and every device, and the server can read it.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use sprag::sprag_core::PqBackend;
use sprag::stores::Durability;
use sprag::transport::{ChannelPolicy, StaticKey};
use sprag::{Secret, entropy};

use crate::channel::{Client, Server};
use crate::cloud::{Cloud, Device, Storage};
use crate::conductor::{Conductor, Party};
use crate::fields::Malformed;
use crate::journal::{self, Watched};
use crate::models::{Model, UnknownRole, close};
use crate::party::{Fault, Place, UnknownCommand, answer, hex, unhex};
use crate::search::Needle;
use crate::table::Facts;
use crate::{Result, scrub, with_backend};

/// The model.
pub(super) const MODEL: Model = Model {
    facts: Facts {
        name: "telegram-cloud",
        like: "Telegram's cloud chats: encrypted to the server, which keeps the history",
        can_decrypt: "every device of both users, and the server",
        ephemeral_keys: "yes, those of the channels; the storage key lasts",
        on_server: "for good, encrypted at rest under a key of the server's",
        server_restores: "yes, all of them, to any device of the user",
        history: "on the server",
    },
    run,
    party,
};

const DATABASE: &str = "cloud.sqlite";
const LOG: &str = "access.log";
const ALICE: &str = "alice-example";
const BOB: &str = "bob-example";
/// What the operator keeps apart from the server's disk.
const STORAGE_KEYS: [[u8; 32]; 2] = [[0x5a; 32], [0xa5; 32]];

fn party(role: &str, place: &Place) -> Result<()> {
    journal::start(&place.folder)?;
    with_backend!(place.backend, B => match role {
        "server" => server::<Watched<B>>(place),
        "device" => device::<Watched<B>>(place.fault),
        _ => Err(UnknownRole(role.to_owned()).into()),
    })
}

fn run(conductor: &mut Conductor) -> Result<()> {
    let mut run = Run::open(conductor)?;
    run.conversation()?;
    run.the_server_can_read()?;
    run.session_keys_end()?;
    run.device_lost()?;
    run.storage_key_renewed()?;
    run.server_restarted()
}

struct Run<'a> {
    conductor: &'a mut Conductor,
    server: Party,
    /// Of the server: address and public key.
    at: [String; 2],
    alice: Party,
    bob: Party,
    /// Whatever was said, in order, with who said it.
    said: Vec<(&'static str, String)>,
}

impl<'a> Run<'a> {
    fn open(conductor: &'a mut Conductor) -> Result<Self> {
        let step = "alice and bob enrol, each with a device";
        conductor.report.step(step);
        let mut server = conductor.start("server", "server")?;
        let at = unlock(&mut server, 1)?;
        let alice = enrolled(conductor, &at, ALICE, "phone")?;
        let bob = enrolled(conductor, &at, BOB, "laptop")?;
        let mut stranger = conductor.start("device", "stranger")?;
        stranger.ask("server", &[&at[0], &at[1]])?;
        let refused = stranger.refuses("enrol", &[ALICE, "a guess"])?;
        let claim = "a device that does not know alice's code is refused";
        let reason = "the server refused: that is not the user's code";
        conductor.report.refused(claim, refused, reason);
        Ok(Self {
            conductor,
            server,
            at,
            alice,
            bob,
            said: Vec::new(),
        })
    }

    fn conversation(&mut self) -> Result<()> {
        self.conductor.report.step("a conversation");
        for turn in 0..10 {
            self.say(ALICE, &format!("alice to bob, in turn {turn}"))?;
            self.say(BOB, &format!("bob to alice, in turn {turn}"))?;
        }
        for who in [ALICE, BOB] {
            let claim = format!("{who} has all of it from the server, in order");
            self.complete(&claim, who)?;
        }
        self.at_rest("the server's files hold none of it in the clear")
    }

    fn the_server_can_read(&mut self) -> Result<()> {
        self.conductor
            .report
            .step("the server while it handles a message");
        let text = "alice to bob, while somebody looks at the server";
        self.server.ask("hold", &[])?;
        self.alice.ask("post", &[BOB, text])?;
        self.server.ask("arrived", &[])?;
        let needle = [Needle::new("the text", text)];
        let claim = "the server reads what alice wrote";
        self.conductor.holds_all(claim, &self.server, &needle)?;
        self.server.ask("release", &[])?;
        self.alice.ask("settle", &[])?;
        self.said.push((ALICE, text.to_owned()));
        self.at_rest("and has it encrypted in its files")
    }

    fn session_keys_end(&mut self) -> Result<()> {
        let step = "alice's channel ends, and a second one begins";
        self.conductor.report.step(step);
        let keys = journal::read(self.alice.folder())?;
        // The last is that of the answer, the one before that of the request.
        let current = keys.iter().rev().take(2);
        let current: Vec<_> = current.map(|key| Needle::new("a key", key)).collect();
        for party in [&self.alice, &self.server] {
            let claim = format!("while it is open, the {} has its keys", party.name());
            self.conductor.holds_all(&claim, party, &current)?;
        }
        close(&mut self.alice, &mut self.server)?;
        self.conductor.report.note(scrub::SAID);
        let keys = self.alice.keys()?;
        let control = self.public()?;
        let alice = &self.alice;
        let claim = "alice's device has no key of the first channel";
        self.conductor.keys_gone(claim, alice, &control, &keys)?;
        let control = Needle::new("a user's name", ALICE);
        let claim = "nor has the server";
        self.conductor
            .keys_gone(claim, &self.server, &control, &keys)?;
        let claim = "all that was said under them is still there for alice";
        self.complete(claim, ALICE)
    }

    fn device_lost(&mut self) -> Result<()> {
        self.conductor.report.step("alice's phone is stolen");
        let new = enrolled(self.conductor, &self.at, ALICE, "new-phone")?;
        let mut stolen = std::mem::replace(&mut self.alice, new);
        self.complete("her new one has the whole history", ALICE)?;
        let key = stolen.ask("key", &[])?;
        self.alice.ask("revoke", &[&key[0]])?;
        let refused = stolen.refuses("fetch", &[])?;
        let claim = "the stolen one gets nothing any more";
        let reason = "the server refused: no user has this device";
        self.conductor.report.refused(claim, refused, reason);
        self.say(BOB, "bob to alice, on her new phone")?;
        self.complete("the conversation goes on", ALICE)
    }

    fn storage_key_renewed(&mut self) -> Result<()> {
        let step = "the server wraps everything for a new storage key";
        self.conductor.report.step(step);
        let wrapped = self.server.ask("rotate", &[&hex(&STORAGE_KEYS[1])])?;
        let claim = "every key in the storage was wrapped anew, and the old storage key destroyed";
        // Accounts, and a month.
        let two = wrapped[0].parse::<usize>()? >= 2;
        self.conductor.report.check(claim, two);
        self.complete("alice reads all", ALICE)?;
        self.complete("bob reads all", BOB)
    }

    /// On another machine, so to speak: only the files and the storage key come along.
    fn server_restarted(&mut self) -> Result<()> {
        let step = "the server is killed, and another starts with its files";
        self.conductor.report.step(step);
        let next = self.conductor.start("server", "next-server")?;
        let killed = std::mem::replace(&mut self.server, next);
        let files = killed.folder().to_owned();
        drop(killed);
        for name in ["", "-wal"].map(|end| format!("{DATABASE}{end}")) {
            let from = files.join(&name);
            if from.exists() {
                std::fs::copy(from, self.server.folder().join(&name))?;
            }
        }
        let old = hex(&STORAGE_KEYS[0]);
        for (generation, reason) in [
            ("1", "generation 2 is not in the ring"),
            ("2", "authentication failed"),
        ] {
            let refused = self.server.refuses("unlock", &[generation, &old])?;
            let claim = format!("the old storage key opens nothing as generation {generation}");
            self.conductor.report.refused(&claim, refused, reason);
        }
        self.at = unlock(&mut self.server, 2)?;
        for party in [&mut self.alice, &mut self.bob] {
            party.ask("server", &[&self.at[0], &self.at[1]])?;
        }
        self.complete("alice reads all", ALICE)?;
        self.complete("bob reads all", BOB)
    }

    fn say(&mut self, who: &'static str, text: &str) -> Result<()> {
        let (from, to) = match who {
            ALICE => (&mut self.alice, BOB),
            _ => (&mut self.bob, ALICE),
        };
        from.ask("send", &[to, text])?;
        self.said.push((who, text.to_owned()));
        Ok(())
    }

    /// Checks that a user's device gets the whole history.
    fn complete(&mut self, claim: &str, who: &str) -> Result<()> {
        let device = match who {
            ALICE => &mut self.alice,
            _ => &mut self.bob,
        };
        let got = device.ask("fetch", &[])?;
        let said = self.said.iter();
        let whole: Vec<String> = said.map(|(who, text)| format!("{who}: {text}")).collect();
        let claim = format!("{claim} ({} messages)", whole.len());
        self.conductor.report.check(&claim, got == whole);
        Ok(())
    }

    fn at_rest(&mut self, claim: &str) -> Result<()> {
        let text = |(_, text): &(_, String)| Needle::new(format!("{text:?}"), text);
        let texts: Vec<Needle> = self.said.iter().map(text).collect();
        let control = Needle::new("a user's name", ALICE);
        self.conductor
            .files_hold_none(claim, &self.server, &control, &texts)
    }

    fn public(&self) -> Result<Needle> {
        Ok(Needle::new("the server's public key", unhex(&self.at[1])?))
    }
}

fn unlock(server: &mut Party, generation: usize) -> Result<[String; 2]> {
    let key = hex(&STORAGE_KEYS[generation - 1]);
    let at = server.ask("unlock", &[&generation.to_string(), &key])?;
    <[String; 2]>::try_from(at).map_err(|_| Malformed.into())
}

fn enrolled(conductor: &Conductor, at: &[String; 2], user: &str, name: &str) -> Result<Party> {
    let mut device = conductor.start("device", name)?;
    device.ask("server", &[&at[0], &at[1]])?;
    device.ask("enrol", &[user, &format!("the code of {user}")])?;
    Ok(device)
}

fn server<B: PqBackend>(place: &Place) -> Result<()> {
    let mut running: Option<Arc<Server<B, Cloud<B>>>> = None;
    answer(&[], |verb, arguments| {
        match (verb, arguments, &running) {
            ("unlock", [generation, key], None) => {
                let (file, key) = (place.folder.join(DATABASE), secret(key)?);
                let generation = generation.parse()?;
                let storage = Storage::open(&file, generation, &key, Durability::PowerLoss)?;
                let cloud = match place.fault {
                    Some(Fault::Leaks) => Cloud::new(storage).reporting(logged(place)?),
                    _ => Cloud::new(storage),
                };
                let server = Arc::new(Server::new(ChannelPolicy::default(), cloud)?);
                let said = vec![server.serve()?.to_string(), hex(server.public())];
                running = Some(server);
                return Ok(said);
            }
            ("hold", [], Some(server)) => server.handler().gate.close(),
            ("arrived", [], Some(server)) => server.handler().gate.arrived(),
            ("release", [], Some(server)) => server.handler().gate.open(),
            ("ended", [], Some(server)) => return Ok(vec![server.ended().to_string()]),
            ("rotate", [key], Some(server)) => {
                let wrapped = server.handler().storage().rotate(&secret(key)?)?;
                return Ok(vec![wrapped.to_string()]);
            }
            _ => return Err(UnknownCommand(verb.to_owned()).into()),
        }
        Ok(Vec::new())
    })
}

/// What [`Fault::Leaks`] does here: a log of what is said.
fn logged(place: &Place) -> Result<impl Fn(&[u8]) + Send + Sync + use<>> {
    let path = place.folder.join(LOG);
    let log = OpenOptions::new().create(true).append(true).open(path)?;
    Ok(move |text: &[u8]| {
        let _ = (&log).write_all(text);
    })
}

fn secret(hexadecimal: &str) -> Result<Secret<32>> {
    let bytes = unhex(hexadecimal)?.try_into().map_err(|_| Malformed)?;
    Ok(Secret::new(bytes))
}

/// A user's device: its key, and its channel if it has one.
struct Pocket<B: PqBackend> {
    key: Arc<StaticKey<B>>,
    client: Option<Client<B>>,
    open: Option<Device<B>>,
    /// What [`Fault::Keeps`] keeps.
    kept: Vec<Device<B>>,
}

fn device<B: PqBackend>(fault: Option<Fault>) -> Result<()> {
    let mut own = Pocket::<B> {
        key: Arc::new(StaticKey::generate(&mut entropy::system())?),
        client: None,
        open: None,
        kept: Vec::new(),
    };
    answer(&[], |verb, arguments| {
        match (verb, arguments) {
            ("server", [address, key]) => own.server(address, key)?,
            ("key", []) => return Ok(vec![hex(own.key.public())]),
            ("enrol", [user, code]) => own.open()?.enrol(user, code)?,
            ("send", [to, text]) => own.open()?.send(to, text)?,
            ("post", [to, text]) => own.open()?.post(to, text)?,
            ("settle", []) => own.open()?.settle()?,
            ("revoke", [device]) => own.open()?.revoke(secret(device)?.expose())?,
            ("fetch", []) => {
                let messages = own.open()?.fetch(0)?.into_iter();
                let line = |message: crate::cloud::Message| {
                    let (from, text) = (message.from, message.text);
                    format!("{from}: {text}")
                };
                return Ok(messages.map(line).collect());
            }
            ("close", []) => own.close(fault)?,
            _ => return Err(UnknownCommand(verb.to_owned()).into()),
        }
        Ok(Vec::new())
    })
}

impl<B: PqBackend> Pocket<B> {
    fn server(&mut self, address: &str, key: &str) -> Result<()> {
        let address: SocketAddr = address.parse()?;
        let (server, own) = (*secret(key)?.expose(), Some(Arc::clone(&self.key)));
        self.open = None;
        self.client = Some(Client::new(address, server, own, ChannelPolicy::default()));
        Ok(())
    }

    /// The channel; a new one if there is none.
    fn open(&mut self) -> Result<&mut Device<B>> {
        let open = match (self.open.take(), &mut self.client) {
            (Some(open), _) => open,
            (None, Some(client)) => Device::new(client.connect()?),
            (None, None) => return Err("no server is known".into()),
        };
        Ok(self.open.insert(open))
    }

    fn close(&mut self, fault: Option<Fault>) -> Result<()> {
        let (open, client) = (self.open.take(), &mut self.client);
        if fault == Some(Fault::Keeps) {
            self.kept.extend(open);
        } else if let (Some(open), Some(client)) = (open, client) {
            client.keep(open.close()?);
        }
        Ok(())
    }
}
