//! The models side by side, and as Markdown.

use std::fmt::Write;

use crate::models::MODELS;

/// What a model promises, in the words of the table. Its run checks what can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The name on the command line.
    pub name: &'static str,
    /// Whose ways it follows, and in what.
    pub like: &'static str,
    /// Who can decrypt a message.
    pub can_decrypt: &'static str,
    /// Whether the keys of messages are ephemeral.
    pub ephemeral_keys: &'static str,
    /// Whether, and how long, a message is on the server, and as what.
    pub on_server: &'static str,
    /// Whether the server can give old messages to a new device.
    pub server_restores: &'static str,
    /// Where the history lives.
    pub history: &'static str,
}

/// The table, as Markdown, one row for each model.
#[must_use]
pub fn markdown() -> String {
    let mut table = String::from(
        "| model | like | who can decrypt | session keys ephemeral | on the server \
         | old messages from the server | history |\n|---|---|---|---|---|---|---|\n",
    );
    for model in &MODELS {
        let Facts {
            name,
            like,
            can_decrypt,
            ephemeral_keys,
            on_server,
            server_restores,
            history,
        } = model.facts;
        // A string takes whatever is written to it.
        let _ = writeln!(
            table,
            "| `{name}` | {like} | {can_decrypt} | {ephemeral_keys} | {on_server} \
             | {server_restores} | {history} |"
        );
    }
    table
}
