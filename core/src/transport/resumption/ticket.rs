//! A ticket's layout.
//!
//! ```text
//! 0: 0x19 || key id(8) || not_after(8) || salt(16)      the front, associated data
//! 33: AEAD(content) || tag(16)                          AES-256-GCM, zero nonce
//! key      HMAC(ticket key, "SPRAG1 tkt" || salt)       used for this ticket alone
//! content  rs(32) || cipher(1) || client known(1) || client's static key(32) || issued(8)
//!          || uses(1) || policy revision(4)
//! ```

use crate::codec::{Malformed, Reader, Writer};
use crate::secret::{Secret, SecretBytes};
use crate::suite::AeadAlgorithm;
use crate::time::UnixTime;
use crate::transport::cipher::{CIPHERS, TAG_LEN, cipher_number};

/// First byte: version 1, type 9.
pub(super) const TICKET: u8 = 0x19;
pub(super) const FRONT_LEN: usize = 33;
const CONTENT_LEN: usize = 79;
/// Length of a ticket in bytes.
pub(super) const TICKET_LEN: usize = FRONT_LEN + CONTENT_LEN + TAG_LEN;
/// Most seconds for which any ticket is used.
pub(super) const MAX_LIFETIME: u64 = 7 * 24 * 3600;

/// What everybody sees.
pub(super) struct Front {
    pub(super) key_id: [u8; 8],
    pub(super) not_after: UnixTime,
    pub(super) salt: [u8; 16],
}

impl Front {
    pub(super) fn encode(&self) -> [u8; FRONT_LEN] {
        let mut bytes = [0; FRONT_LEN];
        let fields = [TICKET]
            .into_iter()
            .chain(self.key_id)
            .chain(self.not_after.0.to_be_bytes())
            .chain(self.salt);
        bytes
            .iter_mut()
            .zip(fields)
            .for_each(|(to, from)| *to = from);
        bytes
    }

    pub(super) fn decode(front: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(front);
        if reader.u8()? != TICKET {
            return Err(Malformed);
        }
        let decoded = Self {
            key_id: *reader.array()?,
            not_after: UnixTime(reader.u64()?),
            salt: *reader.array()?,
        };
        reader.finish()?;
        Ok(decoded)
    }
}

/// What only the server sees.
pub(super) struct Content {
    pub(super) secret: Secret<32>,
    pub(super) aead: AeadAlgorithm,
    pub(super) client: Option<[u8; 32]>,
    pub(super) issued: UnixTime,
    pub(super) uses: u8,
    pub(super) revision: u32,
}

impl Content {
    pub(super) fn encode(&self) -> SecretBytes {
        let mut bytes = SecretBytes::with_capacity(CONTENT_LEN);
        bytes.put(self.secret.expose());
        bytes.put(&[cipher_number(self.aead), self.client.is_some().into()]);
        bytes.put(&self.client.unwrap_or_default());
        bytes.put_u64(self.issued.0);
        bytes.put(&[self.uses]);
        bytes.put_u32(self.revision);
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let secret = Secret::new(*reader.array()?);
        let number = reader.u8()?;
        let mut ciphers = CIPHERS.into_iter();
        let aead = ciphers.find(|aead| cipher_number(*aead) == number);
        let aead = aead.ok_or(Malformed)?;
        let known = reader.flag()?;
        let client = *reader.array::<32>()?;
        let content = Self {
            secret,
            aead,
            client: known.then_some(client),
            issued: UnixTime(reader.u64()?),
            uses: reader.u8()?,
            revision: reader.u32()?,
        };
        reader.finish()?;
        Ok(content)
    }
}
