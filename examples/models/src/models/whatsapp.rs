//! `whatsapp`: as `signal`, and an encrypted backup of the history at a store.
//!
//! A password opens the backup (Argon2id, here at its cheapest), or a recovery key of 64 characters that
//! its owner wrote down. The store has the file and can guess passwords at Argon2id's price, as often as
//! it likes: there is no third party here that counts guesses. Messages are under ephemeral keys; their
//! copies in the backup are not.

use sprag::SecretBytes;
use sprag::SessionPolicy;
use sprag::history::backup::RecoveryKey;
use sprag::sprag_core::backend::{FileBackend, PqBackend};

use super::Model;
use super::parties::{Client, common};
use super::scene::{Scene, Who};
use crate::Result;
use crate::backup::{self, Unlock};
use crate::conductor::{Conductor, Party};
use crate::journal::Watched;
use crate::net::Connection;
use crate::party::{self, Place};
use crate::search::Needle;
use crate::table::Facts;
use crate::with_backend;

const PASSWORD: &str = "four wet umbrellas dry";

/// The backup's name at the store.
const NAME: &str = "alice-example.0";

/// The model.
pub(super) const MODEL: Model = Model {
    facts: Facts {
        name: "whatsapp",
        like: "WhatsApp: device to device, an encrypted backup in the cloud",
        can_decrypt: "the two devices; a backup, who has its password or recovery key",
        ephemeral_keys: "yes, one for each message; not the backup's",
        on_server: "as ciphertext, until it is delivered; the backup, sealed",
        server_restores: "as a sealed backup, to who can open it",
        history: "on the device, encrypted at rest; a backup at a store",
    },
    run,
    party,
};

fn run(conductor: &mut Conductor) -> Result<()> {
    let mut scene = Scene::open(conductor)?;
    scene.first_message_to_a_device_that_is_offline()?;
    scene.conversation()?;
    scene.the_relay_can_read_nothing()?;
    let store = scene.conductor.start("store", "store")?;
    let backup = back_up(&mut scene, &store)?;
    scene.lose_alice("alice-2", "alice-example.2")?;
    scene.converse(Who::Alice, "new phone, same me")?;
    restore(&mut scene, &store, &backup)?;
    the_store_can_read_nothing(&mut scene, &store, &backup)?;
    scene.the_relay_can_read_nothing()?;
    scene.close()
}

fn party(role: &str, place: &Place) -> Result<()> {
    with_backend!(place.backend, B => match role {
        "client" => client::<Watched<B>>(place),
        _ => common::<B>(role, place),
    })
}

/// A client's process. Besides what every client does:
///
/// - `backup STORE NAME PASSWORD` puts a backup there and answers its recovery key
/// - `restore-password STORE NAME PASSWORD`, `restore-key STORE NAME KEY` restore it
fn client<B: PqBackend + FileBackend>(place: &Place) -> Result<()> {
    let mut client = Client::<B>::new(place, SessionPolicy::default())?;
    party::answer(&[], |verb, arguments| match (verb, arguments) {
        ("backup", [store, name, password]) => {
            let recovery = RecoveryKey::generate(&mut sprag::entropy::system())?;
            let letters = client.device()?.history()?;
            let file = backup::write::<B>(&letters, Some(password), &recovery)?;
            let put = [b"put", name.as_bytes(), &file];
            let mut store = Connection::open(store.parse()?)?;
            store.call(&put)?;
            client.preview(&letters, &mut store)?;
            Ok(vec![recovery.to_text::<B>().to_string()])
        }
        ("restore-password", [store, name, password]) => {
            client.import(&fetch(store, name)?, &Unlock::Password(password))
        }
        ("restore-key", [store, name, key]) => {
            client.import(&fetch(store, name)?, &Unlock::RecoveryKey(key))
        }
        _ => client.command(verb, arguments),
    })
}

fn fetch(store: &str, name: &str) -> Result<SecretBytes> {
    Connection::open(store.parse()?)?.call(&[b"get", name.as_bytes()])
}

/// What is known of the backup outside of the store.
struct BackedUp {
    recovery: String,
    history: Vec<String>,
    /// What only the owner has: password, recovery key, and the keys her old device used.
    secrets: Vec<Needle>,
    /// The file's first bytes, which the store holds.
    control: Needle,
}

fn back_up(scene: &mut Scene<'_>, store: &Party) -> Result<BackedUp> {
    scene.step("alice's device puts an encrypted backup at the store");
    let backup = [store.ready(), NAME, PASSWORD];
    let recovery = scene.alice.ask("backup", &backup)?.concat();
    scene.note("she writes down the recovery key of 64 characters");
    let history = scene.alice.ask("history", &[])?;
    let file = std::fs::read(store.folder().join(NAME))?;
    let control = Needle::new("the backup's first bytes", file.get(..64).unwrap_or(&file));
    let mut secrets = scene.alice.keys()?;
    secrets.push(Needle::new("the password", PASSWORD));
    secrets.push(Needle::new("the recovery key", &recovery));
    let backup = BackedUp {
        recovery,
        history,
        secrets,
        control,
    };
    the_store_can_read_nothing(scene, store, &backup)?;
    Ok(backup)
}

fn the_store_can_read_nothing(
    scene: &mut Scene<'_>,
    store: &Party,
    backup: &BackedUp,
) -> Result<()> {
    scene.step("what the store could read");
    scene.note("that there is a backup, how large, and when");
    let control = &backup.control;
    let mut secrets = backup.secrets.clone();
    secrets.extend(scene.alice.keys()?);
    let conductor = &mut *scene.conductor;
    let held = std::slice::from_ref(control);
    conductor.holds_all("the store holds the backup, sealed", store, held)?;
    conductor.holds_none("the store holds no text", store, control, &scene.texts)?;
    let claim = "the store holds no key, no password";
    conductor.holds_none(claim, store, control, &secrets)
}

fn restore(scene: &mut Scene<'_>, store: &Party, backup: &BackedUp) -> Result<()> {
    scene.step("alice's new device fetches the backup");
    let before = scene.alice.ask("history", &[])?;
    let address = store.ready();
    let wrong = [address, NAME, "four dry umbrellas wet"];
    let refused = scene.alice.refuses("restore-password", &wrong)?;
    scene.refused("a wrong password is refused", refused, "wrong password");
    let other = RecoveryKey::generate(&mut sprag::entropy::system())?;
    let other = other.to_text::<sprag::rustcrypto::Backend>();
    let refused = scene
        .alice
        .refuses("restore-key", &[address, NAME, &other])?;
    scene.refused("another recovery key is refused", refused, "wrong key");
    let unchanged = scene.alice.ask("history", &[])? == before;
    scene.check("nothing was imported with either", unchanged);

    let right = [address, NAME, PASSWORD];
    scene.alice.ask("restore-password", &right)?;
    let restored = scene.alice.ask("history", &[])?;
    let whole = restored.strip_prefix(&before[..]) == Some(&backup.history[..]);
    scene.check("with the password the whole history is back", whole);

    scene.step("she forgot the password; another device restores with the recovery key");
    let mut third = scene.conductor.start("client", "alice-3")?;
    third.ask("enrol", &["alice-example.3", scene.relay.ready()])?;
    third.ask("restore-key", &[address, NAME, &backup.recovery])?;
    let whole = third.ask("history", &[])? == backup.history;
    scene.check("with the recovery key the whole history is back", whole);
    scene.note("sessions are no part of it: each device begins its own");
    Ok(())
}
