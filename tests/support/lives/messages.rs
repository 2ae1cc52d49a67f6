//! Prekeys, a handshake, and a long conversation with losses, leases, batches and copies.

use rand_chacha::ChaCha20Rng;
use sprag::rand_core::SeedableRng;
use sprag::sprag_core::PqBackend;
use sprag::sprag_core::ephemeral::EphemeralPool;
use sprag::sprag_core::handshake::{Identity, Prekeys};
use sprag::sprag_core::session::{Conversation, Session};
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, SessionPolicy,
    UnixTime, decrypt_batch, encrypt_batch,
};

pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);

pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(7)
}

pub(crate) fn device<B: PqBackend>(name: &str) -> Identity<B> {
    Identity::generate(AccountId::new(name).unwrap(), 1, NOW, &mut rng()).unwrap()
}

/// Two devices that have met, and the prekeys of the second.
pub(crate) struct Met<B: PqBackend> {
    pub(crate) alice: Session<B>,
    pub(crate) bob: Session<B>,
    pub(crate) prekeys: Prekeys<B>,
    pub(crate) identity: Identity<B>,
}

/// `high` one-time prekeys are made; without any the last resort is used.
pub(crate) fn meet<B: PqBackend>(high: u32, policy: SessionPolicy) -> Met<B> {
    let rng = &mut ChaCha20Rng::seed_from_u64(8);
    let (alice, bob) = (
        AccountId::new("alice").unwrap(),
        AccountId::new("bob").unwrap(),
    );
    let peer = |account| Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    };
    let identity = Identity::<B>::generate(bob.clone(), 1, NOW, rng).unwrap();
    let prekey_policy = PrekeyPolicy {
        low: high,
        high: high.max(1),
        ..PrekeyPolicy::default()
    };
    let mut prekeys = Prekeys::<B>::generate(prekey_policy, NOW, rng).unwrap();
    let record = prekeys.record(&identity).unwrap();
    let mut server = PublishedPrekeys::new::<B>(record).unwrap();
    if let Some(batch) = prekeys.replenish(&identity, 0, NOW, rng).unwrap() {
        server.add_batch::<B>(batch).unwrap();
    }
    let bundle = server.take_bundle(NOW);
    let bundle = bundle.verify::<B>(&peer(&bob), NOW).unwrap();
    let ours = device::<B>("alice");
    let initiate = InitiatePolicy {
        session: policy,
        ..InitiatePolicy::default()
    };
    let started = sprag::initiate(&ours, &bundle, b"hello", &initiate, NOW, rng).unwrap();
    let accepted = prekeys.accept(&identity, &peer(&alice), &started.message, policy, NOW);
    Met {
        alice: started.session,
        bob: accepted.unwrap().session,
        prekeys,
        identity,
    }
}

fn policy() -> SessionPolicy {
    SessionPolicy {
        max_skipped_keys: 12,
        skipped_ttl_messages: 9,
        clone_window: 3,
        ..SessionPolicy::default()
    }
}

pub(crate) fn conversation<B: PqBackend>() {
    let rng = &mut rng();
    let mut met = meet::<B>(2, policy());
    let mut pool = EphemeralPool::<B>::new(5);
    pool.fill(rng).unwrap();
    for turn in 0..10_u8 {
        let (from, to) = match turn % 2 {
            0 => (&mut met.bob, &mut met.alice),
            _ => (&mut met.alice, &mut met.bob),
        };
        let source = &mut pool.before(rng);
        let mut messages: Vec<_> = (0..7)
            .map(|n| from.encrypt(&[turn, n], source).unwrap())
            .collect();
        let mut lease = from.lease(3, source).unwrap();
        messages.push(lease.encrypt(b"leased", source).unwrap());
        // Reordered, one lost in each turn, one forged, one twice.
        messages.swap(1, 5);
        messages.remove(3);
        let mut forged = messages[2].clone();
        forged[60] ^= 1;
        assert!(to.decrypt(&forged).is_err());
        for message in &messages {
            to.decrypt(message).unwrap();
        }
        assert!(to.decrypt(&messages[0]).is_err());
        to.observe_time(UnixTime(NOW.0 + u64::from(turn) * 86400 * 5));
    }
    in_batches(&mut met.alice, &mut met.bob);
    stored(&met.alice, &met.bob, &met.prekeys, &met.identity);
    met.bob.close();

    // Prekeys that are rotated out and expire.
    met.prekeys.rotate(NOW, rng).unwrap();
    met.prekeys.rotate(NOW, rng).unwrap();
    met.prekeys.purge(UnixTime(u64::MAX));
    assert_eq!(met.prekeys.one_time_kept(), 0);
    drop(met);
    // By the last resort.
    drop(meet::<B>(0, policy()));
}

fn in_batches<B: PqBackend>(alice: &mut Session<B>, bob: &mut Session<B>) {
    // Not the one above again: a ratchet key that comes twice is no turn.
    let rng = &mut ChaCha20Rng::seed_from_u64(9);
    for _ in 0..2 {
        let mut buffer = vec![0; alice.header_len() + 5 + 16];
        let sealed = encrypt_batch([(&mut *alice, &mut buffer[..])], rng);
        assert_eq!(sealed, [Ok(())]);
        let opened = decrypt_batch([(&mut *bob, &mut buffer[..])]);
        assert!(opened.iter().all(Result::is_ok));

        let mut run: Vec<_> = (0..3).map(|n| vec![0; bob.header_len() + n + 16]).collect();
        let mut buffers: Vec<_> = run.iter_mut().map(Vec::as_mut_slice).collect();
        bob.encrypt_run_in_place(&mut buffers, rng).unwrap();
        alice.decrypt(&run[2]).unwrap();
    }
}

/// What is read from storage, and what is refused there.
fn stored<B: PqBackend>(
    alice: &Session<B>,
    bob: &Session<B>,
    prekeys: &Prekeys<B>,
    identity: &Identity<B>,
) {
    let saved = alice.encode();
    let again = Session::<B>::decode(&saved, policy()).unwrap();
    let mut conversation = Conversation::new(again);
    conversation.encrypt(b"from a copy", &mut rng()).unwrap();
    Conversation::<B>::decode(&conversation.encode(), policy()).unwrap();
    for len in 0..saved.len() {
        assert!(Session::<B>::decode(&saved[..len], policy()).is_err());
    }
    Session::<B>::decode(&bob.encode(), policy()).unwrap();
    let saved = prekeys.encode();
    Prekeys::<B>::decode(&saved).unwrap();
    for len in 0..saved.len() {
        assert!(Prekeys::<B>::decode(&saved[..len]).is_err());
    }
    Identity::<B>::decode(&identity.encode()).unwrap();
}
