//! Over Tokio's `AsyncRead` and `AsyncWrite`.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use sprag_core::CryptoBackend;
use sprag_core::transport::{
    Agreed, Channel, ChannelPolicy, ClientTicket, Handshake, Offer, TicketKeys,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::buffers::Buffers;
use super::{cut, frame_len, no_payload, refused};
use crate::{entropy, platform};

/// [`write_frame`](super::write_frame), asynchronously.
///
/// # Errors
/// As there.
pub async fn write_frame_async<S: AsyncWrite + Unpin>(
    stream: &mut S,
    frame: &[u8],
) -> io::Result<()> {
    let framed = [frame_len(frame)?.as_slice(), frame].concat();
    stream.write_all(&framed).await?;
    stream.flush().await
}

/// [`read_frame`](super::read_frame), asynchronously.
///
/// # Errors
/// As there.
pub async fn read_frame_async<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    let len = stream.read_u16().await?;
    let mut frame = Vec::new();
    stream.take(len.into()).read_to_end(&mut frame).await?;
    if frame.len() < usize::from(len) {
        return Err(cut());
    }
    Ok(frame)
}

/// [`offer`](super::offer), asynchronously.
///
/// # Errors
/// As there.
pub async fn offer_async<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    own: &Offer,
) -> io::Result<Agreed> {
    write_frame_async(stream, &own.encode_client()).await?;
    let server = read_frame_async(stream).await?;
    let server = Offer::decode_server(&server).map_err(refused)?;
    own.agree(&server).map_err(refused)
}

/// [`answer`](super::answer), asynchronously.
///
/// # Errors
/// As there.
pub async fn answer_async<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    own: &Offer,
) -> io::Result<Agreed> {
    let client = read_frame_async(stream).await?;
    let client = Offer::decode_client(&client).map_err(refused)?;
    write_frame_async(stream, &own.encode_server()).await?;
    client.agree(own).map_err(refused)
}

/// A channel over an asynchronous stream, which is itself one; what
/// [`SecureStream`](super::SecureStream) says holds here too. `shutdown` closes our direction and then
/// shuts the stream below down; `tokio::io::split` gives both directions to two tasks.
///
/// All its operations may be dropped before they are through (they are *cancel safe* as those of
/// Tokio's own streams are): what was sealed or received is kept. `establish` is not.
pub struct AsyncSecureStream<S, B: CryptoBackend> {
    stream: S,
    /// Boxed, for a library's keys need not be `Unpin`.
    buffers: Box<Buffers<B>>,
    wakers: Arc<Wakers>,
}

/// The tasks that wait until the stream takes what is pending.
///
/// Reading sends answers, so two tasks may wait for the stream to take something, and a stream wakes
/// only the last that asked: it gets both of ours as one.
#[derive(Default)]
struct Wakers([Mutex<Option<Waker>>; 2]);

/// Which task asks.
#[derive(Clone, Copy)]
enum Task {
    Reader = 0,
    Writer = 1,
}

impl Wakers {
    /// Puts a waker in a task's place; the one that was there.
    fn replace(&self, task: Task, waker: Option<Waker>) -> Option<Waker> {
        let mut slot = self.0[task as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut slot, waker)
    }

    fn wake_one(&self, task: Task) {
        if let Some(waker) = self.replace(task, None) {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_one(Task::Reader);
        self.wake_one(Task::Writer);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, B: CryptoBackend> AsyncSecureStream<S, B> {
    /// As [`SecureStream::establish`](super::SecureStream::establish).
    ///
    /// # Errors
    /// As there.
    pub async fn establish(
        mut stream: S,
        mut handshake: Handshake<B>,
        policy: ChannelPolicy,
    ) -> io::Result<Self> {
        while !handshake.is_finished() {
            if handshake.is_my_turn() {
                let rng = &mut entropy::system();
                let message = handshake.write_message(&[], rng).map_err(refused)?;
                write_frame_async(&mut stream, &message).await?;
            } else {
                let message = read_frame_async(&mut stream).await?;
                no_payload(&handshake.read_message(&message).map_err(refused)?)?;
            }
        }
        let channel = handshake.into_channel(policy, platform::now());
        Ok(Self {
            stream,
            buffers: Box::new(Buffers::new(channel.map_err(refused)?)),
            wakers: Arc::default(),
        })
    }

    /// Ends our direction and leaves the stream below open, so that reading goes on.
    ///
    /// # Errors
    /// The stream's.
    pub async fn close(&mut self) -> io::Result<()> {
        self.buffers.close()?;
        self.flush().await
    }

    /// Sends the client a ticket for its next connection.
    ///
    /// # Errors
    /// The stream's; `InvalidData` with the [`TransportError`](super::TransportError) inside.
    pub async fn send_ticket(&mut self, keys: &TicketKeys) -> io::Result<()> {
        self.buffers.add_ticket(keys)?;
        self.flush().await
    }

    fn poll_pending(&mut self, task: Task, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.buffers.pending().is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.wakers.replace(task, Some(context.waker().clone()));
        let both = Waker::from(Arc::clone(&self.wakers));
        let context = &mut Context::from_waker(&both);
        while !self.buffers.pending().is_empty() {
            let stream = Pin::new(&mut self.stream);
            let taken = ready!(stream.poll_write(context, self.buffers.pending()))?;
            self.buffers.took(taken)?;
        }
        // Nothing is pending: the stream owes nobody a call any more.
        self.wakers.replace(task, None);
        self.wakers.wake_one(match task {
            Task::Reader => Task::Writer,
            Task::Writer => Task::Reader,
        });
        Poll::Ready(Ok(()))
    }
}

impl<S, B: CryptoBackend> AsyncSecureStream<S, B> {
    /// The channel: who the peer is, the channel binding, whether a direction is closed.
    #[must_use]
    pub const fn channel(&self) -> &Channel<B> {
        &self.buffers.channel
    }

    /// The newest ticket that came, if one did while reading.
    pub fn take_ticket(&mut self) -> Option<ClientTicket> {
        self.buffers.take_ticket()
    }

    /// The stream below. What is written to it or read from it directly breaks the channel.
    #[must_use]
    pub const fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, B: CryptoBackend> AsyncRead for AsyncSecureStream<S, B> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if target.remaining() == 0 || this.buffers.has_plain() {
                let len = this.buffers.give(target.initialize_unfilled());
                target.advance(len);
                return Poll::Ready(Ok(()));
            }
            if this.buffers.has_ended() {
                return Poll::Ready(Ok(()));
            }
            if this.buffers.open()? {
                continue;
            }
            // Answers go out before we wait. A stream that takes none says so to the next write; what
            // it still has for us is read.
            let _ = this.poll_pending(Task::Reader, context);
            let mut room = ReadBuf::new(this.buffers.room());
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut room))?;
            let len = room.filled().len();
            this.buffers.arrived(len)?;
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, B: CryptoBackend> AsyncWrite for AsyncSecureStream<S, B> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        payload: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_pending(Task::Writer, context))?;
        let len = this.buffers.seal(payload)?;
        // It is sealed and must not be sealed again: a stream that fails says so at the next call.
        let _ = this.poll_pending(Task::Writer, context);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_pending(Task::Writer, context))?;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.buffers.close()?;
        ready!(this.poll_pending(Task::Writer, context))?;
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}

impl<S, B: CryptoBackend> fmt::Debug for AsyncSecureStream<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncSecureStream")
            .field("channel", &self.buffers.channel)
            .finish_non_exhaustive()
    }
}
