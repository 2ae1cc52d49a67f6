//! What a stranger's file may make us spend on a password.

use sprag::history::backup::{Backup, BackupBuilder, BackupError, Bytes, Password, PasswordLimits};
use sprag::sprag_core::primitives::{PasswordCost, PasswordHash, PrimitiveError};
use sprag::sprag_core::{CryptoBackend, FileBackend};

/// A backend that must not be asked to hash a password.
#[derive(Clone, Copy, Debug)]
struct Watched;

type Real = sprag::rustcrypto::Backend;

impl CryptoBackend for Watched {
    const NAME: &'static str = "watched";
    type X25519 = <Real as CryptoBackend>::X25519;
    type HmacSha256 = <Real as CryptoBackend>::HmacSha256;
    type Aes256Gcm = <Real as CryptoBackend>::Aes256Gcm;
    type ChaCha20Poly1305 = <Real as CryptoBackend>::ChaCha20Poly1305;
    type Ed25519 = <Real as CryptoBackend>::Ed25519;
}

impl FileBackend for Watched {
    type Sha512 = <Real as FileBackend>::Sha512;
    type Argon2id = Self;
}

impl PasswordHash for Watched {
    fn argon2id(
        _: &[u8],
        _: &[u8; 16],
        cost: &PasswordCost,
        _: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        panic!("memory would be reserved for {cost:?}");
    }
}

#[test]
fn absurd_costs_are_refused_before_memory_is_reserved() {
    let rng = &mut sprag::entropy::system();
    let small = PasswordCost {
        memory: 64,
        passes: 1,
        lanes: 1,
    };
    let password = Password::from_nfkc("hunter2");
    let mut file = Vec::new();
    let builder = BackupBuilder::<Real>::new(rng).unwrap();
    let builder = builder.password(&password, small, rng).unwrap();
    let writer = builder.begin(sprag::UnixTime(0), rng, &mut file).unwrap();
    file.extend(writer.finish().flat_map(Result::unwrap));

    for (memory, passes, lanes) in [
        (u32::MAX, 1, 1),
        (64, u32::MAX, 1),
        (u32::MAX, 3, 1 << 24),
        (64, 0, 1),
        (64, 1, 0),
        (0, 1, 1),
        (7, 1, 1),
        ((1 << 20) + 1, 1, 1),
        (64, 65, 1),
        (128, 1, 9),
    ] {
        let mut hostile = file.clone();
        for (at, field) in [(15, memory), (19, passes), (23, lanes)] {
            hostile[at..at + 4].copy_from_slice(&field.to_be_bytes());
        }
        let backup = Backup::open(Bytes::new(&hostile)).unwrap();
        let limits = PasswordLimits::default();
        let refused = backup
            .unlock_with_password::<Watched>(&password, &limits)
            .err();
        let cost = PasswordCost {
            memory,
            passes,
            lanes,
        };
        assert_eq!(refused, Some(BackupError::CostRefused(cost)));
    }
    // Limits of one's own.
    let backup = Backup::open(Bytes::new(&file)).unwrap();
    let limits = PasswordLimits {
        memory: 63,
        ..PasswordLimits::default()
    };
    let refused = backup
        .unlock_with_password::<Watched>(&password, &limits)
        .err();
    assert_eq!(refused, Some(BackupError::CostRefused(small)));
}
