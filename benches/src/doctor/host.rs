//! What the host's own description explains: instructions that the processor lacks, and
//! surroundings in which numbers are worth less. Each with what can be done about it.
//!
//! What does not live here: anything that was measured.

use crate::host::Host;
use crate::report::BUSY;

/// What a reader of the numbers should know, the gravest first.
pub(super) fn explained(host: &Host) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(host.was_busy().then(|| BUSY.into()));
    found.extend(match host.arch.as_str() {
        "x86_64" => on_x86(host),
        "aarch64" => on_aarch64(host),
        arch => vec![format!(
            "Nothing is known about accelerated code for {arch}."
        )],
    });
    found.extend(governor(host));
    found.extend(hypervisor(host));
    found
}

const PASS_THROUGH: &str = "If this is a virtual machine, its hypervisor may hide them: let it pass \
     the processor's own model through (`host`, `host-passthrough`).";

fn on_x86(host: &Host) -> Vec<String> {
    let lacks = |name| host.features.get(name) == Some(&false);
    let mut found = Vec::new();
    if lacks("aes") || lacks("pclmulqdq") {
        found.push(format!(
            "There are no AES-NI and PCLMULQDQ: AES-256-GCM runs in portable code, many times \
             slower, and some code for it is not constant-time. Use the suites with \
             ChaCha20-Poly1305. {PASS_THROUGH}"
        ));
    } else if lacks("vaes") || lacks("vpclmulqdq") {
        found.push(format!(
            "There are no VAES and VPCLMULQDQ: AES goes one block at a time, and long messages take \
             about twice as long as on processors that have them (Zen 3, Ice Lake and later). Short \
             messages lose little. {PASS_THROUGH}"
        ));
    } else if lacks("avx512f") {
        found.push(
            "aws-lc-rs takes its VAES code only where there is AVX-512, too: here it goes one block \
             at a time with AES-NI. ring and mixed take VAES on 256 bits; prefer them for long \
             messages under AES-256-GCM."
                .into(),
        );
    }
    if lacks("sha") {
        found.push(format!(
            "There is no SHA-NI: SHA-256 runs in portable or vector code, and a chain step takes a \
             few times as long. No choice of suite avoids it. {PASS_THROUGH}"
        ));
    }
    found
}

fn on_aarch64(host: &Host) -> Vec<String> {
    let lacks = |name| host.features.get(name) == Some(&false);
    let mut found = Vec::new();
    if lacks("aes") || lacks("pmull") {
        found.push(format!(
            "There are no AES and PMULL instructions: AES-256-GCM runs in portable code, many times \
             slower. Use the suites with ChaCha20-Poly1305. {PASS_THROUGH}"
        ));
    }
    if lacks("sha2") {
        found.push(format!(
            "There are no SHA-2 instructions: SHA-256 runs in portable code, and a chain step takes \
             a few times as long. No choice of suite avoids it. {PASS_THROUGH}"
        ));
    }
    found
}

fn governor(host: &Host) -> Option<String> {
    let governor = host.governor.as_deref()?;
    (governor != "performance").then(|| {
        format!(
            "The frequency governor is `{governor}`: the clock follows the load, and short \
             measurements run on a slow one. For measuring: `cpupower frequency-set -g \
             performance`, as root."
        )
    })
}

fn hypervisor(host: &Host) -> Option<String> {
    (host.virtualised == Some(true)).then(|| {
        "This is a virtual machine: its neighbours take time and clock away unseen, and it has no \
         frequency of its own to set. Compare only what was measured in turns, as a run's gains and \
         ratios are, not one run with another."
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::clock::Clock;

    /// A quiet host of this architecture that has everything but `missing`.
    fn host(arch: &str, missing: &[&str]) -> Host {
        let names: &[&str] = match arch {
            "x86_64" => &["aes", "pclmulqdq", "vaes", "vpclmulqdq", "avx512f", "sha"],
            "aarch64" => &["aes", "pmull", "sha2"],
            _ => &[],
        };
        let features = names
            .iter()
            .map(|name| ((*name).into(), !missing.contains(name)));
        Host {
            arch: arch.into(),
            features: features.collect(),
            virtualised: Some(false),
            governor: Some("performance".into()),
            others_cores: Some(0.0),
            ..Host::look(Clock::measure())
        }
    }

    /// The only thing said about a host.
    fn only(host: &Host) -> String {
        let said = explained(host);
        assert_eq!(said.len(), 1, "{said:?}");
        said.into_iter().next().unwrap()
    }

    #[test]
    fn a_host_that_lacks_nothing_is_left_alone() {
        for arch in ["x86_64", "aarch64"] {
            assert_eq!(explained(&host(arch, &[])), [""; 0]);
        }
    }

    #[test]
    fn without_aes_instructions_the_other_suite_is_the_cure() {
        for host in [
            host("x86_64", &["aes"]),
            host("x86_64", &["pclmulqdq", "vaes"]),
            host("aarch64", &["pmull"]),
        ] {
            assert!(only(&host).contains("Use the suites with ChaCha20-Poly1305"));
        }
    }

    #[test]
    fn narrower_vectors_are_told_apart() {
        let none = only(&host("x86_64", &["vaes", "avx512f"]));
        assert!(none.starts_with("There are no VAES"), "{none}");
        let narrow = only(&host("x86_64", &["avx512f"]));
        assert!(
            narrow.starts_with("aws-lc-rs takes its VAES code only"),
            "{narrow}"
        );
    }

    #[test]
    fn a_missing_hash_instruction_is_named() {
        assert!(only(&host("x86_64", &["sha"])).contains("no SHA-NI"));
        assert!(only(&host("aarch64", &["sha2"])).contains("no SHA-2"));
    }

    #[test]
    fn surroundings_that_spoil_numbers_are_named_with_what_to_do() {
        let quiet = host("x86_64", &[]);
        let busy = Host {
            others_cores: Some(1.0),
            ..quiet.clone()
        };
        assert_eq!(only(&busy), BUSY);
        let saving = Host {
            governor: Some("powersave".into()),
            ..quiet.clone()
        };
        assert!(only(&saving).contains("cpupower frequency-set -g performance"));
        let guest = Host {
            virtualised: Some(true),
            governor: None,
            ..quiet
        };
        assert!(only(&guest).contains("measured in turns"));
    }

    #[test]
    fn of_other_architectures_nothing_is_claimed() {
        assert!(only(&host("riscv64", &[])).contains("Nothing is known"));
    }
}
