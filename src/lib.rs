#![doc = include_str!("../README.md")]
//!
//! # Map of the crate
//!
//! - `rustcrypto`, `ring`, `aws_lc`, `graviola`, `mixed`: every type with the backend filled in, one
//!   module per backend feature. [`default`](mod@default) is one of them, by a fixed order.
//! - The root: what does not depend on a backend (suites, records, policies, errors).
//! - [`entropy`] and [`platform`]: the system's generator and clock, for passing in.
//! - [`stores`]: where durable sessions are kept; [`store`]: the contract, for a store of your own.
//! - [`wrap`]: HPKE, and keys sealed for whoever holds a private key.
//! - [`keyring`]: the keys of a device, a user, an application, at rest (passwords need the feature
//!   `files`).
//! - [`history`]: chunked files, backups, the history at rest (for use with the feature `files`).
//! - [`lifecycle`]: what becomes of keys, told to an observer.
//! - [`transport`]: sessions between a client and a server that are both there, over streams.
//! - `parallel` (feature `rayon`): the batch calls on the threads of the caller's pool.
//! - [`AnySession`] and [`BackendName`]: a backend chosen at run time.
//! - [`sprag_core`]: the engine, generic over its backend, for a backend of your own.

#![forbid(unsafe_code)]

mod any_session;
#[cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]
mod backend_name;
pub mod entropy;
#[cfg(feature = "files")]
mod files;
#[cfg(feature = "rayon")]
pub mod parallel;
pub mod platform;
pub mod transport;

pub use any_session::AnySession;
#[cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]
pub use backend_name::BackendName;
#[cfg(feature = "files")]
pub use files::{ReadSeek, password};
pub use rand_core;
pub use sprag_backends::provenance;
pub use sprag_core;
pub use sprag_core::durable::{ConversationId, DurableError, StoreKeys};
pub use sprag_core::handshake::{
    AcceptJob, AccountId, Capabilities, Expected, Fingerprint, HandshakeError, IdentityRecord,
    InitiateJob, InitiatePolicy, OneTimeBatch, OneTimePolicy, Peer, PrekeyBundle, PrekeyChange,
    PrekeyId, PrekeyPolicy, PrekeyRecord, PrekeyUse, PublishedPrekeys, SafetyNumber,
    VerifiedBundle, accept, accept_batch, initiate, initiate_batch,
};
pub use sprag_core::lifecycle;
pub use sprag_core::session::{
    SessionError, SessionId, SessionPolicy, StateError, decrypt_batch, encrypt_batch,
};
#[cfg(feature = "conformance")]
pub use sprag_core::testing;
pub use sprag_core::{Secret, SecretBytes, Suite, UnixTime, history, keyring, store, wrap};
pub use sprag_stores as stores;

/// A module with every generic type of the engine on one backend, under the same names for each,
/// so that the backend is changed by one `use` line.
macro_rules! backend_module {
    ($(#[$attribute:meta])* $module:ident, $backend:ident) => {
        $(#[$attribute])*
        pub mod $module {
            pub use sprag_backends::$module::$backend;
            pub use sprag_backends::$module::$backend as Backend;

            /// A device's account, number and long-term keys.
            pub type Identity = sprag_core::handshake::Identity<Backend>;
            /// A device's private prekeys.
            pub type Prekeys = sprag_core::handshake::Prekeys<Backend>;
            /// A session that was started, with its first message.
            pub type Initiated = sprag_core::handshake::Initiated<Backend>;
            /// A first message that was opened, with its session.
            pub type Accepted = sprag_core::handshake::Accepted<Backend>;
            /// One end of a conversation with one device of a peer.
            pub type Session = sprag_core::session::Session<Backend>;
            /// What an encrypt or a decrypt will change in its session.
            pub type Pending = sprag_core::session::Pending<Backend>;
            /// Sending numbers taken ahead, with their keys.
            pub type Lease = sprag_core::session::Lease<Backend>;
            /// A device's sessions over a store.
            pub type Durable<S> = sprag_core::durable::Durable<Backend, S>;
            /// Ephemeral keys made ahead.
            pub type EphemeralPool = sprag_core::ephemeral::EphemeralPool<Backend>;
            /// One side of a transport session's handshake.
            pub type Handshake = sprag_core::transport::Handshake<Backend>;
            /// One side of a hybrid handshake of a transport session. Experimental.
            pub type HybridHandshake = sprag_core::transport::HybridHandshake<Backend>;
            /// A static key of transport sessions.
            pub type StaticKey = sprag_core::transport::StaticKey<Backend>;
            /// One end of a transport session over a stream.
            pub type Channel = sprag_core::transport::Channel<Backend>;
            /// One end of a transport session over datagrams.
            pub type DatagramChannel = sprag_core::transport::DatagramChannel<Backend>;
            /// A transport session that is itself a stream.
            pub type SecureStream<S> = crate::transport::SecureStream<S, Backend>;
            /// The keys of a device, a user, an application, at rest.
            pub type KeyRing = sprag_core::keyring::KeyRing<Backend>;
            /// All sessions with one device of a peer.
            pub type Conversation = sprag_core::session::Conversation<Backend>;
        }
    };
}

backend_module! {
    /// The engine on the pure-Rust libraries of RustCrypto and dalek.
    #[cfg(feature = "rustcrypto")]
    rustcrypto, RustCrypto
}
backend_module! {
    /// The engine on `ring`; what that lacks comes from other libraries.
    #[cfg(feature = "ring")]
    ring, Ring
}
backend_module! {
    /// The engine on `aws-lc-rs`; what that lacks comes from other libraries.
    #[cfg(feature = "aws-lc-rs")]
    aws_lc, AwsLc
}
backend_module! {
    /// The engine on `graviola`; what that lacks comes from other libraries.
    ///
    /// It does not run on every processor: ask [`BackendName::is_supported`].
    #[cfg(all(feature = "graviola", any(target_arch = "aarch64", target_arch = "x86_64")))]
    graviola, Graviola
}
backend_module! {
    /// The engine on the composition of libraries that measures best.
    #[cfg(feature = "mixed")]
    mixed, Mixed
}

/// The first that is compiled in of `mixed`, `aws_lc`, `ring`, `rustcrypto`, `graviola`.
///
/// All give the same bytes, so a different choice, made by the features that a distant crate
/// turns on, changes speed and nothing else. `graviola` stands last because it alone does not run
/// on every processor: it is the default where nothing else is compiled in.
pub mod default {
    #[cfg(all(feature = "aws-lc-rs", not(feature = "mixed")))]
    pub use crate::aws_lc::*;
    #[cfg(all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64"),
        not(any(feature = "rustcrypto", feature = "ring", feature = "aws-lc-rs"))
    ))]
    pub use crate::graviola::*;
    #[cfg(feature = "mixed")]
    pub use crate::mixed::*;
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    pub use crate::ring::*;
    #[cfg(all(
        feature = "rustcrypto",
        not(any(feature = "ring", feature = "aws-lc-rs"))
    ))]
    pub use crate::rustcrypto::*;
}

/// The backend of [`default`](mod@default).
#[cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]
pub use default::Backend as DefaultBackend;
