//! Sealing and opening a stream's records, in buffers of the caller.

use alloc::vec::Vec;

use zeroize::Zeroize;

use crate::backend::CryptoBackend;
use crate::transport::channel::policy::ChannelPolicy;
use crate::transport::channel::record::{
    Kind, MAX_PAYLOAD_LEN, STREAM_HEADER_LEN, STREAM_OVERHEAD, sealed, split,
};
use crate::transport::channel::stream::{Channel, Received};
use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;

impl<B: CryptoBackend> Channel<B> {
    /// Length of a whole record by its first two bytes.
    ///
    /// # Errors
    /// [`TransportError::Malformed`] if there is no record so short.
    pub fn record_len(front: [u8; 2]) -> Result<usize, TransportError> {
        let len = usize::from(u16::from_be_bytes(front)).saturating_add(front.len());
        if len < STREAM_OVERHEAD {
            return Err(TransportError::Malformed);
        }
        Ok(len)
    }

    /// Seals `payload`, of at most 65518 bytes, and returns the record.
    ///
    /// # Errors
    /// As [`seal_in_place`](Self::seal_in_place).
    pub fn seal(&mut self, payload: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.seal_kind(Kind::Data, payload)
    }

    /// Seals in `buffer`, which becomes the record. The payload stands behind
    /// [`STREAM_HEADER_LEN`] bytes and before [`TAG_LEN`](crate::transport::TAG_LEN) bytes of any
    /// content, and has at most 65518 bytes. Nothing is allocated.
    ///
    /// # Errors
    /// [`TransportError::MessageTooLong`], [`TransportError::BufferTooShort`],
    /// [`TransportError::LimitReached`] (renew the key), [`TransportError::Closed`],
    /// [`TransportError::Library`]. The channel is then unchanged.
    pub fn seal_in_place(&mut self, buffer: &mut [u8]) -> Result<(), TransportError> {
        self.seal_record(Kind::Data, buffer)
    }

    pub(in crate::transport::channel) fn seal_kind(
        &mut self,
        kind: Kind,
        payload: &[u8],
    ) -> Result<Vec<u8>, TransportError> {
        sealed::<STREAM_HEADER_LEN>(payload, |record| self.seal_record(kind, record))
    }

    fn seal_record(&mut self, kind: Kind, buffer: &mut [u8]) -> Result<(), TransportError> {
        let epoch = self.sending.as_mut().ok_or(TransportError::Closed)?;
        let payload = buffer.len().checked_sub(STREAM_OVERHEAD);
        let payload = payload.ok_or(TransportError::BufferTooShort)?;
        if payload > MAX_PAYLOAD_LEN {
            return Err(TransportError::MessageTooLong);
        }
        epoch.check(&self.facts.limits(kind), payload, self.facts.clock)?;
        let (head, body, tag) = split(buffer).ok_or(TransportError::BufferTooShort)?;
        let len = body.len().saturating_add(tag.len());
        *head = u16::try_from(len)
            .map_err(|_| TransportError::MessageTooLong)?
            .to_be_bytes();
        if let Some(first) = body.first_mut() {
            *first = kind as u8;
        }
        *tag = epoch.seal(epoch.records(), head, body)?;
        epoch.count(payload);
        Ok(())
    }

    /// Opens a whole record in place. Nothing is allocated for data.
    ///
    /// # Errors
    /// [`TransportError::Malformed`], [`TransportError::AuthenticationFailed`] (on a stream that no
    /// forged record gets into from the side, the end of the connection), [`TransportError::Closed`],
    /// [`TransportError::Library`]. Nothing has changed then but the count of forged records, and the
    /// next genuine record opens.
    ///
    /// [`TransportError::UnexpectedRecord`], [`TransportError::LimitReached`], and what a handshake
    /// refuses in a key agreement's message. The peer sealed that record, so none behind it opens: give
    /// the connection up. Of its content nothing is left in `record`.
    pub fn open_in_place(&mut self, record: &mut [u8]) -> Result<Received, TransportError> {
        self.authenticate(record)?;
        let received = self.receive(record);
        if received.is_err() {
            record.zeroize();
        }
        received
    }

    fn authenticate(&mut self, record: &mut [u8]) -> Result<(), TransportError> {
        self.facts.check_forgeries()?;
        let receiving = self.receiving.as_ref().ok_or(TransportError::Closed)?;
        let epoch = &receiving.current;
        let (head, body, tag) = split(record).ok_or(TransportError::Malformed)?;
        let len = body.len().saturating_add(tag.len());
        if usize::from(u16::from_be_bytes(*head)) != len {
            return Err(TransportError::Malformed);
        }
        let most = ChannelPolicy::absolute(self.facts.protocol.aead());
        epoch.check(&most, 0, self.facts.clock)?;
        let opened = epoch.open(epoch.records(), head, body, tag);
        opened.map_err(|error| self.facts.forged(error))
    }

    /// Does what a record says that the peer sealed.
    fn receive(&mut self, record: &[u8]) -> Result<Received, TransportError> {
        let text = STREAM_HEADER_LEN..record.len().saturating_sub(TAG_LEN);
        let kind = record.get(STREAM_HEADER_LEN - 1);
        let payload = record.get(text.clone());
        let (Some(kind), Some(payload)) = (kind, payload) else {
            return Err(TransportError::Malformed);
        };
        let kind = Kind::from_byte(*kind)?;
        let limits = self.facts.limits(kind);
        let receiving = self.receiving.as_mut().ok_or(TransportError::Closed)?;
        let epoch = &mut receiving.current;
        epoch.check(&limits, payload.len(), self.facts.clock)?;
        match kind {
            Kind::Data => {
                epoch.count(payload.len());
                Ok(Received::Data(text))
            }
            Kind::Ticket if self.facts.initiator => {
                epoch.count(payload.len());
                Ok(Received::Ticket(text))
            }
            Kind::Agreement => {
                self.receive_agreement(payload)?;
                Ok(Received::Control)
            }
            _ if !payload.is_empty() => Err(TransportError::UnexpectedRecord),
            Kind::Update | Kind::UpdateAndAsk => {
                self.receive_update(kind == Kind::UpdateAndAsk)?;
                Ok(Received::Control)
            }
            Kind::Switch => {
                self.receive_switch()?;
                Ok(Received::Control)
            }
            Kind::Close => {
                self.receiving = None;
                self.wipe_if_closed();
                Ok(Received::Closed)
            }
            Kind::Ticket => Err(TransportError::UnexpectedRecord),
        }
    }

    fn receive_update(&mut self, ask: bool) -> Result<(), TransportError> {
        let now = self.facts.clock;
        let receiving = self.receiving.as_mut().ok_or(TransportError::Closed)?;
        let after = receiving.next.following(now)?;
        receiving.next.starts(now);
        let past = core::mem::replace(
            &mut receiving.current,
            core::mem::replace(&mut receiving.next, after),
        );
        self.earlier_bytes = self.earlier_bytes.saturating_add(past.bytes());
        self.asking = false;
        self.asked |= ask;
        Ok(())
    }
}
