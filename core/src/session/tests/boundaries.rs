//! Misuse, counters at their ends, and stored states that contradict themselves.

use super::*;

/// Puts `number` where a chain's number stands, counted from the end of the encoding.
fn with_number(session: &NullSession, from_end: usize, number: u32) -> NullSession {
    let mut state = session.encode().to_vec();
    let at = state.len() - from_end;
    state[at..at + 4].copy_from_slice(&number.to_be_bytes());
    NullSession::decode(&state, SessionPolicy::default()).unwrap()
}

#[test]
fn a_full_chain_ends_with_an_error_and_the_peer_understands_the_next() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    alice.decrypt(&bob.encrypt(b"", rng).unwrap()).unwrap();
    bob.decrypt(&alice.encrypt(b"", rng).unwrap()).unwrap();
    // The receiving chain's number stands before the store, which remembers a closed chain at
    // Bob's; the sending chain's before the receiving chain.
    let mut alice = with_number(&alice, 9 + 36 + 4, u32::MAX - 2);
    let mut bob = with_number(&bob, 32 + 9 + 4, u32::MAX - 2);
    bob.decrypt(&alice.encrypt(b"last", rng).unwrap()).unwrap();

    let before = alice.encode();
    assert_eq!(alice.encrypt(b"", rng), Err(SessionError::ChainExhausted));
    let mut buffer = [0; OVERHEAD];
    let batch = encrypt_batch([(&mut alice, buffer.as_mut_slice())], rng);
    assert_eq!(batch, [Err(SessionError::ChainExhausted)]);
    assert_eq!(*before, *alice.encode());

    alice.decrypt(&bob.encrypt(b"", rng).unwrap()).unwrap();
    let next = alice.encrypt(b"next", rng).unwrap();
    assert_eq!(bob.decrypt(&next).unwrap(), b"next");
}

#[test]
fn a_pending_change_is_stale_once_keys_expired_under_it() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    let sent: Vec<_> = (0..23).map(|_| bob.encrypt(b"", rng).unwrap()).collect();
    alice.decrypt(&sent[19]).unwrap();
    alice.observe_time(UnixTime(1000 + 10 * 3600));
    alice.decrypt(&sent[22]).unwrap();
    let (_, pending) = alice.prepare_decrypt(&sent[20]).unwrap();
    // The nineteen older keys go, and the one in question moves up.
    alice.observe_time(UnixTime(1000 + 725 * 3600));
    assert_eq!(alice.skipped_keys(), 2);
    assert_eq!(alice.commit(pending), Err(SessionError::StaleState));
    alice.decrypt(&sent[20]).unwrap();
    refused(&mut alice, &sent[20], SessionError::Duplicate);
}

#[test]
fn a_pending_change_of_the_peer_is_not_ours() {
    let (alice, mut bob) = pair();
    assert_eq!((alice.id(), alice.revision()), (bob.id(), bob.revision()));
    let before = bob.encode();
    let (_, pending) = alice.prepare_encrypt(b"", &mut rng(1)).unwrap();
    assert_eq!(bob.commit(pending), Err(SessionError::StaleState));
    assert_eq!(*before, *bob.encode());
}

#[test]
fn a_first_message_of_any_suite_is_one_for_accept() {
    let (alice, bob) = pair();
    let mut first = vec![0; 2000];
    for suite in Suite::ALL {
        let [high, low] = suite.id().to_be_bytes();
        first[..3].copy_from_slice(&[0x12, high, low]);
        for session in [alice.encode(), bob.encode()] {
            let session = NullSession::decode(&session, SessionPolicy::default()).unwrap();
            let mut conversation = Conversation::new(session);
            let refusal = conversation.decrypt(&first);
            assert_eq!(refusal, Err(SessionError::OtherHandshake));
        }
    }
}

#[test]
fn behind_an_init_header_stands_a_message_and_not_the_header_again() {
    let (alice, mut first) = initiated(1, SessionPolicy::default());
    let again = accepted(&alice, &mut first).err();
    assert_eq!(again, Some(SessionError::Malformed));
}

#[test]
fn a_conversation_tells_its_sessions_the_time() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    bob.encrypt(b"lost", rng).unwrap();
    alice.decrypt(&bob.encrypt(b"", rng).unwrap()).unwrap();
    let mut alice = Conversation::new(alice);
    let stored = |alice: &Conversation<Null>| alice.active().unwrap().skipped_keys();
    assert_eq!(stored(&alice), 1);
    alice.observe_time(UnixTime(1000 + 30 * 24 * 3600));
    assert_eq!(stored(&alice), 0);
}

#[test]
fn a_state_that_contradicts_itself_is_refused() {
    let (mut alice, mut bob) = pair();
    let rng = &mut rng(1);
    let fresh = alice.encode();
    for _ in 0..2 {
        alice.decrypt(&bob.encrypt(b"", rng).unwrap()).unwrap();
        bob.decrypt(&alice.encrypt(b"", rng).unwrap()).unwrap();
    }
    let used = alice.encode();
    // Behind the front: root key, peer's ratchet key, pn, sending chain, receiving chain, the
    // number of closed chains and their keys.
    let (peer, pn, sending) = (140 + 32, 140 + 64, 140 + 68 + 64);
    let closed = 140 + 68 + 68 + 36 + 1;
    let changed = |state: &[u8], at: usize, bytes: &[u8]| {
        let mut state = state.to_vec();
        state[at..at + bytes.len()].copy_from_slice(bytes);
        NullSession::decode(&state, SessionPolicy::default()).err()
    };
    let malformed = Some(StateError::Malformed);
    assert_eq!(changed(&used, 0, &[]), None);
    assert_eq!(changed(&used, peer + 31, &[0x80]), malformed);
    assert_eq!(changed(&used, pn, &[0xff; 4]), malformed);
    assert_eq!(changed(&used, sending, &[0xff; 4]), malformed);
    assert_eq!(changed(&used, closed, &used[peer..peer + 32]), malformed);
    // The INIT header is not that of the handshake.
    assert_eq!(changed(&fresh, 0, &[]), None);
    assert_eq!(changed(&fresh, 140 + 50, &[1]), malformed);
    // A responder that received nothing.
    let mut responder = fresh.to_vec();
    responder[1] &= !(1 | 4);
    responder.drain(140..140 + wire::init_header_len(SUITE));
    assert_eq!(changed(&responder, 0, &[]), malformed);
}
