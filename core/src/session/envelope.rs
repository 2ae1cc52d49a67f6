//! The buffer around a message: where its parts stand, and what its AEAD takes beside the text.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::backend::CryptoBackend;
use crate::primitives::{Hmac, PrimitiveError, SealJob};
use crate::ratchet::{FRONT_LEN, HEADER_LEN, Header, MessageKey, SALT_LEN, TAG_LEN};
use crate::session::{Session, SessionError};
use crate::suite::{AeadAlgorithm, Suite};
use crate::wire::{self, MessageType};

/// Length of a message's associated data: `sid ‖ header`.
const AAD_LEN: usize = 32 + HEADER_LEN;

/// What the AEAD of one message takes beside the text.
///
/// It is written where it stands, before the chain is stepped: what was stored just before it is
/// loaded again makes a processor wait.
pub(super) struct Envelope {
    pub(super) message_key: MessageKey,
    pub(super) nonce: [u8; 12],
    pub(super) aad: [u8; AAD_LEN],
}

/// A message to be sealed, split where its parts stand in the caller's buffer.
pub(super) struct Outgoing<'a> {
    pub(super) prefix: &'a mut [u8],
    pub(super) front: &'a mut [u8; FRONT_LEN],
    /// Drawn here, before anything else is written.
    pub(super) salt: &'a mut [u8; SALT_LEN],
    pub(super) body: &'a mut [u8],
    pub(super) tag: &'a mut [u8; TAG_LEN],
}

/// A message to be opened, likewise.
pub(super) struct Incoming<'a> {
    pub(super) header: Header<'a>,
    pub(super) body: &'a mut [u8],
    pub(super) tag: &'a [u8; TAG_LEN],
}

impl Envelope {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            message_key: MessageKey::zeroed(),
            nonce: [0; 12],
            aad: [0; AAD_LEN],
        }
    }

    #[inline]
    pub(super) fn seal<B: CryptoBackend>(
        &self,
        aead: AeadAlgorithm,
        outgoing: Outgoing<'_>,
    ) -> Result<(), PrimitiveError> {
        let Outgoing { body, tag, .. } = outgoing;
        *tag = self
            .message_key
            .seal::<B>(aead, &self.nonce, &self.aad, body)?;
        Ok(())
    }

    #[inline]
    pub(super) fn open<B: CryptoBackend>(
        &self,
        aead: AeadAlgorithm,
        incoming: Incoming<'_>,
    ) -> Result<(), PrimitiveError> {
        let Incoming { body, tag, .. } = incoming;
        self.message_key
            .open::<B>(aead, &self.nonce, &self.aad, body, tag)
    }
}

impl Envelope {
    /// What seals `body`, in a batch.
    #[inline]
    pub(super) const fn seal_job<'a>(&'a self, body: &'a mut [u8]) -> SealJob<'a> {
        SealJob {
            key: self.message_key.expose(),
            nonce: &self.nonce,
            aad: &self.aad,
            buffer: body,
            outcome: Ok([0; 16]),
        }
    }
}

impl<'a> Outgoing<'a> {
    #[inline]
    pub(super) fn split(buffer: &'a mut [u8], prefix: usize) -> Option<Self> {
        let (prefix, rest) = buffer.split_at_mut_checked(prefix)?;
        let (front, rest) = rest.split_first_chunk_mut()?;
        let (salt, rest) = rest.split_first_chunk_mut()?;
        let (body, tag) = rest.split_last_chunk_mut()?;
        Some(Self {
            prefix,
            front,
            salt,
            body,
            tag,
        })
    }
}

/// What all messages of a session have in common.
pub(super) struct Address<'a> {
    pub(super) suite: Suite,
    pub(super) sid: &'a [u8; 32],
    pub(super) prefix: Option<&'a [u8]>,
}

impl Address<'_> {
    #[inline]
    pub(super) fn prefix_len(&self) -> usize {
        self.prefix.map_or(0, <[u8]>::len)
    }

    /// Length of what stands before the body of a message, in bytes.
    pub(super) fn header_len(&self) -> usize {
        self.prefix_len().saturating_add(HEADER_LEN)
    }

    /// A buffer for a message, with its plaintext in place.
    pub(super) fn message_buffer(&self, plaintext: &[u8]) -> Vec<u8> {
        let start = self.header_len();
        let end = start.saturating_add(plaintext.len());
        let mut message = vec![0; end.saturating_add(TAG_LEN)];
        if let Some(body) = message.get_mut(start..end) {
            body.copy_from_slice(plaintext);
        }
        message
    }

    /// Writes what stands before the body, except the salt that was drawn there, and what the AEAD
    /// will take.
    #[inline]
    pub(super) fn write(
        &self,
        header: &Header<'_>,
        outgoing: &mut Outgoing<'_>,
        envelope: &mut Envelope,
    ) {
        if let Some(init) = self.prefix {
            outgoing.prefix.copy_from_slice(init);
        }
        header.write(self.suite, outgoing.front);
        let (sid, rest) = envelope.aad.split_at_mut(32);
        sid.copy_from_slice(self.sid);
        // Again from the fields: a copy would wait for the stores just made.
        if let Some((front, salt)) = rest.split_first_chunk_mut() {
            header.write(self.suite, front);
            salt.copy_from_slice(outgoing.salt);
        }
        envelope.nonce = header.nonce(outgoing.salt);
    }
}

impl<B: CryptoBackend> Session<B> {
    #[inline]
    pub(super) fn outgoing<'a>(&self, buffer: &'a mut [u8]) -> Result<Outgoing<'a>, SessionError> {
        let prefix = self.address().prefix_len();
        Outgoing::split(buffer, prefix).ok_or(SessionError::BufferTooShort)
    }

    #[inline]
    pub(super) fn address(&self) -> Address<'_> {
        Address {
            suite: self.suite,
            sid: &self.sid,
            prefix: self.prefix.as_deref(),
        }
    }

    /// Where in `message` the ordinary message begins, behind an INIT header if it is ours.
    #[inline]
    pub(super) fn locate(&self, message: &[u8]) -> Result<usize, SessionError> {
        let ordinary = wire::front_bytes(MessageType::Message, self.suite);
        if message.starts_with(&ordinary) {
            return Ok(0);
        }
        self.locate_behind_init(message)
    }

    /// Whether `message` is an ordinary one under the ratchet key of the chain we receive on.
    #[inline]
    pub(super) fn is_on_current_chain(&self, message: &[u8]) -> bool {
        let front = wire::front_bytes(MessageType::Message, self.suite);
        self.ratchet.as_ref().is_some_and(|ratchet| {
            let key = message.strip_prefix(&front).and_then(<[u8]>::first_chunk);
            ratchet.receiving.is_some() && key == Some(&ratchet.peer)
        })
    }

    #[cold]
    fn locate_behind_init(&self, message: &[u8]) -> Result<usize, SessionError> {
        let (kind, suite) = wire::front(message)?;
        match (kind, suite == self.suite) {
            (MessageType::Message, _) => return Err(SessionError::SuiteMismatch),
            (MessageType::Init, true) => {}
            (MessageType::Init, false) => return Err(SessionError::OtherHandshake),
        }
        let len = wire::init_header_len(suite);
        let init = message.get(..len).ok_or(SessionError::Malformed)?;
        if self.initiator || B::HmacSha256::sha256(&[init]) != self.handshake_id {
            return Err(SessionError::OtherHandshake);
        }
        let inner = message.get(len..).unwrap_or_default();
        if wire::front(inner)? != (MessageType::Message, self.suite) {
            return Err(SessionError::Malformed);
        }
        Ok(len)
    }

    /// Splits the message that [`locate`](Self::locate) found, and writes what the AEAD will take.
    #[inline]
    pub(super) fn incoming<'a>(
        &self,
        buffer: &'a mut [u8],
        offset: usize,
        envelope: &mut Envelope,
    ) -> Result<Incoming<'a>, SessionError> {
        let message = buffer.get_mut(offset..).ok_or(SessionError::Malformed)?;
        let parts = message
            .split_first_chunk_mut::<HEADER_LEN>()
            .and_then(|(bytes, rest)| {
                let (body, tag) = rest.split_last_chunk_mut()?;
                Some((&*bytes, Header::decode(bytes)?, body, &*tag))
            });
        let (bytes, (header, salt), body, tag) = parts.ok_or(SessionError::Malformed)?;
        let (sid, place) = envelope.aad.split_at_mut(32);
        sid.copy_from_slice(&self.sid);
        place.copy_from_slice(bytes);
        envelope.nonce = header.nonce(salt);
        Ok(Incoming { header, body, tag })
    }
}

/// Where the text stands in a buffer of this length, whose ordinary message begins at `offset`.
#[inline]
pub(super) const fn text_range(buffer: usize, offset: usize) -> Range<usize> {
    offset.saturating_add(HEADER_LEN)..buffer.saturating_sub(TAG_LEN)
}
