//! Sections 3 to 5 of docs/PROTOCOL.md, written down once more.

use sprag::Suite;
use sprag::sprag_core::suite::KemAlgorithm;

use crate::json::{Json, hex, number, text};
use crate::primitives::*;

pub(crate) struct Identity {
    pub(crate) account: &'static str,
    pub(crate) device: u32,
    pub(crate) created: u64,
    pub(crate) signing_seed: [u8; 32],
    pub(crate) agreement_private: [u8; 32],
}

impl Identity {
    pub(crate) fn body(&self) -> Bytes {
        [
            &ed25519_public(&self.signing_seed)[..],
            &x25519_public(&self.agreement_private),
            &self.device.to_be_bytes(),
            &self.created.to_be_bytes(),
        ]
        .concat()
    }

    pub(crate) fn record(&self) -> Bytes {
        let body = self.body();
        let signed = [b"SPRAG1 identity\0", &body[..]].concat();
        [&body[..], &ed25519_sign(&self.signing_seed, &signed)].concat()
    }

    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        sha256(&[b"SPRAG1 fingerprint\0", &self.body()])
    }

    fn safety_half(&self) -> String {
        let digest = sha256(&[
            b"SPRAG1 safety number\0",
            &lp(self.account.as_bytes()),
            &self.fingerprint(),
        ]);
        let group = |bytes: &[u8]| {
            let value = bytes
                .iter()
                .fold(0_u64, |value, byte| value * 256 + u64::from(*byte));
            format!("{:05}", value % 100_000)
        };
        digest[..30]
            .chunks(5)
            .map(group)
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(crate) fn safety_number(&self, other: &Self) -> String {
        let mut halves = [self.safety_half(), other.safety_half()];
        halves.sort();
        halves.join(" ")
    }

    pub(crate) fn json(&self) -> Json {
        Json::Object(vec![
            ("account", text(self.account)),
            ("device", number(self.device)),
            ("created", number(self.created)),
            ("ed25519_seed", hex(self.signing_seed)),
            ("x25519_private", hex(self.agreement_private)),
            ("record", hex(self.record())),
            ("fingerprint", hex(self.fingerprint())),
        ])
    }
}

/// One prekey, of any kind.
pub(crate) struct Prekey {
    pub(crate) id: u32,
    pub(crate) x25519_private: [u8; 32],
    pub(crate) kem_seed: Option<[u8; 64]>,
}

pub(crate) struct Prekeys {
    pub(crate) kem: Option<KemAlgorithm>,
    pub(crate) suites: Vec<Suite>,
    pub(crate) not_after: u64,
    pub(crate) signed_id: u32,
    pub(crate) signed_private: [u8; 32],
    pub(crate) last_resort: Option<(u32, [u8; 64])>,
    pub(crate) one_time: Vec<Prekey>,
    pub(crate) one_time_not_after: u64,
}

impl Prekeys {
    pub(crate) fn caps(&self) -> Bytes {
        let mut ids: Vec<u16> = self.suites.iter().map(|suite| suite.id()).collect();
        ids.sort_unstable();
        let ids: Bytes = ids.iter().flat_map(|id| id.to_be_bytes()).collect();
        [
            &[self.suites.len() as u8][..],
            &ids,
            &[1],
            &self.not_after.to_be_bytes(),
        ]
        .concat()
    }

    fn kem_byte(&self) -> u8 {
        match self.kem {
            None => 0,
            Some(KemAlgorithm::MlKem768) => 1,
            Some(KemAlgorithm::MlKem1024) => 2,
        }
    }

    fn kem_public(&self, seed: Option<&[u8; 64]>) -> Option<Bytes> {
        Some(kem_public(self.kem?, seed?))
    }

    pub(crate) fn record(&self, identity: &Identity) -> Bytes {
        let front = [
            &identity.record()[..],
            &self.caps(),
            &self.signed_id.to_be_bytes(),
            &x25519_public(&self.signed_private),
            &[self.kem_byte()],
        ]
        .concat();
        let kem_id = self.last_resort.map_or(0, |(id, _)| id).to_be_bytes();
        let kem_key = self.kem_public(self.last_resort.as_ref().map(|(_, seed)| seed));
        let hash = hash_or_zero(kem_key.as_deref());
        let signed = [b"SPRAG1 bundle\0", &front[..], &kem_id, &hash].concat();
        let signature = ed25519_sign(&identity.signing_seed, &signed);
        let kem = kem_key.map_or(Vec::new(), |key| [&kem_id[..], &key].concat());
        [&[0x14][..], &front, &kem, &signature].concat()
    }

    fn leaf(&self, key: &Prekey) -> [u8; 32] {
        let kem_key = self.kem_public(key.kem_seed.as_ref());
        sha256(&[
            &[0x00, self.kem_byte()],
            &key.id.to_be_bytes(),
            &x25519_public(&key.x25519_private),
            &hash_or_zero(kem_key.as_deref()),
        ])
    }

    fn head(&self, identity: &Identity) -> Bytes {
        let leaves: Vec<_> = self.one_time.iter().map(|key| self.leaf(key)).collect();
        let fields = [
            &self.one_time[0].id.to_be_bytes()[..],
            &self.one_time_not_after.to_be_bytes(),
        ]
        .concat();
        let count = (leaves.len() as u32).to_be_bytes();
        let signed = [
            b"SPRAG1 otk batch\0",
            &ed25519_public(&identity.signing_seed)[..],
            &fields,
            &[self.kem_byte()],
            &count,
            &merkle_root(&leaves),
        ]
        .concat();
        [
            &fields[..],
            &count,
            &ed25519_sign(&identity.signing_seed, &signed),
        ]
        .concat()
    }

    fn key(&self, key: &Prekey) -> Bytes {
        let kem_key = self.kem_public(key.kem_seed.as_ref()).unwrap_or_default();
        [&x25519_public(&key.x25519_private)[..], &kem_key].concat()
    }

    pub(crate) fn batch(&self, identity: &Identity) -> Bytes {
        let keys: Bytes = self.one_time.iter().flat_map(|key| self.key(key)).collect();
        [&[0x15, self.kem_byte()][..], &self.head(identity), &keys].concat()
    }

    /// The bundle with the one-time prekey at `index`, or without one.
    pub(crate) fn bundle(&self, identity: &Identity, index: Option<usize>) -> Bytes {
        let record = self.record(identity);
        let Some(index) = index else {
            return [&[0x13][..], &record, &[0]].concat();
        };
        let leaves: Vec<_> = self.one_time.iter().map(|key| self.leaf(key)).collect();
        let path = merkle_path(&leaves, index).concat();
        let entry = [
            &self.head(identity)[..],
            &(index as u32).to_be_bytes(),
            &self.key(&self.one_time[index]),
            &path,
        ]
        .concat();
        [&[0x13][..], &record, &[1], &entry].concat()
    }

    pub(crate) fn json(&self) -> Json {
        let one_time = self.one_time.iter().map(|key| {
            let mut fields = vec![
                ("id", number(key.id)),
                ("x25519_private", hex(key.x25519_private)),
            ];
            fields.extend(key.kem_seed.map(|seed| ("ml_kem_seed", hex(seed))));
            Json::Object(fields)
        });
        let mut fields = vec![
            ("signed_prekey_id", number(self.signed_id)),
            ("signed_prekey_private", hex(self.signed_private)),
        ];
        if let Some((id, seed)) = self.last_resort {
            fields.push(("last_resort_id", number(id)));
            fields.push(("last_resort_ml_kem_seed", hex(seed)));
        }
        fields.push(("caps", hex(self.caps())));
        fields.push(("one_time", Json::List(one_time.collect())));
        Json::Object(fields)
    }
}

/// The recursive definition of RFC 9162 section 2.1.1.
fn merkle_root(leaves: &[[u8; 32]]) -> [u8; 32] {
    if let [leaf] = leaves {
        return *leaf;
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    sha256(&[&[0x01], &merkle_root(left), &merkle_root(right)])
}

/// RFC 9162 section 2.1.3.1.
fn merkle_path(leaves: &[[u8; 32]], index: usize) -> Vec<[u8; 32]> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if index < left.len() {
        (merkle_path(left, index), merkle_root(right))
    } else {
        (merkle_path(right, index - left.len()), merkle_root(left))
    };
    path.push(sibling);
    path
}

/// The largest power of two below `len`.
fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}

fn lp(bytes: &[u8]) -> Bytes {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

fn hash_or_zero(bytes: Option<&[u8]>) -> [u8; 32] {
    bytes.map_or([0; 32], |bytes| sha256(&[bytes]))
}

/// What both sides have after section 5, and what led there.
pub(crate) struct Handshake {
    pub(crate) init: Bytes,
    pub(crate) root_key: [u8; 32],
    pub(crate) sid: [u8; 32],
    pub(crate) json: Json,
}

/// Alice's side; `one_time` is the index of the one-time prekey.
pub(crate) fn handshake(
    suite: Suite,
    (alice, bob): (&Identity, &Identity),
    prekeys: &Prekeys,
    one_time: Option<usize>,
    ephemeral: &[u8; 32],
    m: Option<&[u8; 32]>,
) -> Handshake {
    let one_time = one_time.map(|index| &prekeys.one_time[index]);
    let spk = x25519_public(&prekeys.signed_private);
    let ek = x25519_public(ephemeral);
    let opk = one_time.map_or([0; 32], |key| x25519_public(&key.x25519_private));
    let opk_id = one_time.map_or(0, |key| key.id);

    let mut secrets = vec![
        ("dh1", x25519(&alice.agreement_private, &spk)),
        (
            "dh2",
            x25519(ephemeral, &x25519_public(&bob.agreement_private)),
        ),
        ("dh3", x25519(ephemeral, &spk)),
    ];
    if one_time.is_some() {
        secrets.push(("dh4", x25519(ephemeral, &opk)));
    }
    let (mut kem_kind, mut kem_id, mut ct) = (0, 0, None);
    let mut kem_key = None;
    if let Some(algorithm) = suite.kem() {
        let m = m.expect("PQXDH draws the randomness of an encapsulation");
        let seed = match one_time {
            Some(key) => {
                (kem_kind, kem_id) = (1, key.id);
                key.kem_seed.expect("made with the others")
            }
            None => {
                let (id, seed) = prekeys.last_resort.expect("made with the signed prekey");
                (kem_kind, kem_id) = (2, id);
                seed
            }
        };
        let public = kem_public(algorithm, &seed);
        let (ciphertext, shared) = kem_encapsulate(algorithm, &public, m);
        secrets.push(("ss", shared));
        (kem_key, ct) = (Some(public), Some(ciphertext));
    }

    let ids = [
        &opk_id.to_be_bytes()[..],
        &[kem_kind],
        &kem_id.to_be_bytes(),
    ];
    let init = [
        &[0x12][..],
        &suite.id().to_be_bytes(),
        &alice.record(),
        &ek,
        &prekeys.signed_id.to_be_bytes(),
        &ids.concat(),
        ct.as_deref().unwrap_or_default(),
    ]
    .concat();
    let handshake_id = sha256(&[&init]);

    let name = suite.name().as_bytes();
    let th = sha256(&[
        b"SPRAG1 hs\0",
        &lp(name),
        &lp(alice.account.as_bytes()),
        &lp(bob.account.as_bytes()),
        &alice.body(),
        &bob.body(),
        &ek,
        &prekeys.signed_id.to_be_bytes(),
        &spk,
        &opk_id.to_be_bytes(),
        &opk,
        &[kem_kind],
        &kem_id.to_be_bytes(),
        &hash_or_zero(kem_key.as_deref()),
        &hash_or_zero(ct.as_deref()),
        &sha256(&[&prekeys.caps()]),
        &handshake_id,
    ]);
    let ikm: Bytes = secrets.iter().flat_map(|(_, secret)| *secret).collect();
    let prk = hmac(&sha256(&[name]), &ikm);
    let expand = |label: &[u8]| -> [u8; 32] {
        hkdf_expand(&prk, &[label, &th].concat(), 32)
            .try_into()
            .expect("32 bytes")
    };
    let (root_key, sid) = (expand(b"SPRAG1 rk0"), expand(b"SPRAG1 sid"));

    let mut fields = vec![("ephemeral_private", hex(ephemeral))];
    fields.extend(m.map(|m| ("ml_kem_randomness", hex(m))));
    fields.push(("init", hex(&init)));
    fields.push(("handshake_id", hex(handshake_id)));
    fields.extend(secrets.iter().map(|(name, secret)| (*name, hex(secret))));
    fields.push(("transcript_hash", hex(th)));
    fields.push(("prk", hex(prk)));
    fields.push(("root_key", hex(root_key)));
    fields.push(("sid", hex(sid)));
    Handshake {
        init,
        root_key,
        sid,
        json: Json::Object(fields),
    }
}
