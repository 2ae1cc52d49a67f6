//! The transcript hash and the key derivation of a handshake.
//!
//! ```text
//! th  = SHA-256("SPRAG1 hs" || 0x00 || lp(suite_name) || lp(account_A) || lp(account_B)
//!               || identity_A body(76) || identity_B body(76) || EK_A(32)
//!               || spk_id(4) || SPK(32) || opk_id(4) || OPK(32)
//!               || kem_kind(1) || kem_id(4) || SHA-256(kem_key) || SHA-256(ct)
//!               || SHA-256(caps_B) || handshake_id(32))            (absent keys and hashes are zero)
//! PRK = HKDF-Extract(SHA-256(suite_name), DH1 || DH2 || DH3 [|| DH4] [|| SS])
//! rk0 = HKDF-Expand(PRK, "SPRAG1 rk0" || th, 32)     the first root key
//! sid = HKDF-Expand(PRK, "SPRAG1 sid" || th, 32)     associated data of every message
//!
//! DH1 = (IKd_A, SPK_B)   DH2 = (EK_A, IKd_B)   DH3 = (EK_A, SPK_B)   DH4 = (EK_A, OPK_B)
//! SS  = the ML-KEM shared secret
//! ```
//!
//! The mode is part of the suite name and the presence of DH4 and SS part of `th`, so the prefix
//! of 32 bytes 0xFF that X3DH uses to separate domains is not needed. The order of the secrets
//! and the place of SS keep the published analyses of PQXDH (revision 3) applicable; `th` in
//! Expand is their "information in the KDF", extended to the whole transcript. Further outputs
//! are further Expands with labels of their own and change none of these.

use crate::backend::CryptoBackend;
use crate::handshake::account::AccountId;
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::IdentityRecord;
use crate::handshake::init::PrekeyUse;
use crate::handshake::prekey_id::PrekeyId;
use crate::primitives::Hmac;
use crate::ratchet::RootKey;
use crate::secret::Secret;
use crate::suite::Suite;

const LABEL: &[u8] = b"SPRAG1 hs\0";

/// All that both sides must agree on.
pub(super) struct Transcript<'a> {
    pub(super) suite: Suite,
    pub(super) initiator: (&'a AccountId, &'a IdentityRecord),
    pub(super) responder: (&'a AccountId, &'a IdentityRecord),
    pub(super) ephemeral: &'a [u8; 32],
    pub(super) signed_prekey: (PrekeyId, &'a [u8; 32]),
    pub(super) used: PrekeyUse,
    pub(super) one_time: Option<&'a [u8; 32]>,
    pub(super) kem_key_hash: Option<[u8; 32]>,
    pub(super) ciphertext: &'a [u8],
    pub(super) caps_hash: [u8; 32],
    pub(super) handshake_id: &'a [u8; 32],
}

impl Transcript<'_> {
    fn hash<H: Hmac>(&self) -> [u8; 32] {
        let name = self.suite.name().as_bytes();
        // A suite name is a constant of far less than 2^16 bytes.
        let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes();
        let fields = self.used.fields(self.suite);
        let ciphertext_hash = self.kem_key_hash.map(|_| H::sha256(&[self.ciphertext]));
        H::sha256(&[
            LABEL,
            &name_len,
            name,
            &self.initiator.0.length_prefix(),
            self.initiator.0.as_bytes(),
            &self.responder.0.length_prefix(),
            self.responder.0.as_bytes(),
            &self.initiator.1.body(),
            &self.responder.1.body(),
            self.ephemeral,
            &self.signed_prekey.0.to_bytes(),
            self.signed_prekey.1,
            &fields.one_time.to_be_bytes(),
            self.one_time.unwrap_or(&[0; 32]),
            &[fields.kem_kind],
            &fields.kem.to_be_bytes(),
            &self.kem_key_hash.unwrap_or_default(),
            &ciphertext_hash.unwrap_or_default(),
            &self.caps_hash,
            self.handshake_id,
        ])
    }

    /// Derives the session's first secrets from the agreements and the KEM secret.
    pub(super) fn derive<B: CryptoBackend>(
        &self,
        agreements: &[Secret<32>],
        kem: Option<&Secret<32>>,
    ) -> Result<SessionSecrets, HandshakeError> {
        let hash = self.hash::<B::HmacSha256>();
        let salt = B::HmacSha256::sha256(&[self.suite.name().as_bytes()]);
        let mut parts: [&[u8]; 5] = [&[]; 5];
        for (part, secret) in parts.iter_mut().zip(agreements.iter().chain(kem)) {
            *part = secret.expose();
        }
        let mut prk = Secret::<32>::zeroed();
        B::HmacSha256::hkdf_extract(&salt, &parts, prk.expose_mut());

        let root = expand::<B>(&prk, b"SPRAG1 rk0", &hash)?;
        let sid = expand::<B>(&prk, b"SPRAG1 sid", &hash)?;
        Ok(SessionSecrets {
            root_key: RootKey::new(root),
            sid: *sid.expose(),
        })
    }
}

/// What a handshake leaves behind.
pub(super) struct SessionSecrets {
    pub(super) root_key: RootKey,
    pub(super) sid: [u8; 32],
}

fn expand<B: CryptoBackend>(
    prk: &Secret<32>,
    label: &[u8; 10],
    hash: &[u8; 32],
) -> Result<Secret<32>, HandshakeError> {
    let mut info = [0; 42];
    let (head, tail) = info.split_at_mut(label.len());
    head.copy_from_slice(label);
    tail.copy_from_slice(hash);
    let mut output = Secret::<32>::zeroed();
    B::HmacSha256::hkdf_expand(prk.expose(), &info, output.expose_mut().as_mut_slice())?;
    Ok(output)
}
