//! Backups: who opens them, what comes back, and that a refused one has imported nothing.

use std::cell::Cell;
use std::convert::Infallible;

use sprag::history::backup::{
    AppData, Backup, BackupBuilder, BackupError, BackupSource, Bytes, FileKey, HistoryRecord,
    PasswordLimits, Phase, RecoveryKey, RestoreError, Restored,
};
use sprag::sprag_core::primitives::PasswordCost;
use sprag::sprag_core::{FileBackend, HybridBackend};
use sprag::wrap::hpke::{DhKem, PrivateKey, XWing, XWingPrivateKey};
use sprag::wrap::{KekRing, WrapAlgorithm};
use sprag::{ReadSeek, UnixTime, password};

use crate::altered_files::{altered, cases};
use crate::support::on_every_backend;

/// For tests alone: it holds nobody up.
pub(crate) const CHEAP: PasswordCost = PasswordCost {
    memory: 64,
    passes: 1,
    lanes: 1,
};

pub(crate) type Item = (bool, Vec<u8>, Vec<u8>);

pub(crate) fn items() -> Vec<Item> {
    let item = |n: usize| {
        let body = vec![n as u8; n * 331 % 9000];
        (n.is_multiple_of(5), n.to_be_bytes().to_vec(), body)
    };
    (0..60).map(item).collect()
}

pub(crate) fn write<B: FileBackend>(builder: BackupBuilder<B>, items: &[Item]) -> Vec<u8> {
    let (rng, mut file) = (&mut sprag::entropy::system(), Vec::new());
    let mut writer = builder
        .begin(UnixTime(1_700_000_000), rng, &mut file)
        .unwrap();
    for (app, name, body) in items {
        if *app {
            writer.add(&AppData { name, body }, &mut file).unwrap();
        } else {
            writer
                .add(&HistoryRecord { id: name, body }, &mut file)
                .unwrap();
        }
    }
    file.extend(writer.finish().flat_map(Result::unwrap));
    file
}

pub(crate) fn new<B: FileBackend>() -> BackupBuilder<B> {
    BackupBuilder::new(&mut sprag::entropy::system()).unwrap()
}

/// Restores a file; what was imported comes beside the outcome.
pub(crate) fn restore<B: FileBackend>(
    file: &[u8],
    unlock: impl FnOnce(&Backup<Bytes<'_>>) -> Result<FileKey<B>, BackupError>,
) -> (Result<(), RestoreError<Infallible>>, Vec<Item>) {
    let mut imported = Vec::new();
    let all = || {
        let mut backup = Backup::open(Bytes::new(file))?;
        let key = unlock(&backup)?;
        let verified = backup.verify(key, &mut |_| {})?;
        backup.restore(&verified, &mut |_| {}, |item| {
            imported.push(match item {
                Restored::History(HistoryRecord { id, body }) => (false, id.into(), body.into()),
                Restored::App(AppData { name, body }) => (true, name.into(), body.into()),
                _ => unreachable!("no other items"),
            });
            Ok::<_, Infallible>(())
        })
    };
    (all(), imported)
}

pub(crate) fn refused(error: BackupError) -> (Result<(), RestoreError<Infallible>>, Vec<Item>) {
    (Err(RestoreError::Backup(error)), Vec::new())
}

#[test]
fn every_slot_opens_and_every_other_secret_does_not() {
    on_every_backend!(slots);
}

fn slots<B: FileBackend + HybridBackend>() {
    let rng = &mut sprag::entropy::system();
    let (recovery, other) = (
        RecoveryKey::generate(rng).unwrap(),
        RecoveryKey::generate(rng).unwrap(),
    );
    let limits = PasswordLimits::default();
    let builder = new::<B>().password(&password("päss"), CHEAP, rng).unwrap();
    let builder = builder.recovery_key(&recovery, rng).unwrap();
    let file = write(builder, &items());

    // Typed on another keyboard: a letter and its diaeresis, full-width letters.
    for typed in ["päss", "pa\u{308}ss", "\u{ff50}äss"] {
        let opened = restore::<B>(&file, |it| {
            it.unlock_with_password(&password(typed), &limits)
        });
        assert_eq!(opened, (Ok(()), items()));
    }
    let wrong = restore::<B>(&file, |it| {
        it.unlock_with_password(&password("pass"), &limits)
    });
    assert_eq!(wrong, refused(BackupError::WrongPassword));
    let text = recovery.to_text::<B>();
    let read = RecoveryKey::from_text::<B>(&text.to_lowercase()).unwrap();
    let opened = restore::<B>(&file, |it| it.unlock_with_recovery_key(&read));
    assert_eq!(opened, (Ok(()), items()));
    let wrong = restore::<B>(&file, |it| it.unlock_with_recovery_key(&other));
    assert_eq!(wrong, refused(BackupError::WrongKey));

    let kek = PrivateKey::<B>::generate(rng).unwrap();
    let ring = KekRing::<B, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, kek).unwrap();
    let hybrid = XWingPrivateKey::<B>::generate(rng).unwrap();
    let algorithm = WrapAlgorithm::XWingChaCha20Poly1305;
    let hybrid = KekRing::<B, XWing>::new([2; 16], algorithm, hybrid).unwrap();
    let no_slot = restore::<B>(&file, |it| it.unlock_with_kek(&ring));
    assert_eq!(no_slot, refused(BackupError::NoSuchSlot));
    let builder = new::<B>().recipient(&ring.current(), rng).unwrap();
    let builder = builder.recipient(&hybrid.current(), rng).unwrap();
    let file = write(builder, &items());
    let opened = restore::<B>(&file, |it| it.unlock_with_kek(&ring));
    assert_eq!(opened, (Ok(()), items()));
    let opened = restore::<B>(&file, |it| it.unlock_with_kek(&hybrid));
    assert_eq!(opened, (Ok(()), items()));
    let third = PrivateKey::<B>::generate(rng).unwrap();
    let third = KekRing::<B, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, third).unwrap();
    let wrong = restore::<B>(&file, |it| it.unlock_with_kek(&third));
    assert_eq!(wrong, refused(BackupError::WrongKey));
    let no_slot = restore::<B>(&file, |it| it.unlock_with_password(&password("x"), &limits));
    assert_eq!(no_slot, refused(BackupError::NoSuchSlot));
}

#[test]
fn a_password_shares_a_backup_with_nobody_elses_key() {
    on_every_backend!(slots_that_conflict);
}

fn slots_that_conflict<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let kek = PrivateKey::<B>::generate(rng).unwrap();
    let ring = KekRing::<B, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, kek).unwrap();
    let both = new::<B>().password(&password("x"), CHEAP, rng).unwrap();
    let both = both.recipient(&ring.current(), rng).err();
    assert_eq!(both, Some(BackupError::SlotConflict));
    let two = new::<B>().password(&password("x"), CHEAP, rng).unwrap();
    let two = two.password(&password("y"), CHEAP, rng).err();
    assert_eq!(two, Some(BackupError::SlotCount));
    let none = new::<B>().begin(UnixTime(0), rng, &mut Vec::new()).err();
    assert_eq!(none, Some(BackupError::SlotCount));
    // So it is when somebody else puts them together.
    let mut file = write(
        new::<B>().password(&password("x"), CHEAP, rng).unwrap(),
        &[],
    );
    let other = write(new::<B>().recipient(&ring.current(), rng).unwrap(), &[]);
    file[11] = 2;
    file.splice(123..123, other[12..12 + 3 + 134].iter().copied());
    let opened = Backup::open(Bytes::new(&file)).err();
    assert_eq!(
        opened,
        Some(RestoreError::Backup(BackupError::SlotConflict))
    );
}

#[test]
fn a_changed_backup_has_its_own_error_and_imports_nothing() {
    on_every_backend!(changed_backups);
}

fn changed_backups<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let builder = new::<B>().recovery_key(&recovery, rng).unwrap();
    let file = write(builder, &items());
    let restore = |file: &[u8]| restore::<B>(file, |it| it.unlock_with_recovery_key(&recovery));
    assert_eq!(restore(&file), (Ok(()), items()));

    // Front 12, slot 3 + 96, created and flags 10, MAC 32, salt and commitment 56.
    let (header, front) = (153, 209);
    let sealed = 16400;
    assert!(file.len() > front + 4 * sealed);
    let last = front + (file.len() - front) / sealed * sealed;
    for end in (0..file.len())
        .step_by(1009)
        .chain([file.len() - 1, last, last + 3])
    {
        let error = match end {
            0..12 => BackupError::Foreign,
            _ => BackupError::Incomplete,
        };
        assert_eq!(restore(&file[..end]), refused(error), "cut off at {end}");
    }
    let longer = [&file[..], b"x"].concat();
    assert_eq!(restore(&longer), refused(BackupError::Incomplete));
    for (at, error) in [
        (0, BackupError::Foreign),
        (8, BackupError::Newer(0)),
        (10, BackupError::Newer(0)),
        (12, BackupError::NoSuchSlot),
        (15, BackupError::WrongKey),
        (31, BackupError::WrongKey),
        (63, BackupError::WrongKey),
        (111, BackupError::HeaderForged),
        (120, BackupError::Malformed),
        (header - 1, BackupError::HeaderForged),
        (header, BackupError::Damaged { chunk: 0 }),
        (front, BackupError::Damaged { chunk: 0 }),
        (front + 2 * sealed, BackupError::Damaged { chunk: 2 }),
        (file.len() - 1, BackupError::Incomplete),
    ] {
        let mut changed = file.clone();
        changed[at] ^= if at == 12 { 0x40 } else { 1 };
        assert_eq!(restore(&changed), refused(error), "byte {at}");
    }
    let chunk = |n: usize| &file[front + n * sealed..front + (n + 1) * sealed];
    let rest = &file[front + 3 * sealed..];
    let reordered = [&file[..front], chunk(0), chunk(2), chunk(1), rest].concat();
    assert_eq!(
        restore(&reordered),
        refused(BackupError::Damaged { chunk: 1 })
    );
    let left_out = [&file[..front], chunk(0), chunk(2), rest].concat();
    assert_eq!(
        restore(&left_out),
        refused(BackupError::Damaged { chunk: 1 })
    );

    // The payload of another backup of the same owner.
    let builder = new::<B>().recovery_key(&recovery, rng).unwrap();
    let other = write(builder, &items()[1..]);
    let spliced = [&file[..header], &other[header..]].concat();
    assert_eq!(
        restore(&spliced),
        refused(BackupError::Damaged { chunk: 0 })
    );
    let spliced = [&other[..12], &file[12..]].concat();
    assert_eq!(restore(&spliced), (Ok(()), items()));
    let slot = [&file[..12], &other[12..111], &file[111..]].concat();
    assert_eq!(restore(&slot), refused(BackupError::HeaderForged));
    assert_eq!(
        restore(b"PK\x03\x04 an archive of some kind"),
        refused(BackupError::Foreign)
    );
    assert_eq!(restore(b""), refused(BackupError::Foreign));
}

#[test]
fn the_caller_is_told_how_far_it_is_and_may_stop() {
    on_every_backend!(progress);
}

fn progress<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let file = write(new::<B>().recovery_key(&recovery, rng).unwrap(), &items());
    let source = ReadSeek(std::io::Cursor::new(&file));
    let mut backup = Backup::open(source).unwrap();
    assert_eq!(backup.created(), UnixTime(1_700_000_000));
    assert!(!backup.has_password());
    let key = backup.unlock_with_recovery_key::<B>(&recovery).unwrap();
    let mut seen = Vec::new();
    let verified = backup
        .verify(key, &mut |progress| seen.push(progress))
        .unwrap();
    assert_eq!(
        (verified.items, verified.bytes),
        (60, file.len() as u64 - 153)
    );
    assert!(seen.len() >= 3 && seen.is_sorted_by_key(|it| (it.bytes, it.items)));
    assert!(seen.iter().all(|it| it.phase == Phase::Verifying));
    let last = seen.last().unwrap();
    assert_eq!((last.items, last.bytes), (verified.items, verified.bytes));

    let mut count = 0;
    let stopped = backup.restore(&verified, &mut |_| {}, |_| {
        count += 1;
        if count == 7 { Err("enough") } else { Ok(()) }
    });
    assert!(matches!(stopped, Err(RestoreError::Import("enough"))));
    assert_eq!(count, 7);
}

#[test]
fn a_backup_is_never_in_memory_as_a_whole() {
    on_every_backend!(in_parts);
}

/// A file of which it is known how much was read since the last rewind.
struct Counted<'a>(Bytes<'a>, &'a Cell<usize>);

impl BackupSource for Counted<'_> {
    type Error = Infallible;

    fn rewind(&mut self) -> Result<(), Infallible> {
        self.1.set(0);
        self.0.rewind()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let len = self.0.read(buffer)?;
        self.1.set(self.1.get() + len);
        Ok(len)
    }
}

fn in_parts<B: FileBackend>() {
    // Behind so much content stand 100 KiB of padding.
    const ITEMS: usize = 20;
    // An item, the part that is opened and the one that is read ahead of it.
    const MOST: usize = 211_000 + 2 * 66_000;
    let rng = &mut sprag::entropy::system();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let builder = new::<B>().recovery_key(&recovery, rng).unwrap();
    let (mut file, mut out) = (Vec::new(), Vec::new());
    let mut writer = builder.begin(UnixTime(1), rng, &mut file).unwrap();
    let (id, body) = (b"id", vec![1; 211_000]);
    for _ in 0..ITEMS {
        writer
            .add(&HistoryRecord { id, body: &body }, &mut out)
            .unwrap();
        assert!(out.len() < MOST);
        file.append(&mut out);
    }
    let end: Vec<_> = writer.finish().map(Result::unwrap).collect();
    assert!(end.len() > 1 && end.iter().all(|part| part.len() < 100_000));
    file.extend(end.into_iter().flatten());

    let (read, mut given) = (Cell::new(0), 0);
    let mut backup = Backup::open(Counted(Bytes::new(&file), &read)).unwrap();
    let key = backup.unlock_with_recovery_key::<B>(&recovery).unwrap();
    let verified = backup.verify(key, &mut |_| {}).unwrap();
    assert_eq!(read.get(), file.len());
    let import = |item: Restored<'_>| {
        assert!(matches!(item, Restored::History(record) if record.body == body));
        assert!(read.get() - given < MOST);
        given += body.len();
        Ok::<_, Infallible>(())
    };
    backup.restore(&verified, &mut |_| {}, import).unwrap();
    assert_eq!(given, ITEMS * body.len());
}

#[test]
fn bytes_that_were_never_written_import_nothing() {
    use proptest::prelude::*;
    use sprag::default::Backend as B;

    let rng = &mut sprag::entropy::system();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let kek = PrivateKey::<B>::generate(rng).unwrap();
    let ring = KekRing::<B, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, kek).unwrap();
    let builder = new::<B>().recovery_key(&recovery, rng).unwrap();
    let file = write(
        builder.recipient(&ring.current(), rng).unwrap(),
        &items()[..5],
    );
    proptest!(cases(2_000), |(files in altered(&file, 400))| {
        for bytes in files {
            let by_key = restore::<B>(&bytes, |it| it.unlock_with_recovery_key(&recovery));
            let by_kek = restore::<B>(&bytes, |it| it.unlock_with_kek(&ring));
            for (outcome, imported) in [by_key, by_kek] {
                prop_assert_eq!(outcome.is_ok(), bytes == file);
                prop_assert_eq!(imported.is_empty(), bytes != file);
            }
        }
    });
}

#[test]
fn lengths_hide_in_buckets() {
    on_every_backend!(buckets);
}

fn buckets<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let mut len = |body: usize| {
        let builder = new::<B>().recovery_key(&recovery, rng).unwrap();
        write(builder, &[(false, b"id".to_vec(), vec![1; body])]).len()
    };
    assert_eq!(len(0), len(4000));
    assert_eq!(len(100_400), len(101_000));
    assert!(len(200_000) < 225_000 && len(200_000) != len(100_000));
}
