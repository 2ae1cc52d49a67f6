//! The models, by name.
//!
//! What lives here: what a model is, and the list of them. What does not: the parts that several of
//! them are built of.

mod channel;
mod family;
mod imessage;
mod key_ring;
mod parties;
mod scene;
mod secret_chat;
mod signal;
mod telegram_cloud;
mod whatsapp;

use std::fmt;
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::conductor::{Conductor, Party};
use crate::party::Place;
use crate::table::Facts;

/// So often, and so long each time, a server is asked whether a channel has ended.
const WAITS: usize = 100;
const WAIT: Duration = Duration::from_millis(20);

/// Every model, in the order of the table.
pub static MODELS: [Model; 7] = [
    channel::MODEL,
    signal::MODEL,
    whatsapp::MODEL,
    telegram_cloud::MODEL,
    secret_chat::MODEL,
    imessage::MODEL,
    key_ring::MODEL,
];

/// A messaging model: its claims, what the conductor does to check them, and its parties.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Its name and claims.
    pub facts: Facts,
    /// The whole life of it: enrol, first message, conversation, device lost, restore or the proof
    /// that nothing can be restored, close. Checks go into the conductor's report. What kept it from
    /// running to its end is an error; a check that does not hold is none.
    pub run: fn(&mut Conductor) -> Result<()>,
    /// The part of one party, by its role, in its own process, until the conductor has no more commands.
    /// [`UnknownRole`] is an error, and what ended the party before its time.
    pub party: fn(&str, &Place) -> Result<()>,
}

/// Has `client` end its channel, and waits until `server` is through with it too.
fn close(client: &mut Party, server: &mut Party) -> Result<()> {
    let before = server.ask("ended", &[])?;
    client.ask("close", &[])?;
    for _ in 0..WAITS {
        if server.ask("ended", &[])? != before {
            return Ok(());
        }
        thread::sleep(WAIT);
    }
    // A client that says it closed and did not, as a broken one does: the search will tell.
    Ok(())
}

/// The model of this name.
///
/// # Errors
/// [`UnknownModel`], which lists those that there are.
pub fn named(name: &str) -> std::result::Result<&'static Model, UnknownModel> {
    let mut models = MODELS.iter();
    models
        .find(|model| model.facts.name == name)
        .ok_or_else(|| UnknownModel(name.to_owned()))
}

/// No model has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownModel(pub String);

impl fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown model {:?}; there are", self.0)?;
        let mut models = MODELS.iter();
        models.try_for_each(|model| write!(f, " {}", model.facts.name))
    }
}

impl std::error::Error for UnknownModel {}

/// The model has no party of this role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRole(pub String);

impl fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model has no party of the role {:?}", self.0)
    }
}

impl std::error::Error for UnknownRole {}
