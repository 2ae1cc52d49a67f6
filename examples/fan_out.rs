//! One announcement to a thousand devices: one commit, not a thousand.
//!
//! `cargo run --release --example fan_out --features sqlite [DEVICES]`

use std::error::Error;
use std::time::Instant;

use sprag::default::{Backend, Durable, Identity, Prekeys};
use sprag::stores::Sqlite;
use sprag::{
    AccountId, ConversationId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys,
    Secret, SessionPolicy, StoreKeys, Suite,
};

fn main() -> Result<(), Box<dyn Error>> {
    let devices: u32 = match std::env::args().nth(1) {
        Some(devices) => devices.parse()?,
        None => 1000,
    };
    let (rng, now) = (&mut sprag::entropy::system(), sprag::platform::now());
    let folder = tempfile::tempdir()?;
    let desk_account = AccountId::new("desk")?;
    let policy = PrekeyPolicy {
        suites: vec![Suite::X3dhAes256Gcm],
        ..PrekeyPolicy::default()
    };

    let identity = Identity::generate(desk_account.clone(), 1, now, rng)?;
    let prekeys = Prekeys::generate(policy, now, rng)?;
    let record = prekeys.record(&identity)?;
    let key = StoreKeys::new(Secret::random(rng)?);
    let store = Sqlite::open(folder.path().join("desk"))?;
    let mut desk = Durable::create(store, key, SessionPolicy::default(), identity, prekeys, rng)?;
    desk.observe_time(now);

    // Every device subscribes with a first message of its own.
    let mut directory = PublishedPrekeys::new::<Backend>(record)?;
    let whom = Peer {
        account: &desk_account,
        device: 1,
        expected: Expected::Unknown,
    };
    let bundle = directory.take_bundle(now).verify::<Backend>(&whom, now)?;
    let mut subscribers = Vec::new();
    for n in 0..devices {
        let account = AccountId::new(format!("subscriber {n}"))?;
        let identity = Identity::generate(account.clone(), 1, now, rng)?;
        let invited = InitiatePolicy::default();
        let started = sprag::initiate(&identity, &bundle, b"subscribe", &invited, now, rng)?;
        let from = Peer {
            account: &account,
            device: 1,
            expected: Expected::Unknown,
        };
        desk.accept(&from, &started.message, |_| None, rng)?;
        subscribers.push((ConversationId::new(&account, 1), started.session));
    }
    println!("{devices} devices have subscribed");

    let announcement = b"The desk is open until six.".as_slice();
    let jobs: Vec<_> = subscribers
        .iter()
        .map(|(with, _)| (with.clone(), announcement))
        .collect();
    let began = Instant::now();
    let messages = desk.encrypt_batch(&jobs, rng)?;
    let together = began.elapsed();
    for ((_, session), message) in subscribers.iter_mut().zip(messages) {
        assert_eq!(session.decrypt(&message?)?, announcement);
    }
    println!("in one commit:       {:>8.1?}", together);

    let few = jobs.len().min(100);
    let began = Instant::now();
    for (with, text) in &jobs[..few] {
        desk.encrypt(with, text, rng)?;
    }
    let alone = began.elapsed() * devices / few.max(1) as u32;
    println!("in a commit for each: {alone:>7.1?}, from the first {few}");
    Ok(())
}
