//! `imessage`: each message goes to every device of both accounts; what came before a device was added
//! it has from a key bag alone.
//!
//! An escrow keeps the account's archive and its key bag ([`crate::keybag`]), and can open neither. A
//! device is added by another of the account, which gives it a slot of the bag, and removed by a new
//! generation of the bag's scope, with a new key for the archive. The relay says which devices an account has: one that lies could add its own, which is why
//! real systems let people compare.

use sprag::SecretBytes;
use sprag::SessionPolicy;
use sprag::history::backup::RecoveryKey;
use sprag::sprag_core::backend::{FileBackend, PqBackend};
use sprag::wrap::KekRing;
use sprag::wrap::hpke::DhKem;

use super::Model;
use super::family::Family;
use super::parties::{Client, common};
use crate::Result;
use crate::backup::{self, Unlock};
use crate::conductor::Conductor;
use crate::journal::Watched;
use crate::keybag::{self, KeyBag, Member};
use crate::net::Connection;
use crate::party::{self, Place, UnknownCommand, hex, unhex};
use crate::table::Facts;
use crate::with_backend;

/// The model.
pub(super) const MODEL: Model = Model {
    facts: Facts {
        name: "imessage",
        like: "iMessage: every device of every member, and a key bag",
        can_decrypt: "every device of both accounts; the archive, who is in the key bag",
        ephemeral_keys: "yes, one for each message and device; not the archive's",
        on_server: "as one ciphertext for each device, until it is delivered; the archive, sealed",
        server_restores: "as a sealed archive, to devices in the key bag",
        history: "on each device, encrypted at rest; an archive at an escrow",
    },
    run,
    party,
};

fn run(conductor: &mut Conductor) -> Result<()> {
    let mut family = Family::open(conductor)?;
    family.every_device_reads()?;
    family.archive()?;
    family.a_device_is_added()?;
    family.a_device_is_lost()?;
    family.nobody_else_can_read()?;
    family.close()
}

fn party(role: &str, place: &Place) -> Result<()> {
    with_backend!(place.backend, B => match role {
        "client" => client::<Watched<B>>(place),
        _ => common::<B>(role, place),
    })
}

/// A client's process. Besides what every client does:
///
/// - `enrol ADDRESS RELAY ESCROW`
/// - `fan ACCOUNT TEXT` sends to every device of both accounts, and answers what was sent
/// - `begin` puts a new key bag at the escrow
/// - `key` answers its address and public key, to show to another device
/// - `approve ADDRESS KEY` adds a device to the bag
/// - `expel ADDRESS` removes one, and archives under a new key
/// - `archive` puts the history at the escrow, and answers the archive's key, for searches
/// - `catch-up` restores it
fn client<B: PqBackend + FileBackend>(place: &Place) -> Result<()> {
    let mut client = Client::<B>::new(place, SessionPolicy::default())?;
    let mut circle = None;
    party::answer(&[], |verb, arguments| {
        if let ("enrol", [address, relay, escrow]) = (verb, arguments) {
            let (ring, member) = keybag::join(address.parse()?)?;
            circle = Some(Circle {
                ring,
                member,
                escrow: Connection::open(escrow.parse()?)?,
            });
            return client.command("enrol", &[address, relay]);
        }
        let circle = circle.as_mut();
        let circle = circle.ok_or_else(|| UnknownCommand("before enrol".to_owned()))?;
        match (verb, arguments) {
            ("fan", [account, text]) => {
                let sent = client.device()?.fan_out(account, text.as_bytes())?;
                client.report(text)?;
                Ok(sent.iter().map(|sealed| hex(sealed)).collect())
            }
            ("begin", []) => circle.put_bag(&KeyBag::new(&circle.member)?),
            ("key", []) => {
                let Member { address, key } = &circle.member;
                Ok(vec![address.to_string(), hex(key)])
            }
            ("approve", [address, key]) => {
                let key = unhex(key)?.try_into();
                let key = key.map_err(|_| UnknownCommand("approve".to_owned()))?;
                let address = address.parse()?;
                let mut bag = circle.bag()?;
                bag.add(&Member { address, key })?;
                circle.put_bag(&bag)
            }
            ("expel", [address]) => {
                let mut bag = circle.bag()?;
                bag.remove(&address.parse()?)?;
                circle.put_bag(&bag)?;
                circle.archive(&mut client)
            }
            ("archive", []) => circle.archive(&mut client),
            ("catch-up", []) => {
                let key = RecoveryKey::new(circle.bag()?.archive()?).to_text::<B>();
                let file = circle.get(1)?;
                client.import(&file, &Unlock::RecoveryKey(&key))
            }
            _ => client.command(verb, arguments),
        }
    })
}

/// A device's part in its account's key bag.
struct Circle<B: FileBackend> {
    ring: KekRing<B, DhKem>,
    member: Member,
    escrow: Connection,
}

impl<B: PqBackend + FileBackend> Circle<B> {
    fn bag(&mut self) -> Result<KeyBag<B>> {
        let bag = self.get(0)?;
        KeyBag::open(&bag, &self.ring)
    }

    fn put_bag(&mut self, bag: &KeyBag<B>) -> Result<Vec<String>> {
        self.put(0, &bag.seal()?)
    }

    fn archive(&mut self, client: &mut Client<B>) -> Result<Vec<String>> {
        let key = self.bag()?.archive()?;
        let answer = vec![hex(key.expose())];
        let letters = client.device()?.history()?;
        let file = backup::write::<B>(&letters, None, &RecoveryKey::new(key))?;
        self.put(1, &file)?;
        client.preview(&letters, &mut self.escrow)?;
        Ok(answer)
    }

    /// The account's file of this number: 0 is the bag, 1 the archive.
    fn get(&mut self, number: u32) -> Result<SecretBytes> {
        let name = self.name(number);
        self.escrow.call(&[b"get", name.as_bytes()])
    }

    fn put(&mut self, number: u32, file: &[u8]) -> Result<Vec<String>> {
        let name = self.name(number);
        self.escrow.call(&[b"put", name.as_bytes(), file])?;
        Ok(Vec::new())
    }

    fn name(&self, number: u32) -> String {
        format!("{}.{number}", self.member.address.account())
    }
}
