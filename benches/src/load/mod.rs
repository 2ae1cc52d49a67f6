//! The verb `load`: a handshake server on loopback under offered load, micro-batching or not.
//!
//! The load is open: first messages are sent at times drawn beforehand, whether or not the server
//! keeps up, and latency counts from the time a message should have been sent. A slow server thus
//! cannot slow the questions down and hide its own slowness (coordinated omission). First messages
//! are made before the clock starts; every answer is decrypted and compared after it has stopped.
//!
//! One thread sends and receives, one serves; both spin, so two processors are taken. Everything
//! stays on 127.0.0.1 and ends by itself.

mod client;
pub(crate) mod record;
pub(crate) mod report;
mod server;
mod traffic;

use std::fmt;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use sprag::sprag_core::backend::PqBackend;

use crate::backend::{Backend, with_backend};
use crate::build_info::Build;
use crate::cli::{Failure, command_line};
use crate::host::{CpuUse, Host};
use crate::measure::clock::Clock;
use crate::report::markdown;
use crate::run::{unwritable, writable};
use crate::workload::{OrWrong as _, Wrong};
use record::{LoadRecord, Point, SCHEMA};
use traffic::Traffic;

/// The options of `load`.
#[derive(Clone, Debug, Args)]
pub struct LoadOptions {
    /// How long each load is offered, at most 60; each takes no more than 8000 handshakes
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: u64,
    /// Handshakes per second to offer [default: 20 to 110 % of what the server can do one by one]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rates: Vec<u32>,
    /// How the server collects: at most B handshakes, waiting at most T µs for them
    #[arg(
        long,
        value_name = "B:T,…",
        value_delimiter = ',',
        default_value = "1:0,16:0,64:0,16:200,64:1000"
    )]
    pub windows: Vec<Window>,
    /// The backend of both sides
    #[arg(long, value_name = "NAME", default_value = "mixed")]
    pub backend: Backend,
    /// Where the record goes [default: target/sprag-bench-load.json]
    #[arg(long, value_name = "PATH")]
    pub json: Option<PathBuf>,
    /// Where the report goes [default: target/sprag-bench-load.md]
    #[arg(long, value_name = "PATH")]
    pub markdown: Option<PathBuf>,
    /// Seed of all inputs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// How a server collects requests into a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// At most so many.
    pub batch: usize,
    /// After the first, so long at most; zero takes what is there.
    pub wait: Duration,
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not B:T, at most 1024 handshakes in at most 100000 µs");
        let (batch, wait) = text.split_once(':').ok_or_else(wrong)?;
        let batch = batch.parse().map_err(|_| wrong())?;
        let wait = wait.parse().map_err(|_| wrong())?;
        if !(1..=1024).contains(&batch) || wait > 100_000 {
            return Err(wrong());
        }
        Ok(Self {
            batch,
            wait: Duration::from_micros(wait),
        })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.batch, self.wait.as_micros()) {
            (1, _) => f.write_str("one by one"),
            (batch, 0) => write!(f, "up to {batch}, no waiting"),
            (batch, wait) => write!(f, "up to {batch} in {wait} µs"),
        }
    }
}

/// Offers the loads that `options` say and reports the latencies.
///
/// # Errors
/// [`Failure`]: the backend does not run here, a file cannot be written, or an answer was wrong.
pub fn load(options: &LoadOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let json = writable(options.json.as_deref(), "sprag-bench-load.json")?;
    let markdown = writable(options.markdown.as_deref(), "sprag-bench-load.md")?;
    let record = offer(options)?;
    fs::write(&json, record.to_json()?).map_err(unwritable(&json))?;
    fs::write(&markdown, markdown::render_load(&record)).map_err(unwritable(&markdown))?;
    write!(out, "{}", report::terminal(&record))?;
    writeln!(
        out,
        "\nrecord  {}\nreport  {}",
        json.display(),
        markdown.display()
    )?;
    Ok(())
}

/// The record of the loads that `options` say.
///
/// # Errors
/// [`Failure`]: the backend does not run here, or an answer was wrong.
pub(crate) fn offer(options: &LoadOptions) -> Result<LoadRecord, Failure> {
    if !options.backend.is_supported() {
        return Err(Failure::Unsupported(options.backend));
    }
    let cpu = CpuUse::now();
    let mut host = Host::look(Clock::measure());
    let measured = with_backend!(options.backend, B => measure::<B>(options));
    let (capacity, results) =
        measured.map_err(|wrong| Failure::Wrong(vec![format!("load: {wrong}")]))?;
    host.look_again(&cpu);
    Ok(LoadRecord {
        schema: SCHEMA.into(),
        command: command_line(),
        seed: options.seed,
        host,
        build: Build::this(),
        backend: options.backend.name().into(),
        one_by_one_per_s: capacity,
        results,
    })
}

/// What the server can do one by one, and a point for every load and window.
fn measure<B: PqBackend>(options: &LoadOptions) -> Result<(f64, Vec<Point>), Wrong> {
    let probe = Traffic::<B>::make(PROBES, options.seed)?;
    let capacity = server::capacity(&probe)?;
    let rates = if options.rates.is_empty() {
        SHARES.map(|share| (capacity * share).round()).to_vec()
    } else {
        options.rates.iter().map(|&rate| f64::from(rate)).collect()
    };
    let count = |rate: f64| ((rate * options.seconds as f64) as usize).clamp(1, traffic::MOST);
    let most = rates.iter().map(|&rate| count(rate)).max().unwrap_or(0);
    let traffic = Traffic::<B>::make(most, options.seed)?;
    let mut points = Vec::new();
    for &rate in &rates {
        for &window in &options.windows {
            points.push(point(&traffic, rate, count(rate), window, options.seed)?);
        }
    }
    Ok((capacity.round(), points))
}

/// Handshakes that the capacity is measured with.
const PROBES: usize = 500;
/// The loads that are offered, by what the server can do one by one.
const SHARES: [f64; 6] = [0.2, 0.4, 0.6, 0.8, 0.9, 1.1];
/// How long answers are waited for after the last question.
const GRACE: Duration = Duration::from_secs(5);

/// Offers one load to one server.
fn point<B: PqBackend>(
    traffic: &Traffic<B>,
    rate: f64,
    count: usize,
    window: Window,
    seed: u64,
) -> Result<Point, Wrong> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).or_wrong("listening")?;
    let address = listener.local_addr().or_wrong("listening")?;
    let schedule = traffic::schedule(rate, count, seed);
    let length = schedule.last().copied().unwrap_or_default();
    let deadline = Instant::now() + length + GRACE;
    let mut server = server::Server::new(traffic, window, seed)?;
    thread::scope(|scope| {
        let serving = scope.spawn(move || server.serve(&listener, count, deadline));
        let heard = client::offer(address, traffic, &schedule, deadline);
        let served = serving
            .join()
            .unwrap_or_else(|_| Err(Wrong::new("the server panicked")));
        let (heard, served) = (heard?, served?);
        traffic.check(&heard.answers)?;
        Ok(Point::new(window, rate, &schedule, &heard, &served))
    })
}
