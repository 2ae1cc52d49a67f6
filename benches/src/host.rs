//! The host: processor, features, kernel, load.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::measure::clock::Clock;
use crate::measure::stats::{Spread, round};

/// The machine a record was made on, as far as it tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// The processor's name.
    pub cpu: Option<String>,
    /// The architecture.
    pub arch: String,
    /// Logical processors this process may use.
    pub cores: Option<usize>,
    /// Instruction-set extensions that matter here, and whether the processor has them.
    pub features: BTreeMap<String, bool>,
    /// The operating system.
    pub os: String,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// Runs under a hypervisor.
    pub virtualised: Option<bool>,
    /// The frequency governor.
    pub governor: Option<String>,
    /// The core's clock in GHz over the run.
    #[serde(default)]
    pub core_ghz: Option<Spread>,
    /// Which instructions the libraries take here, as far as that is known.
    #[serde(default)]
    pub paths: Vec<PathTaken>,
    /// Load average over a minute before the run.
    pub load_start: Option<f64>,
    /// Load average over a minute after the run.
    pub load_end: Option<f64>,
    /// Processors kept busy on average, during the run, by anything but this process (a
    /// hypervisor that takes time away included).
    pub others_cores: Option<f64>,
    /// Cost of reading the clock in nanoseconds.
    pub clock_cost_ns: f64,
    /// Step of the clock in nanoseconds.
    pub clock_step_ns: f64,
}

/// The instructions that a library takes for a primitive on this processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathTaken {
    /// The backend.
    pub backend: String,
    /// The primitive.
    pub primitive: String,
    /// The instructions.
    pub path: String,
    /// `measured` if they were seen to be executed, else `derived` from the processor's features.
    pub known: String,
}

impl Host {
    /// Looks at this host.
    #[must_use]
    pub fn look(clock: Clock) -> Self {
        Self {
            cpu: cpu_name(),
            arch: std::env::consts::ARCH.into(),
            cores: thread::available_parallelism().ok().map(usize::from),
            features: features(),
            os: std::env::consts::OS.into(),
            kernel: line_of("/proc/sys/kernel/osrelease"),
            virtualised: virtualised(),
            governor: line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            core_ghz: None,
            paths: Vec::new(),
            load_start: load(),
            load_end: None,
            others_cores: None,
            clock_cost_ns: round(clock.cost_ns),
            clock_step_ns: round(clock.step_ns),
        }
    }

    /// Fills in what is known only after the run that began with `start`.
    pub fn look_again(&mut self, start: &CpuUse) {
        self.load_end = load();
        self.others_cores = start.others_since().map(round);
    }

    /// Was something else running meanwhile, so that numbers are too high and uneven?
    #[must_use]
    pub fn was_busy(&self) -> bool {
        self.others_cores.is_some_and(|cores| cores > 0.2)
    }
}

/// Processor time used so far, by everyone and by this process.
#[derive(Clone, Copy, Debug)]
pub struct CpuUse {
    at: Instant,
    /// In ticks of a hundredth of a second, as the kernel counts for user space.
    busy_and_own: Option<(u64, u64)>,
}

impl CpuUse {
    /// As of now.
    #[must_use]
    pub fn now() -> Self {
        Self {
            at: Instant::now(),
            busy_and_own: busy_ticks().zip(own_ticks()),
        }
    }

    /// How many processors others kept busy since then.
    #[must_use]
    pub fn others_since(&self) -> Option<f64> {
        let (busy, own) = self.busy_and_own?;
        let (busy_now, own_now) = Self::now().busy_and_own?;
        let others = (busy_now - busy).saturating_sub(own_now - own);
        Some(others as f64 / 100.0 / self.at.elapsed().as_secs_f64())
    }
}

/// Ticks that were not idle, of all processors: the first line of `/proc/stat`.
fn busy_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let ticks = stat.lines().next()?.split_whitespace().skip(1);
    let ticks: Vec<u64> = ticks.filter_map(|ticks| ticks.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; then guests, counted as user already
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(ticks.iter().take(8).sum::<u64>() - idle)
}

/// Ticks of this process: `utime` and `stime` of `/proc/self/stat`.
fn own_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name, which may hold anything, ends at the last parenthesis.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(ticks()? + ticks()?)
}

/// The load average over the last minute.
#[must_use]
pub fn load() -> Option<f64> {
    line_of("/proc/loadavg")?.split(' ').next()?.parse().ok()
}

/// The processor's extensions by name.
#[must_use]
pub fn features() -> BTreeMap<String, bool> {
    macro_rules! detect {
        ($detect:ident: $($name:tt),*) => {
            [$(($name, std::arch::$detect!($name))),*]
        };
    }
    #[cfg(target_arch = "x86_64")]
    let found = detect!(
        is_x86_feature_detected:
        "aes", "pclmulqdq", "vaes", "vpclmulqdq", "avx2", "avx512f", "sha", "adx", "bmi2"
    );
    #[cfg(target_arch = "aarch64")]
    let found = detect!(is_aarch64_feature_detected: "aes", "pmull", "sha2");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let found: [(&str, bool); 0] = [];
    found
        .into_iter()
        .map(|(name, has)| (name.to_owned(), has))
        .collect()
}

fn cpu_name() -> Option<String> {
    cpu_field("model name").or_else(|| cpu_field("Processor"))
}

fn virtualised() -> Option<bool> {
    let flags = cpu_field("flags")?;
    Some(flags.split(' ').any(|flag| flag == "hypervisor"))
}

fn cpu_field(name: &str) -> Option<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = cpus.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn line_of(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_this_process_uses_is_not_others() {
        let start = CpuUse::now();
        let Some((_, own)) = start.busy_and_own else {
            return;
        };
        while start.at.elapsed().as_millis() < 200 {
            std::hint::spin_loop();
        }
        let own = own_ticks().unwrap() - own;
        assert!(own >= 1, "no time of our own in 200 ms");
        let (busy_before, _) = start.busy_and_own.unwrap();
        let busy = (busy_ticks().unwrap() - busy_before) as f64 / 100.0;
        assert!(start.others_since().unwrap() * 0.2 < busy);
    }
}
