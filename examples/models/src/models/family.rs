//! Two accounts with several devices each, a relay and an escrow: what the conductor does in `imessage`.

use crate::Result;
use crate::conductor::{Conductor, Party};
use crate::party::{hex, unhex};
use crate::search::Needle;

use super::scene::{CONTROL, Who, control, end_of, holds_nothing, nothing_waits};

const ALICE: &str = CONTROL;
const BOB: &str = "bob-example";

/// What a device says of a message that was sealed for another one.
const CANNOT_OPEN: [&str; 5] = [
    "there is no conversation with this device",
    "authentication failed",
    "malformed message",
    "the prekey was used already or is gone",
    "the peer can't have turned the ratchet",
];

/// The parties, and what was said so far.
pub(super) struct Family<'a> {
    conductor: &'a mut Conductor,
    relay: Party,
    escrow: Party,
    alice: Vec<Party>,
    bob: Vec<Party>,
    texts: Vec<Needle>,
    delivered: Vec<Needle>,
    /// Bob's first answer, a copy for each device.
    answer: Vec<Needle>,
    archive_keys: Vec<Needle>,
}

impl<'a> Family<'a> {
    /// Starts relay and escrow, and enrols two devices of each account, Alice's with a key bag.
    pub(super) fn open(conductor: &'a mut Conductor) -> Result<Self> {
        conductor
            .report
            .step("alice and bob enrol, with two devices each");
        let mut family = Self {
            relay: conductor.start("relay", "relay")?,
            escrow: conductor.start("store", "escrow")?,
            conductor,
            alice: Vec::new(),
            bob: Vec::new(),
            texts: Vec::new(),
            delivered: Vec::new(),
            answer: Vec::new(),
            archive_keys: Vec::new(),
        };
        for number in [1, 2] {
            let device = family.enrol(ALICE, number)?;
            family.alice.push(device);
            let device = family.enrol(BOB, number)?;
            family.bob.push(device);
        }
        family.alice[0].ask("begin", &[])?;
        let key = family.alice[1].ask("key", &[])?;
        family.alice[0].ask("approve", &[&key[0], &key[1]])?;
        Ok(family)
    }

    /// A message and its answer, to every device.
    pub(super) fn every_device_reads(&mut self) -> Result<()> {
        self.conductor.report.step("alice writes; all are offline");
        let sealed = self.say(Who::Alice, 0, "dinner at the harbour, at eight")?;
        let claim = "the message is sealed for three devices, each for itself";
        let distinct = sealed.len() == 3
            && (1..3).all(|n| !sealed[..n].iter().any(|s| s.bytes == sealed[n].bytes));
        self.conductor.report.check(claim, distinct);
        let (conductor, relay) = (&mut *self.conductor, &self.relay);
        conductor.holds_all("the relay holds all three, sealed", relay, &sealed)?;
        let claim = "the relay cannot read the message";
        conductor.holds_none(claim, relay, &control(), &self.texts)?;
        self.everybody_reads_but(Who::Alice, 0)?;
        self.conductor
            .report
            .step("bob answers from his other device");
        self.answer = self.say(Who::Bob, 1, "I take the last ferry")?;
        self.everybody_reads_but(Who::Bob, 1)
    }

    /// Alice's history goes to the escrow.
    pub(super) fn archive(&mut self) -> Result<()> {
        self.conductor
            .report
            .step("alice's first device puts the archive at the escrow");
        let key = self.alice[0].ask("archive", &[])?.concat();
        self.archive_keys
            .push(Needle::new("the archive's key", unhex(&key)?));
        self.the_escrow_can_read_nothing()
    }

    /// A third device of Alice: in the relay's list, then in the bag.
    pub(super) fn a_device_is_added(&mut self) -> Result<()> {
        self.conductor.report.step("alice adds a device");
        let mut new = self.enrol(ALICE, 3)?;
        let nothing = new.ask("history", &[])?.is_empty();
        self.conductor.report.check("it has no history", nothing);
        let claim = "it cannot open what was sealed before it came";
        let answer = self.answer.clone();
        self.opens_none(claim, &mut new, &answer)?;
        let refused = new.refuses("catch-up", &[])?;
        let claim = "it cannot open the archive by itself";
        self.conductor.report.refused(claim, refused, "wrong key");

        self.conductor
            .report
            .step("alice confirms it on her first device");
        let key = new.ask("key", &[])?;
        self.alice[0].ask("approve", &[&key[0], &key[1]])?;
        new.ask("catch-up", &[])?;
        let whole = new.ask("history", &[])? == self.alice[0].ask("history", &[])?;
        let claim = "through the key bag it has the whole history";
        self.conductor.report.check(claim, whole);
        self.alice.push(new);

        self.conductor.report.step("bob writes");
        let sealed = self.say(Who::Bob, 0, "the ferry is late")?;
        let claim = "the message is sealed for the new device as well";
        self.conductor.report.check(claim, sealed.len() == 4);
        self.everybody_reads_but(Who::Bob, 0)
    }

    /// Alice's second device is in other hands, and is removed.
    pub(super) fn a_device_is_lost(&mut self) -> Result<()> {
        self.conductor
            .report
            .step("alice loses her second device, and removes it on her first");
        let mut lost = self.alice.remove(1);
        self.alice[0].ask("remove", &["alice-example.2"])?;
        let key = self.alice[0].ask("expel", &["alice-example.2"])?.concat();
        self.archive_keys
            .push(Needle::new("the archive's new key", unhex(&key)?));
        let before = lost.ask("history", &[])?;
        let sealed = self.say(Who::Bob, 1, "I am at the harbour now")?;
        let claim = "the message is sealed for the devices that are left";
        self.conductor.report.check(claim, sealed.len() == 3);
        let nothing = lost.ask("receive", &[])?.is_empty();
        let claim = "nothing arrives at the lost device";
        self.conductor.report.check(claim, nothing);
        let claim = "it can open none of the copies";
        self.opens_none(claim, &mut lost, &sealed)?;
        self.everybody_reads_but(Who::Bob, 1)?;
        self.alice[0].ask("archive", &[])?;
        let refused = lost.refuses("catch-up", &[])?;
        let claim = "it cannot open the key bag any more";
        self.conductor.report.refused(claim, refused, "wrong key");
        let unchanged = lost.ask("history", &[])? == before;
        let claim = "what it had read it still has: nobody takes that back";
        self.conductor
            .report
            .check(claim, unchanged && !before.is_empty());
        self.alice.push(lost);
        Ok(())
    }

    /// Relay and escrow are searched for all that was said and every key.
    pub(super) fn nobody_else_can_read(&mut self) -> Result<()> {
        self.conductor.report.step("what the relay could read");
        let who = "who writes to whom, when, how much, and with which devices";
        self.conductor.report.note(who);
        let keys = self.keys()?;
        let (texts, delivered) = (&self.texts, &self.delivered);
        holds_nothing(self.conductor, &self.relay, texts, &keys, delivered)?;
        self.the_escrow_can_read_nothing()
    }

    /// Nothing waits any more, and the parties go.
    pub(super) fn close(mut self) -> Result<()> {
        nothing_waits(self.conductor, &mut self.relay)
    }

    fn the_escrow_can_read_nothing(&mut self) -> Result<()> {
        self.conductor.report.step("what the escrow could read");
        let what = "the numbers of the devices in the bag, and how large the archive is";
        self.conductor.report.note(what);
        let bag = std::fs::read(self.escrow.folder().join("alice-example.0"))?;
        let control = Needle::new("the bag's first bytes", bag.get(..64).unwrap_or(&bag));
        let keys = self.keys()?;
        let (conductor, escrow) = (&mut *self.conductor, &self.escrow);
        let held = std::slice::from_ref(&control);
        conductor.holds_all("the escrow holds the key bag, sealed", escrow, held)?;
        conductor.holds_none("the escrow holds no text", escrow, &control, &self.texts)?;
        conductor.holds_none("the escrow holds no key", escrow, &control, &keys)
    }

    fn keys(&self) -> Result<Vec<Needle>> {
        let mut keys = self.archive_keys.clone();
        for device in self.alice.iter().chain(&self.bob) {
            keys.extend(device.keys()?);
        }
        Ok(keys)
    }

    fn enrol(&self, account: &str, number: u32) -> Result<Party> {
        let address = format!("{account}.{number}");
        let mut device = self.conductor.start("client", &address)?;
        let (relay, escrow) = (self.relay.ready(), self.escrow.ready());
        device.ask("enrol", &[&address, relay, escrow])?;
        Ok(device)
    }

    /// A device writes to all others; returns what was sent.
    fn say(&mut self, who: Who, device: usize, text: &str) -> Result<Vec<Needle>> {
        self.texts.push(Needle::new(format!("{text:?}"), text));
        let (devices, to) = match who {
            Who::Bob => (&mut self.bob, ALICE),
            Who::Alice => (&mut self.alice, BOB),
        };
        let sent = devices[device].ask("fan", &[to, text])?;
        let sealed = |sealed: &String| Ok(Needle::new("a sealed copy", unhex(sealed)?));
        let sealed = sent.iter().map(sealed).collect::<Result<Vec<_>>>()?;
        let ends = sealed.iter().map(|sealed| end_of(&sealed.bytes));
        self.delivered.extend(ends);
        Ok(sealed)
    }

    /// All devices but the writer's read what was said last.
    fn everybody_reads_but(&mut self, writer: Who, writing: usize) -> Result<()> {
        let last = self.texts.last().map(|text| text.bytes.clone());
        for (who, devices) in [(Who::Alice, &mut self.alice), (Who::Bob, &mut self.bob)] {
            for (number, device) in devices.iter_mut().enumerate() {
                if (who, number) == (writer, writing) {
                    continue;
                }
                let heard = device.ask("receive", &[])?;
                let text = heard.last().map_or("", String::as_str);
                let name = device.name();
                let held = last.as_deref() == Some(text.as_bytes());
                self.conductor.report.note(&format!("{name} reads: {text}"));
                let claim = format!("{name} reads what was written");
                self.conductor.report.check(&claim, held);
            }
        }
        Ok(())
    }

    /// Checks that a device opens none of what Bob's second device sealed for others.
    fn opens_none(&mut self, claim: &str, device: &mut Party, copies: &[Needle]) -> Result<()> {
        let mut none = !copies.is_empty();
        for copy in copies {
            let refused = device.refuses("open", &["bob-example.2", &hex(&copy.bytes)])?;
            let said = refused.as_deref().unwrap_or("it was done");
            self.conductor.report.note(&format!("answer: {said}"));
            none &= CANNOT_OPEN.contains(&said);
        }
        self.conductor.report.check(claim, none);
        Ok(())
    }
}
