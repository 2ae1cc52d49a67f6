//! Encrypting and decrypting: the message buffer around the ratchet.
//!
//! Every operation exists in two steps (`prepare_…`, then [`Session::commit`]), for those who
//! must save the session before a message leaves, and in one call that commits in memory; each on
//! a buffer of the caller, without allocating, and with a vector of its own.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use rand_core::TryCryptoRng;

use crate::agreement;
use crate::backend::CryptoBackend;
use crate::entropy::{self, EntropyError};
use crate::primitives::{Hmac, KeyAgreement};
use crate::ratchet::{HEADER_LEN, Header, ReceivePlan, SendPlan, SendPosition, TAG_LEN};
use crate::session::pending::Change;
use crate::session::{Pending, Session, SessionError};
use crate::wire::{self, MessageType};

/// Length of a message's associated data: `sid ‖ header`.
pub(super) const AAD_LEN: usize = 32 + HEADER_LEN;

/// A message to be sealed, split where its parts stand in the caller's buffer.
pub(super) struct Outgoing<'a> {
    pub(super) prefix: &'a mut [u8],
    pub(super) header: &'a mut [u8; HEADER_LEN],
    pub(super) body: &'a mut [u8],
    pub(super) tag: &'a mut [u8; TAG_LEN],
}

/// A message to be opened, likewise.
pub(super) struct Incoming<'a> {
    pub(super) header: Header,
    pub(super) aad: [u8; AAD_LEN],
    pub(super) body: &'a mut [u8],
    pub(super) tag: &'a [u8; TAG_LEN],
    /// Where the body stands in the buffer.
    pub(super) range: Range<usize>,
}

impl<B: CryptoBackend> Session<B> {
    /// Length of what stands before the body of the next message: its header, behind the INIT
    /// header until the peer has answered. In bytes.
    #[must_use]
    pub fn header_len(&self) -> usize {
        let prefix = self.prefix.as_ref().map_or(0, |prefix| prefix.len());
        prefix.saturating_add(HEADER_LEN)
    }

    /// Encrypts `plaintext` and returns the message.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then.
    pub fn encrypt<R: TryCryptoRng + ?Sized>(
        &mut self,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, SessionError> {
        let mut message = self.message_buffer(plaintext);
        self.encrypt_in_place(&mut message, rng)?;
        Ok(message)
    }

    /// Encrypts in `buffer`, which becomes the message. The plaintext stands behind
    /// [`header_len`](Self::header_len) bytes and before [`TAG_LEN`](crate::session::TAG_LEN)
    /// bytes of any content.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then, the plaintext untouched or zeroed.
    pub fn encrypt_in_place<R: TryCryptoRng + ?Sized>(
        &mut self,
        buffer: &mut [u8],
        rng: &mut R,
    ) -> Result<(), SessionError> {
        let plan = self.seal_message(buffer, rng)?;
        self.apply_send(plan);
        Ok(())
    }

    /// Encrypts `plaintext` without changing the session: the message may leave only after the
    /// change was committed and saved.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn prepare_encrypt<R: TryCryptoRng + ?Sized>(
        &self,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<(Vec<u8>, Pending<B>), SessionError> {
        let mut message = self.message_buffer(plaintext);
        let pending = self.prepare_encrypt_in_place(&mut message, rng)?;
        Ok((message, pending))
    }

    /// [`prepare_encrypt`](Self::prepare_encrypt) on a buffer laid out as for
    /// [`encrypt_in_place`](Self::encrypt_in_place).
    ///
    /// # Errors
    /// As [`encrypt_in_place`](Self::encrypt_in_place).
    pub fn prepare_encrypt_in_place<R: TryCryptoRng + ?Sized>(
        &self,
        buffer: &mut [u8],
        rng: &mut R,
    ) -> Result<Pending<B>, SessionError> {
        let plan = self.seal_message(buffer, rng)?;
        Ok(self.pending(Change::Send(plan)))
    }

    /// Decrypts `message` and returns the plaintext.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then.
    pub fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, SessionError> {
        let (plaintext, pending) = self.prepare_decrypt(message)?;
        self.commit(pending)?;
        Ok(plaintext)
    }

    /// Decrypts in `buffer` and returns where the plaintext stands.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then, the buffer untouched or its body zeroed.
    pub fn decrypt_in_place(&mut self, buffer: &mut [u8]) -> Result<Range<usize>, SessionError> {
        let offset = self.locate(buffer)?;
        let (range, plan) = self.open_message(buffer, offset, None)?;
        self.apply_receive(plan);
        Ok(range)
    }

    /// Decrypts `message` without changing the session.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn prepare_decrypt(&self, message: &[u8]) -> Result<(Vec<u8>, Pending<B>), SessionError> {
        let offset = self.locate(message)?;
        let mut buffer = message.get(offset..).unwrap_or_default().to_vec();
        let (range, plan) = self.open_message(&mut buffer, 0, None)?;
        buffer.truncate(range.end);
        buffer.drain(..range.start);
        Ok((buffer, self.pending(Change::Receive(plan))))
    }

    /// [`prepare_decrypt`](Self::prepare_decrypt) in `buffer`.
    ///
    /// # Errors
    /// As [`decrypt_in_place`](Self::decrypt_in_place).
    pub fn prepare_decrypt_in_place(
        &self,
        buffer: &mut [u8],
    ) -> Result<(Range<usize>, Pending<B>), SessionError> {
        let offset = self.locate(buffer)?;
        let (range, plan) = self.open_message(buffer, offset, None)?;
        Ok((range, self.pending(Change::Receive(plan))))
    }

    fn message_buffer(&self, plaintext: &[u8]) -> Vec<u8> {
        let start = self.header_len();
        let end = start.saturating_add(plaintext.len());
        let mut message = vec![0; end.saturating_add(TAG_LEN)];
        if let Some(body) = message.get_mut(start..end) {
            body.copy_from_slice(plaintext);
        }
        message
    }

    fn seal_message<R: TryCryptoRng + ?Sized>(
        &self,
        buffer: &mut [u8],
        rng: &mut R,
    ) -> Result<SendPlan<B>, SessionError> {
        self.check_limits()?;
        let ratchet = self.open_ratchet()?;
        let outgoing = self.outgoing(buffer)?;
        let private = ratchet.fresh_ratchet_key(rng)?;
        let salt = fresh_salt(rng)?;
        let turn = match private {
            Some(private) => {
                let shared = agreement::agree::<B::X25519>(&private, &ratchet.peer)?;
                Some(ratchet.send_turn(private, &shared)?)
            }
            None => None,
        };
        let position = ratchet.send_position(turn.as_ref())?;
        let header = self.header(&position, salt);
        let (message_key, next) = position.chain_key.step::<B::HmacSha256>();
        let aad = self.write_header(&header, outgoing.prefix, outgoing.header);
        let aead = self.suite.aead();
        *outgoing.tag = message_key.seal::<B>(aead, &header.nonce(), &aad, outgoing.body)?;
        Ok(SendPlan { turn, next })
    }

    /// Opens the message at `offset`; `own` is the key a turn agrees with, if it isn't ours.
    pub(super) fn open_message(
        &self,
        buffer: &mut [u8],
        offset: usize,
        own: Option<&<B::X25519 as KeyAgreement>::PrivateKey>,
    ) -> Result<(Range<usize>, ReceivePlan), SessionError> {
        let incoming = self.incoming(buffer, offset)?;
        let Incoming {
            header,
            aad,
            body,
            tag,
            range,
        } = incoming;
        let ratchet = self.open_ratchet()?;
        let (message_key, plan) = ratchet.plan_receive(&header, self.policy.skip_limit(), own)?;
        message_key.open::<B>(self.suite.aead(), &header.nonce(), &aad, body, tag)?;
        Ok((range, plan))
    }

    pub(super) fn check_limits(&self) -> Result<(), SessionError> {
        if self.ratchet.is_none() {
            return Err(SessionError::Closed);
        }
        if self.sent >= self.policy.max_sent {
            return Err(SessionError::MessageLimit);
        }
        if self.clock.since(self.created) >= self.policy.max_age {
            return Err(SessionError::AgeLimit);
        }
        Ok(())
    }

    pub(super) fn outgoing<'a>(&self, buffer: &'a mut [u8]) -> Result<Outgoing<'a>, SessionError> {
        let split = self.header_len().saturating_sub(HEADER_LEN);
        let parts = buffer
            .split_at_mut_checked(split)
            .and_then(|(prefix, rest)| {
                let (header, rest) = rest.split_first_chunk_mut()?;
                let (body, tag) = rest.split_last_chunk_mut()?;
                Some(Outgoing {
                    prefix,
                    header,
                    body,
                    tag,
                })
            });
        parts.ok_or(SessionError::BufferTooShort)
    }

    pub(super) fn header(&self, position: &SendPosition<'_>, salt: [u8; 8]) -> Header {
        let (pn, n) = (position.pn, position.n);
        Header {
            suite: self.suite,
            ratchet_key: *position.ratchet_key,
            pn,
            n,
            salt,
        }
    }

    /// Writes what stands before the body and returns the associated data.
    pub(super) fn write_header(
        &self,
        header: &Header,
        prefix: &mut [u8],
        place: &mut [u8; HEADER_LEN],
    ) -> [u8; AAD_LEN] {
        if let Some(init) = &self.prefix {
            prefix.copy_from_slice(init);
        }
        *place = header.encode();
        self.aad(place)
    }

    fn aad(&self, header: &[u8; HEADER_LEN]) -> [u8; AAD_LEN] {
        let mut aad = [0; AAD_LEN];
        let (sid, rest) = aad.split_at_mut(32);
        sid.copy_from_slice(&self.sid);
        rest.copy_from_slice(header);
        aad
    }

    /// Where in `message` the ordinary message begins, behind an INIT header if it is ours.
    pub(super) fn locate(&self, message: &[u8]) -> Result<usize, SessionError> {
        let (kind, suite) = wire::front(message)?;
        match (kind, suite == self.suite) {
            (MessageType::Message, true) => return Ok(0),
            (MessageType::Message, false) => return Err(SessionError::SuiteMismatch),
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

    /// Splits the message that [`locate`](Self::locate) found.
    pub(super) fn incoming<'a>(
        &self,
        buffer: &'a mut [u8],
        offset: usize,
    ) -> Result<Incoming<'a>, SessionError> {
        let end = buffer.len().saturating_sub(TAG_LEN);
        let message = buffer.get_mut(offset..).ok_or(SessionError::Malformed)?;
        let parts = message
            .split_first_chunk_mut::<HEADER_LEN>()
            .and_then(|(header, rest)| {
                let (body, tag) = rest.split_last_chunk_mut()?;
                Some((&*header, body, &*tag))
            });
        let (header, body, tag) = parts.ok_or(SessionError::Malformed)?;
        let aad = self.aad(header);
        let header = Header::decode(self.suite, header).ok_or(SessionError::Malformed)?;
        let start = offset.saturating_add(HEADER_LEN);
        Ok(Incoming {
            header,
            aad,
            body,
            tag,
            range: start..end,
        })
    }
}

/// The random half of a nonce. Drawn after the ratchet key, if there is one, in batches too.
pub(super) fn fresh_salt<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<[u8; 8], EntropyError> {
    let mut salt = [0; 8];
    entropy::fill(rng, &mut salt)?;
    Ok(salt)
}
