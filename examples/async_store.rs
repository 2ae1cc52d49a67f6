//! An asynchronous application with a store of its own: the engine says what to load and what to
//! commit, and calls nothing.
//!
//! `cargo run --example async_store`

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use sprag::default::{Backend, Durable, Identity, Prekeys};
use sprag::rand_core::TryCryptoRng;
use sprag::sprag_core::durable::WorkingSet;
use sprag::store::{Change, CommitError, Record, RecordId, RecordKind, Store};
use sprag::stores::Memory;
use sprag::{
    AccountId, ConversationId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys,
    Secret, SessionPolicy, StoreKeys,
};
use tokio::sync::Mutex;

/// A store that is awaited: here a table behind an asynchronous lock, elsewhere a database.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<HashMap<RecordId, Record>>>);

impl Table {
    async fn load(&self, ids: &[RecordId]) -> Vec<Option<Record>> {
        let rows = self.0.lock().await;
        ids.iter().map(|id| rows.get(id).cloned()).collect()
    }

    async fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        let mut rows = self.0.lock().await;
        let stale = changes
            .iter()
            .filter(|change| rows.get(&change.id).map(|row| row.revision) != change.expected);
        let stale: Vec<RecordId> = stale.map(|change| change.id.clone()).collect();
        if !stale.is_empty() {
            return Err(CommitError::Conflict(stale));
        }
        for Change { id, new, .. } in changes {
            match new {
                Some(new) => drop(rows.insert(id.clone(), new.clone())),
                None => drop(rows.remove(id)),
            }
        }
        Ok(())
    }
}

/// One task of the application: load, encrypt, commit, and again if another task was faster.
async fn send<R: TryCryptoRng>(
    table: &Table,
    set: &mut WorkingSet<Backend>,
    with: &ConversationId,
    text: &[u8],
    rng: &mut R,
) -> Result<Vec<u8>, Box<dyn Error>> {
    loop {
        let ids = set.missing(&[with.record().clone()]);
        for (id, record) in ids.iter().zip(table.load(&ids).await) {
            set.admit(id.clone(), record.as_ref())?;
        }
        set.encrypt(with, text, rng)?;
        let prepared = set.prepare(rng)?;
        let said = table.commit(prepared.changes()).await;
        match set.settle(prepared, said) {
            Ok(outputs) => {
                return outputs
                    .messages
                    .into_iter()
                    .next()
                    .ok_or("no message".into());
            }
            Err(CommitError::Conflict(ids)) => set.evict(&ids),
            Err(error) => return Err(error.into()),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (rng, now) = (&mut sprag::entropy::system(), sprag::platform::now());
    let (alice_account, bob_account) = (AccountId::new("alice")?, AccountId::new("bob")?);

    // Two devices that have met, as in the other examples, over a store in memory.
    let key = || StoreKeys::new(Secret::new([7; 32]));
    let policy = SessionPolicy::default();
    let alice = Identity::generate(alice_account.clone(), 1, now, rng)?;
    let prekeys = Prekeys::generate(PrekeyPolicy::default(), now, rng)?;
    let memory = Arc::new(Memory::new());
    let mut first = Durable::create(Arc::clone(&memory), key(), policy, alice, prekeys, rng)?;
    first.observe_time(now);
    let bob = Identity::generate(bob_account.clone(), 1, now, rng)?;
    let mut prekeys = Prekeys::generate(PrekeyPolicy::default(), now, rng)?;
    let mut directory = PublishedPrekeys::new::<Backend>(prekeys.record(&bob)?)?;
    let peer = |account| Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    };
    let bundle = directory
        .take_bundle(now)
        .verify::<Backend>(&peer(&bob_account), now)?;
    let with_bob = ConversationId::new(&bob_account, 1);
    let hello = first.initiate(
        &with_bob,
        &bundle,
        b"hello",
        &InitiatePolicy::default(),
        rng,
    )?;
    let mut bobs = prekeys
        .accept(&bob, &peer(&alice_account), &hello, policy, now)?
        .session;

    // The records move into the application's own table.
    let table = Table::default();
    for kind in RecordKind::ALL {
        let rows = memory.scan(kind, None, usize::MAX)?;
        table.0.lock().await.extend(rows);
    }
    let mut tasks = [(); 2].map(|()| WorkingSet::<Backend>::new(key(), policy));
    for n in 0..6_usize {
        let text = format!("message {n}, from task {}", n % 2);
        let message = send(&table, &mut tasks[n % 2], &with_bob, text.as_bytes(), rng).await?;
        println!("{}", String::from_utf8(bobs.decrypt(&message)?)?);
    }
    Ok(())
}
