//! Which accelerated instructions are told apart: [`Class`], and how many of each, [`Classes`].
//!
//! By which bytes they are told is known by `decode`.

pub(super) mod decode;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Instructions that decide how fast the primitives are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A round of AES on one block: AES-NI, also in its VEX encoding.
    Aes,
    /// A round of AES on two blocks.
    Vaes256,
    /// A round of AES on four blocks.
    Vaes512,
    /// AESKEYGENASSIST and AESIMC: expanding an AES key.
    AesKey,
    /// A carry-less product, also in its VEX encoding.
    Pclmul,
    /// Two carry-less products.
    Vpclmul256,
    /// Four carry-less products.
    Vpclmul512,
    /// SHA256RNDS2.
    ShaRounds,
    /// SHA256MSG1 and SHA256MSG2.
    ShaMessage,
    /// ADCX and ADOX.
    Adx,
    /// MULX.
    Mulx,
    /// Any other instruction on 256-bit vectors.
    Ymm,
    /// Any other instruction of AVX-512, whatever the length of its vectors.
    Avx512,
}

impl Class {
    /// Every class, in the order of tables.
    pub const ALL: [Self; 13] = [
        Self::Aes,
        Self::Vaes256,
        Self::Vaes512,
        Self::AesKey,
        Self::Pclmul,
        Self::Vpclmul256,
        Self::Vpclmul512,
        Self::ShaRounds,
        Self::ShaMessage,
        Self::Adx,
        Self::Mulx,
        Self::Ymm,
        Self::Avx512,
    ];

    /// The name in tables and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes => "aes",
            Self::Vaes256 => "vaes256",
            Self::Vaes512 => "vaes512",
            Self::AesKey => "aes-key",
            Self::Pclmul => "pclmul",
            Self::Vpclmul256 => "vpclmul256",
            Self::Vpclmul512 => "vpclmul512",
            Self::ShaRounds => "sha-rounds",
            Self::ShaMessage => "sha-message",
            Self::Adx => "adx",
            Self::Mulx => "mulx",
            Self::Ymm => "ymm",
            Self::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How many instructions of each class were executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Class, u64>", into = "BTreeMap<Class, u64>")]
pub struct Classes([u64; Class::ALL.len()]);

impl Classes {
    /// Executed instructions of `class`.
    #[must_use]
    pub const fn of(&self, class: Class) -> u64 {
        self.0[class as usize]
    }

    /// The classes that were executed at all, with their counts.
    pub fn present(&self) -> impl Iterator<Item = (Class, u64)> {
        let all = Class::ALL.map(|class| (class, self.of(class)));
        all.into_iter().filter(|(_, count)| *count > 0)
    }
}

impl From<[u64; Class::ALL.len()]> for Classes {
    fn from(counts: [u64; Class::ALL.len()]) -> Self {
        Self(counts)
    }
}

impl From<BTreeMap<Class, u64>> for Classes {
    fn from(counts: BTreeMap<Class, u64>) -> Self {
        Self(Class::ALL.map(|class| counts.get(&class).copied().unwrap_or(0)))
    }
}

impl From<Classes> for BTreeMap<Class, u64> {
    fn from(classes: Classes) -> Self {
        classes.present().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_keep_their_names_in_a_record() {
        let mut counts = [0; Class::ALL.len()];
        counts[Class::Vaes256 as usize] = 448;
        counts[Class::AesKey as usize] = 13;
        let classes = Classes::from(counts);
        let text = serde_json::to_string(&classes).unwrap();
        assert_eq!(text, r#"{"vaes256":448,"aes-key":13}"#);
        assert_eq!(serde_json::from_str::<Classes>(&text).unwrap(), classes);
        for (index, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }
}
