//! A device in a store, with conversations under way, and the other ends of these.

use std::sync::Arc;

use rand_core::SeedableRng;
use sprag::sprag_core::Secret;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::durable::{ConversationId, Durable, StoreKeys};
use sprag::sprag_core::handshake::{
    AccountId, Identity, Initiated, Peer, Prekeys, PublishedPrekeys, initiate,
};
use sprag::sprag_core::session::{Session, SessionPolicy};
use sprag::sprag_core::store::{Change, RecordKind, Store};
use sprag::sprag_core::suite::Suite;
use sprag::stores::Memory;

use super::place::{Place, Site};
use crate::workload::meeting::{NOW, PAYLOAD, initiate_policy, prekey_policy, unknown, verified};
use crate::workload::{OrWrong, Rng, Wrong, ensure};

/// One-time prekeys of the device; who comes later uses the last resort.
const ONE_TIME: u32 = 10;
/// More records than any desk has.
const EVERYTHING: usize = 1 << 20;

pub(super) type Device<B> = Durable<B, Arc<dyn Store>>;

/// The device, and everyone it talks with.
pub(super) struct Desk<B: PqBackend> {
    pub(super) device: Device<B>,
    pub(super) peers: Vec<OtherEnd<B>>,
    pub(super) rng: Rng,
    /// Goes last: the device is connected to it.
    pub(super) site: Site,
}

/// The other end of a conversation.
pub(super) struct OtherEnd<B: PqBackend> {
    pub(super) name: ConversationId,
    pub(super) session: Session<B>,
}

impl<B: PqBackend> OtherEnd<B> {
    /// Opens what the device sent, which must be `text`.
    pub(super) fn expect(&mut self, message: &[u8], text: &[u8]) -> Result<(), Wrong> {
        let opened = self.session.decrypt(message).or_wrong("decrypt")?;
        ensure(opened == text, "the plaintext is another one")
    }
}

impl<B: PqBackend> Desk<B> {
    /// A device with `count` conversations in which both have spoken, the other end last.
    pub(super) fn new(place: Place, suite: Suite, count: usize, seed: u64) -> Result<Self, Wrong> {
        // Made in memory and copied in one commit: a commit for every step would take a while.
        let memory = Arc::new(Memory::new());
        let mut rng = Rng::seed_from_u64(seed);
        let (mut device, mut directory) = device(&memory, suite, &mut rng)?;
        let peers = (1..=count as u32)
            .map(|number| meet(&mut device, &mut directory, suite, number, &mut rng))
            .collect::<Result<_, Wrong>>()?;
        drop(device);
        let site = Site::new(place)?;
        copy(&memory, &*site.open()?)?;
        let device = open(&site)?;
        Ok(Self {
            device,
            peers,
            rng,
            site,
        })
    }
}

/// A worker's view of the device that a site holds.
pub(super) fn open<B: PqBackend>(site: &Site) -> Result<Device<B>, Wrong> {
    let device = Durable::open(site.open()?, keys(), SessionPolicy::default());
    let mut device = device.or_wrong("open")?;
    device.observe_time(NOW);
    Ok(device)
}

/// The key of every store here: it guards nothing.
fn keys() -> StoreKeys {
    StoreKeys::new(Secret::new([0x5a; 32]))
}

fn device<B: PqBackend>(
    memory: &Arc<Memory>,
    suite: Suite,
    rng: &mut Rng,
) -> Result<(Device<B>, PublishedPrekeys), Wrong> {
    let identity = Identity::<B>::generate(desk()?, 1, NOW, rng).or_wrong("generate")?;
    let policy = prekey_policy(suite, ONE_TIME);
    let prekeys = Prekeys::generate(policy, NOW, rng).or_wrong("generate")?;
    let record = prekeys.record(&identity).or_wrong("record")?;
    let directory = PublishedPrekeys::new::<B>(record).or_wrong("upload")?;
    let store = Arc::clone(memory) as Arc<dyn Store>;
    let policy = SessionPolicy::default();
    let device = Durable::create(store, keys(), policy, identity, prekeys, rng);
    let mut device = device.or_wrong("create")?;
    device.observe_time(NOW);
    Ok((device, directory))
}

/// Somebody starts a conversation with the desk, gets an answer, and answers that.
fn meet<B: PqBackend>(
    device: &mut Device<B>,
    directory: &mut PublishedPrekeys,
    suite: Suite,
    number: u32,
    rng: &mut Rng,
) -> Result<OtherEnd<B>, Wrong> {
    let account = AccountId::new("peer").or_wrong("account")?;
    let identity =
        Identity::<B>::generate(account.clone(), number, NOW, rng).or_wrong("generate")?;
    let desk = desk()?;
    let bundle = verified::<B>(&directory.take_bundle(NOW).encode(), &unknown(&desk))?;
    let policy = initiate_policy(&suite);
    let started = initiate(&identity, &bundle, PAYLOAD, &policy, NOW, rng);
    let Initiated {
        mut session,
        message,
        ..
    } = started.or_wrong("initiate")?;
    let from = Peer {
        device: number,
        ..unknown(&account)
    };
    let payload = device.accept(&from, &message, |_| None, rng);
    ensure(
        payload.or_wrong("accept")? == PAYLOAD,
        "the payload is another one",
    )?;
    let name = ConversationId::new(&account, number);
    let answer = device.encrypt(&name, b"hi", rng).or_wrong("encrypt")?;
    session.decrypt(&answer).or_wrong("decrypt")?;
    let next = session.encrypt(b"ok", rng).or_wrong("encrypt")?;
    device.decrypt(&name, &next, rng).or_wrong("decrypt")?;
    // From here on neither side's next message turns the ratchet.
    let last = device.encrypt(&name, b"so", rng).or_wrong("encrypt")?;
    session.decrypt(&last).or_wrong("decrypt")?;
    Ok(OtherEnd { name, session })
}

fn desk() -> Result<AccountId, Wrong> {
    AccountId::new("desk").or_wrong("account")
}

/// Puts everything that is in `from` into `to`, which is empty: the blobs are bound to their names and
/// revisions, not to a store.
fn copy(from: &Memory, to: &dyn Store) -> Result<(), Wrong> {
    let mut changes = Vec::new();
    for kind in RecordKind::ALL {
        let records = from.scan(kind, None, EVERYTHING).or_wrong("scan")?;
        changes.extend(records.into_iter().map(|(id, record)| Change {
            id,
            expected: None,
            new: Some(record),
        }));
    }
    to.commit(&changes).or_wrong("commit")
}
