//! What is sent and when: first messages made beforehand, at times drawn beforehand.

use std::marker::PhantomData;
use std::time::Duration;

use rand_core::{Rng as _, SeedableRng};
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::session::{Session, SessionPolicy};
use sprag::sprag_core::suite::Suite;

use crate::workload::meeting::Meeting;
use crate::workload::{OrWrong, Rng, Wrong, ensure};

/// A device keeps no more one-time prekeys than a few more than this.
pub(super) const MOST: usize = 8000;
/// What every answer says.
pub(super) const ANSWER: &[u8; 64] = &[b'a'; 64];
const SUITE: Suite = Suite::Pqxdh768Aes256Gcm;

/// First messages of many strangers to one server, each over a one-time prekey of its own.
pub(super) struct Traffic<B> {
    /// The server's identity and its prekeys before the first message, as stored.
    pub(super) identity: Vec<u8>,
    pub(super) prekeys: Vec<u8>,
    /// Who the messages are from.
    pub(super) from: sprag::AccountId,
    pub(super) messages: Vec<Vec<u8>>,
    /// The senders' sessions, as stored.
    sessions: Vec<Vec<u8>>,
    backend: PhantomData<fn() -> B>,
}

impl<B: PqBackend> Traffic<B> {
    pub(super) fn make(count: usize, seed: u64) -> Result<Self, Wrong> {
        let mut meeting = Meeting::<B>::new(SUITE, seed)?;
        let (mut messages, mut sessions) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let bundle = meeting.fresh_bundle()?;
            let started = meeting.initiate(&bundle)?;
            messages.push(started.message);
            sessions.push(started.session.encode().to_vec());
        }
        Ok(Self {
            identity: meeting.bob.encode().to_vec(),
            prekeys: meeting.prekeys.encode().to_vec(),
            from: meeting.alice.account().clone(),
            messages,
            sessions,
            backend: PhantomData,
        })
    }

    /// Decrypts every answer in the session it belongs to.
    pub(super) fn check(&self, answers: &[Vec<u8>]) -> Result<(), Wrong> {
        for (session, answer) in self.sessions.iter().zip(answers) {
            let session = Session::<B>::decode(session, SessionPolicy::default());
            let text = session.or_wrong("decode")?.decrypt(answer);
            ensure(
                text.or_wrong("decrypt")? == ANSWER,
                "the answer is another one",
            )?;
        }
        Ok(())
    }
}

/// `count` times at which to send, `rate` per second on average: independent of one another, as
/// those of many strangers are (a Poisson process).
pub(super) fn schedule(rate: f64, count: usize, seed: u64) -> Vec<Duration> {
    let mut rng = Rng::seed_from_u64(seed);
    let mut at = 0.0;
    let next = |_| {
        let uniform = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        at -= (1.0 - uniform).ln() / rate;
        Duration::from_secs_f64(at)
    };
    (0..count).map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_goes_forward_at_its_rate() {
        let times = schedule(1000.0, 5000, 7);
        assert!(times.is_sorted());
        let seconds = times.last().unwrap().as_secs_f64();
        assert!((4.5..5.5).contains(&seconds), "{seconds} s");
    }
}
