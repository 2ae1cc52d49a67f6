//! Two devices, each over a store that may be told to fail.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag::rustcrypto::{Backend, Identity, Prekeys};
use sprag::stores::Memory;
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, Secret,
    SessionPolicy, Suite, UnixTime, VerifiedBundle,
};
use sprag_core::durable::{ConversationId, Durable, DurableError, StoreKeys};
use sprag_core::store::{
    Change, CommitError, Record, RecordId, RecordKind, Store, StoreError, StoreErrorKind,
};

pub(crate) type Device = Durable<Backend, Arc<Faulty>>;

pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// It is refused: no room.
    Full,
    /// It happens, and nobody says so.
    Silent,
    /// It is lost, and nobody says so.
    Lost,
    /// It happens later, when somebody asks; nobody says so.
    Late,
}

/// A store in memory that fails as it is told, and counts.
#[derive(Default)]
pub(crate) struct Faulty {
    pub(crate) memory: Memory,
    pub(crate) faults: Mutex<VecDeque<Fault>>,
    pub(crate) late: Mutex<Vec<Vec<Change>>>,
    pub(crate) commits: AtomicUsize,
    /// Loads fail as long as this is not zero, and count it down.
    pub(crate) away: AtomicUsize,
}

impl Faulty {
    pub(crate) fn fail(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }

    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::Relaxed)
    }

    /// The commits that were on their way reach the store.
    pub(crate) fn deliver_late(&self) -> Vec<Result<(), CommitError>> {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        late.iter()
            .map(|changes| self.memory.commit(changes))
            .collect()
    }

    /// All records, to compare or to put back.
    pub(crate) fn snapshot(&self) -> Vec<(RecordId, Record)> {
        let scan = |kind| self.memory.scan(kind, None, usize::MAX).unwrap();
        RecordKind::ALL.into_iter().flat_map(scan).collect()
    }

    /// Sets the store back.
    pub(crate) fn restore(&self, snapshot: &[(RecordId, Record)]) {
        let gone = self.snapshot().into_iter().map(|(id, record)| Change {
            id,
            expected: Some(record.revision),
            new: None,
        });
        self.memory.commit(&gone.collect::<Vec<_>>()).unwrap();
        let back = snapshot.iter().map(|(id, record)| Change {
            id: id.clone(),
            expected: None,
            new: Some(record.clone()),
        });
        self.memory.commit(&back.collect::<Vec<_>>()).unwrap();
    }
}

fn lost() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the connection was lost")
}

impl Store for Faulty {
    fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError> {
        if self.away.load(Ordering::Relaxed) > 0 {
            self.away.fetch_sub(1, Ordering::Relaxed);
            return Err(lost());
        }
        self.memory.load(ids)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => self.memory.commit(changes),
            Some(Fault::Full) => {
                let full = StoreError::new(StoreErrorKind::Full, "no space left on device");
                Err(CommitError::Refused(full))
            }
            Some(Fault::Silent) => {
                self.memory.commit(changes)?;
                Err(CommitError::Unknown(lost()))
            }
            Some(Fault::Lost) => Err(CommitError::Unknown(lost())),
            Some(Fault::Late) => {
                self.late.lock().unwrap().push(changes.to_vec());
                Err(CommitError::Unknown(lost()))
            }
        }
    }

    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, StoreError> {
        self.memory.scan(kind, after, limit)
    }
}

pub(crate) fn key(byte: u8) -> Secret<32> {
    Secret::new([byte; 32])
}

pub(crate) fn open(store: &Arc<Faulty>) -> Device {
    Device::open(
        Arc::clone(store),
        StoreKeys::new(key(1)),
        SessionPolicy::default(),
    )
    .unwrap()
}

/// Alice, who knows Bob, and Bob with prekeys at a server.
pub(crate) struct World {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) alice: Arc<Faulty>,
    pub(crate) bob: Arc<Faulty>,
    pub(crate) server: PublishedPrekeys,
}

pub(crate) fn account(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

pub(crate) fn peer(account: &AccountId) -> Peer<'_> {
    Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    }
}

/// The conversation with this account's only device.
pub(crate) fn with(name: &str) -> ConversationId {
    ConversationId::new(&account(name), 1)
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let alice = Arc::new(Faulty::default());
        let bob = Arc::new(Faulty::default());
        let policy = PrekeyPolicy {
            suites: vec![Suite::X3dhAes256Gcm],
            low: 5,
            high: 10,
            ..PrekeyPolicy::default()
        };
        let mut create = |store: &Arc<Faulty>, name: &str| {
            let identity = Identity::generate(account(name), 1, NOW, &mut rng).unwrap();
            let prekeys = Prekeys::generate(policy.clone(), NOW, &mut rng).unwrap();
            let keys = StoreKeys::new(key(1));
            let policy = SessionPolicy::default();
            let store = Arc::clone(store);
            Device::create(store, keys, policy, identity, prekeys, &mut rng).unwrap()
        };
        create(&alice, "alice");
        let mut bobs = create(&bob, "bob");
        let record = bobs
            .change_prekeys(|prekeys, identity, _| prekeys.record(identity), &mut rng)
            .unwrap();
        let batch = bobs
            .change_prekeys(
                |prekeys, identity, rng| prekeys.replenish(identity, 0, NOW, rng),
                &mut rng,
            )
            .unwrap();
        let mut server = PublishedPrekeys::new::<Backend>(record).unwrap();
        server.add_batch::<Backend>(batch.unwrap()).unwrap();
        Self {
            rng,
            alice,
            bob,
            server,
        }
    }

    pub(crate) fn bundle(&mut self) -> VerifiedBundle {
        let bundle = self.server.take_bundle(NOW);
        bundle
            .verify::<Backend>(&peer(&account("bob")), NOW)
            .unwrap()
    }

    pub(crate) fn first_message(&mut self) -> Vec<u8> {
        let bundle = self.bundle();
        let mut alice = open(&self.alice);
        alice.observe_time(NOW);
        let policy = InitiatePolicy::default();
        alice
            .initiate(&with("bob"), &bundle, b"hello", &policy, &mut self.rng)
            .unwrap()
    }

    pub(crate) fn accept(&mut self, message: &[u8]) -> Result<Vec<u8>, DurableError> {
        let mut bob = open(&self.bob);
        bob.observe_time(NOW);
        let from = account("alice");
        let attach = |text: &[u8]| Some(text.to_vec());
        bob.accept(&peer(&from), message, attach, &mut self.rng)
    }

    /// A world in which both have heard from each other.
    pub(crate) fn met(seed: u64) -> Self {
        let mut world = Self::new(seed);
        let first = world.first_message();
        assert_eq!(world.accept(&first).unwrap(), b"hello");
        let answer = open(&world.bob)
            .encrypt(&with("alice"), b"hi", &mut world.rng)
            .unwrap();
        let opened = open(&world.alice).decrypt(&with("bob"), &answer, &mut world.rng);
        assert_eq!(opened.unwrap(), b"hi");
        world
    }
}
