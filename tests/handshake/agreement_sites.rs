//! Hostile public keys at every place where the handshake agrees on a secret.
//!
//! The records are signed here by hand, over bytes laid out as documented: what is tested is a
//! peer who holds its signing key and lies about the rest.

use sprag_core::Suite;
use sprag_core::backend::CryptoBackend;
use sprag_core::handshake::{
    Expected, HandshakeError, Identity, InitiatePolicy, Peer, PrekeyBundle, accept, initiate,
};
use sprag_core::primitives::{Hmac, Signature};
use sprag_core::session::SessionPolicy;

use crate::hex::fixed;
use crate::hostile_points::{NOT_CANONICAL, SMALL_ORDER};
use crate::world::{ALICE_DEVICE, B, BOB_DEVICE, NOW, World, account, only};

fn hostile() -> impl Iterator<Item = ([u8; 32], HandshakeError)> {
    let small = SMALL_ORDER.map(|key| (key, HandshakeError::NonContributory));
    let other = NOT_CANONICAL.map(|key| (key, HandshakeError::InvalidKey));
    let keys = small.into_iter().chain(other);
    keys.map(|(hex, error)| (fixed(hex), error))
}

fn sign(identity: &Identity<B>, label: &[u8], parts: &[&[u8]]) -> [u8; 64] {
    // An encoded identity ends in the two private keys.
    let state = identity.encode();
    let seed = state[state.len() - 64..][..32].try_into().unwrap();
    let key = <B as CryptoBackend>::Ed25519::signing_key(&seed).unwrap();
    <B as CryptoBackend>::Ed25519::sign(&key, &[label, &parts.concat()].concat())
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    <B as CryptoBackend>::HmacSha256::sha256(parts)
}

fn patch(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes[at..at + with.len()].copy_from_slice(with);
}

/// Where the byte `kem` lies in a bundle that offers one suite: behind 12 bytes of capabilities
/// and the signed prekey.
const KEM: usize = 2 + 140 + 12 + 4 + 32;

/// Signs identity and record of a bundle anew.
fn sign_record(identity: &Identity<B>, bundle: &mut [u8]) {
    let own = sign(identity, b"SPRAG1 identity\0", &[&bundle[2..2 + 76]]);
    patch(bundle, 2 + 76, &own);
    let (id, hash, end) = match bundle[KEM] {
        0 => ([0; 4], [0; 32], KEM + 1),
        _ => {
            let key = &bundle[KEM + 5..KEM + 5 + 1184];
            let id = bundle[KEM + 1..KEM + 5].try_into().unwrap();
            (id, sha256(&[key]), KEM + 5 + 1184)
        }
    };
    let parts: [&[u8]; 3] = [&bundle[2..=KEM], &id, &hash];
    let record = sign(identity, b"SPRAG1 bundle\0", &parts);
    patch(bundle, end, &record);
}

/// What Alice says to a bundle.
fn initiate_to(world: &mut World, bundle: &[u8]) -> Result<(), HandshakeError> {
    let bob = account("bob");
    let peer = Peer {
        account: &bob,
        device: BOB_DEVICE,
        expected: Expected::Unknown,
    };
    let bundle = PrekeyBundle::decode(bundle)?.verify::<B>(&peer, NOW)?;
    let policy = InitiatePolicy::default();
    initiate(&world.alice, &bundle, b"", &policy, NOW, &mut world.rng).map(drop)
}

#[test]
fn the_initiator_refuses_hostile_keys_in_a_well_signed_bundle() {
    const IDENTITY_KEY: usize = 2 + 32;
    const SIGNED_PREKEY: usize = 2 + 140 + 12 + 4;
    for (key, error) in hostile() {
        for at in [IDENTITY_KEY, SIGNED_PREKEY] {
            let mut world = World::with(&[Suite::X3dhAes256Gcm], 0);
            let mut bundle = world.server.take_bundle(NOW).encode();
            sign_record(&world.bob, &mut bundle);
            assert_eq!(
                initiate_to(&mut world, &bundle),
                Ok(()),
                "signing by hand works"
            );
            patch(&mut bundle, at, &key);
            sign_record(&world.bob, &mut bundle);
            assert_eq!(initiate_to(&mut world, &bundle), Err(error), "at {at}");
        }
    }
}

#[test]
fn the_initiator_refuses_a_kem_key_that_is_not_reduced() {
    let mut world = World::with(&[Suite::Pqxdh768Aes256Gcm], 0);
    let mut bundle = world.server.take_bundle(NOW).encode();
    sign_record(&world.bob, &mut bundle);
    assert_eq!(
        initiate_to(&mut world, &bundle),
        Ok(()),
        "signing by hand works"
    );
    // The first coefficient is 4095 and should be below 3329 (FIPS 203 section 7.2).
    patch(&mut bundle, KEM + 5, &[0xff, 0xff]);
    sign_record(&world.bob, &mut bundle);
    assert_eq!(
        initiate_to(&mut world, &bundle),
        Err(HandshakeError::InvalidKey)
    );
}

#[test]
fn the_initiator_refuses_a_hostile_one_time_prekey() {
    // A batch of one key: the root is its leaf.
    const HEAD: usize = 2 + 140 + 12 + 4 + 32 + 1 + 64 + 1;
    const KEY: usize = HEAD + 80 + 4;
    let sign_batch = |world: &World, bundle: &mut [u8]| {
        let [first, not_after, count] = [HEAD..HEAD + 4, HEAD + 4..HEAD + 12, HEAD + 12..HEAD + 16]
            .map(|range| bundle[range].to_vec());
        let leaf = sha256(&[&[0, 0], &first, &bundle[KEY..KEY + 32], &[0; 32]]);
        let signer = world.bob.record().signing_key();
        let parts: [&[u8]; 6] = [signer, &first, &not_after, &[0], &count, &leaf];
        let signature = sign(&world.bob, b"SPRAG1 otk batch\0", &parts);
        patch(bundle, HEAD + 16, &signature);
    };
    for (key, error) in hostile() {
        let mut world = World::with(&[Suite::X3dhAes256Gcm], 1);
        let mut bundle = world.server.take_bundle(NOW).encode();
        sign_batch(&world, &mut bundle);
        assert_eq!(
            initiate_to(&mut world, &bundle),
            Ok(()),
            "signing by hand works"
        );
        patch(&mut bundle, KEY, &key);
        sign_batch(&world, &mut bundle);
        assert_eq!(initiate_to(&mut world, &bundle), Err(error));
    }
}

#[test]
fn the_responder_refuses_hostile_keys_in_a_well_signed_first_message() {
    const IDENTITY_KEY: usize = 3 + 32;
    const EPHEMERAL: usize = 143;
    for suite in [Suite::X3dhAes256Gcm, Suite::Pqxdh768Aes256Gcm] {
        for one_time in [0, 1] {
            let mut world = World::new(one_time);
            let genuine = world.first_message(&only(&suite)).message;
            let before = world.prekeys.encode();
            for (key, error) in hostile() {
                for at in [IDENTITY_KEY, EPHEMERAL] {
                    let mut message = genuine.clone();
                    patch(&mut message, at, &key);
                    let own = sign(&world.alice, b"SPRAG1 identity\0", &[&message[3..3 + 76]]);
                    patch(&mut message, 3 + 76, &own);
                    let alice = account("alice");
                    let expected = Expected::Unknown;
                    let from = Peer {
                        account: &alice,
                        device: ALICE_DEVICE,
                        expected,
                    };
                    let policy = SessionPolicy::default();
                    let refused = accept(&world.bob, &world.prekeys, &from, &message, policy, NOW);
                    assert_eq!(refused.unwrap_err(), error, "at {at}");
                }
            }
            assert_eq!(*world.prekeys.encode(), *before);
        }
    }
}
