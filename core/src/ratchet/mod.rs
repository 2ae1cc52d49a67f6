//! The Double Ratchet (revision 4, sections 3 and 7), one file per noun.
//!
//! What lives here: the key chains, the message header, the stores of skipped and of opened keys,
//! and [`DoubleRatchet`], which plans a change and applies it. What does not: policy, limits over a
//! session's life, encoding and the message buffer; those are the session's.
//!
//! Invariant: nothing here changes before the message was authenticated. A receive is planned
//! against `&self`, its message key opens the message, and only then is the plan committed.

mod chain_key;
mod double_ratchet;
mod header;
mod message_key;
mod opened_keys;
mod plan;
mod root_key;
mod skipped_keys;
mod told;

pub(crate) use chain_key::{Chain, ChainKey};
pub(crate) use double_ratchet::{DoubleRatchet, Route, SendingChain};
pub(crate) use header::{FRONT_LEN, HEADER_LEN, Header, SALT_LEN, TAG_LEN};
pub(crate) use message_key::MessageKey;
pub(crate) use opened_keys::{OpenedKey, OpenedKeys};
pub(crate) use plan::{ReceivePlan, SendPlan};
pub(crate) use root_key::RootKey;
pub(crate) use skipped_keys::{MAX_SKIPPED_KEYS, SkippedKeys, Stamp};
