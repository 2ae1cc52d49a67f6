//! What a session may be used for, and for how long. The application's choice: never stored with
//! the session, so that a changed policy holds for old sessions too.

use crate::ratchet::MAX_SKIPPED_KEYS;

/// Limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// After this many sent messages the session refuses to send.
    pub max_sent: u64,
    /// This many seconds after it began the session refuses to send. Time passes only through
    /// [`Session::observe_time`](crate::session::Session::observe_time).
    pub max_age: u64,
    /// How many messages may be missing in a chain before the next that arrives; at most 1000.
    pub max_skip: u32,
    /// How many keys of missing messages are kept; at most 2000. The oldest make room.
    pub max_skipped_keys: u16,
    /// After this many further accepted messages the key of a missing one is dropped.
    pub skipped_ttl_messages: u32,
    /// After this many hours the key of a missing message is dropped.
    pub skipped_ttl_hours: u16,
    /// Of how many opened messages the keys are kept, at most 64, so that a second message under one
    /// of their numbers is found to be a clone's
    /// ([`SessionError::CloneSuspected`](crate::session::SessionError::CloneSuspected)). The price:
    /// whoever takes this state can open that many messages of the past. 0 keeps none.
    pub clone_window: u8,
}

impl Default for SessionPolicy {
    /// No limit on messages or age; 1000 messages skipped at once, 2000 keys kept, for 1000
    /// messages or 30 days; no key of an opened message.
    fn default() -> Self {
        Self {
            max_sent: u64::MAX,
            max_age: u64::MAX,
            max_skip: Self::MAX_SKIP,
            max_skipped_keys: MAX_SKIPPED_KEYS as u16,
            skipped_ttl_messages: 1000,
            skipped_ttl_hours: 30 * 24,
            clone_window: 0,
        }
    }
}

impl SessionPolicy {
    /// The largest `max_skip` that has an effect: it bounds the work one forged message can cause.
    pub const MAX_SKIP: u32 = 1000;

    pub(crate) fn skip_limit(&self) -> u32 {
        self.max_skip.min(Self::MAX_SKIP)
    }
}
