//! The store against a plain model, over more turns than chain identifiers have values.

use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::ratchet::ChainKey;
use crate::testing::null::Null;

/// What one step does to both.
#[derive(Clone, Debug)]
enum Step {
    /// A message this far ahead on the current chain.
    Receive(u32),
    /// The current chain ends this far ahead, and the next begins with that message.
    Turn(u32, u32),
    /// A late message arrives.
    Use(prop::sample::Index),
    /// This many hours pass.
    Wait(u16),
    /// The policy's number of keys changes.
    Capacity(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..9_u32).prop_map(Step::Receive),
        4 => (0..5_u32, 0..5_u32).prop_map(|(pn, n)| Step::Turn(pn, n)),
        4 => any::<prop::sample::Index>().prop_map(Step::Use),
        1 => (0..30_u16).prop_map(Step::Wait),
        1 => (0..60_usize).prop_map(Step::Capacity),
    ]
}

/// Positions by (number of the chain since the beginning, number in the chain).
type Position = (u32, u32);

struct Model {
    store: SkippedKeys,
    chain: Chain,
    chains: u32,
    stored: BTreeMap<Position, (Secret<32>, u16)>,
    forgotten: Option<Position>,
    /// How long each remembered chain has become.
    lengths: BTreeMap<u32, u32>,
    hour: u16,
    capacity: usize,
}

const TTL_HOURS: u16 = 24;

impl Model {
    fn new() -> Self {
        Self {
            store: SkippedKeys::default(),
            chain: first_of(0),
            chains: 0,
            stored: BTreeMap::new(),
            forgotten: None,
            lengths: BTreeMap::from([(0, 0)]),
            hour: u16::MAX - 40,
            capacity: 20,
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            received: 0,
            hour: self.hour,
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Receive(skip) => self.receive(skip),
            Step::Turn(pn, n) => {
                self.skip(pn);
                self.store.close::<Null>([self.chains as u8; 32]);
                self.chains += 1;
                self.lengths.insert(self.chains, 0);
                self.chain = first_of(self.chains);
                let oldest = self.chains.saturating_sub(MAX_CLOSED_CHAINS as u32);
                self.lengths.retain(|chain, _| *chain >= oldest);
                self.stored.retain(|(chain, _), _| *chain >= oldest);
                self.forgotten = self.forgotten.filter(|(chain, _)| *chain >= oldest);
                self.receive(n);
            }
            Step::Use(index) => {
                let stored: Vec<_> = self.stored.keys().copied().collect();
                if !stored.is_empty() {
                    let used = stored[index.index(stored.len())];
                    let Passed::Stored(at) = self.store.look_up(self.id(used.0), used.1) else {
                        panic!("{used:?} is not stored");
                    };
                    self.store.remove(at);
                    self.stored.remove(&used);
                }
            }
            Step::Wait(hours) => {
                self.hour = self.hour.wrapping_add(hours);
                self.store.expire::<Null>(self.stamp(), u32::MAX, TTL_HOURS);
                while let Some(entry) = self.stored.first_entry()
                    && self.hour.wrapping_sub(entry.get().1) >= TTL_HOURS
                {
                    self.forgotten = Some(entry.remove_entry().0);
                }
            }
            Step::Capacity(capacity) => self.capacity = capacity,
        }
    }

    /// Stores the keys up to a message `skip` ahead, and passes the message.
    fn receive(&mut self, skip: u32) {
        self.skip(skip);
        self.chain.key.step_into::<Null>(&mut [0; 32]);
        self.chain.n += 1;
        self.lengths.insert(self.chains, self.chain.n);
    }

    fn skip(&mut self, skip: u32) {
        let mut chain = Chain {
            key: ChainKey::new(Secret::new(*self.chain.key.expose())),
            n: self.chain.n,
        };
        let (end, stamp) = (chain.n + skip, self.stamp());
        self.store
            .store::<Null>(&mut self.chain, end, stamp, self.capacity);
        while chain.n < end {
            let mut key = Secret::zeroed();
            chain.key.step_into::<Null>(key.expose_mut());
            self.stored.insert((self.chains, chain.n), (key, self.hour));
            chain.n += 1;
            while self.stored.len() > self.capacity {
                self.forgotten = self.stored.pop_first().map(|(position, _)| position);
            }
        }
        self.lengths.insert(self.chains, end);
    }

    /// The store's identifier of a chain.
    fn id(&self, chain: u32) -> u8 {
        let closed = self.store.closed_chain(&[chain as u8; 32]);
        closed.unwrap_or_else(|| self.store.current_chain())
    }

    fn check(&self, store: &SkippedKeys) {
        assert_eq!(store.len(), self.stored.len());
        for (&chain, &length) in &self.lengths {
            let id = store.closed_chain(&[chain as u8; 32]);
            assert_eq!(id.is_some(), chain < self.chains);
            let id = id.unwrap_or_else(|| store.current_chain());
            for n in 0..length {
                match (store.look_up(id, n), self.stored.get(&(chain, n))) {
                    (Passed::Stored(index), Some((key, _))) => {
                        let found = store.message_key(index).unwrap();
                        assert_eq!(found.expose(), key.expose());
                    }
                    (Passed::Forgotten, None) => assert!(Some((chain, n)) <= self.forgotten),
                    (Passed::Opened, None) => assert!(Some((chain, n)) > self.forgotten),
                    (found, _) => panic!("{chain} {n}: {found:?}"),
                }
            }
        }
    }
}

/// A chain whose keys are its own.
fn first_of(chain: u32) -> Chain {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&chain.to_be_bytes());
    Chain {
        key: ChainKey::new(Secret::new(key)),
        n: 0,
    }
}

fn encoded(store: &SkippedKeys) -> Vec<u8> {
    let mut bytes = SecretBytes::default();
    store.encode(&mut bytes);
    bytes.to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_does_what_a_map_would(steps in prop::collection::vec(step(), 1200..1300)) {
        let mut model = Model::new();
        for (count, step) in steps.iter().enumerate() {
            model.apply(step);
            model.check(&model.store);
            if count % 16 == 0 {
                let bytes = encoded(&model.store);
                let mut reader = Reader::new(&bytes);
                let again = SkippedKeys::decode(&mut reader, Some(model.chain.n)).unwrap();
                model.check(&again);
                prop_assert_eq!(encoded(&again), bytes);
                if count % 32 == 0 {
                    model.store = again;
                }
            }
        }
        // More turns than a chain's identifier has values.
        prop_assert!(model.chains > 256);
    }
}
