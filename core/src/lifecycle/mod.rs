//! What becomes of keys: an event for each key that is made, used, renewed and destroyed.
//!
//! What lives here: the events ([`KeyEvent`]), who is told of them ([`KeyObserver`], by way of the
//! backend [`Observed`]), and their count ([`KeyCounts`]). What does not: key bytes, in any form;
//! the telling, which is done where the keys are held.
//!
//! - **Generated**: the engine began to hold a key: it was drawn, agreed on or read from storage, or
//!   the caller handed it in.
//! - **Used**: it sealed or opened a text, signed, or agreed with a peer's key, and the result was
//!   accepted. What only gives its successor (root and chain keys) is renewed instead.
//! - **Renewed**: the engine began to hold a key that takes the place of another one of its kind.
//! - **Destroyed**: a key was wiped, or erased from a store.
//!
//! So over any stretch in which all keys came and went, `Generated + Renewed = Destroyed` for each kind.
//! What a function derives and wipes before it returns, and nothing else holds (an agreement's shared
//! secret, a key schedule's intermediate values), is no key here.
//!
//! Nothing is told of a plan: the events of a message come when its change is committed, and a plan that
//! is dropped, or a message that is refused, leaves none. Where something *holds* keys that it made before
//! it was refused, or that nobody took in the end (a lease whose change was not committed, a session whose
//! first message was a forgery, a state that was refused while it was read), both their making and their
//! end are told.
//!
//! Unobserved, all of it is an empty function of constants, and compiles to nothing.
//!
//! ```
//! # #[cfg(feature = "conformance")] {
//! use std::cell::RefCell;
//! use sprag_core::lifecycle::{KeyAction, KeyCounts, KeyEvent, KeyKind, KeyObserver, Observed};
//! # use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
//! # use sprag_core::ephemeral::EphemeralPool;
//! # use sprag_core::testing::null::Null as Backend;
//!
//! thread_local!(static COUNTS: RefCell<KeyCounts> = RefCell::default());
//!
//! #[derive(Clone, Copy, Debug)]
//! struct Count;
//! impl KeyObserver for Count {
//!     fn key(event: KeyEvent) {
//!         COUNTS.with(|counts| counts.borrow_mut().add(event));
//!     }
//! }
//!
//! // The same engine, the same bytes, and every key told of.
//! let mut pool = EphemeralPool::<Observed<Backend, Count>>::new(3);
//! pool.fill(&mut ChaCha20Rng::seed_from_u64(1))?;
//! let made = |action| COUNTS.with(|counts| counts.borrow().of(KeyKind::PooledKey, action));
//! assert_eq!((made(KeyAction::Generated), made(KeyAction::Destroyed)), (3, 0));
//! drop(pool);
//! assert_eq!((made(KeyAction::Generated), made(KeyAction::Destroyed)), (3, 3));
//! # }
//! # Ok::<(), sprag_core::ephemeral::PoolError>(())
//! ```

mod counts;
mod life;
mod observed;

pub use counts::KeyCounts;
pub(crate) use life::{Life, each, once, tell};
pub use observed::Observed;

use core::fmt::{self, Debug};

/// Something happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyEvent {
    /// What kind of key it is.
    pub kind: KeyKind,
    /// What happened to it.
    pub action: KeyAction,
}

/// Who is told of keys. A type without values, as a backend is: what it remembers is in a place of its
/// own.
pub trait KeyObserver: Copy + Debug + Send + Sync + 'static {
    /// Something happened to a key, on this thread, just now. It must not panic.
    fn key(event: KeyEvent);
}

/// What happens to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAction {
    /// The engine began to hold it.
    Generated,
    /// It sealed, opened, signed or agreed, and the result was accepted.
    Used,
    /// The engine began to hold it, in the place of another one of its kind.
    Renewed,
    /// It was wiped from memory, or erased from a store.
    Destroyed,
}

impl KeyAction {
    /// All, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Generated, Self::Used, Self::Renewed, Self::Destroyed];

    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Used => "used",
            Self::Renewed => "renewed",
            Self::Destroyed => "destroyed",
        }
    }
}

/// Declares the kinds once: variant, documentation, name.
macro_rules! kinds {
    ($($(#[$attribute:meta])* $kind:ident = $name:literal,)*) => {
        /// What a key is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum KeyKind {
            $($(#[$attribute])* $kind,)*
        }

        impl KeyKind {
            /// All kinds.
            pub const ALL: [Self; 0 $(+ { let _ = Self::$kind; 1 })*] = [$(Self::$kind,)*];

            /// Its name in lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// Either long-term key of a device: Ed25519 and X25519 are two.
    IdentityKey = "identity key",
    /// The X25519 half of a generation of prekeys.
    SignedPrekey = "signed prekey",
    /// The X25519 key of a one-time prekey.
    OneTimePrekey = "one-time prekey",
    /// An ML-KEM key, a one-time prekey's or the last resort.
    KemPrekey = "KEM prekey",
    /// An ephemeral key of a handshake, X25519 or ML-KEM.
    EphemeralKey = "ephemeral key",
    /// An X25519 key in a pool. It ends there when it is handed out, and begins as what it is used for.
    PooledKey = "pooled key",
    /// The X25519 key of a sending chain.
    RatchetKey = "ratchet key",
    /// The root key of a session.
    RootKey = "root key",
    /// A chain key, sending or receiving.
    ChainKey = "chain key",
    /// The key of a message that was sealed or opened in its turn.
    MessageKey = "message key",
    /// The key of a message that has not arrived.
    SkippedKey = "skipped key",
    /// The key of a message that was opened, kept to notice a clone.
    OpenedKey = "opened key",
    /// The message key of a lease.
    LeasedKey = "leased key",
    /// A static key of transport sessions.
    StaticKey = "transport static key",
    /// The chaining key of a transport handshake, with the key that seals its messages.
    HandshakeKey = "transport handshake key",
    /// A pre-shared key of a transport handshake or of an agreement within a channel.
    PreSharedKey = "pre-shared key",
    /// The keys of one direction of a channel, between two renewals.
    DirectionKey = "transport direction key",
    /// The secret of a later resumption.
    ResumptionSecret = "resumption secret",
    /// A key that derives the keys of tickets.
    TicketKey = "ticket key",
    /// A private key-encryption key of one generation.
    KekGeneration = "KEK generation",
    /// A key of one scope of a key ring, in memory.
    ScopeKey = "scope key",
    /// A key that is wrapped in a store or in a ring: an object's, an epoch's, an application's.
    WrappedKey = "wrapped key",
    /// An epoch's key in memory.
    EpochKey = "epoch key",
    /// The key of one record at rest, a session's or the history's.
    RecordKey = "record key",
    /// The key that derives the records' keys of a store.
    StoreKey = "store key",
    /// The key of a backup.
    FileKey = "file key",
    /// The key of the chunks of one file.
    ChunkKey = "chunk key",
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for KeyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
