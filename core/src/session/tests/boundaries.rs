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
