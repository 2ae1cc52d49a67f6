//! One conversation, as an application would hold it: prekeys on a server, a first message to
//! somebody who is offline, safety numbers, and states that are saved before a message leaves.
//!
//! `cargo run --example conversation`

use std::error::Error;

use sprag::default::{Backend, Conversation, Identity, Prekeys, Session};
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyBundle, PrekeyPolicy, PublishedPrekeys,
    SafetyNumber, SessionPolicy,
};

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut sprag::entropy::system();
    let now = sprag::platform::now();
    let (alice_account, bob_account) = (AccountId::new("alice")?, AccountId::new("bob")?);

    // Bob's device makes an identity and prekeys, uploads their public half, and goes offline.
    let bob = Identity::generate(bob_account.clone(), 1, now, rng)?;
    let mut bobs_prekeys = Prekeys::generate(PrekeyPolicy::default(), now, rng)?;
    let mut server = PublishedPrekeys::new::<Backend>(bobs_prekeys.record(&bob)?)?;
    if let Some(batch) = bobs_prekeys.replenish(&bob, server.remaining(), now, rng)? {
        println!(
            "Bob uploads {} one-time prekeys under one signature",
            batch.len()
        );
        server.add_batch::<Backend>(batch)?;
    }

    // Alice fetches a bundle, as bytes. She has never met Bob.
    let fetched = server.take_bundle(now).encode();
    println!("Alice fetches a bundle of {} bytes", fetched.len());
    let alice = Identity::generate(alice_account.clone(), 1, now, rng)?;
    let whom = Peer {
        account: &bob_account,
        device: 1,
        expected: Expected::Unknown,
    };
    let bundle = PrekeyBundle::decode(&fetched)?.verify::<Backend>(&whom, now)?;

    let policy = InitiatePolicy::default();
    let started = sprag::initiate(&alice, &bundle, b"Hello Bob!", &policy, now, rng)?;
    println!(
        "Alice sends {} bytes with {}",
        started.message.len(),
        started.suite
    );
    let mut with_bob = Conversation::new(started.session);

    // Bob comes online. The session and the used prekey are to be stored in one transaction.
    let from = Peer {
        account: &alice_account,
        device: 1,
        expected: Expected::Unknown,
    };
    let session_policy = SessionPolicy::default();
    let accepted = bobs_prekeys.accept(&bob, &from, &started.message, session_policy, now)?;
    println!("Bob reads: {}", String::from_utf8_lossy(&accepted.payload));
    let to_store = (accepted.session.encode(), bobs_prekeys.encode());
    println!(
        "Bob stores {} and {} bytes",
        to_store.0.len(),
        to_store.1.len()
    );

    // The two compare these digits, by voice for instance: nobody sits between them.
    let alices = SafetyNumber::new(
        &alice,
        &bob_account,
        bundle.identity().fingerprint::<Backend>(),
    );
    let bobs = SafetyNumber::new(&bob, &alice_account, accepted.peer.fingerprint::<Backend>());
    assert_eq!(alices, bobs);
    println!("Both see {alices}");

    // Bob answers. The changed state is saved before the message leaves, so that a crash in
    // between can't make him use a key twice.
    let mut session = Session::decode(&to_store.0, session_policy)?;
    let (answer, pending) = session.prepare_encrypt(b"Hello Alice!", rng)?;
    session.commit(pending)?;
    let saved = session.encode();
    println!(
        "Bob saves {} bytes, then sends {}",
        saved.len(),
        answer.len()
    );
    let later = session.encrypt(b"How are you?", rng)?;

    // The network delivers the later one first, and once more at the end.
    for message in [&later, &answer, &later] {
        match with_bob.decrypt(message) {
            Ok(text) => println!("Alice reads: {}", String::from_utf8_lossy(&text)),
            Err(error) => println!("Alice refuses: {error}"),
        }
    }
    Ok(())
}
