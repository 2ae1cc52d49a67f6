//! The slot whose secret an external service gives back.

use sprag::history::backup::{Backup, BackupError, Bytes, MAX_OPAQUE, PasswordLimits, RecoveryKey};
use sprag::sprag_core::FileBackend;
use sprag::sprag_core::primitives::Hmac;
use sprag::{Secret, password};

use crate::backups::{CHEAP, items, new, refused, restore, write};
use crate::support::on_every_backend;

const OPAQUE: &[u8] = b"realm 3, record 17";
/// Where the slot's parts begin if it is a file's first slot.
const SLOT: usize = 12;
const DATA: usize = SLOT + 3;

#[test]
fn a_service_that_gives_the_secret_back_opens_the_backup() {
    on_every_backend!(whole_life);
}

fn whole_life<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let [secret, other] = [(); 2].map(|()| Secret::random(rng).unwrap());
    let recovery = RecoveryKey::generate(rng).unwrap();
    let builder = new::<B>().password(&password("päss"), CHEAP, rng).unwrap();
    let builder = builder.escrow(OPAQUE, &secret, rng).unwrap();
    let file = write(builder.recovery_key(&recovery, rng).unwrap(), &items());

    let backup = Backup::open(Bytes::new(&file)).unwrap();
    assert_eq!(backup.escrow(), Some(OPAQUE));
    let opened = restore::<B>(&file, |it| it.unlock_with_escrow(&secret));
    assert_eq!(opened, (Ok(()), items()));
    let wrong = restore::<B>(&file, |it| it.unlock_with_escrow(&other));
    assert_eq!(wrong, refused(BackupError::WrongKey));
    let limits = PasswordLimits::default();
    let opened = restore::<B>(&file, |it| {
        it.unlock_with_password(&password("päss"), &limits)
    });
    assert_eq!(opened, (Ok(()), items()));
    let opened = restore::<B>(&file, |it| it.unlock_with_recovery_key(&recovery));
    assert_eq!(opened, (Ok(()), items()));

    let file = write(new::<B>().recovery_key(&recovery, rng).unwrap(), &[]);
    assert_eq!(Backup::open(Bytes::new(&file)).unwrap().escrow(), None);
    let none = restore::<B>(&file, |it| it.unlock_with_escrow(&secret));
    assert_eq!(none, refused(BackupError::NoSuchSlot));
}

#[test]
fn what_the_service_is_told_can_not_be_altered() {
    on_every_backend!(altered);
}

fn altered<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let secret = Secret::random(rng).unwrap();
    let recovery = RecoveryKey::generate(rng).unwrap();
    let builder = new::<B>().escrow(OPAQUE, &secret, rng).unwrap();
    let file = write(builder.recovery_key(&recovery, rng).unwrap(), &items());
    let end = DATA + 2 + OPAQUE.len() + 96;
    for at in DATA + 2..end {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let by_escrow = restore::<B>(&changed, |it| it.unlock_with_escrow(&secret));
        assert_eq!(by_escrow, refused(BackupError::WrongKey), "byte {at}");
        // The owner of another slot would be asked to tell the service something else.
        let by_key = restore::<B>(&changed, |it| it.unlock_with_recovery_key(&recovery));
        assert_eq!(by_key, refused(BackupError::HeaderForged), "byte {at}");
    }
    // A byte moved from what the service is told to the salt.
    let mut moved = file.clone();
    moved[DATA + 1] -= 1;
    let opened = Backup::open(Bytes::new(&moved)).err();
    assert_eq!(
        opened,
        Some(sprag::history::backup::RestoreError::Backup(
            BackupError::Malformed
        ))
    );
    // The slot of another backup with the same secret.
    let other = new::<B>().escrow(OPAQUE, &secret, rng).unwrap();
    let other = write(other.recovery_key(&recovery, rng).unwrap(), &[]);
    let swapped = [&file[..SLOT], &other[SLOT..end], &file[end..]].concat();
    let opened = restore::<B>(&swapped, |it| it.unlock_with_escrow(&secret));
    assert_eq!(opened, refused(BackupError::HeaderForged));
}

#[test]
fn the_service_is_told_at_most_so_much_and_there_is_one() {
    on_every_backend!(limits);
}

fn limits<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let secret = Secret::random(rng).unwrap();
    let most = [7; MAX_OPAQUE];
    for opaque in [&[][..], &most] {
        let file = write(
            new::<B>().escrow(opaque, &secret, rng).unwrap(),
            &items()[..3],
        );
        let backup = Backup::open(Bytes::new(&file)).unwrap();
        assert_eq!(backup.escrow(), Some(opaque));
        let opened = restore::<B>(&file, |it| it.unlock_with_escrow(&secret));
        assert_eq!(opened, (Ok(()), items()[..3].to_vec()));
    }
    let longer = new::<B>().escrow(&[7; MAX_OPAQUE + 1], &secret, rng).err();
    assert_eq!(longer, Some(BackupError::TooLong));
    let two = new::<B>().escrow(OPAQUE, &secret, rng).unwrap();
    let two = two.escrow(OPAQUE, &secret, rng).err();
    assert_eq!(two, Some(BackupError::SlotCount));

    // So it is in a stranger's file.
    let file = write(new::<B>().escrow(&most, &secret, rng).unwrap(), &[]);
    let mut longer = file.clone();
    longer[SLOT + 1..DATA].copy_from_slice(&(2 + 1025 + 96_u16).to_be_bytes());
    longer[DATA..DATA + 2].copy_from_slice(&1025_u16.to_be_bytes());
    longer.insert(DATA + 2, 7);
    let slot = &file[SLOT..DATA + 2 + MAX_OPAQUE + 96];
    let twice = [&file[..11], &[2], slot, &file[SLOT..]].concat();
    for (file, error) in [
        (longer, BackupError::Malformed),
        (twice, BackupError::SlotCount),
    ] {
        let opened = restore::<B>(&file, |it| it.unlock_with_escrow(&secret));
        assert_eq!(opened, refused(error));
    }
}

#[test]
fn the_slot_is_laid_out_as_documented() {
    on_every_backend!(document);
}

fn document<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let secret = Secret::<32>::random(rng).unwrap();
    let file = write(new::<B>().escrow(OPAQUE, &secret, rng).unwrap(), &[]);
    assert_eq!(file[SLOT], 4);
    let commitment = DATA + 2 + OPAQUE.len() + 16;
    let (mut root, mut derived) = ([0; 32], [0; 64]);
    B::HmacSha256::hkdf_extract(
        &file[commitment - 16..commitment],
        &[secret.expose()],
        &mut root,
    );
    let info = [b"SKB1 es", &file[DATA..commitment]].concat();
    B::HmacSha256::hkdf_expand(&root, &info, &mut derived).unwrap();
    assert_eq!(file[commitment..commitment + 32], derived[32..]);
}
