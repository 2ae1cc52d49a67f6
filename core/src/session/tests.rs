//! Sessions over the null backend: the engine's own logic, without cryptography. The same laws
//! over real backends are tested by the facade.

mod boundaries;

use alloc::vec::Vec;
use std::vec;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::primitives::KeyAgreement;
use crate::ratchet::{MAX_SKIPPED_KEYS, RootKey};
use crate::secret::Secret;
use crate::testing::null::Null;
use crate::wire;

type NullSession = Session<Null>;

const SUITE: Suite = Suite::X3dhAes256Gcm;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn output(sid: u8, handshake_id: [u8; 32]) -> HandshakeOutput {
    HandshakeOutput {
        suite: SUITE,
        sid: [sid; 32],
        root_key: RootKey::new(Secret::new([sid ^ 0x55; 32])),
        peer: Fingerprint([3; 32]),
        handshake_id,
    }
}

fn pair() -> (NullSession, NullSession) {
    pair_with(SessionPolicy::default())
}

fn pair_with(policy: SessionPolicy) -> (NullSession, NullSession) {
    pair_named(1, policy)
}

/// Two sessions after the first message.
fn pair_named(sid: u8, policy: SessionPolicy) -> (NullSession, NullSession) {
    let (alice, mut first) = initiated(sid, policy);
    let inner = &mut first[wire::init_header_len(SUITE)..];
    let (bob, range) = accepted(&alice, inner).unwrap();
    assert_eq!(inner[range], *b"first");
    (alice, bob)
}

/// The initiator's session, and its first message with the INIT header.
fn initiated(sid: u8, policy: SessionPolicy) -> (NullSession, Vec<u8>) {
    let mut prefix = vec![0; wire::init_header_len(SUITE)];
    prefix[..4].copy_from_slice(&[0x12, 0, 2, sid]);
    let id = <Null as crate::primitives::Hmac>::sha256(&[&prefix]);
    let public = *<Null as KeyAgreement>::public_key(&signed_prekey());
    let (output, now) = (output(sid, id), UnixTime(1000));
    let mut alice = NullSession::initiated(output, public, prefix.into(), policy, now);
    let first = alice.encrypt(b"first", &mut rng(7)).unwrap();
    (alice, first)
}

/// The responder's session, from the message behind the INIT header.
fn accepted(
    alice: &NullSession,
    message: &mut [u8],
) -> Result<(NullSession, core::ops::Range<usize>), SessionError> {
    let output = output(alice.sid[0], alice.handshake_id);
    let (policy, now) = (*alice.policy(), UnixTime(1000));
    NullSession::accepted(output, &signed_prekey(), message, policy, now)
}

fn signed_prekey() -> <Null as KeyAgreement>::PrivateKey {
    <Null as KeyAgreement>::private_key(&[9; 32]).unwrap()
}

/// Asserts that the message is refused for this reason, in every form of the call, and changes
/// nothing.
#[track_caller]
fn refused(session: &mut NullSession, message: &[u8], why: SessionError) {
    let before = session.encode();
    assert_eq!(session.prepare_decrypt(message).err(), Some(why));
    assert_eq!(session.decrypt(message).err(), Some(why));
    assert_eq!(
        session.decrypt_in_place(&mut message.to_vec()).err(),
        Some(why)
    );
    let mut buffer = message.to_vec();
    let batch = decrypt_batch([(&mut *session, buffer.as_mut_slice())]);
    assert_eq!(batch, [Err(why)]);
    assert_eq!(*before, *session.encode());
}

#[test]
fn a_conversation_turns_and_survives_loss_reordering_and_duplication() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    for round in 0..20_u8 {
        let sent: Vec<_> = (0..5)
            .map(|n| bob.encrypt(&[round, n], rng).unwrap())
            .collect();
        for n in [3, 1, 4, 0] {
            assert_eq!(alice.decrypt(&sent[n]).unwrap(), [round, n as u8]);
            refused(&mut alice, &sent[n], SessionError::Duplicate);
        }
        let answer = alice.encrypt(&[round], rng).unwrap();
        assert_eq!(bob.decrypt(&answer).unwrap(), [round]);
        // The one that was late comes after the turn.
        assert_eq!(alice.decrypt(&sent[2]).unwrap(), [round, 2]);
        refused(&mut alice, &sent[2], SessionError::Duplicate);
    }
    assert_eq!((alice.skipped_keys(), bob.skipped_keys()), (0, 0));
}

#[test]
fn the_init_header_rides_along_until_the_first_answer() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    let second = alice.encrypt(b"second", rng).unwrap();
    assert_eq!(second.len(), wire::init_header_len(SUITE) + OVERHEAD + 6);
    let mut other = second.clone();
    other[100] ^= 1;
    refused(&mut bob, &other, SessionError::OtherHandshake);
    refused(&mut alice, &second, SessionError::OtherHandshake);
    assert_eq!(bob.decrypt(&second).unwrap(), b"second");
    let answer = bob.encrypt(b"answer", rng).unwrap();
    assert!(!alice.is_confirmed());
    alice.decrypt(&answer).unwrap();
    assert!(alice.is_confirmed());
    assert_eq!(alice.encrypt(b"third", rng).unwrap().len(), OVERHEAD + 5);
}

#[test]
fn every_flipped_byte_and_every_cut_is_refused() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    alice.decrypt(&bob.encrypt(b"a", rng).unwrap()).unwrap();
    let message = alice.encrypt(b"payload", rng).unwrap();
    let before = bob.encode();
    for at in 0..message.len() {
        let mut bad = message.clone();
        bad[at] ^= 0x41;
        assert!(bob.decrypt(&bad).is_err(), "byte {at}");
        assert!(bob.decrypt(&message[..at]).is_err(), "cut at {at}");
    }
    let mut longer = message.clone();
    longer.push(0);
    assert!(bob.decrypt(&longer).is_err());
    assert_eq!(*before, *bob.encode());
    assert_eq!(bob.decrypt(&message).unwrap(), b"payload");
}

#[test]
fn a_forged_message_leaves_the_buffer_zeroed_or_untouched() {
    let (mut alice, mut bob) = pair();
    let mut message = bob.encrypt(b"payload", &mut rng(1)).unwrap();
    *message.last_mut().unwrap() ^= 1;
    assert_eq!(
        alice.decrypt_in_place(&mut message),
        Err(SessionError::AuthenticationFailed)
    );
    assert_eq!(message[HEADER_LEN..HEADER_LEN + 7], [0; 7]);
}

#[test]
fn limits_on_skipping_hold_and_evict_the_oldest() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    let sent: Vec<_> = (0..1003).map(|_| bob.encrypt(b"", rng).unwrap()).collect();
    refused(&mut alice, &sent[1001], SessionError::TooFarAhead);
    alice.decrypt(&sent[1000]).unwrap();
    assert_eq!(alice.skipped_keys(), 1000);

    // Two further chains of a thousand: the first one's keys make room.
    for _ in 0..2 {
        bob.decrypt(&alice.encrypt(b"", rng).unwrap()).unwrap();
        let sent: Vec<_> = (0..1001).map(|_| bob.encrypt(b"", rng).unwrap()).collect();
        alice.decrypt(&sent[1000]).unwrap();
    }
    assert_eq!(alice.skipped_keys(), MAX_SKIPPED_KEYS);
    refused(&mut alice, &sent[0], SessionError::TooOld);
    let per_key = alice.heap_bytes() / MAX_SKIPPED_KEYS;
    assert!(per_key <= 64, "{per_key} bytes a key");
    let encoded = alice.encoded_len() / MAX_SKIPPED_KEYS;
    assert!(encoded <= 64, "{encoded} bytes a key encoded");
}

#[test]
fn used_keys_give_their_memory_back() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    let sent: Vec<_> = (0..1001).map(|_| bob.encrypt(b"", rng).unwrap()).collect();
    alice.decrypt(&sent[1000]).unwrap();
    for message in sent[..1000].iter().rev() {
        alice.decrypt(message).unwrap();
        let live = alice.skipped_keys();
        assert!(
            alice.heap_bytes() <= live * 56 + 5 * 32 + 33 * 44,
            "{live} live"
        );
    }
    refused(&mut alice, &sent[17], SessionError::Duplicate);
}

#[test]
fn skipped_keys_expire_by_messages_and_by_time() {
    let policy = SessionPolicy {
        skipped_ttl_messages: 3,
        ..SessionPolicy::default()
    };
    let (mut alice, mut bob) = pair_with(policy);
    let rng = &mut rng(1);
    let sent: Vec<_> = (0..6).map(|_| bob.encrypt(b"", rng).unwrap()).collect();
    for message in &sent[1..4] {
        alice.decrypt(message).unwrap();
    }
    assert_eq!(alice.skipped_keys(), 1);
    alice.decrypt(&sent[4]).unwrap();
    refused(&mut alice, &sent[0], SessionError::TooOld);

    let late = bob.encrypt(b"", rng).unwrap();
    alice.set_policy(SessionPolicy::default());
    alice.decrypt(&late).unwrap();
    alice.observe_time(UnixTime(1000 + 29 * 24 * 3600));
    assert_eq!(alice.skipped_keys(), 1);
    alice.observe_time(UnixTime(1000 + 30 * 24 * 3600));
    assert_eq!(alice.skipped_keys(), 0);
}

#[test]
fn a_pending_change_is_made_once_and_only_where_it_belongs() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    let before = bob.encode();
    let (first, kept) = bob.prepare_encrypt(b"one", rng).unwrap();
    let (_, dropped) = bob.prepare_encrypt(b"two", rng).unwrap();
    assert_eq!(*before, *bob.encode());
    bob.commit(kept).unwrap();
    assert_eq!(bob.commit(dropped), Err(SessionError::StaleState));

    let (plaintext, pending) = alice.prepare_decrypt(&first).unwrap();
    assert_eq!(plaintext, b"one");
    assert_eq!(bob.commit(pending), Err(SessionError::StaleState));
    assert_eq!(alice.decrypt(&first).unwrap(), b"one");
}

#[test]
fn policy_refuses_to_send_and_close_wipes() {
    let policy = SessionPolicy {
        max_sent: 2,
        max_age: 60,
        ..SessionPolicy::default()
    };
    let (mut alice, mut bob) = pair_with(policy);
    let rng = &mut rng(1);
    alice.encrypt(b"", rng).unwrap();
    assert_eq!(alice.encrypt(b"", rng), Err(SessionError::MessageLimit));
    let last = bob.encrypt(b"", rng).unwrap();
    bob.observe_time(UnixTime(1060));
    assert_eq!(bob.encrypt(b"", rng), Err(SessionError::AgeLimit));
    // What was on its way still arrives.
    alice.decrypt(&last).unwrap();
    alice.close();
    assert_eq!(alice.encrypt(b"", rng), Err(SessionError::Closed));
    refused(&mut alice, &last, SessionError::Closed);
    let closed = NullSession::decode(&alice.encode(), policy).unwrap();
    assert!(closed.is_closed());
}

#[test]
fn the_state_is_canonical_and_bounded() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    for round in 0..9 {
        for skip in 0..round {
            bob.encrypt(&[skip], rng).unwrap();
        }
        alice.decrypt(&bob.encrypt(b"", rng).unwrap()).unwrap();
        let state = alice.encode();
        assert_eq!(state.len(), alice.encoded_len());
        let again = NullSession::decode(&state, SessionPolicy::default()).unwrap();
        assert_eq!(*again.encode(), *state);
        for cut in 0..state.len() {
            assert!(NullSession::decode(&state[..cut], SessionPolicy::default()).is_err());
        }
        let mut longer = state.to_vec();
        longer.push(0);
        let refused = NullSession::decode(&longer, SessionPolicy::default());
        assert_eq!(refused.err(), Some(StateError::Malformed));
        alice = again;
        bob.decrypt(&alice.encrypt(b"", rng).unwrap()).unwrap();
    }
    let mut state = alice.encode();
    state[0] = 9;
    let refused = NullSession::decode(&state, SessionPolicy::default());
    assert_eq!(refused.err(), Some(StateError::UnsupportedVersion(9)));
}

#[test]
fn a_fresh_session_is_small() {
    let (mut alice, mut bob) = pair();
    alice
        .decrypt(&bob.encrypt(b"", &mut rng(1)).unwrap())
        .unwrap();
    alice.encrypt(b"", &mut rng(1)).unwrap();
    assert!(alice.encoded_len() <= 400, "{}", alice.encoded_len());
    assert!(bob.encoded_len() <= 400, "{}", bob.encoded_len());
    assert!(size_of::<NullSession>() + alice.heap_bytes() <= 1536);
}

#[test]
fn a_batch_is_a_loop() {
    let shapes = || {
        let (mut turned, mut turned_peer) = pair();
        turned
            .decrypt(&turned_peer.encrypt(b"", &mut rng(3)).unwrap())
            .unwrap();
        let (mut closed, _) = pair();
        closed.close();
        let (steady, fresh) = pair();
        (vec![steady, fresh, closed, turned], turned_peer)
    };
    let lens = |sessions: &[NullSession]| -> Vec<_> {
        sessions
            .iter()
            .map(|session| vec![7_u8; session.header_len() + 10 + TAG_LEN])
            .collect()
    };
    let (mut batched, mut batched_peer) = shapes();
    let (mut looped, mut looped_peer) = shapes();
    let (mut batch_buffers, mut loop_buffers) = (lens(&batched), lens(&looped));
    batch_buffers[1].truncate(20);
    loop_buffers[1].truncate(20);
    let (mut batch_rng, mut loop_rng) = (rng(5), rng(5));
    for _ in 0..2 {
        let jobs = batched
            .iter_mut()
            .zip(batch_buffers.iter_mut().map(Vec::as_mut_slice));
        let batch = encrypt_batch(jobs, &mut batch_rng);
        let singles: Vec<_> = looped
            .iter_mut()
            .zip(&mut loop_buffers)
            .map(|(session, buffer)| session.encrypt_in_place(buffer, &mut loop_rng))
            .collect();
        assert_eq!(batch, singles);
        assert_eq!(batch[1], Err(SessionError::BufferTooShort));
        assert_eq!(batch_buffers, loop_buffers);
        let states = |sessions: &[NullSession]| -> Vec<_> {
            sessions
                .iter()
                .map(|session| session.encode().to_vec())
                .collect()
        };
        assert_eq!(states(&batched), states(&looped));
    }
    // The last buffer holds a message that turns the peer's ratchet, one step ahead.
    let buffer = loop_buffers[3].as_mut_slice();
    let batch = decrypt_batch([(&mut batched_peer, batch_buffers[3].as_mut_slice())]);
    assert_eq!(batch, [looped_peer.decrypt_in_place(buffer)]);
    assert!(batch[0].is_ok());
    assert_eq!(batch_buffers[3], loop_buffers[3]);
    assert_eq!(*batched_peer.encode(), *looped_peer.encode());
}

/// Two conversations whose sides started at once; `ours` and `theirs` name the two sessions.
fn started_at_once(ours: u8, theirs: u8) -> (Conversation<Null>, Conversation<Null>) {
    let policy = SessionPolicy::default();
    let (alice_ours, bob_theirs) = pair_named(ours, policy);
    let (bob_ours, alice_theirs) = pair_named(theirs, policy);
    let (mut alice, mut bob) = (Conversation::new(alice_ours), Conversation::new(bob_ours));
    alice.add(alice_theirs).unwrap();
    bob.add(bob_theirs).unwrap();
    (alice, bob)
}

#[test]
fn of_two_sessions_started_at_once_both_sides_choose_the_same() {
    let rng = &mut rng(1);
    for (ours, theirs) in [(1, 2), (2, 1)] {
        let (mut alice, mut bob) = started_at_once(ours, theirs);
        let id = |side: &Conversation<Null>| side.active().unwrap().id();
        assert_eq!(id(&alice), SessionId([1; 16]));
        assert_eq!(id(&alice), id(&bob));
        for round in 0..4 {
            assert_eq!(
                bob.decrypt(&alice.encrypt(&[round], rng).unwrap()).unwrap(),
                [round]
            );
            assert_eq!(
                alice.decrypt(&bob.encrypt(&[round], rng).unwrap()).unwrap(),
                [round]
            );
        }
        let restored = Conversation::<Null>::decode(&alice.encode(), SessionPolicy::default());
        assert_eq!(*restored.unwrap().encode(), *alice.encode());
    }
}

#[test]
fn a_new_session_replaces_the_old_which_still_receives() {
    let rng = &mut rng(1);
    let (alice_old, mut bob_old) = pair();
    let mut alice = Conversation::new(alice_old);
    alice.decrypt(&bob_old.encrypt(b"", rng).unwrap()).unwrap();
    let on_its_way = bob_old.encrypt(b"late", rng).unwrap();
    // Bob lost his state and starts anew.
    let (bob_new, alice_new) = pair_named(9, SessionPolicy::default());
    alice.add(alice_new).unwrap();
    let mut bob = Conversation::new(bob_new);
    assert_eq!(alice.decrypt(&on_its_way).unwrap(), b"late");
    assert_eq!(alice.decrypt(&on_its_way), Err(SessionError::Duplicate));
    assert_eq!(
        bob.decrypt(&alice.encrypt(b"new", rng).unwrap()).unwrap(),
        b"new"
    );

    let mut stranger = output(4, [0; 32]);
    stranger.peer = Fingerprint([4; 32]);
    let policy = SessionPolicy::default();
    let stranger =
        NullSession::initiated(stranger, [0; 32], Vec::new().into(), policy, UnixTime(0));
    assert_eq!(alice.add(stranger), Err(SessionError::OtherPeer));

    for sid in 10..20 {
        alice.add(pair_named(sid, policy).1).unwrap();
        assert_eq!(alice.active().unwrap().id(), SessionId([sid; 16]));
    }
    assert_eq!(alice.sessions().count(), MAX_SESSIONS);
}
