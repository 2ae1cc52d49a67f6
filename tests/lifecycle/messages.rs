//! Prekeys, handshakes and sessions.

use sprag::SessionPolicy;
use sprag::lifecycle::{KeyAction, KeyCounts, KeyKind};
use sprag::sprag_core::PqBackend;

use crate::lives::messages::{conversation, meet, rng};
use crate::support::on_every_backend;
use crate::{Tallied, during, leaves_nothing};

type Row = (KeyKind, [u64; 4]);

/// The counts, in the order of [`KeyAction::ALL`].
fn rows(counts: &KeyCounts) -> Vec<Row> {
    let row = |kind| (kind, KeyAction::ALL.map(|action| counts.of(kind, action)));
    counts.kinds().map(row).collect()
}

#[test]
fn a_small_exchange_is_told_of_exactly() {
    on_every_backend!(exact);
}

fn exact<B: PqBackend>() {
    let ((), counts) = during(|| {
        let mut met = meet::<Tallied<B>>(3, SessionPolicy::default());
        let reply = met.bob.encrypt(b"one", &mut rng()).unwrap();
        met.alice.decrypt(&reply).unwrap();
    });
    let expected = [
        // Two devices with two keys. Each signs its own record, Bob two statements over prekeys; both
        // agree once.
        (KeyKind::IdentityKey, [4, 6, 0, 4]),
        // Two agreements of the handshake, one as a ratchet key.
        (KeyKind::SignedPrekey, [1, 3, 0, 1]),
        (KeyKind::OneTimePrekey, [3, 1, 0, 3]),
        // One more, the last resort.
        (KeyKind::KemPrekey, [4, 1, 0, 4]),
        (KeyKind::EphemeralKey, [1, 3, 0, 1]),
        // One at each end, used again as the other side's turn comes.
        (KeyKind::RatchetKey, [2, 3, 0, 2]),
        // Each side turned twice.
        (KeyKind::RootKey, [2, 0, 4, 6]),
        // Two on each side, each for one message.
        (KeyKind::ChainKey, [4, 0, 4, 8]),
        // Two messages, twice each.
        (KeyKind::MessageKey, [4, 4, 0, 4]),
    ];
    assert_eq!(rows(&counts), expected, "{counts}");
}

#[test]
fn a_plan_that_is_dropped_and_a_message_that_is_refused_are_not_told_of() {
    on_every_backend!(untold);
}

fn untold<B: PqBackend>() {
    let mut met = meet::<Tallied<B>>(1, SessionPolicy::default());
    let rng = &mut rng();
    let nothing = KeyCounts::new();
    // With a turn, and without.
    for _ in 0..2 {
        let ((), counts) = during(|| drop(met.bob.prepare_encrypt(b"never sent", rng).unwrap()));
        assert_eq!(counts, nothing, "{counts}");
        let message = met.bob.encrypt(b"sent", rng).unwrap();
        let mut forged = message.clone();
        *forged.last_mut().unwrap() ^= 1;
        let (refused, counts) = during(|| met.alice.decrypt(&forged));
        assert!(refused.is_err());
        assert_eq!(counts, nothing, "{counts}");
        let ((), counts) = during(|| drop(met.alice.prepare_decrypt(&message).unwrap()));
        assert_eq!(counts, nothing, "{counts}");
        met.alice.decrypt(&message).unwrap();
    }
    // A lease holds its keys, so they come and go; the session has not moved.
    let ((), counts) = during(|| drop(met.bob.prepare_lease(3, rng).unwrap()));
    assert_eq!(rows(&counts), [(KeyKind::LeasedKey, [3, 0, 0, 3])]);
}

#[test]
fn nothing_is_left_of_a_long_conversation() {
    on_every_backend!(long);
}

fn long<B: PqBackend>() {
    use KeyKind::{
        ChainKey, EphemeralKey, IdentityKey, KemPrekey, LeasedKey, MessageKey, OneTimePrekey,
        OpenedKey, PooledKey, RatchetKey, RootKey, SignedPrekey, SkippedKey,
    };
    let kinds = [
        ChainKey,
        EphemeralKey,
        IdentityKey,
        KemPrekey,
        LeasedKey,
        MessageKey,
        OneTimePrekey,
        OpenedKey,
        PooledKey,
        RatchetKey,
        RootKey,
        SignedPrekey,
        SkippedKey,
    ];
    leaves_nothing(conversation::<Tallied<B>>, &kinds);
}
