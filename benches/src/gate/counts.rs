//! What one operation does, in whole numbers: primitive calls by name, allocations, bytes.
//!
//! They are counted inside of the library of workloads, whose allocator counts, and cross to the
//! gate as text.

use std::collections::BTreeMap;
use std::fmt;

use sprag::sprag_core::testing::counting::Call;

use crate::workload::{Digest, Operation, Wrong};

/// Named numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, u64>);

/// Operations that allocations are counted over.
const OPERATIONS: usize = 8;
/// The name of their count.
const ALLOCATIONS: &str = "allocations-in-8";

impl Counts {
    /// How often each primitive is called, and the bytes that are hashed or sealed.
    #[must_use]
    pub fn of_calls(calls: &[Call]) -> Self {
        let mut counts = Self::default();
        for call in calls {
            let name = format!("{:?}", call.primitive);
            counts.add(&format!("{name}-bytes"), call.len + call.aad_len);
            counts.add(&name, 1);
        }
        counts.0.retain(|_, number| *number > 0);
        counts
    }

    /// Adds what warm operations allocate, if the allocator counts.
    ///
    /// # Errors
    /// [`Wrong`] if an operation gave a wrong result.
    pub fn add_allocations(&mut self, operation: &mut dyn Operation) -> Result<(), Wrong> {
        // The first operations may differ from those that follow.
        let capacity = operation.capacity().min(2 * OPERATIONS);
        for _ in 0..=(2 * OPERATIONS / capacity) {
            operation.prepare(capacity)?;
            operation.run(0..capacity)?;
            operation.verify(&mut Digest::new())?;
        }
        let mut allocated = 0;
        let mut left = OPERATIONS;
        while left > 0 {
            let count = left.min(capacity);
            operation.prepare(count)?;
            let allocations = operation.run_counted(0..count)?;
            operation.verify(&mut Digest::new())?;
            let Some(rust) = allocations.rust else {
                return Ok(());
            };
            allocated += rust;
            left -= count;
        }
        self.0.insert(ALLOCATIONS.into(), allocated);
        Ok(())
    }

    /// The number called `name`.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    /// What [`Display`](fmt::Display) wrote.
    ///
    /// # Errors
    /// [`Wrong`] if it is something else.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        let line = |line: &str| {
            let (name, number) = line.rsplit_once(' ')?;
            Some((name.to_owned(), number.parse().ok()?))
        };
        let read = text.lines().map(line).collect::<Option<_>>();
        read.map(Self)
            .ok_or_else(|| Wrong::new(format_args!("these are no counts: {text:?}")))
    }

    /// Names and numbers that differ: in `self`, in `other`. What one of them lacks is 0 there,
    /// but allocations that one did not count are not compared.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<(String, u64, u64)> {
        let names = self
            .0
            .keys()
            .chain(other.0.keys().filter(|name| !self.0.contains_key(*name)));
        names
            .filter_map(|name| {
                let (ours, theirs) = (self.of(name), other.of(name));
                if name == ALLOCATIONS && ours.is_none() != theirs.is_none() {
                    return None;
                }
                let (ours, theirs) = (ours.unwrap_or(0), theirs.unwrap_or(0));
                (ours != theirs).then(|| (name.clone(), ours, theirs))
            })
            .collect()
    }

    fn add(&mut self, name: &str, number: usize) {
        *self.0.entry(name.to_owned()).or_default() += number as u64;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(name, number)| writeln!(f, "{name} {number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_differences_are_found() {
        let base = Counts::read("Hmac 2\nSeal(Aes256Gcm) 1\n").unwrap();
        assert_eq!(Counts::read(&base.to_string()).unwrap(), base);
        assert!(Counts::read("Hmac two").is_err());
        let head =
            Counts::read("Hmac 3\nSha256 1\nSeal(Aes256Gcm) 1\nallocations-in-8 8\n").unwrap();
        let expected = [("Hmac".to_owned(), 2, 3), ("Sha256".to_owned(), 0, 1)];
        assert_eq!(base.differences(&head), expected);
        assert_eq!(base.differences(&base), []);
    }
}
