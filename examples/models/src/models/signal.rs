//! `signal`: end to end between devices, through a relay that forgets what it delivered.
//!
//! First messages go through prekeys to a device that is offline, the conversation is a Double Ratchet,
//! the history is on the device alone, encrypted. A lost device takes its history with it, except for
//! what its owner exported before and can open with a recovery key.

use sprag::SessionPolicy;
use sprag::sprag_core::backend::{FileBackend, PqBackend};

use super::Model;
use super::parties::{Client, common};
use super::scene::{Scene, Who};
use crate::Result;
use crate::conductor::Conductor;
use crate::journal::Watched;
use crate::party::{self, Place};
use crate::search::Needle;
use crate::table::Facts;
use crate::with_backend;

/// The model.
pub(super) const MODEL: Model = Model {
    facts: Facts {
        name: "signal",
        like: "Signal: device to device, the relay forgets",
        can_decrypt: "the two devices",
        ephemeral_keys: "yes, one for each message",
        on_server: "as ciphertext, until it is delivered",
        server_restores: "no",
        history: "on the device, encrypted at rest; an export under a recovery key",
    },
    run,
    party,
};

fn run(conductor: &mut Conductor) -> Result<()> {
    let mut scene = Scene::open(conductor)?;
    scene.first_message_to_a_device_that_is_offline()?;
    scene.conversation()?;
    scene.the_relay_can_read_nothing()?;
    export_lose_restore(&mut scene)?;
    scene.the_relay_can_read_nothing()?;
    scene.close()
}

fn party(role: &str, place: &Place) -> Result<()> {
    with_backend!(place.backend, B => match role {
        "client" => client::<Watched<B>>(place),
        _ => common::<B>(role, place),
    })
}

fn client<B: PqBackend + FileBackend>(place: &Place) -> Result<()> {
    let mut client = Client::<B>::new(place, SessionPolicy::default())?;
    party::answer(&[], |verb, arguments| client.command(verb, arguments))
}

fn export_lose_restore(scene: &mut Scene<'_>) -> Result<()> {
    scene.step("alice exports her history; only the recovery key she writes down opens it");
    let file = scene.alice.folder().join("export.backup");
    let file = file.to_string_lossy().into_owned();
    let key = scene.alice.ask("export", &[&file])?.concat();
    let history = scene.alice.ask("history", &[])?;
    let control = Needle::new("a database's first bytes", "SQLite format 3");
    let claim = "her device's files, the export among them, hold no text";
    let conductor = &mut *scene.conductor;
    conductor.files_hold_none(claim, &scene.alice, &control, &scene.texts)?;

    scene.lose_alice("alice-2", "alice-example.2")?;
    scene.converse(Who::Alice, "I lost my phone, this is a new one")?;

    scene.step("the export opens with the recovery key alone");
    let other = format!("{file}-of-bob");
    let other = scene.bob.ask("export", &[&other])?.concat();
    let before = scene.alice.ask("history", &[])?;
    let refused = scene.alice.refuses("import", &[&file, &other])?;
    scene.refused("another recovery key is refused", refused, "wrong key");
    let after = scene.alice.ask("history", &[])?;
    scene.check("nothing was imported with it", before == after);
    scene.alice.ask("import", &[&file, &key])?;
    let restored = scene.alice.ask("history", &[])?;
    let whole = restored.strip_prefix(&before[..]) == Some(&history[..]);
    scene.check("with the right one the whole history is back", whole);
    scene.note("sessions are no part of it: the old ones stay lost");
    Ok(())
}
