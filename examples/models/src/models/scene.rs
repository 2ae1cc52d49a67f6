//! Alice, Bob and a relay: the life that end-to-end models have in common.
//!
//! What lives here: the steps that are the same in each, with their checks. What does not: what a model
//! does in its own way, above all when a device is lost.

use super::parties::STORE;
use crate::Result;
use crate::conductor::{Conductor, Party};
use crate::party::unhex;
use crate::search::Needle;

/// What the relay certainly holds, in memory and files: a search that does not find it is blind.
pub(super) const CONTROL: &str = "alice-example";

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Alice,
    Bob,
}

/// The parties, and what was said so far.
pub(super) struct Scene<'a> {
    pub(super) conductor: &'a mut Conductor,
    pub(super) relay: Party,
    pub(super) alice: Party,
    pub(super) alice_address: &'static str,
    pub(super) bob: Party,
    /// Every text, for searches.
    pub(super) texts: Vec<Needle>,
    /// The end of every sealed message that was delivered.
    delivered: Vec<Needle>,
    /// The keys of devices that are gone.
    lost_keys: Vec<Needle>,
}

pub(super) const BOB: &str = "bob-example.1";

impl<'a> Scene<'a> {
    /// Starts the relay and enrols Alice's and Bob's devices.
    pub(super) fn open(conductor: &'a mut Conductor) -> Result<Self> {
        conductor.report.step("alice and bob enrol at the relay");
        let relay = conductor.start("relay", "relay")?;
        let mut alice = conductor.start("client", "alice")?;
        let mut bob = conductor.start("client", "bob")?;
        let alice_address = "alice-example.1";
        alice.ask("enrol", &[alice_address, relay.ready()])?;
        bob.ask("enrol", &[BOB, relay.ready()])?;
        let needles = [CONTROL, "bob-example"].map(|name| Needle::new(name, name));
        conductor.holds_all("the relay knows both accounts", &relay, &needles)?;
        Ok(Self {
            conductor,
            relay,
            alice,
            alice_address,
            bob,
            texts: Vec::new(),
            delivered: Vec::new(),
            lost_keys: Vec::new(),
        })
    }

    pub(super) fn step(&self, what: &str) {
        self.conductor.report.step(what);
    }

    pub(super) fn note(&self, what: &str) {
        self.conductor.report.note(what);
    }

    pub(super) fn check(&mut self, claim: &str, held: bool) {
        self.conductor.report.check(claim, held);
    }

    pub(super) fn refused(&mut self, claim: &str, refused: Option<String>, reason: &str) {
        self.conductor.report.refused(claim, refused, reason);
    }

    /// Alice writes to Bob, whose device has never heard of her and does not listen.
    pub(super) fn first_message_to_a_device_that_is_offline(&mut self) -> Result<()> {
        self.step("alice writes to bob, who is offline");
        let sealed = self.say(Who::Alice, "meet me at the old lighthouse")?;
        let sealed = Needle::new("the sealed message", unhex(&sealed)?);
        let claim = "the relay holds the message, sealed";
        self.conductor
            .holds_all(claim, &self.relay, std::slice::from_ref(&sealed))?;
        let control = control();
        let claim = "the relay cannot read the message";
        let texts = &self.texts;
        self.conductor
            .holds_none(claim, &self.relay, &control, texts)?;
        self.step("bob comes back");
        self.hear(Who::Bob)
    }

    /// They write to and fro.
    pub(super) fn conversation(&mut self) -> Result<()> {
        self.step("a conversation");
        self.converse(Who::Bob, "the lighthouse is closed in winter")?;
        self.converse(Who::Alice, "then the bakery behind it")?;
        self.converse(Who::Bob, "bring the blue umbrella")
    }

    /// The relay is searched for all that was said and every key that was used.
    pub(super) fn the_relay_can_read_nothing(&mut self) -> Result<()> {
        self.step("what the relay could read");
        self.note("who writes to whom, when, and how much; published prekeys");
        let mut keys = self.alice.keys()?;
        keys.extend(self.bob.keys()?);
        keys.extend_from_slice(&self.lost_keys);
        let (texts, delivered) = (&self.texts, &self.delivered);
        holds_nothing(self.conductor, &self.relay, texts, &keys, delivered)
    }

    /// Alice's device is gone: nobody can open its folder, and a message to it waits. Her new device
    /// takes its place in the scene; returns that message.
    pub(super) fn lose_alice(&mut self, name: &str, address: &'static str) -> Result<String> {
        self.step("alice loses her device; bob does not know, and writes");
        self.lost_keys.extend(self.alice.keys()?);
        self.alice.stop();
        let folder = self.alice.folder().join(STORE);
        let mut thief = self.conductor.start("thief", "thief")?;
        let refused = thief.refuses("open", &[&folder.to_string_lossy()])?;
        let claim = "whoever finds it cannot open it without the key in its hardware";
        self.refused(claim, refused, "the store was sealed under another key");
        let sealed = self.say(Who::Bob, "are you there already?")?;

        self.step("alice enrols a new device, with a new identity");
        self.alice = self.conductor.start("client", name)?;
        self.alice_address = address;
        let relay = self.relay.ready();
        self.alice.ask("enrol", &[address, relay])?;
        let refused = self.alice.refuses("open", &[BOB, &sealed])?;
        let claim = "it cannot open what was sealed for the old device";
        self.refused(claim, refused, "there is no conversation with this device");
        let nothing = self.alice.ask("history", &[])?.is_empty();
        self.check("it has no history", nothing);
        self.alice.ask("remove", &["alice-example.1"])?;
        self.delivered.push(end_of(&unhex(&sealed)?));
        Ok(sealed)
    }

    /// Nothing waits any more, and the parties go.
    pub(super) fn close(mut self) -> Result<()> {
        nothing_waits(self.conductor, &mut self.relay)
    }

    /// One writes, the other reads it.
    pub(super) fn converse(&mut self, from: Who, text: &str) -> Result<()> {
        self.say(from, text)?;
        self.hear(match from {
            Who::Alice => Who::Bob,
            Who::Bob => Who::Alice,
        })
    }

    /// One writes; returns what was sent.
    pub(super) fn say(&mut self, from: Who, text: &str) -> Result<String> {
        self.texts.push(Needle::new(format!("{text:?}"), text));
        let (party, to) = match from {
            Who::Alice => (&mut self.alice, BOB),
            Who::Bob => (&mut self.bob, self.alice_address),
        };
        Ok(party.ask("say", &[to, text])?.concat())
    }

    /// The other reads what was said last.
    pub(super) fn hear(&mut self, who: Who) -> Result<()> {
        let (party, own, name) = match who {
            Who::Alice => (&mut self.alice, self.alice_address, "alice"),
            Who::Bob => (&mut self.bob, BOB, "bob"),
        };
        let waiting = party.ask("waiting", &[own])?;
        for sealed in waiting.iter().skip(1).step_by(2) {
            self.delivered.push(end_of(&unhex(sealed)?));
        }
        let heard = party.ask("receive", &[])?;
        let text = heard.last().map_or("", String::as_str);
        let last = self.texts.last().map(|needle| needle.bytes.as_slice());
        self.conductor.report.note(&format!("{name} reads: {text}"));
        let claim = format!("{name} reads what was written");
        self.conductor
            .report
            .check(&claim, last == Some(text.as_bytes()));
        Ok(())
    }
}

pub(super) fn control() -> Needle {
    Needle::new("an account's name", CONTROL)
}

/// What is looked for of a message that was delivered. An allocator writes over the front of what it is
/// given back, so the whole would not be found there.
pub(super) fn end_of(sealed: &[u8]) -> Needle {
    let end = sealed.len().saturating_sub(64);
    Needle::new("the end of a delivered message", &sealed[end..])
}

/// Checks that a relay holds nothing it could read, and nothing that it delivered.
pub(super) fn holds_nothing(
    conductor: &mut Conductor,
    relay: &Party,
    texts: &[Needle],
    keys: &[Needle],
    delivered: &[Needle],
) -> Result<()> {
    let control = control();
    conductor.holds_none("the relay holds no text", relay, &control, texts)?;
    conductor.holds_none("the relay holds no key", relay, &control, keys)?;
    let claim = "what was delivered is gone from the relay, sealed as it was";
    conductor.holds_none(claim, relay, &control, delivered)
}

/// The end of a model with a relay.
pub(super) fn nothing_waits(conductor: &mut Conductor, relay: &mut Party) -> Result<()> {
    conductor.report.step("close");
    let waiting = relay.ask("waiting", &[])?;
    let claim = "no message is left at the relay";
    conductor.report.check(claim, waiting == ["0"]);
    Ok(())
}
