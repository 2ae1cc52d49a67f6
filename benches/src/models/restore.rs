//! A history in a sealed backup, and back on a new device: in memory is one page of it at a time.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use sprag::history::backup::{Backup, FileKey, PasswordLimits, RecoveryKey, Restored};
use sprag::sprag_core::backend::{FileBackend, PqBackend};
use sprag::store::Store;
use sprag::wrap::KekRing;
use sprag::wrap::hpke::DhKem;
use sprag::{ReadSeek, password};
use sprag_models::Result;
use sprag_models::backup;
use sprag_models::device::{Device, Letter};
use sprag_models::keybag::{self, KeyBag};

use super::{Plan, ensure, text};

const PASSWORD: &str = "a password that is typed";
const FROM: &str = "alice.1";

/// Messages that are written to the device's store at once.
const PAGE: usize = 256;

/// What opens the backup.
pub(super) enum Lock<B: FileBackend> {
    RecoveryKey(RecoveryKey),
    Password(RecoveryKey),
    /// The recovery key is in the bag, which the device's own key opens.
    KeyBag {
        key: RecoveryKey,
        sealed: Vec<u8>,
        own: Box<KekRing<B, DhKem>>,
    },
}

impl<B: FileBackend> Lock<B> {
    pub(super) fn recovery_key() -> Result<Self> {
        let key = RecoveryKey::generate(&mut sprag::entropy::system())?;
        Ok(Self::RecoveryKey(key))
    }

    pub(super) fn password() -> Result<Self> {
        let key = RecoveryKey::generate(&mut sprag::entropy::system())?;
        Ok(Self::Password(key))
    }

    /// A bag of two devices, as the second of them opens it.
    pub(super) fn key_bag() -> Result<Self> {
        let (_, first) = keybag::join::<B>("alice.1".parse()?)?;
        let (own, second) = keybag::join::<B>("alice.2".parse()?)?;
        let mut bag = KeyBag::<B>::new(&first)?;
        bag.add(&second)?;
        Ok(Self::KeyBag {
            key: RecoveryKey::new(bag.archive()?),
            sealed: bag.seal()?,
            own: Box::new(own),
        })
    }

    const fn key(&self) -> &RecoveryKey {
        match self {
            Self::RecoveryKey(key) | Self::Password(key) | Self::KeyBag { key, .. } => key,
        }
    }

    /// Whether a server keeps the backup. An export under a recovery key is its owner's.
    pub(super) const fn is_at_a_server(&self) -> bool {
        !matches!(self, Self::RecoveryKey(_))
    }

    fn unlock(&self, backup: &Backup<ReadSeek<File>>) -> Result<FileKey<B>> {
        Ok(match self {
            Self::RecoveryKey(key) => backup.unlock_with_recovery_key(key)?,
            Self::Password(_) => {
                let limits = PasswordLimits::default();
                backup.unlock_with_password(&password(PASSWORD), &limits)?
            }
            Self::KeyBag { sealed, own, .. } => {
                let bag = KeyBag::open(sealed, own)?;
                backup.unlock_with_recovery_key(&RecoveryKey::new(bag.archive()?))?
            }
        })
    }
}

/// Writes a backup of the history, and returns how many bytes it has.
pub(super) fn write<B: FileBackend>(path: &Path, lock: &Lock<B>, plan: &Plan) -> Result<u64> {
    let typed = matches!(lock, Lock::Password(_)).then_some(PASSWORD);
    let letters = (0..plan.history).map(|number| {
        plan.go_on()?;
        Ok(letter(number))
    });
    let mut file = BufWriter::new(File::create(path)?);
    backup::write_to::<B, _>(letters, typed, lock.key(), &mut file)?;
    file.flush()?;
    Ok(fs::metadata(path)?.len())
}

/// Restores the backup to a device, and returns how long it took.
pub(super) fn read<B: PqBackend + FileBackend, S: Store>(
    path: &Path,
    lock: &Lock<B>,
    plan: &Plan,
    device: &mut Device<B, S>,
) -> Result<Duration> {
    let start = Instant::now();
    let mut backup = Backup::open(ReadSeek(File::open(path)?))?;
    let key = lock.unlock(&backup)?;
    let verified = backup.verify(key, &mut |_| {})?;
    let mut page = Vec::with_capacity(PAGE);
    let mut restored = 0;
    backup.restore(&verified, &mut |_| {}, |item| {
        let Restored::History(record) = item else {
            return Ok(());
        };
        let read = Letter::decode(record.body)?;
        ensure(read == letter(restored), "another message came back")?;
        restored += 1;
        page.push(read);
        if page.len() == PAGE {
            plan.go_on()?;
            device.keep_all(&page)?;
            page.clear();
        }
        Result::Ok(())
    })?;
    device.keep_all(&page)?;
    let took = start.elapsed();
    ensure(restored == plan.history, "not all messages came back")?;
    Ok(took)
}

fn letter(number: u64) -> Letter {
    Letter {
        from: FROM.to_owned(),
        text: text(number).into_bytes(),
    }
}
