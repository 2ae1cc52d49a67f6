//! Nobody can make two peers use less than both of them can.

use sprag_core::Suite;
use sprag_core::handshake::{
    HandshakeError, InitiatePolicy, OneTimePolicy, PrekeyBundle, PrekeyPolicy, PrekeyUse,
};

use crate::world::{B, BOB_DEVICE, NOW, World, account, offering, only, peer};

/// Where the capability list lies in a bundle.
const CAPS: usize = 1 + 1 + 140;

#[test]
fn a_stripped_or_changed_capability_list_is_refused() {
    let mut world = World::new(1);
    let bytes = world.server.take_bundle(NOW).encode();
    let bob = account("bob");
    let verify = |bytes: &[u8]| {
        PrekeyBundle::decode(bytes)?
            .verify::<B>(&peer(&bob, BOB_DEVICE), NOW)
            .map(drop)
    };
    assert_eq!(bytes[CAPS], 4);

    // Only the two classical suites are left.
    let mut stripped = bytes.clone();
    stripped[CAPS] = 2;
    stripped.drain(CAPS + 5..CAPS + 9);
    assert_eq!(verify(&stripped), Err(HandshakeError::BadSignature));

    // The peer seems to want a version that we do not have, or none.
    let min_version = CAPS + 9;
    for (version, expected) in [
        (2, HandshakeError::UnsupportedVersion),
        (0, HandshakeError::BadSignature),
    ] {
        let mut changed = bytes.clone();
        assert_eq!(changed[min_version], 1);
        changed[min_version] = version;
        assert_eq!(verify(&changed), Err(expected));
    }
}

#[test]
fn the_initiators_order_decides_among_what_is_offered() {
    let mut world = World::new(4);
    let prefer = |suites| InitiatePolicy {
        suites,
        ..InitiatePolicy::default()
    };
    for (suites, chosen) in [
        (
            &[Suite::Pqxdh768Aes256Gcm, Suite::X3dhAes256Gcm][..],
            Suite::Pqxdh768Aes256Gcm,
        ),
        (
            &[Suite::X3dhAes256Gcm, Suite::Pqxdh768Aes256Gcm],
            Suite::X3dhAes256Gcm,
        ),
        (
            &[Suite::Pqxdh1024Aes256Gcm, Suite::X3dhAes256Gcm],
            Suite::X3dhAes256Gcm,
        ),
        (
            InitiatePolicy::default().suites,
            Suite::Pqxdh768ChaCha20Poly1305,
        ),
    ] {
        assert_eq!(world.first_message(&prefer(suites)).suite, chosen);
    }
    let bundle = world.fetch();
    let refused = world.initiate(&bundle, &only(&Suite::Pqxdh1024Aes256Gcm));
    assert_eq!(refused.unwrap_err(), HandshakeError::NoCommonSuite);
}

#[test]
fn a_peer_that_spoke_a_newer_version_is_not_followed_down() {
    let mut world = World::new(1);
    let bundle = world.fetch();
    let policy = InitiatePolicy {
        min_version: 2,
        ..InitiatePolicy::default()
    };
    let refused = world.initiate(&bundle, &policy);
    assert_eq!(refused.unwrap_err(), HandshakeError::DowngradeRefused);
}

#[test]
fn a_suite_that_was_not_offered_is_refused_by_the_responder() {
    let mut world = World::with(&[Suite::X3dhChaCha20Poly1305], 1);
    let mut message = world.first_message(&InitiatePolicy::default()).message;
    message[1..3].copy_from_slice(&Suite::X3dhAes256Gcm.id().to_be_bytes());
    assert_eq!(
        world.take(&message).unwrap_err(),
        HandshakeError::SuiteNotOffered
    );
    message[1..3].copy_from_slice(&0x7777_u16.to_be_bytes());
    assert_eq!(
        world.take(&message).unwrap_err(),
        HandshakeError::UnknownSuite
    );
    message[0] = 0x22;
    assert_eq!(
        world.take(&message).unwrap_err(),
        HandshakeError::UnsupportedVersion
    );
}

#[test]
fn want_of_a_one_time_prekey_is_refused_or_visible_as_policy_says() {
    for suite in Suite::ALL {
        let mut world = World::with(&offering(suite), 0);
        let bundle = world.fetch();
        let suites = [suite];
        let mut policy = only(&suites[0]);
        policy.one_time = OneTimePolicy::Require;
        assert_eq!(
            world.initiate(&bundle, &policy).unwrap_err(),
            HandshakeError::OneTimeRequired
        );
        policy.one_time = OneTimePolicy::Prefer;
        let used = world.initiate(&bundle, &policy).unwrap().used;
        assert_eq!(
            matches!(used, PrekeyUse::LastResort(_)),
            suite.kem().is_some()
        );
    }
}

#[test]
fn contradictory_policies_make_no_prekeys() {
    let base = PrekeyPolicy::default();
    let mut world = World::new(0);
    for policy in [
        PrekeyPolicy {
            suites: vec![],
            ..base.clone()
        },
        PrekeyPolicy {
            suites: Suite::ALL.to_vec(),
            ..base.clone()
        },
        PrekeyPolicy {
            low: 101,
            ..base.clone()
        },
        PrekeyPolicy {
            high: 1025,
            ..base.clone()
        },
        PrekeyPolicy {
            low: 0,
            high: 0,
            ..base.clone()
        },
        PrekeyPolicy {
            rotate_after: base.lifetime + 1,
            ..base.clone()
        },
        PrekeyPolicy {
            replay_capacity: PrekeyPolicy::MAX_REPLAY_CAPACITY + 1,
            ..base.clone()
        },
    ] {
        let refused = sprag_core::handshake::Prekeys::<B>::generate(policy, NOW, &mut world.rng);
        assert_eq!(refused.unwrap_err(), HandshakeError::InvalidPolicy);
    }
}
