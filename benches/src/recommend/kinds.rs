//! Kinds of work, as sums of measured workloads.

use clap::ValueEnum;

/// What a program spends its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// One user's device: a few conversations, messages one at a time
    Chat,
    /// Answers many users: receives, turns the ratchet, answers
    Bot,
    /// One message to a thousand sessions
    Fanout,
    /// Accepts handshakes from many new peers
    Server,
    /// Attachments and streams: long messages
    Bulk,
}

/// A measured workload and how often it happens in one unit of the kind's work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) times: f64,
    pub(super) workload: &'static str,
    pub(super) size: Option<usize>,
    pub(super) batch: usize,
}

/// Work that can be done in batches or on a pool, by the workload that measures it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batched {
    pub(super) workload: &'static str,
    pub(super) size: Option<usize>,
    /// What a batch consists of.
    pub(super) items: &'static str,
}

const fn part(times: f64, workload: &'static str, size: Option<usize>) -> Part {
    Part {
        times,
        workload,
        size,
        batch: 1,
    }
}

const SHORT: Option<usize> = Some(256);
const CHAT: &[Part] = &[
    part(100.0, "session/encrypt", SHORT),
    part(100.0, "session/decrypt", SHORT),
    part(25.0, "session/turn", SHORT),
    part(1.0, "handshake/round_trip", None),
];
const BOT: &[Part] = &[
    part(1.0, "session/turn", SHORT),
    part(1.0, "session/encrypt", SHORT),
];
const FANOUT: &[Part] = &[Part {
    batch: 512,
    ..part(1000.0, "batch/encrypt", SHORT)
}];
const SERVER: &[Part] = &[
    part(1.0, "handshake/accept", None),
    Part {
        batch: 64,
        ..part(1.0, "batch/prekeys", None)
    },
];
const BULK: &[Part] = &[
    part(1.0, "session/encrypt", Some(16384)),
    part(1.0, "session/decrypt", Some(16384)),
];
const MESSAGE: &[Part] = &[
    part(1.0, "session/encrypt", SHORT),
    part(1.0, "session/decrypt", SHORT),
];

impl Kind {
    /// What the sum stands for, in words.
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Chat => {
                "chat: 100 messages of 256 bytes each way, of which 25 turn the ratchet, and one handshake"
            }
            Self::Bot => {
                "bot: a message of 256 bytes that turns the ratchet comes in, an answer goes out"
            }
            Self::Fanout => "fanout: one message of 256 bytes to each of a thousand sessions",
            Self::Server => {
                "server: a first message accepted, and the one-time prekey that replaces its own"
            }
            Self::Bulk => "bulk: 16 KiB sealed at one end and opened at the other",
        }
    }

    /// One unit of the work.
    pub(super) const fn parts(self) -> &'static [Part] {
        match self {
            Self::Chat => CHAT,
            Self::Bot => BOT,
            Self::Fanout => FANOUT,
            Self::Server => SERVER,
            Self::Bulk => BULK,
        }
    }

    /// What decides between the suites, of what is measured with both.
    pub(super) const fn suite_parts(self) -> &'static [Part] {
        match self {
            Self::Bulk => BULK,
            _ => MESSAGE,
        }
    }

    /// What can be done many at a time.
    pub(super) const fn batched(self) -> Option<Batched> {
        let (workload, size, items) = match self {
            Self::Chat => return None,
            Self::Bot | Self::Fanout => ("strategies/encrypt", Some(256), "messages"),
            Self::Server => ("strategies/accept", None, "first messages"),
            Self::Bulk => ("strategies/large", None, "chunks of 64 KiB"),
        };
        Some(Batched {
            workload,
            size,
            items,
        })
    }

    /// Why, when nothing is done many at a time.
    pub(super) const fn alone(self) -> &'static str {
        "a device has one message at a time to send"
    }
}
