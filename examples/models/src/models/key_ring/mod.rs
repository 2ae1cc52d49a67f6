//! `key-ring`: the keys of a device, a user and an application in one file that a server keeps.
//!
//! Each has a scope of its own: the device's opens with its device key alone, the user's with a password
//! too, the application's with the application's key-encryption key too. The server keeps the file for all
//! of them and can read none of it. A lost device takes its own keys with it; the user's come back with
//! the password.

mod holder;
mod sync;

use super::{Model, UnknownRole};
use crate::Result;
use crate::conductor::{Conductor, Party};
use crate::journal::Watched;
use crate::party::{Place, hex, unhex};
use crate::search::Needle;
use crate::table::Facts;
use crate::with_backend;

/// The model.
pub(super) const MODEL: Model = Model {
    facts: Facts {
        name: "key-ring",
        like: "a synced keychain: keys of device, user and application in one file",
        can_decrypt: "who opens a scope: by device key, password or wrapped key",
        ephemeral_keys: "no; keys and scopes have generations",
        on_server: "the sealed file, for good",
        server_restores: "the sealed file; the password opens the user's keys",
        history: "none; older generations of keys, until they are destroyed",
    },
    run,
    party,
};

const PASSWORD: &str = "correct horse battery";
const NEW_PASSWORD: &str = "staple in the hay";
const WRONG_KEY: &str = "wrong key";
const WRONG_PASSWORD: &str = "wrong password";
const NO_SLOT: &str = "the scope has no such slot";

fn run(conductor: &mut Conductor) -> Result<()> {
    let mut scene = Scene::open(conductor)?;
    scene.each_opens_its_own_scope()?;
    scene.the_server_can_read_nothing()?;
    scene.keys_and_passwords_change()?;
    scene.an_application_is_shut_out()?;
    scene.an_older_copy_is_refused()?;
    scene.a_device_is_lost()?;
    scene.the_server_can_read_nothing()
}

fn party(role: &str, place: &Place) -> Result<()> {
    with_backend!(place.backend, B => match role {
        "server" => sync::run(place),
        "holder" => holder::run::<Watched<B>>(place),
        _ => Err(UnknownRole(role.to_owned()).into()),
    })
}

/// The parties, and what the server must never hold.
struct Scene<'a> {
    conductor: &'a mut Conductor,
    server: Party,
    phone: Party,
    laptop: Party,
    notes: Party,
    secrets: Vec<Needle>,
}

impl<'a> Scene<'a> {
    fn open(conductor: &'a mut Conductor) -> Result<Self> {
        conductor
            .report
            .step("a phone makes the ring; a laptop and an application come to it");
        let server = conductor.start("server", "server")?;
        let holders = ["phone", "laptop", "notes"].map(|name| conductor.start("holder", name));
        let [phone, laptop, notes] = holders;
        let mut scene = Self {
            conductor,
            server,
            phone: phone?,
            laptop: laptop?,
            notes: notes?,
            secrets: Vec::new(),
        };
        for password in [PASSWORD, NEW_PASSWORD] {
            scene.secrets.push(Needle::new("a password", password));
        }
        let address = scene.server.ready().to_owned();
        for party in [&mut scene.phone, &mut scene.laptop, &mut scene.notes] {
            party.ask("connect", &[&address])?;
            for secret in party.ask("secrets", &[])? {
                let what = format!("a secret of {}", party.name());
                scene.secrets.push(Needle::new(what, unhex(&secret)?));
            }
        }
        scene.phone.ask("create", &[PASSWORD])?;
        let public = scene.notes.ask("public", &[])?.concat();
        scene.phone.ask("admit", &["app", "notes", &public])?;
        Ok(scene)
    }

    fn each_opens_its_own_scope(&mut self) -> Result<()> {
        self.step("each opens its own scope, and no other");
        let [device, user, app] = ["device", "user", "app"];
        let of_device = self.phone.ask("read", &[device, "device"])?;
        let of_user = self.phone.ask("read", &[user, "device"])?;
        let of_app = self.phone.ask("read", &[app, "device"])?;
        self.keep(&[of_device, of_user.clone(), of_app.clone()])?;

        let read = self.notes.ask("read", &[app, "kek"])?;
        self.check("the application reads its key", read == of_app);
        for (scope, with, reason) in [
            (user, "kek", NO_SLOT),
            (device, "kek", NO_SLOT),
            (user, "device", WRONG_KEY),
            (device, "device", WRONG_KEY),
        ] {
            let refused = self.notes.refuses("read", &[scope, with])?;
            let claim = format!("it does not open the {scope}'s scope by its {with} key");
            self.refused(&claim, refused, reason);
        }
        let read = self.laptop.ask("read", &[user, "password", PASSWORD])?;
        self.check("the password opens the user's scope", read == of_user);
        let refused = self.laptop.refuses("read", &[user, "password", "guess"])?;
        self.refused("another password does not", refused, WRONG_PASSWORD);
        for scope in [device, app] {
            let refused = self
                .laptop
                .refuses("read", &[scope, "password", PASSWORD])?;
            let claim = format!("the password does not open the {scope}'s scope");
            self.refused(&claim, refused, NO_SLOT);
        }
        let join = [user, "laptop", "password", PASSWORD];
        self.laptop.ask("join", &join)?;
        let read = self.laptop.ask("read", &[user, "device"])?;
        self.check("the laptop's own key opens it from now on", read == of_user);
        Ok(())
    }

    fn keys_and_passwords_change(&mut self) -> Result<()> {
        self.step("a new generation of the user's key, a new password");
        let old = self.phone.ask("read", &["user", "device"])?;
        self.laptop.ask("rotate", &["user", "device"])?;
        let both = self.phone.ask("read", &["user", "device"])?;
        self.keep(std::slice::from_ref(&both))?;
        let held = both.len() == 2 && both[..1] == old && both[0] != both[1];
        self.check("the phone reads the new key, and the old one still", held);
        self.phone.ask("change-password", &[NEW_PASSWORD])?;
        let refused = self
            .laptop
            .refuses("read", &["user", "password", PASSWORD])?;
        self.refused("the old password opens nothing", refused, WRONG_PASSWORD);
        let read = self
            .laptop
            .ask("read", &["user", "password", NEW_PASSWORD])?;
        self.check("the new one opens the same keys", read == both);
        Ok(())
    }

    fn an_application_is_shut_out(&mut self) -> Result<()> {
        self.step("the application is shut out: a new scope key, a new key");
        let old = self.file()?;
        self.phone.ask("shut-out", &["app"])?;
        let keys = self.phone.ask("read", &["app", "device"])?;
        self.keep(&[keys])?;
        let refused = self.notes.refuses("read", &["app", "kek"])?;
        self.refused("the application opens nothing any more", refused, NO_SLOT);
        let new = self.file()?;
        let gone = |part: &&[u8]| part.len() == 32 && !contains(&new, part);
        let gone = old.chunks(32).filter(gone);
        let gone: Vec<_> = gone.map(|it| Needle::new("an older copy", it)).collect();
        let claim = "the server does not hold the copy that it could open";
        let server = &self.server;
        self.conductor.holds_none(claim, server, &control(), &gone)
    }

    fn an_older_copy_is_refused(&mut self) -> Result<()> {
        self.step("the server hands out an older copy");
        let old = hex(&self.file()?);
        self.phone.ask("rotate", &["user", "device"])?;
        let new = hex(&self.file()?);
        self.server.ask("put-back", &[&old])?;
        let refused = self.phone.refuses("read", &["user", "device"])?;
        let reason = "the scope was set back";
        self.refused("the phone has seen a later one", refused, reason);
        self.note("a device that has seen none can't tell: the counter is its own");
        self.server.ask("put-back", &[&new])?;
        let keys = self.phone.ask("read", &["user", "device"])?;
        self.keep(&[keys])
    }

    fn a_device_is_lost(&mut self) -> Result<()> {
        self.step("the phone is lost; a new one has the password and nothing else");
        let before = self.laptop.ask("read", &["user", "device"])?;
        let address = self.server.ready().to_owned();
        let keys = self.phone.keys()?;
        self.secrets.extend(keys);
        let new = self.conductor.start("holder", "new-phone")?;
        let lost = std::mem::replace(&mut self.phone, new);
        drop(lost);
        self.phone.ask("connect", &[&address])?;
        let restore = ["user", "password", NEW_PASSWORD];
        let restored = self.phone.ask("read", &restore)?;
        self.check("the password restores the user's keys", restored == before);
        for (with, reason) in [
            (&["device"][..], WRONG_KEY),
            (&["kek"], NO_SLOT),
            (&["password", NEW_PASSWORD], NO_SLOT),
        ] {
            let arguments = [&["device"][..], with].concat();
            let refused = self.phone.refuses("read", &arguments)?;
            let claim = format!("the lost device's own keys do not come back by {}", with[0]);
            self.refused(&claim, refused, reason);
        }
        for (with, reason) in [
            (&["device"][..], WRONG_KEY),
            (&["password", "guess"], WRONG_PASSWORD),
        ] {
            let arguments = [&["user"][..], with].concat();
            let refused = self.notes.refuses("read", &arguments)?;
            let claim = format!("the file alone does not open: no {}", with[0]);
            self.refused(&claim, refused, reason);
        }
        Ok(())
    }

    fn the_server_can_read_nothing(&mut self) -> Result<()> {
        self.step("what the server could read");
        self.note("names of scopes, slots and keys, their numbers and generations");
        let names = ["device", "user", "master"].map(|name| Needle::new(name, name));
        let claim = "the server knows the names";
        self.conductor.holds_all(claim, &self.server, &names)?;
        let mut keys = Vec::new();
        for party in [&self.phone, &self.laptop, &self.notes] {
            keys.extend(party.keys()?);
        }
        let (conductor, server) = (&mut *self.conductor, &self.server);
        let claim = "the server holds no key of the ring, no secret that opens it";
        conductor.holds_none(claim, server, &control(), &self.secrets)?;
        let claim = "the server holds no key that anything was sealed under";
        conductor.holds_none(claim, server, &control(), &keys)
    }

    /// Keys that were read are looked for from now on.
    fn keep(&mut self, keys: &[Vec<String>]) -> Result<()> {
        for key in keys.iter().flatten() {
            self.secrets
                .push(Needle::new("a key of the ring", unhex(key)?));
        }
        Ok(())
    }

    fn file(&self) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.server.folder().join(sync::FILE))?)
    }

    fn step(&self, what: &str) {
        self.conductor.report.step(what);
    }

    fn note(&self, what: &str) {
        self.conductor.report.note(what);
    }

    fn check(&mut self, claim: &str, held: bool) {
        self.conductor.report.check(claim, held);
    }

    fn refused(&mut self, claim: &str, refused: Option<String>, reason: &str) {
        self.conductor.report.refused(claim, refused, reason);
    }
}

/// What the server certainly holds: a search that does not find it is blind.
fn control() -> Needle {
    Needle::new("the front of the ring", "SPRAGSKR")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
