//! States that earlier versions saved: every backend loads them, gives the same bytes back and
//! goes on from there.
//!
//! `core/vectors/state-v<version>.txt` was written once, when that version was current, and never
//! changes again. `SPRAG_WRITE_VECTORS=1` writes the file of the current version if there is none.

#![cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use rand_chacha::ChaCha20Rng;
use sprag::rand_core::SeedableRng;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{Identity, Prekeys};
use sprag::sprag_core::session::{Conversation, STATE_VERSION, Session};
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, SessionError,
    SessionPolicy, UnixTime,
};

use support::on_every_backend;

const NOW: UnixTime = UnixTime(1_700_000_000);

/// Byte strings by name.
type Golden = BTreeMap<String, Vec<u8>>;

#[test]
fn every_backend_continues_from_every_version() {
    if std::env::var_os("SPRAG_WRITE_VECTORS").is_some() && !path(STATE_VERSION).exists() {
        std::fs::write(path(STATE_VERSION), to_text(&make())).expect("a writable core/vectors");
    }
    for version in 1..=STATE_VERSION {
        let text = std::fs::read_to_string(path(version)).expect("a file for each version");
        let golden = from_text(&text);
        on_every_backend!(continues(&golden, version));
    }
}

fn continues<B: PqBackend>(golden: &Golden, version: u8) {
    let policy = SessionPolicy::default();
    let load = |name: &str| Session::<B>::decode(&golden[name], policy).expect(name);
    if version == STATE_VERSION {
        for name in ["session_fresh", "session_busy", "session_closed"] {
            assert_eq!(*load(name).encode(), golden[name], "{name} on {}", B::NAME);
        }
        let conversation = Conversation::<B>::decode(&golden["conversation"], policy);
        assert_eq!(
            *conversation.expect("a conversation").encode(),
            golden["conversation"]
        );
        let identity = Identity::<B>::decode(&golden["identity"]).expect("an identity");
        assert_eq!(*identity.encode(), golden["identity"]);
        let prekeys = Prekeys::<B>::decode(&golden["prekeys"]).expect("prekeys");
        assert_eq!(*prekeys.encode(), golden["prekeys"]);
    }

    let mut busy = load("session_busy");
    for (message, plaintext) in [("late", "one"), ("closed_chain", "zero"), ("next", "four")] {
        let opened = busy
            .decrypt(&golden[&format!("message_{message}")])
            .expect(message);
        assert_eq!(opened, plaintext.as_bytes(), "on {}", B::NAME);
    }
    let again = busy.decrypt(&golden["message_opened"]);
    assert_eq!(again, Err(SessionError::Duplicate));

    assert!(load("session_closed").is_closed());
    let fresh = load("session_fresh").encrypt(b"again", &mut ChaCha20Rng::seed_from_u64(2));
    let init_len = golden["first_message"].len() - 67 - "hello".len();
    assert_eq!(
        fresh.expect("sends")[..init_len],
        golden["first_message"][..init_len]
    );

    let bob = Identity::<B>::decode(&golden["identity"]).expect("an identity");
    let mut prekeys = Prekeys::<B>::decode(&golden["prekeys"]).expect("prekeys");
    let alice = AccountId::new("alice").expect("a short name");
    let from = Peer {
        account: &alice,
        device: 1,
        expected: Expected::Unknown,
    };
    let accepted = prekeys.accept(&bob, &from, &golden["first_message"], policy, NOW);
    assert_eq!(accepted.expect("a first message").payload, b"hello");
}

/// One state of each shape.
fn make() -> Golden {
    type B = sprag::default::Backend;
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut golden = Golden::new();
    let mut keep = |name: &str, bytes: &[u8]| {
        assert!(golden.insert(name.to_owned(), bytes.to_vec()).is_none());
    };
    let names = ["alice", "bob"].map(|name| AccountId::new(name).expect("a short name"));
    let [alice, bob] = [0, 1]
        .map(|who| Identity::<B>::generate(names[who].clone(), 1, NOW, rng).expect("an identity"));
    let [to_alice, to_bob] = [0, 1].map(|who| Peer {
        account: &names[who],
        device: 1,
        expected: Expected::Unknown,
    });
    let policy = PrekeyPolicy {
        low: 1,
        high: 2,
        ..PrekeyPolicy::default()
    };
    let mut prekeys = Prekeys::<B>::generate(policy, NOW, rng).expect("prekeys");
    let record = prekeys.record(&bob).expect("a record");
    let mut server = PublishedPrekeys::new::<B>(record).expect("signed");
    let without = server
        .take_bundle(NOW)
        .verify::<B>(&to_bob, NOW)
        .expect("signed");
    let batch = prekeys
        .replenish(&bob, 0, NOW, rng)
        .expect("a batch")
        .expect("none wait");
    server.add_batch::<B>(batch).expect("signed");
    let with = server
        .take_bundle(NOW)
        .verify::<B>(&to_bob, NOW)
        .expect("signed");

    let initiate = InitiatePolicy::default();
    let started = sprag::initiate(&alice, &without, b"hi", &initiate, NOW, rng).expect("starts");
    let accepted = prekeys
        .accept(
            &bob,
            &to_alice,
            &started.message,
            SessionPolicy::default(),
            NOW,
        )
        .expect("a first message");
    let mut busy = accepted.session;
    let fresh = sprag::initiate(&alice, &with, b"hello", &initiate, NOW, rng).expect("starts");
    // A replay mark, a retired generation, unused one-time prekeys.
    prekeys
        .rotate(UnixTime(NOW.0 + 1), rng)
        .expect("new prekeys");
    keep("identity", &bob.encode());
    keep("prekeys", &prekeys.encode());
    keep("first_message", &fresh.message);
    keep("session_fresh", &fresh.session.encode());

    let mut peer = started.session;
    let closed_chain = peer.encrypt(b"zero", rng).expect("sends");
    let opened = peer.encrypt(b"opened", rng).expect("sends");
    busy.decrypt(&opened).expect("opens");
    let answer = busy.encrypt(b"answer", rng).expect("sends");
    peer.decrypt(&answer).expect("opens");
    let late = peer.encrypt(b"one", rng).expect("sends");
    let three = peer.encrypt(b"three", rng).expect("sends");
    busy.decrypt(&three).expect("opens");
    busy.encrypt(b"under way", rng).expect("sends");
    let next = peer.encrypt(b"four", rng).expect("sends");
    keep("message_closed_chain", &closed_chain);
    keep("message_opened", &opened);
    keep("message_late", &late);
    keep("message_next", &next);
    keep("session_busy", &busy.encode());
    let mut conversation = Conversation::new(busy);
    let policy = SessionPolicy::default();
    let second = sprag::accept(&bob, &prekeys, &to_alice, &fresh.message, policy, NOW);
    let second = second.expect("a first message").session;
    conversation.add(second).expect("the same peer");
    keep("conversation", &conversation.encode());
    let mut closed = fresh.session;
    closed.close();
    keep("session_closed", &closed.encode());
    golden
}

fn path(version: u8) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join(format!("core/vectors/state-v{version}.txt"))
}

fn to_text(golden: &Golden) -> String {
    let mut text = String::new();
    for (name, bytes) in golden {
        write!(text, "{name} ").expect("a string takes all");
        bytes
            .iter()
            .for_each(|byte| write!(text, "{byte:02x}").expect("a string takes all"));
        text.push('\n');
    }
    text
}

fn from_text(text: &str) -> Golden {
    let bytes = |hex: &str| {
        let pairs = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| str::from_utf8(pair).expect("ASCII"));
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
            .collect()
    };
    let lines = text
        .lines()
        .map(|line| line.split_once(' ').expect("a name and bytes"));
    lines
        .map(|(name, hex)| (name.to_owned(), bytes(hex)))
        .collect()
}
