//! Whole handshakes, both sides in turns.

use std::sync::Arc;

use rand_core::SeedableRng;
use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Channel, ChannelPolicy, FundamentalPattern, Handshake, NoiseProtocol, NoiseTransport, Pattern,
    StaticKey,
};

use super::End;
use crate::workload::meeting::{NOW, PAYLOAD};
use crate::workload::{Operation, OrWrong, Rng, Wrong, ensure, operation};

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

/// Both ends of a channel: the client's, the server's.
pub(super) fn channels<B: CryptoBackend>(
    (client, server): Sides<B>,
) -> Result<(Channel<B>, Channel<B>), Wrong> {
    let channel = |side: Handshake<B>| {
        let channel = side.into_channel(ChannelPolicy::default(), NOW);
        channel.or_wrong("into_channel")
    };
    Ok((channel(client)?, channel(server)?))
}

fn plain<B: CryptoBackend>(side: Handshake<B>) -> Result<NoiseTransport<B>, Wrong> {
    side.into_transport().or_wrong("into_transport")
}

/// What became of a handshake.
// A box would be allocated inside the clock.
#[allow(clippy::large_enum_variant)]
enum Outcome<B: CryptoBackend> {
    Before(Box<Sides<B>>),
    Channels(Channel<B>, Channel<B>),
    Plain(NoiseTransport<B>, NoiseTransport<B>),
    Failed,
}

pub(super) fn build<B: CryptoBackend>(
    pattern: Pattern,
    end: End,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    const AES: AeadAlgorithm = AeadAlgorithm::Aes256Gcm;
    Ok(operation(
        Strangers::<B>::new(seed)?,
        CAPACITY,
        move |strangers| {
            strangers
                .before(pattern, AES)
                .map(Box::new)
                .map(Outcome::Before)
        },
        move |strangers, outcome| {
            let Outcome::Before(mut sides) = std::mem::replace(outcome, Outcome::Failed) else {
                return Err(Wrong::new("a handshake is made once"));
            };
            strangers.shake(&mut sides)?;
            *outcome = match end {
                End::Channel => {
                    let (client, server) = channels(*sides)?;
                    Outcome::Channels(client, server)
                }
                End::Plain => Outcome::Plain(plain(sides.0)?, plain(sides.1)?),
            };
            Ok(())
        },
        |_, outcome, digest| match outcome {
            Outcome::Channels(client, server) => {
                digest.absorb(client.channel_binding());
                talk(client, server)
            }
            Outcome::Plain(client, server) => {
                let message = client.write_message(PAYLOAD).or_wrong("write_message")?;
                digest.absorb(&message);
                let text = server.read_message(&message).or_wrong("read_message")?;
                ensure(text == PAYLOAD, "the plaintext is another one")
            }
            Outcome::Before(_) | Outcome::Failed => Err(Wrong::new("no handshake was made")),
        },
    ))
}

/// A record from one end to the other.
pub(super) fn talk<B: CryptoBackend>(
    from: &mut Channel<B>,
    to: &mut Channel<B>,
) -> Result<(), Wrong> {
    use sprag::sprag_core::transport::Received;
    let mut record = from.seal(PAYLOAD).or_wrong("seal")?;
    match to.open_in_place(&mut record).or_wrong("open_in_place")? {
        Received::Data(text) => ensure(&record[text] == PAYLOAD, "the plaintext is another one"),
        other => Err(Wrong::new(format_args!("{other:?} instead of data"))),
    }
}
