//! The tables of `models`, as Markdown.

use std::fmt::Write as _;

use sprag_models::device::ONE_TIME;

use super::record::Row;
use super::{Plan, TEXT};
use crate::measure::stats::Spread;
use crate::report::{digits, duration, wrapped};

const NONE: &str = "–";

/// The models side by side, and how they are measured.
pub(super) fn introduction(plan: &Plan) -> String {
    let Plan {
        history,
        conversation,
        rounds,
        ..
    } = plan;
    let how = format!(
        "Medians of {rounds} rounds; texts of {TEXT} bytes. All parties run in this process, servers on threads \
         behind loopback sockets; stores are SQLite files that survive a killed process. First message: \
         from devices that do not exist to the first text read; to a relay each publishes {ONE_TIME} \
         one-time prekeys. Messages per second: {conversation} messages, written and read one after \
         another, to and fro. Wire: all that devices and \
         server said to each other for a message, requests and answers, TCP's own left out. Restored: \
         {history} messages from the sealed backup (a file; its way over the network is left out) or \
         from the server, each compared, and kept by a device that keeps any. Passwords are at \
         Argon2id's least cost. Of `key-ring` a message is a new key that one device makes and the other \
         fetches, and one key stays at the server; of `imessage` it goes to three devices; of `channel` \
         it is a request or its answer. In `channel` and `telegram-cloud` both sides write over 64 KiB of \
         dead stack after each request."
    );
    format!(
        "{}\n{}\n",
        sprag_models::table::markdown(),
        wrapped(&how, 100, "")
    )
}

/// What was measured on one backend.
pub(super) fn table(backend: &str, plan: &Plan, rows: &[Row]) -> String {
    let mut table = format!(
        "\n### `{backend}`\n\n| model | first message | messages per s | wire, B per message \
         | at the server until delivered, B | at the server for good, B | at a device, B \
         | {} messages restored |\n|---|---|---|---|---|---|---|---|\n",
        plan.history
    );
    for row in rows {
        let figures = &row.figures;
        let (model, first) = (&row.model, duration(figures.first_ms.p50 * 1e6));
        let restored = figures.restore_s.map(|it| duration(it.p50 * 1e9));
        // A string takes whatever is written to it.
        let _ = writeln!(
            table,
            "| `{model}` | {first} | {} | {} | {} | {} | {} | {} |",
            digits(figures.messages_per_s.p50),
            digits(figures.wire_bytes.p50),
            bytes(figures.waiting_bytes),
            bytes(figures.server_bytes),
            bytes(figures.device_bytes),
            restored.as_deref().unwrap_or(NONE),
        );
    }
    table
}

fn bytes(spread: Option<Spread>) -> String {
    spread.map_or_else(|| NONE.into(), |it| format!("{:.0}", it.p50))
}
