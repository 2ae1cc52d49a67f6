//! The safety number: 60 digits that two people compare to know that nobody sits between them.
//!
//! Each side contributes 30 digits, a function of that side alone:
//!
//! ```text
//! digest = SHA-256("SPRAG1 safety number" || 0x00 || lp(account) || fingerprint(32))
//! group  = big-endian integer of 5 digest bytes, modulo 100000, as 5 digits; 6 groups from 30 bytes
//! number = the smaller half, then the larger half (as digit strings): the same on both sides
//! ```
//!
//! What it is worth: to sit between two people unnoticed, an attacker needs, for each of them, an
//! identity whose 30 digits equal the other's: a second preimage of 99.66 bits. The account name
//! is hashed in, so the search serves one victim only. The hash is not iterated: 5,200 rounds as
//! in other messengers would add 12 bits to a number that nobody can search anyway. The margin is
//! that of 30 digits; two people who compare only one half authenticate only one side, and ten
//! digits are worth 33 bits.

use core::fmt;

use crate::backend::CryptoBackend;
use crate::handshake::account::AccountId;
use crate::handshake::identity::{Fingerprint, Identity};
use crate::primitives::Hmac;

const LABEL: &[u8] = b"SPRAG1 safety number\0";
const GROUPS: usize = 6;

/// Twelve groups of five digits; shown with [`Display`](fmt::Display), separated by spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyNumber([[u32; GROUPS]; 2]);

impl SafetyNumber {
    /// The number of our identity and a peer's device; the same whichever side computes it.
    #[must_use]
    pub fn new<B: CryptoBackend>(
        ours: &Identity<B>,
        peer_account: &AccountId,
        peer: Fingerprint,
    ) -> Self {
        let mut halves = [
            half::<B>(ours.account(), ours.fingerprint()),
            half::<B>(peer_account, peer),
        ];
        halves.sort_unstable();
        Self(halves)
    }
}

fn half<B: CryptoBackend>(account: &AccountId, fingerprint: Fingerprint) -> [u32; GROUPS] {
    let digest = B::HmacSha256::sha256(&[
        LABEL,
        &account.length_prefix(),
        account.as_bytes(),
        &fingerprint.0,
    ]);
    let mut groups = [0; GROUPS];
    for (group, bytes) in groups.iter_mut().zip(digest.chunks_exact(5)) {
        // 2^40 is so much larger than 10^5 that the bias is below 2^-23.
        let value = bytes
            .iter()
            .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        *group = u32::try_from(value % 100_000).unwrap_or_default();
    }
    groups
}

impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, group) in self.0.iter().flatten().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{group:05}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn shows_twelve_groups_of_five_digits() {
        let number = SafetyNumber([[0, 1, 22, 333, 4444, 55555], [99999, 0, 0, 0, 0, 7]]);
        assert_eq!(
            number.to_string(),
            "00000 00001 00022 00333 04444 55555 99999 00000 00000 00000 00000 00007"
        );
    }
}
