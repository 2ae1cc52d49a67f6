//! The parts of models in one process, without a conductor.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use sprag::SessionPolicy;
use sprag::rustcrypto::Backend;
use sprag::stores::Memory;
use sprag_models::device::Device;
use sprag_models::net::{self, Connection};
use sprag_models::relay::Relay;
use sprag_models::search::{Needle, files};

fn served(folder: &Path) -> (Arc<Relay<Backend>>, SocketAddr) {
    let relay = Arc::new(Relay::new(folder.to_owned(), true));
    let address = net::serve(Arc::clone(&relay)).unwrap();
    (relay, address)
}

fn enrolled(name: &str, relay: SocketAddr) -> Device<Backend, Memory> {
    let (name, policy) = (name.parse().unwrap(), SessionPolicy::default());
    Device::enrol(name, Memory::new(), relay, policy).unwrap()
}

#[test]
fn the_parts_run_in_one_process_and_say_what_went_over_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let (relay, address) = served(folder.path());
    let (mut alice, mut bob) = (enrolled("alice.1", address), enrolled("bob.1", address));
    let to = bob.address().clone();
    alice.send(&to, b"first").unwrap();

    let before = alice.relay().sent();
    let sealed = alice.send(&to, b"second").unwrap();
    let sent = alice.relay().sent() - before;
    assert!(sent > sealed.len() as u64, "{sent} bytes sent");
    assert_eq!(relay.waiting().0, 2);
    let heard = bob.receive().unwrap();
    let texts: Vec<_> = heard.iter().map(|letter| letter.text.as_slice()).collect();
    assert_eq!(texts, [&b"first"[..], b"second"]);
    assert_eq!(relay.waiting(), (0, 0));
    assert_eq!(bob.history().unwrap(), heard);
}

#[test]
fn a_relay_has_nothing_left_of_a_device_that_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (_, address) = served(folder.path());
    let mut bob = enrolled("bob.1", address);
    let published = [Needle::new("its name", "bob.1")];
    let found = || files(folder.path(), &published).unwrap().found;
    assert_eq!(found(), [true]);
    bob.relay().call(&[b"remove", b"bob.1"]).unwrap();
    assert_eq!(found(), [false]);
}

#[test]
fn a_long_message_holds_up_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let (_, address) = served(folder.path());
    let mut bob = enrolled("bob.1", address);
    let mut anybody = Connection::open(address).unwrap();
    let lengths = [net::MAX_FRAME - 100, 10, net::MAX_FRAME / 2, 10];
    for length in lengths {
        let send = [b"send", &b"alice.1"[..], b"bob.1", &vec![1_u8; length]];
        anybody.call(&send).unwrap();
    }
    let mut came = Vec::new();
    let own = bob.address().clone();
    while let waiting @ [_, ..] = &bob.waiting(&own).unwrap()[..] {
        for mail in waiting {
            came.push(mail.sealed.len());
            let acknowledge = [b"acknowledge", &b"bob.1"[..], &mail.id];
            anybody.call(&acknowledge).unwrap();
        }
    }
    assert_eq!(came, lengths);
}
