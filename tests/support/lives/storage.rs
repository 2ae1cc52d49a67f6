//! Devices at rest, wrapped keys, the history, backups.

use std::convert::Infallible;

use sprag::history::History;
use sprag::history::backup::{Backup, BackupBuilder, Bytes, HistoryRecord, RecoveryKey};
use sprag::keyring::KeyRing;
use sprag::sprag_core::durable::Durable;
use sprag::sprag_core::handshake::Prekeys;
use sprag::sprag_core::{CryptoBackend, FileBackend, PqBackend};
use sprag::stores::Memory;
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekRing, Objects, RewrapCursor, WrapAlgorithm};
use sprag::{PrekeyPolicy, Secret, SessionPolicy, StoreKeys};

use super::messages::{NOW, device, rng};

fn kek<B: CryptoBackend>() -> PrivateKey<B> {
    PrivateKey::generate(&mut rng()).unwrap()
}

fn ring<B: CryptoBackend>() -> KekRing<B, DhKem> {
    KekRing::new([3; 16], WrapAlgorithm::DhKemAes256Gcm, kek()).unwrap()
}

pub(crate) fn durable<B: PqBackend>() {
    let rng = &mut rng();
    let memory = Memory::new();
    let keys = || StoreKeys::new(Secret::new([1; 32])).with_older(Secret::new([2; 32]));
    let policy = SessionPolicy::default();
    let prekeys = Prekeys::<B>::generate(PrekeyPolicy::default(), NOW, rng).unwrap();
    let identity = device::<B>("bob");
    let device = Durable::create(&memory, keys(), policy, identity, prekeys, rng);
    let mut device = device.unwrap();
    device
        .change_prekeys(|prekeys, _, rng| prekeys.rotate(NOW, rng), rng)
        .unwrap();
    drop(device);
    Durable::<B, _>::open(&memory, keys(), policy).unwrap();
}

pub(crate) fn objects<B: CryptoBackend>() {
    let rng = &mut rng();
    let mut objects = Objects::new(Memory::new(), ring::<B>());
    let key = Secret::new([9; 32]);
    for name in [b"one", b"two"] {
        objects.insert(name, &key, b"here", rng).unwrap();
    }
    assert!(objects.insert(b"one", &key, b"again", rng).is_err());
    for _ in 0..2 {
        let seen = objects.get(b"one").unwrap();
        let other = Secret::new([8; 32]);
        objects
            .replace(b"one", &seen, &other, b"there", rng)
            .unwrap();
    }
    objects.ring_mut().rotate(kek()).unwrap();
    assert!(objects.destroy_generation(1).is_err());
    objects.rewrap(&RewrapCursor::default(), 9, rng).unwrap();
    objects.destroy_generation(1).unwrap();
    objects.ring_mut().add_older(1, kek()).unwrap();
    objects.ring_mut().add_older(1, kek()).unwrap();
    objects.remove(b"one").unwrap();
    objects.forget_previous(b"two", rng).unwrap();
    objects.remove(b"two").unwrap();
}

pub(crate) fn history<B: CryptoBackend>() {
    let rng = &mut rng();
    let mut history = History::new(Memory::new(), ring::<B>());
    let march = history.begin_epoch(3, rng).unwrap();
    for n in 0..3_u8 {
        history.put(&march, &[n], b"text", rng).unwrap();
    }
    history.get(&march, &[1]).unwrap().unwrap();
    assert_eq!(history.page(&march, None, 9).unwrap().len(), 3);
    history.begin_epoch(3, rng).unwrap();
    history.begin_epoch(4, rng).unwrap();
    history.ring_mut().rotate(kek()).unwrap();
    history.rewrap(&RewrapCursor::default(), 9, rng).unwrap();
    history.destroy_generation(1).unwrap();
    for number in [3, 3, 4] {
        history.erase_epoch(number, rng).unwrap();
    }
    history.sweep(3, 9).unwrap();
}

pub(crate) fn key_ring<B: FileBackend>() {
    let rng = &mut rng();
    let mut ring = KeyRing::<B>::new(rng).unwrap();
    let scope = ring.create_scope("user", rng).unwrap();
    let other = ring.create_scope("device", rng).unwrap();
    let phone = Secret::new([4; 32]);
    ring.set_device_key(&scope, "phone", &phone, rng).unwrap();
    ring.set_device_key(&other, "phone", &phone, rng).unwrap();
    for name in ["notes", "photos"] {
        ring.generate(&scope, name, rng).unwrap();
        ring.generate(&other, name, rng).unwrap();
    }
    assert!(ring.generate(&scope, "notes", rng).is_err());
    ring.rotate(&scope, "notes", rng).unwrap();
    ring.rotate(&scope, "notes", rng).unwrap();
    ring.current(&scope, "notes").unwrap();
    ring.get(&scope, "notes", 1).unwrap();
    ring.destroy(&scope, "notes", 1).unwrap();
    ring.unlock_with_device_key("user", &Secret::new([5; 32]))
        .unwrap_err();
    let scope = ring.rotate_scope(&scope, rng).unwrap();
    ring.remove(&scope, "notes").unwrap();
    ring.remove(&scope, "photos").unwrap();
    ring.remove_scope(&other).unwrap();
}

pub(crate) fn backup<B: FileBackend>() {
    let rng = &mut rng();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let (ring, mut file) = (ring::<B>(), Vec::new());
    let builder = BackupBuilder::<B>::new(rng).unwrap();
    let builder = builder.recovery_key(&recovery, rng).unwrap();
    let builder = builder.recipient(&ring.current(), rng).unwrap();
    let mut writer = builder.begin(NOW, rng, &mut file).unwrap();
    let (id, body) = (&[1][..], &[2; 100_000][..]);
    writer.add(&HistoryRecord { id, body }, &mut file).unwrap();
    file.extend(writer.finish().flat_map(Result::unwrap));

    let mut backup = Backup::open(Bytes::new(&file)).unwrap();
    let key = backup.unlock_with_recovery_key::<B>(&recovery).unwrap();
    let verified = backup.verify(key, &mut |_| {}).unwrap();
    backup
        .restore(&verified, &mut |_| {}, |_| Ok::<_, Infallible>(()))
        .unwrap();
    backup.unlock_with_kek(&ring).unwrap();
    // One that nobody writes.
    drop(BackupBuilder::<B>::new(rng));
}
