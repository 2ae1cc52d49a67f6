//! `secret-chat`: end to end between two devices and no others, renewed after 100 messages or a week.
//!
//! The ways of Telegram's secret chats, whose ordinary chats are the server's to read. The engine's
//! policy refuses to send more under a session; the model then starts a new one through fresh prekeys.
//! Nothing is exported: what was said is on the two devices.

use sprag::sprag_core::backend::{FileBackend, PqBackend};
use sprag::{DurableError, SessionError, SessionPolicy};

use super::parties::{Client, relay, thief};
use super::scene::{Scene, Who};
use super::{Model, UnknownRole};
use crate::Result;
use crate::address::Address;
use crate::conductor::Conductor;
use crate::journal::Watched;
use crate::party::{self, Place, UnknownCommand, hex};
use crate::table::Facts;
use crate::with_backend;

/// So many messages a device sends under one session.
const MESSAGES: u64 = 100;

/// So many seconds a session is used.
const WEEK: u64 = 7 * 24 * 60 * 60;

/// How a sealed message begins that starts a session, in hexadecimal digits.
const STARTS: &str = "01";

/// The model.
#[derive(Debug)]
pub(super) struct SecretChat;

static FACTS: Facts = Facts {
    name: "secret-chat",
    like: "Telegram's secret chats: two devices, sessions of 100 messages or a week",
    can_decrypt: "the two devices, no others of the same accounts",
    ephemeral_keys: "yes, one for each message; the session too",
    on_server: "as ciphertext, until it is delivered",
    server_restores: "no",
    history: "on the two devices, encrypted at rest; no export",
};

impl Model for SecretChat {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn run(&self, conductor: &mut Conductor) -> Result<()> {
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

    fn party(&self, role: &str, place: &Place) -> Result<()> {
        with_backend!(place.backend, B => match role {
            "relay" => relay::<B>(place),
            "client" => client::<Watched<B>>(place),
            "thief" => thief::<B>(),
            _ => Err(UnknownRole(role.to_owned()).into()),
        })
    }
}

/// A client's process. Besides what every client does: `wait SECONDS` lets its clock advance. It exports
/// nothing and imports nothing.
fn client<B: PqBackend + FileBackend>(place: &Place) -> Result<()> {
    let policy = SessionPolicy {
        max_sent: MESSAGES,
        max_age: WEEK,
        ..SessionPolicy::default()
    };
    let mut client = Client::<B>::new(place, policy)?;
    party::answer(&[], |verb, arguments| match (verb, arguments) {
        ("say", [to, text]) => say(&mut client, &to.parse()?, text),
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

/// Sends, in a new session where the old one has reached its limit.
fn say<B: PqBackend + FileBackend>(
    client: &mut Client<B>,
    to: &Address,
    text: &str,
) -> Result<Vec<String>> {
    let device = client.device()?;
    let sealed = match device.seal(to, text.as_bytes()) {
        Err(error) if is_limit(error.downcast_ref()) => device.begin(to, text.as_bytes())?,
        sealed => sealed?,
    };
    device.deliver(to, &sealed)?;
    device.keep_own(text.as_bytes())?;
    client.report(text)?;
    Ok(vec![hex(&sealed)])
}

fn is_limit(error: Option<&DurableError>) -> bool {
    use SessionError::{AgeLimit, MessageLimit};
    matches!(error, Some(DurableError::Session(MessageLimit | AgeLimit)))
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
