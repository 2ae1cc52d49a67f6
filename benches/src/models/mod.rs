//! The verb `models`: what each messaging model of the package `sprag-models` costs, on each backend.
//!
//! What lives here: the options, and each model's way to be measured: those with a relay
//! (`relayed`, restoring by `restore`), the `cloud`, the `channel`, the `key_ring`. What does
//! not: the models' parts, which are `sprag-models`'s own and run here in one process, their servers
//! on threads behind loopback sockets, on plain backends.
//!
//! Every text that is read is compared with the one that was written, inside of the clock.

mod channel;
mod cloud;
mod figures;
mod key_ring;
mod record;
mod relayed;
mod report;
mod restore;

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use sprag::BackendName;
use sprag::sprag_core::backend::{FileBackend, PqBackend};
use sprag_models::backend::UnknownBackend;
use sprag_models::models::{MODELS, UnknownModel};
use sprag_models::{Result, with_backend};

use crate::build_info::Build;
use crate::cli::{Failure, command_line};
use crate::host::{CpuUse, Host};
use crate::measure::clock::Clock;
use crate::measure::stop::Stop;
use crate::run::{unwritable, writable};
use figures::{Figures, Measured};
use record::{ModelsRecord, Row, SCHEMA};
use relayed::Way;

/// Messages of a history that is restored, and with `--quick`.
const MESSAGES: u64 = 100_000;
const QUICK_MESSAGES: u64 = 2000;

/// The options of `models`.
#[derive(Clone, Debug, Args)]
pub struct ModelsOptions {
    /// How many messages the history has that is restored, a million at most; a conversation has no more
    /// [default: 100000, with --quick 2000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub messages: Option<u64>,
    /// Only these backends
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = backend)]
    pub backend: Vec<BackendName>,
    /// Only these models
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = model)]
    pub model: Vec<&'static str>,
    /// Shorter conversations, fewer rounds, a shorter history
    #[arg(long)]
    pub quick: bool,
    /// Where the record goes [default: target/sprag-models.json]
    #[arg(long, value_name = "PATH")]
    pub json: Option<PathBuf>,
}

/// How much is measured.
#[derive(Clone, Debug)]
struct Plan {
    /// Messages of the history.
    history: u64,
    /// Messages of a conversation.
    conversation: u64,
    rounds: usize,
    stop: Stop,
}

impl Plan {
    fn new(options: &ModelsOptions, stop: Stop) -> Self {
        let (history, conversation, rounds) = if options.quick {
            (QUICK_MESSAGES, 100, 3)
        } else {
            (MESSAGES, 500, 5)
        };
        let history = options.messages.unwrap_or(history);
        Self {
            history,
            conversation: conversation.min(history),
            rounds,
            stop,
        }
    }

    /// Whatever takes long asks again and again, so that its files are gone when the process is.
    ///
    /// # Errors
    /// [`Stopped`].
    fn go_on(&self) -> std::result::Result<(), Stopped> {
        if self.stop.asked() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }
}

/// The user has stopped the run.
#[derive(Clone, Copy, Debug)]
struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

fn backend(name: &str) -> std::result::Result<BackendName, UnknownBackend> {
    sprag_models::backend::named(name)
}

fn model(name: &str) -> std::result::Result<&'static str, UnknownModel> {
    sprag_models::models::named(name).map(|model| model.facts.name)
}

/// Measures the models that `options` say, and prints a table for each backend.
///
/// # Errors
/// [`Failure`]: the record cannot be written; or a model did not do what it promises, or the user stopped
/// the run, and then all other rows are kept.
pub fn models(options: &ModelsOptions, out: &mut dyn Write) -> std::result::Result<(), Failure> {
    let json = writable(options.json.as_deref(), "sprag-models.json")?;
    let plan = Plan::new(options, Stop::on_ctrl_c());
    let (models, backends) = chosen(options);
    write!(out, "{}", report::introduction(&plan))?;
    let cpu = CpuUse::now();
    let mut host = Host::look(Clock::measure());
    let (mut results, mut wrongs) = (Vec::new(), Vec::new());
    for backend in backends {
        let rows = rows(&models, backend, &plan, &mut wrongs);
        write!(out, "{}", report::table(backend.as_str(), &plan, &rows))?;
        out.flush()?;
        results.extend(rows);
        if plan.stop.asked() {
            break;
        }
    }
    host.look_again(&cpu);
    let record = ModelsRecord {
        schema: SCHEMA.into(),
        command: command_line(),
        interrupted: plan.stop.asked(),
        host,
        build: Build::this(),
        history_messages: plan.history,
        conversation_messages: plan.conversation,
        rounds: plan.rounds,
        text_bytes: TEXT,
        results,
    };
    fs::write(&json, record.to_json()?).map_err(unwritable(&json))?;
    writeln!(out, "\nrecord  {}", json.display())?;
    if !wrongs.is_empty() {
        return Err(Failure::Wrong(wrongs));
    }
    if record.interrupted {
        return Err(Failure::Interrupted);
    }
    Ok(())
}

/// The rows of a backend, until the user stops the run. A model that fails costs its own row alone.
fn rows(
    models: &[&'static str],
    backend: BackendName,
    plan: &Plan,
    wrongs: &mut Vec<String>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for &model in models {
        match measure(model, backend, plan) {
            Ok(figures) => rows.push(Row {
                model: model.into(),
                backend: backend.as_str().into(),
                figures,
            }),
            Err(error) if error.is::<Stopped>() => break,
            Err(error) => wrongs.push(format!("models: {model} on {backend}: {error}")),
        }
    }
    rows
}

/// Names of models, and backends; all of them where the options name none.
fn chosen(options: &ModelsOptions) -> (Vec<&'static str>, Vec<BackendName>) {
    let (mut models, mut backends) = (options.model.clone(), options.backend.clone());
    if models.is_empty() {
        models = MODELS.iter().map(|model| model.facts.name).collect();
    }
    if backends.is_empty() {
        let compiled = BackendName::COMPILED.iter().copied();
        backends = compiled.filter(|backend| backend.is_supported()).collect();
    }
    (models, backends)
}

fn measure(model: &str, backend: BackendName, plan: &Plan) -> Result<Figures> {
    with_backend!(backend, B => measure_on::<B>(model, plan))
}

fn measure_on<B: PqBackend + FileBackend>(model: &str, plan: &Plan) -> Result<Figures> {
    let mut measured = open::<B>(model, plan)?;
    let rounds = (0..plan.rounds).map(|number| {
        plan.go_on()?;
        measured.round(number)
    });
    Figures::of(&rounds.collect::<Result<Vec<_>>>()?).ok_or_else(|| "no rounds".into())
}

/// The parts of a model, its server among them, ready for rounds.
fn open<B: PqBackend + FileBackend>(model: &str, plan: &Plan) -> Result<Box<dyn Measured>> {
    use restore::Lock;
    let relayed = |way, lock| relayed::Relayed::<B>::open(plan.clone(), way, lock);
    Ok(match model {
        "channel" => Box::new(channel::Channel::<B>::open(plan.clone())?),
        "signal" => Box::new(relayed(Way::Direct, Some(Lock::recovery_key()?))?),
        "whatsapp" => Box::new(relayed(Way::Direct, Some(Lock::password()?))?),
        "secret-chat" => Box::new(relayed(Way::Renewing, None)?),
        "imessage" => Box::new(relayed(Way::FanOut, Some(Lock::key_bag()?))?),
        "telegram-cloud" => Box::new(cloud::Clouded::<B>::open(plan.clone())?),
        "key-ring" => Box::new(key_ring::Shared::<B>::open(plan.clone())?),
        unknown => return Err(UnknownModel(unknown.to_owned()).into()),
    })
}

/// The length of every text in bytes.
const TEXT: usize = 64;

/// The text of a number.
fn text(number: u64) -> String {
    format!(
        "{number:>20} {:<43}",
        "is what this message of many is called"
    )
}

/// An error unless `holds`.
fn ensure(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

/// The bytes of a database's file, and of its log if somebody has it open.
fn stored(database: &Path) -> Result<u64> {
    let log = database.with_extension("db-wal");
    let log = fs::metadata(log).map_or(0, |log| log.len());
    Ok(fs::metadata(database)?.len() + log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_one_length_and_differ() {
        assert_eq!([text(0).len(), text(1_000_000).len()], [TEXT; 2]);
        assert_ne!(text(1), text(2));
    }
}
