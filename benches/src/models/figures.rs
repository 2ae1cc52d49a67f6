//! What a model's rounds gave, and what becomes of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sprag_models::Result;

use crate::measure::stats::Spread;

/// A model that can be measured, its server running.
pub(super) trait Measured {
    /// One round, with parties of its own.
    ///
    /// # Errors
    /// The parts'; that something else was read than was written.
    fn round(&mut self, number: usize) -> Result<Round>;
}

/// One round of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// From nothing to the first text read.
    pub(super) first: Duration,
    /// The conversation.
    pub(super) talked: Duration,
    /// Messages of the conversation.
    pub(super) messages: u64,
    /// Bytes on the wire over the conversation, both ways, of all devices.
    pub(super) wire: u64,
    /// Bytes of one message at the server until it was delivered, of all copies.
    pub(super) waiting: Option<f64>,
    /// Bytes at the server that stay, for one message.
    pub(super) server: Option<f64>,
    /// Bytes that one message takes in the file of a device.
    pub(super) device: Option<f64>,
    /// The whole history, from what the model restores it from.
    pub(super) restored: Option<Duration>,
}

/// The rounds of a model on a backend; `None` is what the model does not have.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Figures {
    pub(super) first_ms: Spread,
    pub(super) messages_per_s: Spread,
    pub(super) wire_bytes: Spread,
    pub(super) waiting_bytes: Option<Spread>,
    pub(super) server_bytes: Option<Spread>,
    pub(super) device_bytes: Option<Spread>,
    pub(super) restore_s: Option<Spread>,
}

impl Figures {
    /// Of `rounds`; `None` if there are none.
    pub(super) fn of(rounds: &[Round]) -> Option<Self> {
        let spread = |of: &dyn Fn(&Round) -> Option<f64>| {
            let mut values: Vec<f64> = rounds.iter().filter_map(of).collect();
            Spread::of(&mut values).map(Spread::rounded)
        };
        let each = |round: &Round| round.messages.max(1) as f64;
        Some(Self {
            first_ms: spread(&|round| Some(1e3 * round.first.as_secs_f64()))?,
            messages_per_s: spread(&|round| Some(each(round) / round.talked.as_secs_f64()))?,
            wire_bytes: spread(&|round| Some(round.wire as f64 / each(round)))?,
            waiting_bytes: spread(&|round| round.waiting),
            server_bytes: spread(&|round| round.server),
            device_bytes: spread(&|round| round.device),
            restore_s: spread(&|round| round.restored.map(|it| it.as_secs_f64())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_does_not_have_stays_out() {
        let round = |seconds| Round {
            first: Duration::from_millis(5),
            talked: Duration::from_secs(seconds),
            messages: 100,
            wire: 20_000,
            waiting: None,
            server: Some(0.0),
            device: None,
            restored: None,
        };
        let figures = Figures::of(&[round(2), round(1), round(4)]).unwrap();
        assert_eq!(figures.first_ms.p50, 5.0);
        assert_eq!(figures.messages_per_s.p50, 50.0);
        assert_eq!(figures.messages_per_s.high, 100.0);
        assert_eq!(figures.wire_bytes.p50, 200.0);
        assert_eq!(figures.server_bytes.map(|it| it.p50), Some(0.0));
        assert_eq!(figures.waiting_bytes, None);
        assert!(Figures::of(&[]).is_none());
    }
}
