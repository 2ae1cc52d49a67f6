//! The host: processor, features, kernel, load.

use std::collections::BTreeMap;
use std::fs;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::measure::clock::Clock;
use crate::measure::stats::round;

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
    /// Load average over a minute before the run.
    pub load_start: Option<f64>,
    /// Load average over a minute after the run.
    pub load_end: Option<f64>,
    /// Cost of reading the clock in nanoseconds.
    pub clock_cost_ns: f64,
    /// Step of the clock in nanoseconds.
    pub clock_step_ns: f64,
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
            load_start: load(),
            load_end: None,
            clock_cost_ns: round(clock.cost_ns),
            clock_step_ns: round(clock.step_ns),
        }
    }

    /// Was something else running when the measurement began?
    #[must_use]
    pub fn was_busy(&self) -> bool {
        self.load_start.is_some_and(|load| load > 0.7)
    }
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
