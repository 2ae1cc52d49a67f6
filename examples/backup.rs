//! A backup that a password or a recovery key opens: made, written down, restored elsewhere.
//!
//! ```sh
//! cargo run --example backup --features files
//! ```

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;

use sprag::default::Backend;
use sprag::history::backup::{
    Backup, BackupBuilder, BackupError, HistoryRecord, PasswordLimits, RecoveryKey, Restored,
};
use sprag::history::chunked::Buffer;
use sprag::sprag_core::primitives::PasswordCost;
use sprag::{ReadSeek, password};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rng = &mut sprag::entropy::system();
    let path = std::env::temp_dir().join(format!("sprag-backup-{}", std::process::id()));

    // The old device makes it, and shows the recovery key to be written down.
    let recovery = RecoveryKey::generate(rng)?;
    println!("recovery key: {}", *recovery.to_text::<Backend>());
    let builder = BackupBuilder::<Backend>::new(rng)?
        .password(&password("correct horse"), PasswordCost::SMALL, rng)?
        .recovery_key(&recovery, rng)?;
    let mut file = File::create(&path)?;
    let mut out = Buffer::new();
    let mut writer = builder.begin(sprag::platform::now(), rng, &mut out)?;
    for n in 0..1000_u32 {
        let (id, body) = (n.to_be_bytes(), format!("message {n}"));
        let record = HistoryRecord {
            id: &id,
            body: body.as_bytes(),
        };
        writer.add(&record, &mut out)?;
        file.write_all(&out)?;
        out.clear();
    }
    for part in writer.finish() {
        file.write_all(&part?)?;
    }
    drop(file);

    // The new device reads it. A wrong password is told apart from a damaged file.
    let mut backup = Backup::open(ReadSeek(File::open(&path)?))?;
    let limits = PasswordLimits::default();
    let wrong = backup.unlock_with_password::<Backend>(&password("battery staple"), &limits);
    assert_eq!(wrong.err(), Some(BackupError::WrongPassword));
    let key = backup.unlock_with_password::<Backend>(&password("correct horse"), &limits)?;

    // The whole file is verified before the first record comes out.
    let mut show = |progress| println!("{progress:?}");
    let verified = backup.verify(key, &mut show)?;
    let mut count = 0;
    backup.restore(&verified, &mut show, |item| {
        if let Restored::History(_) = item {
            count += 1;
        }
        Ok::<_, Infallible>(())
    })?;
    println!("{count} of {} records restored", verified.items);
    assert_eq!(count, 1000);
    std::fs::remove_file(&path)?;
    Ok(())
}
