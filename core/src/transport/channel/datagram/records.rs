//! Sealing and opening datagrams, in buffers of the caller.

use alloc::vec::Vec;

use zeroize::Zeroize;

use crate::backend::CryptoBackend;
use crate::suite::AeadAlgorithm;
use crate::transport::channel::datagram::epochs::Which;
use crate::transport::channel::datagram::{DatagramChannel, ReceivedDatagram};
use crate::transport::channel::policy::ChannelPolicy;
use crate::transport::channel::record::{
    DATAGRAM, DATAGRAM_HEADER_LEN, DATAGRAM_OVERHEAD, Kind, MAX_PAYLOAD_LEN, sealed, split,
};
use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;

/// Length of the associated data in bytes.
const AD_LEN: usize = 8;
/// Numbers have 48 bits, and no cipher may seal more records.
const MAX_NUMBER: u64 = (1 << 48) - 1;
const _: () = assert!(
    ChannelPolicy::most_records(AeadAlgorithm::Aes256Gcm) <= MAX_NUMBER + 1
        && ChannelPolicy::most_records(AeadAlgorithm::ChaCha20Poly1305) <= MAX_NUMBER + 1
);

/// Where a datagram belongs.
struct Place {
    which: Which,
    number: u64,
}

impl<B: CryptoBackend> DatagramChannel<B> {
    /// Seals `payload`, of at most 65518 bytes, and returns the datagram.
    ///
    /// # Errors
    /// As [`seal_in_place`](Self::seal_in_place).
    pub fn seal(&mut self, payload: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.seal_kind(Kind::Data, payload)
    }

    pub(in crate::transport::channel) fn seal_kind(
        &mut self,
        kind: Kind,
        payload: &[u8],
    ) -> Result<Vec<u8>, TransportError> {
        sealed::<DATAGRAM_HEADER_LEN>(payload, |record| self.seal_record(kind, record))
    }

    /// Seals in `buffer`, which becomes the datagram. The payload stands behind
    /// [`DATAGRAM_HEADER_LEN`] bytes and before [`TAG_LEN`] bytes of any content. Nothing is
    /// allocated.
    ///
    /// # Errors
    /// [`TransportError::MessageTooLong`], [`TransportError::BufferTooShort`],
    /// [`TransportError::LimitReached`] (renew the key), [`TransportError::Closed`],
    /// [`TransportError::Library`]. The channel is then unchanged.
    pub fn seal_in_place(&mut self, buffer: &mut [u8]) -> Result<(), TransportError> {
        self.seal_record(Kind::Data, buffer)
    }

    fn seal_record(&mut self, kind: Kind, buffer: &mut [u8]) -> Result<(), TransportError> {
        let seen = self.receiving.as_ref().map_or(0, |keys| keys.number);
        let sending = self.sending.as_mut().ok_or(TransportError::Closed)?;
        let payload = buffer.len().checked_sub(DATAGRAM_OVERHEAD);
        let payload = payload.ok_or(TransportError::BufferTooShort)?;
        if payload > MAX_PAYLOAD_LEN {
            return Err(TransportError::MessageTooLong);
        }
        let limits = self.facts.limits(kind);
        sending.epoch.check(&limits, payload, self.facts.clock)?;
        let number = sending.epoch.records();
        let (head, body, tag) = split::<AD_LEN>(buffer).ok_or(TransportError::BufferTooShort)?;
        // Numbers have 48 bits: the two bytes above them hold type and epoch.
        *head = number.to_be_bytes();
        let [first, second, ..] = head;
        (*first, *second) = (DATAGRAM, sending.number);
        if let Some(first) = body.first_mut() {
            *first = (seen & 0x0f) << 4 | kind as u8;
        }
        *tag = sending.epoch.seal(number, head, body)?;
        sending.epoch.count(payload);
        self.silent = false;
        Ok(())
    }

    /// Opens a datagram in place. Nothing is allocated unless the peer renewed its key.
    ///
    /// # Errors
    /// [`TransportError::Malformed`], [`TransportError::Duplicate`], [`TransportError::TooOld`],
    /// [`TransportError::UnknownEpoch`], [`TransportError::AuthenticationFailed`],
    /// [`TransportError::UnexpectedRecord`], [`TransportError::LimitReached`],
    /// [`TransportError::Closed`], [`TransportError::Library`]. Nothing has changed then but the count
    /// of forged records; of content that was refused nothing is left in `datagram`.
    pub fn open_in_place(
        &mut self,
        datagram: &mut [u8],
    ) -> Result<ReceivedDatagram, TransportError> {
        let place = self.authenticate(datagram)?;
        let received = self.receive(&place, datagram);
        if received.is_err() {
            datagram.zeroize();
        }
        received
    }

    fn authenticate(&mut self, datagram: &mut [u8]) -> Result<Place, TransportError> {
        self.facts.check_forgeries()?;
        let receiving = self.receiving.as_mut().ok_or(TransportError::Closed)?;
        let (head, body, tag) = split::<AD_LEN>(datagram).ok_or(TransportError::Malformed)?;
        let [first, epoch, ..] = *head;
        if first != DATAGRAM || body.len() > MAX_PAYLOAD_LEN.saturating_add(1) {
            return Err(TransportError::Malformed);
        }
        let number = u64::from_be_bytes(*head) & MAX_NUMBER;
        let which = receiving.which(epoch)?;
        let keys = receiving.epoch(which)?;
        keys.window.check(number)?;
        let most = ChannelPolicy::absolute(self.facts.protocol.aead());
        keys.epoch.check(&most, 0, self.facts.clock)?;
        let opened = keys.epoch.open(number, head, body, tag);
        opened.map_err(|error| self.facts.forged(error))?;
        Ok(Place { which, number })
    }

    /// Does what a datagram says that the peer sealed.
    fn receive(
        &mut self,
        place: &Place,
        datagram: &[u8],
    ) -> Result<ReceivedDatagram, TransportError> {
        let now = self.facts.clock;
        let receiving = self.receiving.as_mut().ok_or(TransportError::Closed)?;
        let text = DATAGRAM_HEADER_LEN..datagram.len().saturating_sub(TAG_LEN);
        let front = datagram.get(DATAGRAM_HEADER_LEN - 1);
        let (Some(front), Some(payload)) = (front, datagram.get(text.clone())) else {
            return Err(TransportError::Malformed);
        };
        let (seen, kind) = (front >> 4, Kind::from_byte(front & 0x0f)?);
        match kind {
            Kind::Data => {}
            Kind::Update | Kind::UpdateAndAsk | Kind::Close if payload.is_empty() => {}
            _ => return Err(TransportError::UnexpectedRecord),
        }
        let keys = receiving.epoch(place.which)?;
        let limits = self.facts.limits(kind);
        keys.epoch.check(&limits, payload.len(), now)?;
        let after = match place.which {
            Which::Next => Some(keys.epoch.following(now)?),
            _ => None,
        };
        keys.epoch.count(payload.len());
        keys.window.accept(place.number);
        if let Some(after) = after {
            receiving.promote(after, now);
            self.silent = true;
        }
        self.heard(seen, kind == Kind::UpdateAndAsk);
        match kind {
            Kind::Data => Ok(ReceivedDatagram::Data(text)),
            Kind::Close => {
                self.receiving = None;
                self.wipe_if_closed();
                Ok(ReceivedDatagram::Closed)
            }
            _ => Ok(ReceivedDatagram::Control),
        }
    }

    /// What a datagram of the peer tells of our epochs.
    const fn heard(&mut self, seen: u8, ask: bool) {
        if let Some(sending) = &mut self.sending
            && sending.number & 0x0f == seen
        {
            sending.confirmed = true;
            // A wish is for the epoch that the peer has seen: a copy of it is none for the next.
            self.asked |= ask;
        }
    }
}
