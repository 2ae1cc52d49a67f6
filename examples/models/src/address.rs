//! A device of an account, as relays and people name it.

use std::fmt;
use std::str::FromStr;

use sprag::AccountId;

/// A device of an account, written `alice.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// 1 to 32 of `a` to `z`, `0` to `9` and `-`: it is a part of files' names too.
    account: String,
    /// The device's number.
    pub device: u32,
}

impl Address {
    /// Takes the name of an account and the number of one of its devices.
    ///
    /// # Errors
    /// [`BadAddress`] if the name is not 1 to 32 of `a` to `z`, `0` to `9` and `-`.
    pub fn new(account: &str, device: u32) -> Result<Self, BadAddress> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=32).contains(&account.len()) && account.chars().all(allowed) {
            let account = account.to_owned();
            Ok(Self { account, device })
        } else {
            Err(BadAddress)
        }
    }

    /// The account's name.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The account as the engine names it.
    ///
    /// # Errors
    /// None that [`new`](Self::new) lets through.
    pub fn account_id(&self) -> crate::Result<AccountId> {
        Ok(AccountId::new(&self.account)?)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.account, self.device)
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let (account, device) = text.split_once('.').ok_or(BadAddress)?;
        let address = Self::new(account, device.parse().map_err(|_| BadAddress)?)?;
        // One spelling each: `alice.01` would be a second file of `alice.1`.
        if address.to_string() == text {
            Ok(address)
        } else {
            Err(BadAddress)
        }
    }
}

/// The text is no device's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress;

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address is an account of a-z, 0-9 and '-', a dot, and a device's number")
    }
}

impl std::error::Error for BadAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling_and_no_path_in_it() {
        assert_eq!(
            "alice.1".parse::<Address>().map(|a| a.to_string()),
            Ok("alice.1".to_owned())
        );
        for bad in [
            "alice", "alice.01", "alice.+1", "../x.1", ".1", "Alice.1", "",
        ] {
            assert_eq!(bad.parse::<Address>(), Err(BadAddress), "{bad}");
        }
    }
}
