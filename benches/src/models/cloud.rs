//! `telegram-cloud`: a server that keeps the history of all, and gives it to any device of a user.

use std::sync::Arc;
use std::time::Instant;

use sprag::Secret;
use sprag::sprag_core::backend::PqBackend;
use sprag::stores::Durability;
use sprag::transport::{ChannelPolicy, StaticKey};
use sprag_models::Result;
use sprag_models::channel::{Client, Server};
use sprag_models::cloud::{Cloud, Device, Storage};
use sprag_models::fields;
use tempfile::TempDir;

use super::figures::{Measured, Round};
use super::{Plan, ensure, stored, text};

const ALICE: &str = "alice";
const BOB: &str = "bob";
const CODE: &str = "code";

pub(super) struct Clouded<B: PqBackend> {
    plan: Plan,
    server: Arc<Server<B, Cloud<B>>>,
    address: std::net::SocketAddr,
    /// Bytes that a message takes for good, in both users' histories.
    kept: f64,
    /// Holds the database's file.
    _folder: TempDir,
}

impl<B: PqBackend> Clouded<B> {
    /// The server, with the history of two users that is restored later.
    pub(super) fn open(plan: Plan) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("cloud.db");
        let key = Secret::new([7; 32]);
        let storage = || Storage::<B>::open(&file, 1, &key, Durability::ProcessCrash);
        drop(storage()?);
        let empty = stored(&file)?;
        let kept = storage()?;
        for number in 1..=plan.history {
            plan.go_on()?;
            let message = fields::join(&[ALICE.as_bytes(), text(number).as_bytes()]);
            kept.append(BOB.as_bytes(), &message)?;
            kept.append(ALICE.as_bytes(), &message)?;
        }
        // Closed, so that all of it is in the file.
        drop(kept);
        let grown = stored(&file)?.saturating_sub(empty) as f64;
        let policy = ChannelPolicy::default();
        let server = Arc::new(Server::new(policy, Cloud::new(storage()?))?);
        Ok(Self {
            kept: grown / plan.history as f64,
            plan,
            address: server.serve()?,
            server,
            _folder: folder,
        })
    }

    /// A new device of a user.
    fn enrol(&self, user: &str) -> Result<Reader<B>> {
        let own = Arc::new(StaticKey::generate(&mut sprag::entropy::system())?);
        let policy = ChannelPolicy::default();
        let mut client = Client::new(self.address, *self.server.public(), Some(own), policy);
        let mut device = Device::new(client.connect()?);
        device.enrol(user, CODE)?;
        Ok(Reader {
            user: user.to_owned(),
            device,
            last: 0,
        })
    }

    /// Fetches the whole history, a page at a time.
    fn restore(&self) -> Result<std::time::Duration> {
        let mut reader = self.enrol(ALICE)?;
        let start = Instant::now();
        let mut restored = 0;
        loop {
            self.plan.go_on()?;
            let page = reader.device.page(restored)?;
            if page.is_empty() {
                break;
            }
            for message in page {
                restored += 1;
                let right = message.number == restored && message.text == text(restored);
                ensure(right && message.from == ALICE, "another message came back")?;
            }
        }
        let took = start.elapsed();
        ensure(restored == self.plan.history, "not all messages came back")?;
        reader.device.close()?;
        Ok(took)
    }
}

/// A device, and the number of the last message it has.
struct Reader<B: PqBackend> {
    user: String,
    device: Device<B>,
    last: u64,
}

impl<B: PqBackend> Reader<B> {
    fn say(&mut self, to: &mut Self, text: &str) -> Result<()> {
        self.device.send(&to.user, text)?;
        let fetched = to.device.page(to.last)?;
        // Its own messages since are there too.
        let newest = fetched.last().ok_or("the message is not there")?;
        to.last = newest.number;
        let right = newest.text == text && newest.from == self.user;
        ensure(right, "another message came")
    }

    fn wire(&self) -> u64 {
        let (sent, received) = self.device.wire();
        sent + received
    }
}

impl<B: PqBackend> Measured for Clouded<B> {
    fn round(&mut self, number: usize) -> Result<Round> {
        let start = Instant::now();
        let mut alice = self.enrol(&format!("{ALICE}-{number}"))?;
        let mut bob = self.enrol(&format!("{BOB}-{number}"))?;
        alice.say(&mut bob, &text(0))?;
        let first = start.elapsed();

        let before = alice.wire() + bob.wire();
        let start = Instant::now();
        for number in 1..=self.plan.conversation {
            alice.say(&mut bob, &text(number))?;
            std::mem::swap(&mut alice, &mut bob);
        }
        let talked = start.elapsed();
        let wire = alice.wire() + bob.wire() - before;
        alice.device.close()?;
        bob.device.close()?;
        Ok(Round {
            first,
            talked,
            messages: self.plan.conversation,
            wire,
            waiting: None,
            server: Some(self.kept),
            device: None,
            restored: Some(self.restore()?),
        })
    }
}
