//! Every key that comes also goes, on every backend, and is told of exactly.

#[path = "../support/lives/mod.rs"]
mod lives;
mod messages;
mod storage;
#[path = "../support/mod.rs"]
mod support;
mod transport;

use std::cell::RefCell;

use sprag::lifecycle::{KeyAction, KeyCounts, KeyEvent, KeyKind, KeyObserver, Observed};

thread_local!(static COUNTS: RefCell<KeyCounts> = const { RefCell::new(KeyCounts::new()) });

/// Counts the events of this thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally;

impl KeyObserver for Tally {
    fn key(event: KeyEvent) {
        COUNTS.with(|counts| counts.borrow_mut().add(event));
    }
}

/// A backend whose keys are counted.
pub(crate) type Tallied<B> = Observed<B, Tally>;

/// What happens to keys while `work` runs, and what it gives.
pub(crate) fn during<T>(work: impl FnOnce() -> T) -> (T, KeyCounts) {
    COUNTS.take();
    let given = work();
    (given, COUNTS.take())
}

/// Runs a whole life and asserts that no key is left of it, and that it had these kinds of keys.
pub(crate) fn leaves_nothing(life: impl FnOnce(), kinds: &[KeyKind]) {
    let ((), counts) = during(life);
    for kind in counts.kinds() {
        assert_eq!(counts.held(kind), 0, "{kind}s are left of\n{counts}");
    }
    for kind in kinds {
        let gone = counts.of(*kind, KeyAction::Destroyed);
        assert!(gone > 0, "no {kind} in\n{counts}");
        assert!(
            counts.of(*kind, KeyAction::Used) > 0 || is_only_renewed(*kind),
            "no use of a {kind} in\n{counts}"
        );
    }
}

/// What gives its successor and nothing else, or is there in case it is asked for.
fn is_only_renewed(kind: KeyKind) -> bool {
    use KeyKind::{ChainKey, HandshakeKey, OpenedKey, PooledKey, RootKey};
    [ChainKey, HandshakeKey, OpenedKey, PooledKey, RootKey].contains(&kind)
}
