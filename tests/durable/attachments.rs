//! Opened, then crashed before the application saved: what was attached comes back.

use crate::world::{World, open, with};
use sprag_core::durable::DurableError;

#[test]
fn a_message_handed_in_again_gives_what_was_attached() {
    let mut world = World::met(30);
    let sent = open(&world.alice).encrypt(&with("bob"), b"text", &mut world.rng);
    let sent = sent.unwrap();
    let attach = |text: &[u8]| Some([b"row 17: ", text].concat());
    let mut bob = open(&world.bob);
    let opened = bob.decrypt_attaching(&with("alice"), &sent, attach, &mut world.rng);
    assert_eq!(opened.unwrap(), b"text");
    // The process dies before the application hears of it.
    for _ in 0..2 {
        let again = open(&world.bob).decrypt(&with("alice"), &sent, &mut world.rng);
        let kept = Some(b"row 17: text".to_vec());
        assert_eq!(again, Err(DurableError::Duplicate(kept)));
    }
    let mut bob = open(&world.bob);
    bob.acknowledge(&[(with("alice"), &sent)], &mut world.rng)
        .unwrap();
    let again = bob.decrypt(&with("alice"), &sent, &mut world.rng);
    assert_eq!(again, Err(DurableError::Duplicate(None)));
    bob.acknowledge(&[(with("alice"), &sent)], &mut world.rng)
        .unwrap();
}

#[test]
fn a_first_message_is_accepted_once() {
    let mut world = World::new(31);
    let first = world.first_message();
    assert_eq!(world.accept(&first).unwrap(), b"hello");
    let before = world.bob.snapshot();
    let again = world.accept(&first);
    assert_eq!(again, Err(DurableError::Duplicate(Some(b"hello".to_vec()))));
    assert_eq!(world.bob.snapshot(), before);
}

#[test]
fn two_workers_that_accept_at_once_make_one_session() {
    let mut world = World::new(32);
    let first = world.first_message();
    // Both have read the prekeys before either commits.
    let mut slow = open(&world.bob);
    slow.change_prekeys(|_, _, _| Ok(()), &mut world.rng)
        .unwrap();
    assert_eq!(world.accept(&first).unwrap(), b"hello");
    slow.observe_time(crate::world::NOW);
    let from = crate::world::account("alice");
    let again = slow.accept(&crate::world::peer(&from), &first, |_| None, &mut world.rng);
    assert_eq!(again, Err(DurableError::Duplicate(Some(b"hello".to_vec()))));
}
