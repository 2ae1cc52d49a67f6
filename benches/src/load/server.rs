//! The server: accepts first messages, as many together as its window says, and answers each in
//! its new session.

use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use rand_core::SeedableRng;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{AcceptJob, Identity, Prekeys, accept_batch};
use sprag::sprag_core::session::{Session, SessionPolicy, encrypt_batch};

use super::Window;
use super::client::{Incoming, Outgoing};
use super::traffic::{ANSWER, Traffic};
use crate::workload::meeting::{NOW, PAYLOAD, unknown};
use crate::workload::{OrWrong, Rng, Wrong, ensure};

/// What a server has done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Served {
    pub(super) handshakes: usize,
    pub(super) batches: usize,
}

/// A server with the prekeys of before the first message.
pub(super) struct Server<'a, B: PqBackend> {
    traffic: &'a Traffic<B>,
    identity: Identity<B>,
    prekeys: Prekeys<B>,
    window: Window,
    rng: Rng,
}

impl<'a, B: PqBackend> Server<'a, B> {
    pub(super) fn new(traffic: &'a Traffic<B>, window: Window, seed: u64) -> Result<Self, Wrong> {
        Ok(Self {
            traffic,
            identity: Identity::decode(&traffic.identity).or_wrong("decode")?,
            prekeys: Prekeys::decode(&traffic.prekeys).or_wrong("decode")?,
            window,
            rng: Rng::seed_from_u64(!seed),
        })
    }

    /// Serves one connection until `count` handshakes are done, it is closed or it is late.
    pub(super) fn serve(
        &mut self,
        listener: &TcpListener,
        count: usize,
        deadline: Instant,
    ) -> Result<Served, Wrong> {
        let mut stream = accept(listener, deadline)?;
        let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::default());
        let mut waiting: Vec<Vec<u8>> = Vec::new();
        let mut since = Instant::now();
        let mut served = Served::default();
        while served.handshakes < count || !outgoing.is_empty() {
            let open = incoming.receive(&mut stream)?;
            while waiting.len() < self.window.batch
                && let Some(message) = incoming.take()
            {
                if waiting.is_empty() {
                    since = Instant::now();
                }
                waiting.push(message);
            }
            let full = waiting.len() == self.window.batch;
            if !waiting.is_empty() && (full || since.elapsed() >= self.window.wait) {
                for answer in self.answer(&waiting)? {
                    outgoing.put(&answer)?;
                }
                served.handshakes += waiting.len();
                served.batches += 1;
                waiting.clear();
            }
            outgoing.send(&mut stream)?;
            if !open || Instant::now() > deadline {
                break;
            }
            std::hint::spin_loop();
        }
        Ok(served)
    }

    /// Accepts the first messages and answers each; one by one if there is but one.
    fn answer(&mut self, messages: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Wrong> {
        let from = unknown(&self.traffic.from);
        let policy = SessionPolicy::default();
        if let [message] = messages {
            let accepted = self
                .prekeys
                .accept(&self.identity, &from, message, policy, NOW)
                .or_wrong("accept")?;
            ensure(accepted.payload == PAYLOAD, "the payload is another one")?;
            let mut session = accepted.session;
            let answer = session.encrypt(ANSWER, &mut self.rng);
            return Ok(vec![answer.or_wrong("encrypt")?]);
        }
        let jobs: Vec<_> = messages
            .iter()
            .map(|message| AcceptJob { from, message })
            .collect();
        let mut sessions = Vec::with_capacity(jobs.len());
        for accepted in accept_batch(&self.identity, &self.prekeys, &jobs, policy, NOW) {
            let accepted = accepted.or_wrong("accept_batch")?;
            ensure(accepted.payload == PAYLOAD, "the payload is another one")?;
            self.prekeys.apply(accepted.change).or_wrong("apply")?;
            sessions.push(accepted.session);
        }
        self.answer_all(&mut sessions)
    }

    fn answer_all(&mut self, sessions: &mut [Session<B>]) -> Result<Vec<Vec<u8>>, Wrong> {
        let blank = |session: &Session<B>| {
            let start = session.header_len();
            let mut buffer = vec![0; start + ANSWER.len() + sprag::sprag_core::session::TAG_LEN];
            buffer[start..start + ANSWER.len()].copy_from_slice(ANSWER);
            buffer
        };
        let mut answers: Vec<_> = sessions.iter().map(blank).collect();
        let jobs = sessions
            .iter_mut()
            .zip(answers.iter_mut().map(Vec::as_mut_slice));
        encrypt_batch(jobs, &mut self.rng)
            .into_iter()
            .collect::<Result<(), _>>()
            .or_wrong("encrypt_batch")?;
        Ok(answers)
    }
}

/// Handshakes per second that the server can do one by one, without the connection.
pub(super) fn capacity<B: PqBackend>(traffic: &Traffic<B>) -> Result<f64, Wrong> {
    let window = Window {
        batch: 1,
        wait: std::time::Duration::ZERO,
    };
    let mut server = Server::new(traffic, window, 0)?;
    let started = Instant::now();
    for message in &traffic.messages {
        server.answer(std::slice::from_ref(message))?;
    }
    Ok(traffic.messages.len() as f64 / started.elapsed().as_secs_f64())
}

fn accept(listener: &TcpListener, deadline: Instant) -> Result<TcpStream, Wrong> {
    listener.set_nonblocking(true).or_wrong("listening")?;
    while Instant::now() < deadline {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nodelay(true).or_wrong("accepting")?;
            stream.set_nonblocking(true).or_wrong("accepting")?;
            return Ok(stream);
        }
        std::hint::spin_loop();
    }
    Err(Wrong::new("nobody connected"))
}
