//! Known answers for whole conversations: the engine on every backend and a second implementation
//! of docs/PROTOCOL.md agree on every byte, and both agree with the files in `core/vectors/`.
//!
//! The engine draws from a seeded generator that records what it gave; the second implementation
//! gets the recorded draws and nothing else. `SPRAG_WRITE_VECTORS=1` writes the files anew.

#![cfg(feature = "rustcrypto")]

mod engine;
mod handshake;
mod json;
mod primitives;
mod ratchet;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use engine::{CREATED, Engine, NOT_AFTER, ONE_TIME_NOT_AFTER, Step};
use handshake::{Identity, Prekey, Prekeys};
use json::{Json, hex, number, text};
use primitives::Bytes;
use ratchet::Side;
use sprag::Suite;
use sprag::sprag_core::backend::PqBackend;
use support::on_every_backend;

#[test]
fn x3dh_chacha20poly1305() {
    check(Suite::X3dhChaCha20Poly1305, Some(0));
}

#[test]
fn x3dh_aes256gcm_without_a_one_time_prekey() {
    check(Suite::X3dhAes256Gcm, None);
}

#[test]
fn pqxdh768_chacha20poly1305() {
    check(Suite::Pqxdh768ChaCha20Poly1305, Some(2));
}

#[test]
fn pqxdh768_aes256gcm_without_a_one_time_prekey() {
    check(Suite::Pqxdh768Aes256Gcm, None);
}

#[test]
fn pqxdh1024_aes256gcm() {
    check(Suite::Pqxdh1024Aes256Gcm, Some(1));
}

fn check(suite: Suite, one_time: Option<usize>) {
    let engine = Engine::run::<sprag::rustcrypto::Backend>(suite, one_time);
    on_every_backend!(same(&engine, suite, one_time));

    let answers = second_implementation(&engine, suite, one_time).to_file();
    let name = suite.name().to_lowercase().replace('+', "-");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("core/vectors/{name}.json"));
    if std::env::var_os("SPRAG_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &answers).expect("a writable core/vectors");
    }
    let file = std::fs::read_to_string(&path).expect("core/vectors holds the file");
    assert!(
        file == answers,
        "{} differs; SPRAG_WRITE_VECTORS=1 shows how",
        path.display()
    );
}

fn same<B: PqBackend>(engine: &Engine, suite: Suite, one_time: Option<usize>) {
    assert!(
        *engine == Engine::run::<B>(suite, one_time),
        "{} gives other bytes",
        B::NAME
    );
}

/// Computes everything anew from the draws, and compares with what the engine did.
fn second_implementation(engine: &Engine, suite: Suite, one_time: Option<usize>) -> Json {
    let draws = &mut engine.draws.iter();
    let (alice, bob) = (identity("alice", draws), identity("bob", draws));
    let kem = suite.kem();
    let last_resort = kem.map(|_| (1, seed("prekeys", draws)));
    let signed_id = if kem.is_some() { 2 } else { 1 };
    let signed_private = secret("prekeys", draws);
    let mut one_time_keys = Vec::new();
    for offset in 1..=engine::ONE_TIME {
        one_time_keys.push(Prekey {
            id: signed_id + offset,
            x25519_private: secret("one-time prekeys", draws),
            kem_seed: kem.map(|_| seed("one-time prekeys", draws)),
        });
    }
    let prekeys = Prekeys {
        kem,
        suites: vec![suite],
        not_after: NOT_AFTER,
        signed_id,
        signed_private,
        last_resort,
        one_time: one_time_keys,
        one_time_not_after: ONE_TIME_NOT_AFTER,
    };
    let ephemeral = secret("initiate", draws);
    let m = kem.map(|_| secret("initiate", draws));

    assert_eq!(prekeys.record(&bob), engine.record, "record");
    assert_eq!(prekeys.batch(&bob), engine.batch, "batch");
    let bundle = prekeys.bundle(&bob, one_time);
    assert_eq!(bundle, engine.bundle, "bundle");
    assert_eq!(alice.safety_number(&bob), engine.safety_number);

    let handshake = handshake::handshake(
        suite,
        (&alice, &bob),
        &prekeys,
        one_time,
        &ephemeral,
        m.as_ref(),
    );
    assert_eq!(handshake.sid[..16], engine.session_id);

    let messages = messages(
        engine,
        suite,
        &prekeys,
        &handshake,
        draws.cloned().collect(),
    );
    Json::Object(vec![
        ("suite", text(suite.name())),
        ("suite_id", number(suite.id())),
        ("alice", alice.json()),
        ("bob", bob.json()),
        ("safety_number", text(alice.safety_number(&bob))),
        ("prekeys", prekeys.json()),
        ("record", hex(prekeys.record(&bob))),
        ("batch", hex(prekeys.batch(&bob))),
        ("bundle", hex(bundle)),
        ("handshake", handshake.json),
        ("messages", messages),
    ])
}

type Draws<'a> = std::slice::Iter<'a, (&'static str, Bytes)>;

fn secret(what: &str, draws: &mut Draws<'_>) -> [u8; 32] {
    let (recorded, bytes) = draws.next().expect("one more draw");
    assert_eq!(*recorded, what);
    bytes[..].try_into().expect("32 bytes")
}

fn seed(what: &str, draws: &mut Draws<'_>) -> [u8; 64] {
    [secret(what, draws), secret(what, draws)]
        .concat()
        .try_into()
        .expect("64 bytes")
}

fn identity(account: &'static str, draws: &mut Draws<'_>) -> Identity {
    Identity {
        account,
        device: 1,
        created: CREATED,
        signing_seed: secret("identity", draws),
        agreement_private: secret("identity", draws),
    }
}

/// Replays the script, and compares message by message.
fn messages(
    engine: &Engine,
    suite: Suite,
    prekeys: &Prekeys,
    handshake: &handshake::Handshake,
    draws: Vec<(&'static str, Bytes)>,
) -> Json {
    let spk = primitives::x25519_public(&prekeys.signed_private);
    let (sid, root_key) = (handshake.sid, handshake.root_key);
    let alice = Side::alice(suite, sid, root_key, spk, handshake.init.clone());
    let bob = Side::bob(suite, sid, root_key, prekeys.signed_private);
    let mut sides = [alice, bob];
    let (mut sealed, mut keys) = (Vec::new(), Vec::new());
    for step in engine::SCRIPT {
        match *step {
            Step::Send(from, plaintext) => {
                let label = engine::LABELS[sealed.len()];
                let own = draws.iter().filter(|(what, _)| *what == label);
                let own: Vec<_> = own.map(|(_, bytes)| bytes.clone()).collect();
                let message = sides[from].seal(plaintext, &own);
                assert_eq!(message.bytes, engine.messages[sealed.len()], "{plaintext}");
                keys.push(message.key);
                sealed.push(message.json);
            }
            Step::Receive(to, index) => {
                let opened = sides[to].open(&engine.messages[index], handshake.init.len());
                assert_eq!(opened, keys[index], "message {index}");
            }
        }
    }
    Json::List(sealed)
}
