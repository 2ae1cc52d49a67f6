//! `secret-chat`: end to end between two devices and no others, renewed after 100 messages or a week.
//!
//! The ways of Telegram's secret chats, whose ordinary chats are the server's to read. The engine's
//! policy refuses to send more under a session; a new one is then started through fresh prekeys
//! ([`crate::renewal`]). Nothing is exported: what was said is on the two devices.

use sprag::sprag_core::backend::{FileBackend, PqBackend};

use super::Model;
use super::parties::{Client, common};
use super::scene::{Scene, Who};
use crate::Result;
use crate::conductor::Conductor;
use crate::journal::Watched;
use crate::party::{self, Place, UnknownCommand, hex};
use crate::renewal::{self, MESSAGES, WEEK};
use crate::table::Facts;
use crate::with_backend;

/// How a sealed message begins that starts a session, in hexadecimal digits.
const STARTS: &str = "01";

/// The model.
pub(super) const MODEL: Model = Model {
    facts: Facts {
        name: "secret-chat",
        like: "Telegram's secret chats: two devices, sessions of 100 messages or a week",
        can_decrypt: "the two devices, no others of the same accounts",
        ephemeral_keys: "yes, one for each message; the session too",
        on_server: "as ciphertext, until it is delivered",
        server_restores: "no",
        history: "on the two devices, encrypted at rest; no export",
    },
    run,
    party,
};

fn run(conductor: &mut Conductor) -> Result<()> {
    let mut scene = Scene::open(conductor)?;
    scene.first_message_to_a_device_that_is_offline()?;
    another_device_is_no_part_of_it(&mut scene)?;
    scene.conversation()?;
    renewed_after_100_messages(&mut scene)?;
    renewed_after_a_week(&mut scene)?;
    scene.the_relay_can_read_nothing()?;
    scene.lose_alice("alice-2", "alice-example.2")?;
    scene.converse(Who::Alice, "a new phone, so a new secret chat")?;
    let history = scene.alice.ask("history", &[])?;
    let claim = "all that the new device knows is what it wrote itself";
    scene.check(claim, history.len() == 2);
    scene.the_relay_can_read_nothing()?;
    scene.close()
}

fn party(role: &str, place: &Place) -> Result<()> {
    with_backend!(place.backend, B => match role {
        "client" => client::<Watched<B>>(place),
        _ => common::<B>(role, place),
    })
}

/// A client's process. Besides what every client does: `wait SECONDS` lets its clock advance. It exports
/// nothing and imports nothing.
fn client<B: PqBackend + FileBackend>(place: &Place) -> Result<()> {
    let mut client = Client::<B>::new(place, renewal::policy())?;
    party::answer(&[], |verb, arguments| match (verb, arguments) {
        ("say", [to, text]) => {
            let to = to.parse()?;
            let sealed = client.device()?.send_renewing(&to, text.as_bytes())?;
            client.report(text)?;
            Ok(vec![hex(&sealed)])
        }
        ("wait", [seconds]) => {
            let seconds = seconds.parse()?;
            let now = sprag::platform::now().plus(seconds);
            client.device()?.observe_time(now);
            Ok(Vec::new())
        }
        ("export" | "import", _) => Err(UnknownCommand(verb.to_owned()).into()),
        _ => client.command(verb, arguments),
    })
}

fn another_device_is_no_part_of_it(scene: &mut Scene<'_>) -> Result<()> {
    scene.step("alice has a second device; the secret chat is not on it");
    let mut second = scene.conductor.start("client", "alice-second")?;
    second.ask("enrol", &["alice-example.9", scene.relay.ready()])?;
    let sealed = scene.say(Who::Bob, "not for your other phone")?;
    let nothing = second.ask("receive", &[])?.is_empty();
    scene.check("nothing arrives at the second device", nothing);
    let refused = second.refuses("open", &["bob-example.1", &sealed])?;
    let claim = "it could not open the message either";
    let reason = "there is no conversation with this device";
    scene.refused(claim, refused, reason);
    scene.hear(Who::Alice)
}

fn renewed_after_100_messages(scene: &mut Scene<'_>) -> Result<()> {
    scene.step("alice writes a lot");
    // Two she has sent: the first of all, and one in the conversation.
    let mut sent = 2;
    let mut starts = false;
    while !starts && sent <= MESSAGES {
        let sealed = scene.say(Who::Alice, &format!("a secret note, number {sent}"))?;
        starts = sealed.starts_with(STARTS);
        sent += u64::from(!starts);
    }
    scene.note(&format!("{sent} messages, then a new session"));
    let claim = "a session carries 100 messages of a device, and no more";
    scene.check(claim, starts && sent == MESSAGES);
    scene.hear(Who::Bob)?;
    scene.converse(Who::Bob, "I read all of it")?;
    let sealed = scene.say(Who::Alice, "I write under new keys now")?;
    let claim = "the new session goes on as the old one did";
    scene.check(claim, !sealed.starts_with(STARTS));
    scene.hear(Who::Bob)
}

fn renewed_after_a_week(scene: &mut Scene<'_>) -> Result<()> {
    scene.step("a week passes");
    let seconds = WEEK.to_string();
    scene.alice.ask("wait", &[&seconds])?;
    scene.bob.ask("wait", &[&seconds])?;
    let sealed = scene.say(Who::Alice, "how was your week?")?;
    let claim = "after a week the next message starts a new session";
    scene.check(claim, sealed.starts_with(STARTS));
    scene.hear(Who::Bob)?;
    scene.converse(Who::Bob, "long, and secret")
}
