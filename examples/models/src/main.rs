//! `models`: runs messaging models, each party a process, and checks what each could read.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sprag_models::backend::{self, BackendName};
use sprag_models::conductor::Conductor;
use sprag_models::models::{self, MODELS, Model};
use sprag_models::party::{Fault, Place};
use sprag_models::{Result, table};

/// Runs messaging models over loopback TCP, each party a process, and checks what each could read
///
/// Exits 0 if every check held, 1 on errors, 3 if a check failed.
#[derive(Parser)]
#[command(name = "models", version, subcommand_negates_reqs = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Which model, or "all"
    #[arg(required = true)]
    name: Option<String>,
    /// What the parties run on
    #[arg(long, global = true, default_value = "rustcrypto", value_parser = backend::named)]
    backend: BackendName,
    /// Break the model, to see its checks fail
    #[arg(long, global = true, value_enum, hide = true)]
    fault: Option<Fault>,
}

#[derive(Subcommand)]
enum Command {
    /// The models side by side, as Markdown
    Table,
    /// One party, as the conductor starts it
    #[command(hide = true)]
    Party {
        role: String,
        #[arg(long)]
        model: String,
        #[arg(long)]
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Table) => {
            print!("{}", table::markdown());
            Ok(true)
        }
        Some(Command::Party { role, model, dir }) => {
            let place = Place {
                backend: cli.backend,
                folder: dir,
                fault: cli.fault,
            };
            play(&role, &model, &place).map(|()| true)
        }
        None => run(&cli.name.unwrap_or_default(), cli.backend, cli.fault),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            eprintln!("models: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a model, or all of them, and says whether every check held.
fn run(name: &str, backend: BackendName, fault: Option<Fault>) -> Result<bool> {
    let chosen = match name {
        "all" => &MODELS[..],
        name => std::slice::from_ref(models::named(name)?),
    };
    let mut held = true;
    for model in chosen {
        held &= conduct(model, backend, fault)?;
    }
    Ok(held)
}

fn conduct(model: &Model, backend: BackendName, fault: Option<Fault>) -> Result<bool> {
    let facts = &model.facts;
    println!("== {}: {} ({backend})", facts.name, facts.like);
    let mut conductor = Conductor::new(facts.name, backend, fault)?;
    (model.run)(&mut conductor)?;
    Ok(conductor.report.close(facts.name))
}

fn play(role: &str, model: &str, place: &Place) -> Result<()> {
    (models::named(model)?.party)(role, place)
}
