//! Whole handshakes, both sides in turns.

use std::sync::Arc;

use rand_core::SeedableRng;
use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Channel, ChannelPolicy, FundamentalPattern, Handshake, NoiseProtocol, Pattern, Received,
    StaticKey, TransportError,
};

use super::End;
use crate::workload::meeting::{NOW, PAYLOAD};
use crate::workload::{Digest, Operation, OrWrong, Rng, Wrong, ensure, operation};

/// Handshakes between two preparations.
const CAPACITY: usize = 16;

/// A client and a server before they meet.
pub(super) struct Strangers<B: CryptoBackend> {
    pub(super) rng: Rng,
    pub(super) client: Arc<StaticKey<B>>,
    pub(super) server: Arc<StaticKey<B>>,
}

/// The two sides of one handshake: the client's, the server's.
type Sides<B> = (Handshake<B>, Handshake<B>);

impl<B: CryptoBackend> Strangers<B> {
    pub(super) fn new(seed: u64) -> Result<Self, Wrong> {
        let mut rng = Rng::seed_from_u64(seed);
        let mut key = || {
            StaticKey::generate(&mut rng)
                .or_wrong("a key")
                .map(Arc::new)
        };
        let (client, server) = (key()?, key()?);
        Ok(Self {
            rng,
            client,
            server,
        })
    }

    /// Both sides before the first message, each with the keys that the pattern has it know.
    fn before(&self, pattern: Pattern, aead: AeadAlgorithm) -> Result<Sides<B>, Wrong> {
        use FundamentalPattern as P;
        let protocol = NoiseProtocol::new(pattern, aead);
        let mut client = Handshake::initiator(protocol);
        let mut server = Handshake::responder(protocol).static_key(Arc::clone(&self.server));
        if pattern.base() != P::NK {
            client = client.static_key(Arc::clone(&self.client));
        }
        if pattern.base() != P::XX {
            client = client.remote_static(*self.server.public());
        }
        if pattern.base() == P::KK {
            server = server.remote_static(*self.client.public());
        }
        Ok((
            client.build().or_wrong("client")?,
            server.build().or_wrong("server")?,
        ))
    }

    /// All messages, from one to the other in turns.
    fn shake(&mut self, (client, server): &mut Sides<B>) -> Result<(), Wrong> {
        let (mut from, mut to) = (client, server);
        while !from.is_finished() {
            let message = from.write_message(PAYLOAD, &mut self.rng);
            let message = message.or_wrong("write_message")?;
            let payload = to.read_message(&message).or_wrong("read_message")?;
            ensure(payload == PAYLOAD, "the payload is another one")?;
            std::mem::swap(&mut from, &mut to);
        }
        Ok(())
    }

    /// A handshake that is through.
    pub(super) fn meet(
        &mut self,
        pattern: Pattern,
        aead: AeadAlgorithm,
    ) -> Result<Sides<B>, Wrong> {
        let mut sides = self.before(pattern, aead)?;
        self.shake(&mut sides)?;
        Ok(sides)
    }
}

/// What `make` makes of both sides: the client's, the server's.
pub(super) fn ends<B: CryptoBackend, E>(
    (client, server): Sides<B>,
    make: impl Fn(Handshake<B>) -> Result<E, TransportError>,
) -> Result<(E, E), Wrong> {
    let client = make(client).or_wrong("the client's end")?;
    let server = make(server).or_wrong("the server's end")?;
    Ok((client, server))
}

/// Both ends of a channel.
pub(super) fn channels<B: CryptoBackend>(
    sides: Sides<B>,
) -> Result<(Channel<B>, Channel<B>), Wrong> {
    ends(sides, |side| {
        side.into_channel(ChannelPolicy::default(), NOW)
    })
}

pub(super) fn build<B: CryptoBackend>(
    pattern: Pattern,
    end: End,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match end {
        End::Channel => shaking(pattern, seed, channels::<B>, |ends, digest| {
            digest.absorb(ends.0.channel_binding());
            talk(&mut ends.0, &mut ends.1)
        }),
        End::Plain => {
            let plain = |sides| ends::<B, _>(sides, Handshake::into_transport);
            shaking(pattern, seed, plain, |(client, server), digest| {
                let message = client.write_message(PAYLOAD).or_wrong("write_message")?;
                digest.absorb(&message);
                let text = server.read_message(&message).or_wrong("read_message")?;
                ensure(text == PAYLOAD, "the plaintext is another one")
            })
        }
    }
}

/// Handshakes that end in what `end` makes of them, and `check` checks.
fn shaking<B: CryptoBackend, E: Send + 'static>(
    pattern: Pattern,
    seed: u64,
    end: impl Fn(Sides<B>) -> Result<E, Wrong> + Send + 'static,
    check: impl Fn(&mut E, &mut Digest) -> Result<(), Wrong> + Send + 'static,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Strangers::<B>::new(seed)?,
        CAPACITY,
        move |strangers| {
            let sides = strangers.before(pattern, AeadAlgorithm::Aes256Gcm)?;
            Ok((Some(sides), None))
        },
        move |strangers, (before, after): &mut (Option<Sides<B>>, Option<E>)| {
            let sides = before.as_mut();
            strangers.shake(sides.ok_or_else(|| Wrong::new("a handshake is made once"))?)?;
            *after = before.take().map(&end).transpose()?;
            Ok(())
        },
        move |_, (_, after), digest| {
            let ends = after.as_mut();
            let ends = ends.ok_or_else(|| Wrong::new("no handshake was made"))?;
            check(ends, digest)
        },
    ))
}

/// A record from one end to the other.
pub(super) fn talk<B: CryptoBackend>(
    from: &mut Channel<B>,
    to: &mut Channel<B>,
) -> Result<(), Wrong> {
    let mut record = from.seal(PAYLOAD).or_wrong("seal")?;
    match to.open_in_place(&mut record).or_wrong("open_in_place")? {
        Received::Data(text) => ensure(&record[text] == PAYLOAD, "the plaintext is another one"),
        other => Err(Wrong::new(format_args!("{other:?} instead of data"))),
    }
}
