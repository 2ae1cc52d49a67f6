//! Transport sessions over the streams people know.
//!
//! What lives here: the engine's types ([`sprag_core::transport`]) and two adapters, [`SecureStream`]
//! over [`std::io`] and, with the feature `tokio`, `AsyncSecureStream` over Tokio's traits; how
//! handshake messages are framed on a stream. What does not: any protocol, any socket.
//!
//! The adapters take the time from the system's clock and randomness from its generator.

#[cfg(feature = "tokio")]
mod asynchronous;
mod blocking;
mod buffers;

#[cfg(feature = "tokio")]
pub use asynchronous::{
    AsyncSecureStream, answer_async, offer_async, read_frame_async, write_frame_async,
};
pub use blocking::{SecureStream, answer, mix_hybrid, offer, read_frame, write_frame};
pub use sprag_core::suite::AeadAlgorithm;
pub use sprag_core::transport::*;

use std::io;

/// How a refusal of the engine looks to users of streams: `InvalidData`, with the
/// [`TransportError`] inside.
fn refused(error: TransportError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// The length that stands before a frame.
fn frame_len(frame: &[u8]) -> io::Result<[u8; 2]> {
    let len = u16::try_from(frame.len()).map_err(|_| refused(TransportError::MessageTooLong))?;
    Ok(len.to_be_bytes())
}

/// Frames carry handshake messages alone; data wait for the channel.
fn no_payload(payload: &[u8]) -> io::Result<()> {
    if payload.is_empty() {
        return Ok(());
    }
    Err(refused(TransportError::UnexpectedRecord))
}

fn cut() -> io::Error {
    let text = "the connection was cut: the peer did not close the channel";
    io::Error::new(io::ErrorKind::UnexpectedEof, text)
}
