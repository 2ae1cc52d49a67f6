//! `channel`: a client and a server that reads what is said, and answers it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use sprag::SecretBytes;
use sprag::sprag_core::backend::PqBackend;
use sprag::transport::ChannelPolicy;
use sprag_models::Result;
use sprag_models::channel::{self, Client, Handler, Peer, Server};
use sprag_models::fields;

use super::figures::{Measured, Round};
use super::{Plan, ensure, text};

/// Says again what it was told.
struct Echo;

impl Handler for Echo {
    fn answer(&self, _: Peer, request: &[u8]) -> Result<SecretBytes> {
        Ok(fields::join(&fields::split(request)?))
    }
}

pub(super) struct Channel<B: PqBackend> {
    plan: Plan,
    server: Arc<Server<B, Echo>>,
    address: SocketAddr,
}

impl<B: PqBackend> Channel<B> {
    pub(super) fn open(plan: Plan) -> Result<Self> {
        let server = Arc::new(Server::new(ChannelPolicy::default(), Echo)?);
        Ok(Self {
            plan,
            address: server.serve()?,
            server,
        })
    }
}

impl<B: PqBackend> Measured for Channel<B> {
    fn round(&mut self, _: usize) -> Result<Round> {
        let start = Instant::now();
        let (server, policy) = (*self.server.public(), ChannelPolicy::default());
        let mut client = Client::<B>::new(self.address, server, None, policy);
        let mut connection = client.connect()?;
        say(&mut connection, 0)?;
        let first = start.elapsed();

        let (sent, received) = connection.wire();
        let calls = self.plan.conversation.div_ceil(2);
        let start = Instant::now();
        for number in 1..=calls {
            say(&mut connection, number)?;
        }
        let talked = start.elapsed();
        let after = connection.wire();
        connection.close()?;
        Ok(Round {
            first,
            talked,
            messages: 2 * calls,
            wire: after.0 + after.1 - sent - received,
            waiting: None,
            server: None,
            device: None,
            restored: None,
        })
    }
}

/// A request and its answer.
fn say<B: PqBackend>(connection: &mut channel::Connection<B>, number: u64) -> Result<()> {
    let said = text(number);
    let answer = connection.call(&[said.as_bytes()])?;
    let heard = fields::split(&answer)?;
    ensure(heard == [said.as_bytes()], "the answer is another text")
}
