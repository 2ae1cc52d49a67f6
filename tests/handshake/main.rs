//! What a user of the handshake relies on, over real cryptography.

mod bundles;
mod first_messages;
mod world;
