//! What a finished handshake hands on.

use crate::secret::Secret;
use crate::transport::noise::protocol::NoiseProtocol;

/// Keys and facts of a finished handshake. What follows takes them for one purpose: either as keys of
/// plain Noise or as secrets that a channel's keys come from.
pub(in crate::transport) struct Outcome {
    pub(in crate::transport) protocol: NoiseProtocol,
    pub(in crate::transport) initiator: bool,
    pub(in crate::transport) sending: Secret<32>,
    pub(in crate::transport) receiving: Secret<32>,
    pub(in crate::transport) chaining_key: Secret<32>,
    pub(in crate::transport) channel_binding: [u8; 32],
    pub(in crate::transport) remote_static: Option<[u8; 32]>,
}
