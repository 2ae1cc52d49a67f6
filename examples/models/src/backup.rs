//! The history as one encrypted file, for wherever it is kept.
//!
//! What lives here: letters into a backup and back. What does not: the format, which is the engine's
//! ([`sprag::history::backup`]); who keeps the file, and who the secret ([`crate::models`]). Sessions are
//! never part of it.

use std::borrow::Borrow;
use std::io::Write;

use sprag::history::backup::{
    Backup, BackupBuilder, BackupError, Bytes, HistoryRecord, PasswordLimits, RecoveryKey, Restored,
};
use sprag::history::chunked::Buffer;
use sprag::password;
use sprag::sprag_core::backend::FileBackend;
use sprag::sprag_core::primitives::PasswordCost;

use crate::Result;
use crate::device::Letter;

/// The least that Argon2id takes with one lane: 8 KiB once. For demonstrations, where it would be the
/// longest step; a real application takes [`PasswordCost::SMALL`] or more.
pub const CHEAP: PasswordCost = PasswordCost {
    memory: 8,
    passes: 1,
    lanes: 1,
};

/// What opens a backup.
#[derive(Debug)]
pub enum Unlock<'a> {
    /// A password that somebody remembers.
    Password(&'a str),
    /// A recovery key that somebody wrote down, as its 64 characters.
    RecoveryKey(&'a str),
}

/// A backup of letters that the password `typed`, if there is one, and `recovery` open.
///
/// # Errors
/// The engine's.
pub fn write<B: FileBackend>(
    letters: &[Letter],
    typed: Option<&str>,
    recovery: &RecoveryKey,
) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    write_to::<B, _>(letters.iter().map(Ok), typed, recovery, &mut file)?;
    Ok(file)
}

/// As [`write()`], of letters that come one by one and into a file: in memory is one at a time.
///
/// # Errors
/// The engine's, the file's, and whatever comes in place of a letter.
pub fn write_to<B: FileBackend, L: Borrow<Letter>>(
    letters: impl IntoIterator<Item = Result<L>>,
    typed: Option<&str>,
    recovery: &RecoveryKey,
    file: &mut impl Write,
) -> Result<()> {
    let rng = &mut sprag::entropy::system();
    let mut builder = BackupBuilder::<B>::new(rng)?.recovery_key(recovery, rng)?;
    if let Some(typed) = typed {
        builder = builder.password(&password(typed), CHEAP, rng)?;
    }
    let mut out = Buffer::new();
    let mut writer = builder.begin(sprag::platform::now(), rng, &mut out)?;
    for (number, letter) in (0_u64..).zip(letters) {
        let (id, body) = (number.to_be_bytes(), letter?.borrow().encode());
        let record = HistoryRecord {
            id: &id,
            body: &body,
        };
        writer.add(&record, &mut out)?;
        file.write_all(&out)?;
        out.clear();
    }
    file.write_all(&out)?;
    for part in writer.finish() {
        file.write_all(&part?)?;
    }
    Ok(())
}

/// The letters of a backup. All of it is verified before the first is returned.
///
/// # Errors
/// [`BackupError::WrongPassword`], [`BackupError::WrongKey`], and the engine's others; what is no
/// recovery key.
pub fn read<B: FileBackend>(file: &[u8], with: &Unlock<'_>) -> Result<Vec<Letter>> {
    let mut backup = Backup::open(Bytes::new(file))?;
    let key = match with {
        Unlock::Password(typed) => {
            backup.unlock_with_password::<B>(&password(typed), &PasswordLimits::default())?
        }
        Unlock::RecoveryKey(text) => {
            let key = RecoveryKey::from_text::<B>(text)?;
            backup.unlock_with_recovery_key::<B>(&key)?
        }
    };
    let verified = backup.verify(key, &mut |_| {})?;
    let mut letters = Vec::new();
    backup.restore(&verified, &mut |_| {}, |item| {
        if let Restored::History(record) = item {
            letters.push(Letter::decode(record.body).map_err(|_| BackupError::Malformed)?);
        }
        Ok::<_, BackupError>(())
    })?;
    Ok(letters)
}
