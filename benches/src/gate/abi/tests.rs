//! Tests of the boundary, within one library.

use std::sync::LazyLock;

use super::*;
use crate::workload::{ensure, operation};

struct Table;

/// Operations that double a number, and refuse or fail to double some.
fn doubling(seed: u64) -> Result<Operating, Wrong> {
    ensure(seed != 13, "an unlucky seed")?;
    Ok(operation(
        seed,
        16,
        |next| {
            *next += 1;
            Ok(*next)
        },
        |_, number| {
            assert!(*number != 103, "no number like {number}");
            *number *= 2;
            Ok(())
        },
        |_, number, _| ensure(*number != 204, "204 comes out"),
    ))
}

impl Exported for Table {
    fn table() -> &'static [Gated] {
        static TABLE: LazyLock<Vec<Gated>> =
            LazyLock::new(|| vec![Gated::new("double", doubling).stepped()]);
        &TABLE
    }
}

fn library() -> Library {
    static INTERFACE: Interface = Interface::of::<Table>();
    Library::of(&INTERFACE).unwrap()
}

#[test]
fn a_workload_goes_through_the_interface() {
    let library = library();
    assert_eq!(library.ids, ["double"]);
    assert_eq!(library.what, ["stepped gated"]);
    assert_eq!(library.build, Build::this().how());
    assert_eq!(library.index_of("double"), Some(0));
    let mut opened = library.open(0, 1).unwrap();
    assert_eq!(opened.capacity(), 16);
    opened.prepare(4).unwrap();
    opened.run(0, 2).unwrap();
    opened.run(2, 4).unwrap();
    opened.verify().unwrap();
}

#[test]
fn failures_and_panics_come_back_as_texts() {
    let library = library();
    let wrong = library.open(0, 13).unwrap_err();
    assert_eq!(wrong.0, "an unlucky seed");
    assert_eq!(library.open(1, 1).unwrap_err().0, "there is no workload 1");
    // 101, 102, 103: the second is wrong, the third panics.
    let mut opened = library.open(0, 100).unwrap();
    opened.prepare(3).unwrap();
    opened.run(0, 2).unwrap();
    assert_eq!(opened.verify().unwrap_err().0, "204 comes out");
    let panicked = opened.run(2, 3).unwrap_err();
    assert_eq!(panicked.0, "panicked: no number like 103");
    let panicked = opened.run(3, 4).unwrap_err();
    assert!(panicked.0.starts_with("panicked: "), "{panicked}");
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn other_libraries_are_refused() {
    let error = Library::load(Path::new("libm.so.6")).unwrap_err();
    assert!(matches!(error, Error::NoInterface(_)), "{error}");
    assert_eq!(error.exit_code(), 4);
    let error = Library::load(Path::new("/nowhere/lib.so")).unwrap_err();
    assert!(matches!(error, Error::Unloadable(..)), "{error}");
}
