//! Sets two devices up, starts their workers, kills them, lets the rest arrive, counts.

use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use sprag::entropy::system;
use sprag::rand_core::{Rng, SeedableRng};
use sprag::{InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, SessionPolicy, Suite};
use sprag_core::UnixTime;
use sprag_core::handshake::{Expected, Identity, Prekeys};

use crate::place::{self, Device, Place};
use crate::recording::{self, Recording};
use crate::spool::Spool;
use crate::tally::Tally;
use crate::{Kind, Result, Run};

const NOW: UnixTime = UnixTime(1_800_000_000);
/// The longest that a worker is left alone, in milliseconds.
const LONGEST: u32 = 60;

pub(crate) fn run(asked: &Run) -> Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("chaos").tempdir()?;
    let spool = Spool::create(folder.path())?;
    recording::start(&spool.path("used"))?;
    for side in [0, 1] {
        Place::make(asked.store, folder.path(), side)?;
    }
    let told = tell(asked, folder.path(), &spool);
    for side in [0, 1] {
        Place::remove(asked.store, folder.path(), side)?;
    }
    let tally = told?;
    print!("{tally}");
    Ok(if tally.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

fn tell(asked: &Run, folder: &Path, spool: &Spool) -> Result<Tally> {
    meet(asked.store, folder)?;
    let kills = kill(asked, folder)?;
    // What still waits is received by workers that live.
    for side in [0, 1] {
        let ended = worker(asked, folder, side, true)?.wait()?;
        if !ended.success() && !asked.broken {
            return Err(format!("the last worker of side {side} failed").into());
        }
    }
    Tally::count(spool, kills)
}

/// Makes both devices, and lets each hear from the other.
fn meet(kind: Kind, folder: &Path) -> Result<()> {
    let rng = &mut system();
    let [mut alice, mut bob] = [create(kind, folder, 0)?, create(kind, folder, 1)?];
    let record = bob.change_prekeys(|prekeys, identity, _| prekeys.record(identity), rng)?;
    let mut server = PublishedPrekeys::new::<Recording>(record)?;
    let names = [place::account(0)?, place::account(1)?];
    let [from, to] = names.each_ref().map(|account| Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    });
    let bundle = server.take_bundle(NOW).verify::<Recording>(&to, NOW)?;
    let policy = InitiatePolicy::default();
    let first = alice.initiate(&place::other(0)?, &bundle, b"", &policy, rng)?;
    bob.accept(&from, &first, |_| None, rng)?;
    let answer = bob.encrypt(&place::other(1)?, b"", rng)?;
    alice.decrypt(&place::other(0)?, &answer, rng)?;
    Ok(())
}

fn create(kind: Kind, folder: &Path, side: u8) -> Result<Device> {
    let rng = &mut system();
    let suites = vec![Suite::X3dhAes256Gcm];
    let policy = PrekeyPolicy {
        suites,
        ..PrekeyPolicy::default()
    };
    let identity = Identity::generate(place::account(side)?, 1, NOW, rng)?;
    let prekeys = Prekeys::generate(policy, NOW, rng)?;
    let store = Place::open(kind, folder, side, false)?;
    let keys = place::keys();
    let policy = SessionPolicy::default();
    let mut device = Device::create(store, keys, policy, identity, prekeys, rng)?;
    device.observe_time(NOW);
    Ok(device)
}

/// Kills as many workers as asked, each at a random instant, and starts another in its place.
fn kill(asked: &Run, folder: &Path) -> Result<u32> {
    let mut rng = ChaCha8Rng::seed_from_u64(asked.seed);
    let mut workers = Vec::new();
    for _ in 0..asked.workers {
        for side in [0, 1] {
            workers.push((side, worker(asked, folder, side, false)?));
        }
    }
    let mut kills = 0;
    let mut failed = None;
    while kills < asked.kills && failed.is_none() {
        thread::sleep(Duration::from_millis(below(LONGEST, &mut rng).into()));
        let chosen = below(workers.len() as u32, &mut rng) as usize;
        let (side, victim) = &mut workers[chosen];
        if let Some(ended) = victim.try_wait()? {
            failed = Some(format!("a worker ended by itself: {ended}"));
        }
        stop(victim)?;
        *victim = worker(asked, folder, *side, false)?;
        kills += 1;
    }
    for (_, worker) in &mut workers {
        stop(worker)?;
        kills += 1;
    }
    match failed {
        // A broken store may make its workers fail; the count shows what came of it.
        Some(message) if !asked.broken => Err(message.into()),
        _ => Ok(kills),
    }
}

fn worker(asked: &Run, folder: &Path, side: u8, drain: bool) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    let store = match asked.store {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    command.args(["worker", "--store", store, "--side", &side.to_string()]);
    command.arg("--folder").arg(folder);
    if asked.broken {
        command.arg("--broken").stderr(Stdio::null());
    }
    if drain {
        command.arg("--drain");
    }
    Ok(command.stdin(Stdio::null()).spawn()?)
}

/// `SIGKILL`, where there are signals.
fn stop(worker: &mut Child) -> Result<()> {
    worker.kill()?;
    worker.wait()?;
    Ok(())
}

/// A number below `bound`. The same seed makes the same choices; which instant of a worker they meet is
/// chance all the same.
fn below(bound: u32, rng: &mut ChaCha8Rng) -> u32 {
    rng.next_u32().checked_rem(bound).unwrap_or(0)
}
