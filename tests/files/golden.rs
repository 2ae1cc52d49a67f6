//! Bytes of version 1: every backend makes the same, and opens those that were kept.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag::history::backup::{
    AppData, Backup, BackupBuilder, Bytes, FileKey, HistoryRecord, Password, PasswordLimits,
    RecoveryKey, Restored,
};
use sprag::sprag_core::FileBackend;
use sprag::sprag_core::primitives::PasswordCost;
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{Binding, Envelope, KekRing, Purpose, WrapAlgorithm};
use sprag::{Secret, UnixTime};

use crate::hex::{fixed, unhex};
use crate::support::on_every_backend;
use crate::vectors;

const BINDING: Binding<'_> = Binding {
    purpose: Purpose::Session,
    key_id: &[7; 16],
    context: b"call 42",
};
const PASSWORD: &str = "correct horse";

#[test]
fn files_and_envelopes_of_version_1_are_made_and_opened_by_every_backend() {
    let kept = vectors::kept("files-v1.txt", made::<sprag::rustcrypto::Backend>);
    on_every_backend!(same(&kept));
}

fn same<B: FileBackend>(kept: &str) {
    assert!(made::<B>() == kept, "{} makes other bytes", B::NAME);
    let [kek, key, envelope, recovery, backup] = vectors::digits(kept);

    let kek = PrivateKey::<B>::from_bytes(&Secret::new(fixed(kek))).unwrap();
    let envelope = Envelope::decode(&unhex(envelope)).unwrap();
    let opened = envelope.open::<B, DhKem>(&kek, &BINDING).unwrap();
    assert_eq!(opened.expose(), &fixed(key));

    let backup = unhex(backup);
    let recovery = String::from_utf8(unhex(recovery)).unwrap();
    let recovery = RecoveryKey::from_text::<B>(&recovery).unwrap();
    let (password, limits) = (Password::from_nfkc(PASSWORD), PasswordLimits::default());
    restores::<B>(&backup, |it| {
        it.unlock_with_recovery_key(&recovery).unwrap()
    });
    restores::<B>(&backup, |it| {
        it.unlock_with_password(&password, &limits).unwrap()
    });
}

fn restores<B: FileBackend>(file: &[u8], unlock: impl Fn(&Backup<Bytes<'_>>) -> FileKey<B>) {
    let mut backup = Backup::open(Bytes::new(file)).unwrap();
    let key = unlock(&backup);
    let verified = backup.verify(key, &mut |_| {}).unwrap();
    let mut items = Vec::new();
    let import = |item: Restored<'_>| {
        items.push(format!("{item:?}"));
        Ok::<_, std::convert::Infallible>(())
    };
    backup.restore(&verified, &mut |_| {}, import).unwrap();
    let (record, data) = contents();
    let wanted = [
        format!("{:?}", Restored::History(record)),
        format!("{:?}", Restored::App(data)),
    ];
    assert_eq!(items, wanted);
}

fn contents() -> (HistoryRecord<'static>, AppData<'static>) {
    let record = HistoryRecord {
        id: b"17",
        body: b"hello",
    };
    let data = AppData {
        name: b"theme",
        body: b"dark",
    };
    (record, data)
}

fn made<B: FileBackend>() -> String {
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let kek = PrivateKey::<B>::generate(rng).unwrap();
    let kek_bytes = kek.to_bytes();
    let ring = KekRing::<B, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, kek).unwrap();
    let key = Secret::<32>::random(rng).unwrap();
    let envelope = Envelope::seal(&key, &ring.current(), &BINDING, rng).unwrap();

    let recovery = RecoveryKey::generate(rng).unwrap();
    let cost = PasswordCost {
        memory: 64,
        passes: 2,
        lanes: 1,
    };
    let builder = BackupBuilder::<B>::new(rng).unwrap();
    let builder = builder
        .password(&Password::from_nfkc(PASSWORD), cost, rng)
        .unwrap();
    let builder = builder.recovery_key(&recovery, rng).unwrap();
    let mut file = Vec::new();
    let mut writer = builder
        .begin(UnixTime(1_700_000_000), rng, &mut file)
        .unwrap();
    let (record, data) = contents();
    writer.add(&record, &mut file).unwrap();
    writer.add(&data, &mut file).unwrap();
    file.extend(writer.finish().flat_map(Result::unwrap));

    vectors::lines([
        ("kek", kek_bytes.expose()),
        ("key", key.expose()),
        ("envelope", &envelope.encode()),
        ("recovery-key", recovery.to_text::<B>().as_bytes()),
        ("backup", &file),
    ])
}
