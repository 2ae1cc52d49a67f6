//! Streams whose keys are renewed, at any time and in any order.

use proptest::prelude::*;
use sprag::UnixTime;
use sprag::default::Backend;
use sprag::sprag_core::transport::{Received, Renewal, TransportError};

use crate::world::{NOW, channels, open, quiet, rng};

#[test]
fn a_key_that_is_asked_for_comes_once() {
    let (mut client, mut server) = channels::<Backend>(quiet());
    let rng = &mut rng(1);
    let mut ask = client.update(true).unwrap();
    // The wish is open: it is not repeated.
    let mut again = client.update(true).unwrap();
    assert_eq!(server.open_in_place(&mut ask), Ok(Received::Control));
    let mut answer = server.control(rng).unwrap().unwrap();
    assert_eq!(server.control(rng), Ok(None));
    assert_eq!(server.open_in_place(&mut again), Ok(Received::Control));
    assert_eq!(server.control(rng), Ok(None));
    assert_eq!(client.open_in_place(&mut answer), Ok(Received::Control));
    assert_eq!(client.control(rng), Ok(None));
    let record = server.seal(b"under the new key").unwrap();
    assert_eq!(open(&mut client, &record), b"under the new key");
    // Now another may be asked for.
    let mut ask = client.update(true).unwrap();
    server.open_in_place(&mut ask).unwrap();
    assert!(server.control(rng).unwrap().is_some());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(bool),
    Deliver(bool),
    Update(bool, bool),
    Agree,
    Forge(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<bool>().prop_map(Step::Send),
        6 => any::<bool>().prop_map(Step::Deliver),
        1 => any::<(bool, bool)>().prop_map(|(side, ask)| Step::Update(side, ask)),
        1 => Just(Step::Agree),
        1 => any::<bool>().prop_map(Step::Forge),
    ];
    proptest::collection::vec(step, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// Renewals and agreements at any time lose nothing and mix nothing up.
    #[test]
    fn any_schedule_delivers_everything_in_order(steps in steps()) {
        let (client, server) = channels::<Backend>(quiet());
        let mut sides = [client, server];
        // What is on its way to each side, and what it must bring.
        let mut ways: [Vec<(Vec<u8>, Option<u32>)>; 2] = [Vec::new(), Vec::new()];
        let rng = &mut rng(5);
        let mut sent = 0_u32;
        let drain = steps.len();
        let endless = (0..2000).flat_map(|_| [Step::Deliver(false), Step::Deliver(true)]);
        for (index, step) in steps.into_iter().chain(endless).enumerate() {
            match step {
                Step::Send(side) => {
                    let record = sides[usize::from(side)].seal(&sent.to_be_bytes()).unwrap();
                    ways[usize::from(!side)].push((record, Some(sent)));
                    sent += 1;
                }
                Step::Update(side, ask) => {
                    let record = sides[usize::from(side)].update(ask).unwrap();
                    ways[usize::from(!side)].push((record, None));
                }
                Step::Agree => match sides[0].start_agreement(rng) {
                    Ok(record) => ways[1].push((record, None)),
                    Err(error) => prop_assert_eq!(error, TransportError::OutOfTurn),
                },
                Step::Forge(side) => {
                    let to = usize::from(side);
                    if let Some((record, _)) = ways[to].first() {
                        let mut forged = record.clone();
                        *forged.last_mut().unwrap() ^= 1;
                        let refused = sides[to].open_in_place(&mut forged);
                        prop_assert_eq!(refused, Err(TransportError::AuthenticationFailed));
                    }
                }
                Step::Deliver(side) => {
                    let to = usize::from(side);
                    if ways[to].is_empty() {
                        if index > drain && ways[1 - to].is_empty() { break; }
                        continue;
                    }
                    let (mut record, expected) = ways[to].remove(0);
                    let received = sides[to].open_in_place(&mut record).unwrap();
                    let brought = match received {
                        Received::Data(range) => {
                            Some(u32::from_be_bytes(record[range].try_into().unwrap()))
                        }
                        _ => None,
                    };
                    prop_assert_eq!(brought, expected);
                    while let Some(record) = sides[to].control(rng).unwrap() {
                        ways[1 - to].push((record, None));
                    }
                }
            }
        }
        prop_assert!(ways.iter().all(Vec::is_empty));
    }
}

#[test]
fn an_agreement_changes_every_secret() {
    let (mut client, mut server) = channels::<Backend>(quiet());
    let rng = &mut rng(6);
    assert_eq!(server.start_agreement(rng), Err(TransportError::OutOfTurn));
    let mut start = client.start_agreement(rng).unwrap();
    assert_eq!(client.start_agreement(rng), Err(TransportError::OutOfTurn));
    // A thief of the server's state, who listens: the same handshake once more has the same secrets.
    let (_, mut thief) = channels::<Backend>(quiet());
    assert_eq!(
        server.open_in_place(&mut start.clone()),
        Ok(Received::Control)
    );
    assert_eq!(thief.open_in_place(&mut start), Ok(Received::Control));
    let mut answer = server.control(rng).unwrap().unwrap();
    let thiefs_answer = thief.control(&mut crate::world::rng(7)).unwrap().unwrap();
    assert_ne!(answer, thiefs_answer);
    assert_eq!(client.open_in_place(&mut answer), Ok(Received::Control));
    let mut switch = client.control(rng).unwrap().unwrap();
    assert_eq!(
        server.open_in_place(&mut switch.clone()),
        Ok(Received::Control)
    );
    assert_eq!(thief.open_in_place(&mut switch), Ok(Received::Control));
    let record = client.seal(b"healed").unwrap();
    assert!(thief.open_in_place(&mut record.clone()).is_err());
    assert_eq!(open(&mut server, &record), b"healed");
    let record = server.seal(b"healed").unwrap();
    assert_eq!(open(&mut client, &record), b"healed");
}

#[test]
fn an_agreement_is_due_by_bytes_and_by_age() {
    let mut policy = quiet();
    policy.agreement_bytes = 1000;
    policy.agreement_age = 500;
    for by_age in [false, true] {
        let (mut client, mut server) = channels::<Backend>(policy);
        let rng = &mut rng(8);
        assert_eq!(client.renewal(), None);
        if by_age {
            client.observe_time(UnixTime(NOW.0 + 500));
        } else {
            // Both directions count, across keys.
            for _ in 0..5 {
                let record = client.seal(&[0; 100]).unwrap();
                open(&mut server, &record);
                let mut update = client.update(false).unwrap();
                server.open_in_place(&mut update).unwrap();
                let record = server.seal(&[0; 100]).unwrap();
                open(&mut client, &record);
            }
        }
        assert_eq!(client.renewal(), Some(Renewal::Agreement));
        assert_eq!(server.renewal(), None);
        let mut record = client.control(rng).unwrap().unwrap();
        assert_eq!(client.renewal(), None);
        server.open_in_place(&mut record).unwrap();
        let mut record = server.control(rng).unwrap().unwrap();
        client.open_in_place(&mut record).unwrap();
        let mut record = client.control(rng).unwrap().unwrap();
        server.open_in_place(&mut record).unwrap();
        assert_eq!(
            (client.control(rng), server.control(rng)),
            (Ok(None), Ok(None))
        );
    }
}
