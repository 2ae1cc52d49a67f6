//! What must be true of Ed25519 with strict verification.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::material::{array, bytes, gives, hex, hex_array, same, works};
use super::{Check, Outcome};
use crate::primitives::{PrimitiveError, Signature, VerifyJob};

/// The checks of a [`Signature`].
pub(super) fn checks<S: Signature>() -> Vec<Check> {
    let check = |name, run| Check {
        primitive: "Ed25519",
        name,
        run,
    };
    vec![
        check("RFC 8032 section 7.1 is met", known_answers::<S>),
        check(
            "a key gives back its seed, and signs any length",
            round_trip::<S>,
        ),
        check("every changed bit is refused", changed_bits::<S>),
        check("s + L is refused", malleable::<S>),
        check(
            "a public key of small order is refused",
            small_order_key::<S>,
        ),
        check(
            "a commitment of small order is refused",
            small_order_commitment::<S>,
        ),
        check(
            "a public key that is not canonical is refused",
            non_canonical_key::<S>,
        ),
        check(
            "the equation is checked without the cofactor",
            without_cofactor::<S>,
        ),
        check("a batch is a loop, failing items included", batch::<S>),
    ]
}

fn known_answers<S: Signature>() -> Outcome {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e\
             39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f\
             3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67\
             f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let key = works("a seed", S::signing_key(&hex_array(seed)))?;
        same("public_key", S::public_key(&key), &hex(public))?;
        let found = S::sign(&key, &hex(message));
        same("the signature", &found, &hex(signature))?;
        works(
            "the signature",
            S::verify(&hex_array(public), &hex(message), &found),
        )?;
    }
    Ok(())
}

fn round_trip<S: Signature>() -> Outcome {
    for (seed, len) in (0..).zip([0, 1, 63, 64, 111, 112, 127, 128, 129, 1000, 20_000]) {
        let seed = array(seed);
        let key = works("a seed", S::signing_key(&seed))?;
        same("seed", S::seed(&key), &seed)?;
        let message = bytes(20, len);
        let signature = S::sign(&key, &message);
        same("a second signature", &S::sign(&key, &message), &signature)?;
        works(
            "the signature",
            S::verify(S::public_key(&key), &message, &signature),
        )?;
    }
    Ok(())
}

fn changed_bits<S: Signature>() -> Outcome {
    let signed = Signed::by::<S>(21)?;
    for bit in 0..512 {
        let mut changed = signed.clone();
        changed.signature[bit / 8] ^= 1 << (bit % 8);
        changed.refused::<S>(&format!("bit {bit} of the signature changed"))?;
    }
    for bit in 0..256 {
        let mut changed = signed.clone();
        changed.public[bit / 8] ^= 1 << (bit % 8);
        changed.refused::<S>(&format!("bit {bit} of the public key changed"))?;
    }
    for bit in 0..signed.message.len() * 8 {
        let mut changed = signed.clone();
        changed.message[bit / 8] ^= 1 << (bit % 8);
        changed.refused::<S>(&format!("bit {bit} of the message changed"))?;
    }
    let mut longer = signed;
    longer.message.push(0);
    longer.refused::<S>("a longer message")
}

fn malleable<S: Signature>() -> Outcome {
    for seed in 0..8 {
        let mut signed = Signed::by::<S>(seed)?;
        let mut carry = 0;
        for (byte, order) in signed.signature.iter_mut().skip(32).zip(GROUP_ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        signed.refused::<S>("s + L")?;
    }
    Ok(())
}

/// The group order L, little endian.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Every encoding of the identity and of the other points of small order that a verifier might
/// take for a key: canonical ones, ones with `y` not reduced, ones with a sign on `x = 0`.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

/// `R` = the base point, `s` = 1: under a key of order 1 the equation holds for every message,
/// under one of order 8 for every eighth.
const ONE_TIMES_BASE: &str = "5866666666666666666666666666666666666666666666666666666666666666\
                              0100000000000000000000000000000000000000000000000000000000000000";

fn small_order_key<S: Signature>() -> Outcome {
    for public in SMALL_ORDER {
        for i in 0..32 {
            let signed = Signed {
                public: hex_array(public),
                message: bytes(i, 8),
                signature: hex_array(ONE_TIMES_BASE),
            };
            signed.refused::<S>(&format!("the public key {public}"))?;
        }
    }
    Ok(())
}

/// Signatures computed from the equation, under the key of [`array`]'s seed 12.
fn small_order_commitment<S: Signature>() -> Outcome {
    let key = works("a seed", S::signing_key(&array(12)))?;
    let signed = Signed {
        public: *S::public_key(&key),
        message: b"strict".to_vec(),
        signature: hex_array(
            "01000000000000000000000000000000000000000000000000000000000000001a3aa47d8b7355de1b3b\
             8a41928adbd39b6c1863c40b02bd0240550d606cc20d",
        ),
    };
    signed.refused::<S>("R = the identity")
}

fn non_canonical_key<S: Signature>() -> Outcome {
    for low in 0xed..=0xff {
        for high in [0x7f, 0xff] {
            let mut public = [0xff; 32];
            public[0] = low;
            public[31] = high;
            for i in 0..8 {
                let signed = Signed {
                    public,
                    message: bytes(i, 8),
                    signature: hex_array(ONE_TIMES_BASE),
                };
                signed.refused::<S>(&format!("a public key from {low:x} to {high:x}"))?;
            }
        }
    }
    Ok(())
}

/// Under a key with a component of order 8 the equation holds with the cofactor for every
/// message, without it only where the hash is a multiple of 8.
fn without_cofactor<S: Signature>() -> Outcome {
    let public = hex_array("5c45b7d27d47500fdda169f608345efe70af0aa6b3bc0e9ee8fdc0af9b28f12b");
    let holds = Signed {
        public,
        message: b"mixed 11".to_vec(),
        signature: hex_array(
            "885612b47bd0a4e176091a040219bcd4be60b89381a5ccbe4b799f30ecc4112556fcf6d600bcfc2842b1\
             ee2358581a71e0e5b463172ace50979e8adf5d744d0c",
        ),
    };
    let outcome = S::verify(&holds.public, &holds.message, &holds.signature);
    works("an equation that holds without the cofactor", outcome)?;
    let holds_with_cofactor = Signed {
        public,
        message: b"mixed 0".to_vec(),
        signature: hex_array(
            "a0493b6d887a09df2a9f4a6847910136f3701e177466e3dfd98a4ba7782c72ff92214a8dca7bd2de5b7a\
             c24bbbd0590722f9986a00e7b5a6ab44c939a975a10a",
        ),
    };
    holds_with_cofactor.refused::<S>("an equation that holds only with the cofactor")
}

fn batch<S: Signature>() -> Outcome {
    let mut all = (0..19)
        .map(Signed::by::<S>)
        .collect::<Result<Vec<_>, _>>()?;
    for (i, signed) in all.iter_mut().enumerate() {
        match i % 5 {
            1 => signed.signature[40] ^= 1,
            3 => signed.public = hex_array(SMALL_ORDER[i % SMALL_ORDER.len()]),
            _ => {}
        }
    }
    for count in 0..=all.len() {
        let mut jobs: Vec<_> = all
            .iter()
            .take(count)
            .map(|signed| VerifyJob {
                public: &signed.public,
                message: &signed.message,
                signature: &signed.signature,
                outcome: Err(PrimitiveError::Library),
            })
            .collect();
        S::verify_batch(&mut jobs);
        for job in &jobs {
            let expected = S::verify(job.public, job.message, job.signature);
            gives("an item of the batch", &job.outcome, &expected)?;
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Signed {
    public: [u8; 32],
    message: Vec<u8>,
    signature: [u8; 64],
}

impl Signed {
    fn by<S: Signature>(seed: u8) -> Result<Self, String> {
        let key = works("a seed", S::signing_key(&array(seed)))?;
        let message = bytes(seed, 12);
        Ok(Self {
            public: *S::public_key(&key),
            signature: S::sign(&key, &message),
            message,
        })
    }

    fn refused<S: Signature>(&self, what: &str) -> Outcome {
        let outcome = S::verify(&self.public, &self.message, &self.signature);
        gives(what, &outcome, &Err(PrimitiveError::InvalidSignature))
    }
}
