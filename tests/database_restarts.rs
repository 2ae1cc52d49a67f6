//! Workers on one conversation while their database is stopped as by a crash and started again: each
//! message is sent once, opened once, and none is lost.

#![cfg(all(feature = "rustcrypto", feature = "postgres"))]

use std::collections::BTreeSet;
use std::error::Error;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sprag::rustcrypto::{Backend, Durable, Identity, Prekeys};
use sprag::stores::{Memory, Postgres};
use sprag::{
    AccountId, ConversationId, DurableError, Expected, InitiatePolicy, Peer, PrekeyPolicy,
    PublishedPrekeys, Secret, SessionPolicy, StoreKeys, Suite,
};

type Failure = Box<dyn Error + Send + Sync>;

const WORKERS: usize = 3;
const RESTARTS: usize = 4;

fn keys() -> StoreKeys {
    StoreKeys::new(Secret::new([3; 32]))
}

/// An operation, again until the database is there and says what became of it.
fn insist(alice: &mut Durable<Postgres>, text: &[u8]) -> Result<Vec<u8>, Failure> {
    let rng = &mut sprag::entropy::system();
    let with = ConversationId::new(&AccountId::new("bob")?, 1);
    let mut sent = alice.encrypt(&with, text, rng);
    loop {
        match sent {
            Ok(message) => return Ok(message),
            Err(DurableError::InDoubt(_)) => {
                thread::sleep(Duration::from_millis(20));
                match alice.resolve(rng) {
                    Ok(Some(mut outputs)) => return outputs.messages.pop().ok_or("none".into()),
                    Ok(None) => sent = alice.encrypt(&with, text, rng),
                    Err(error) => sent = Err(error),
                }
            }
            Err(error) if error.retryable() => {
                thread::sleep(Duration::from_millis(20));
                sent = alice.encrypt(&with, text, rng);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[test]
fn a_database_that_restarts_under_load_loses_no_message() -> Result<(), Failure> {
    let server = std::env::var("SPRAG_POSTGRES")
        .map_err(|_| "SPRAG_POSTGRES holds no address: run this with scripts/with-postgres")?;
    let Ok(restart) = std::env::var("SPRAG_POSTGRES_RESTART") else {
        // A server of somebody else's is not ours to stop.
        println!("NOT RUN: SPRAG_POSTGRES_RESTART names no program");
        return Ok(());
    };
    let (rng, now) = (&mut sprag::entropy::system(), sprag::platform::now());
    let (alice_account, bob_account) = (AccountId::new("alice")?, AccountId::new("bob")?);
    let policy = SessionPolicy::default();
    let prekeys = || PrekeyPolicy {
        suites: vec![Suite::X3dhAes256Gcm],
        ..PrekeyPolicy::default()
    };

    Postgres::migrate(&server)?;
    let identity = Identity::generate(alice_account.clone(), 1, now, rng)?;
    let own = Prekeys::generate(prekeys(), now, rng)?;
    let store = Postgres::open(&server)?;
    let mut alice = Durable::create(store, keys(), policy, identity, own, rng)?;
    alice.observe_time(now);
    let identity = Identity::generate(bob_account.clone(), 1, now, rng)?;
    let own = Prekeys::generate(prekeys(), now, rng)?;
    let mut directory = PublishedPrekeys::new::<Backend>(own.record(&identity)?)?;
    let mut bob = Durable::create(Memory::new(), keys(), policy, identity, own, rng)?;
    bob.observe_time(now);
    let peer = |account| Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    };
    let bundle = directory
        .take_bundle(now)
        .verify::<Backend>(&peer(&bob_account), now)?;
    let with_bob = ConversationId::new(&bob_account, 1);
    let hello = alice.initiate(&with_bob, &bundle, b"", &InitiatePolicy::default(), rng)?;
    bob.accept(&peer(&alice_account), &hello, |_| None, rng)?;

    let done = AtomicBool::new(false);
    // In the order of their release, as a relay would hold them: read worker by worker, the last one's
    // first messages would lie further back than a session keeps the keys of missing ones.
    let relay = Mutex::new(Vec::new());
    let work = |worker: usize| {
        let mut alice = Durable::<Postgres>::open(Postgres::open(&server)?, keys(), policy)?;
        for n in 0.. {
            if done.load(Ordering::Relaxed) {
                break;
            }
            let message = insist(&mut alice, format!("{worker} {n}").as_bytes())?;
            relay.lock().map_err(|_| "a worker failed")?.push(message);
        }
        Ok::<_, Failure>(())
    };
    thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..WORKERS).map(|n| scope.spawn(move || work(n))).collect();
        for _ in 0..RESTARTS {
            thread::sleep(Duration::from_millis(400));
            let restarted = Command::new(&restart).status();
            assert!(restarted.is_ok_and(|status| status.success()), "no restart");
        }
        thread::sleep(Duration::from_millis(400));
        done.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.join().map_err(|_| "a worker failed")??;
        }
        Ok::<_, Failure>(())
    })?;
    let messages = relay.into_inner().map_err(|_| "a worker failed")?;

    let with_alice = ConversationId::new(&alice_account, 1);
    let mut read = BTreeSet::new();
    for message in &messages {
        read.insert(bob.decrypt(&with_alice, message, rng)?);
    }
    println!("{} messages over {RESTARTS} restarts", messages.len());
    assert_eq!(read.len(), messages.len(), "a message was made twice");
    assert!(messages.len() > 50, "too little happened to prove anything");
    Ok(())
}
