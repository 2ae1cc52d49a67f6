//! The verbs of the exact layers.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{command, scratch, sprag_bench, text};

/// Runs `verb --check` against a file with `content`: exit code, standard output, errors.
fn check(verb: &[&str], file: &Path, content: &str) -> (Option<i32>, String, String) {
    fs::write(file, content).unwrap();
    let arguments = [verb, &["--check", "--golden", file.to_str().unwrap()]].concat();
    let output = sprag_bench(&arguments);
    let [printed, errors] = [output.stdout, output.stderr].map(|bytes| text(&bytes));
    (output.status.code(), printed, errors)
}

/// A golden file that `verb` has just written, and its path.
fn written(verb: &[&str], name: &str) -> (PathBuf, String) {
    let file = scratch(name);
    let arguments = [verb, &["--write", "--golden", file.to_str().unwrap()]].concat();
    let output = sprag_bench(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let content = fs::read_to_string(&file).unwrap();
    (file, content)
}

// Allocations are not counted elsewhere.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn counts_are_those_of_the_golden_file_but_for_what_was_changed_in_it() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/counts.txt");
    let committed = fs::read_to_string(committed).unwrap();
    // A message that once took a chain step less, and a handshake with other allocations.
    let message = "session/turn/SPRAG1_PQXDH_X25519+MLKEM768_DR_AES256GCM_SHA256/256 | calls | ";
    let allocations = "session/skip/SPRAG1_PQXDH_X25519+MLKEM768_DR_AES256GCM_SHA256/100 | rust \
                       allocations | ";
    let mut lines: Vec<String> = committed.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if let Some(calls) = line.strip_prefix(message) {
            assert!(calls.contains("ChainStep 2"), "{calls}");
            *line = format!("{message}{}", calls.replace("ChainStep 2", "ChainStep 1"));
        }
        if let Some(counts) = line.strip_prefix(allocations) {
            let mixed = counts.split(", ").find(|count| count.starts_with("mixed "));
            let changed = counts.replace(mixed.unwrap(), "mixed 100 (100000)");
            *line = format!("{allocations}{changed}");
        }
    }
    let file = scratch("counts.txt");
    let (code, printed, errors) = check(&["counts"], &file, &lines.join("\n"));
    assert_eq!(code, Some(3), "{printed}{errors}");
    let differences: Vec<&str> = printed
        .lines()
        .filter(|line| {
            !line.starts_with("not comparable") && !is_of_this_processor(line, &committed)
        })
        .collect();
    assert_eq!(differences.len(), 2, "{printed}");
    assert!(differences[0].starts_with("warning        session/skip/"));
    assert!(differences[0].contains("on mixed: rust allocations"));
    assert!(differences[1].starts_with("regression     session/turn/"));
    assert!(
        differences[1].ends_with("/256: ChainStep 2, before 1"),
        "{printed}"
    );
    assert!(errors.contains("differences from") && errors.contains("--write"));
}

/// Is it that `mixed` allocates less? The file was made where an agreement of its is AWS-LC's, which
/// allocates; with AVX-512 IFMA it is the kernel's.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn is_of_this_processor(line: &str, committed: &str) -> bool {
    #[cfg(target_arch = "x86_64")]
    let has_ifma = std::is_x86_feature_detected!("avx512ifma");
    #[cfg(not(target_arch = "x86_64"))]
    let has_ifma = false;
    let fewer = line.strip_prefix("warning ").map(str::trim_start);
    let Some((workload, what)) = fewer.and_then(|fewer| fewer.split_once(" on mixed: ")) else {
        return false;
    };
    let calls = format!("{workload} | calls | ");
    let calls = committed.lines().find_map(|line| line.strip_prefix(&calls));
    let agrees = calls.is_some_and(|calls| calls.contains("Agree"));
    has_ifma && agrees && what.contains(" allocations ")
}

#[test]
fn a_golden_file_that_is_none_is_refused_with_its_line() {
    for (verb, content) in [
        ("counts", "# counts\nsession/encrypt | calls\n"),
        ("counts", "# counts\nsession/encrypt | calls | Hmac one\n"),
    ] {
        let (code, _, errors) = check(&[verb], &scratch("malformed.txt"), content);
        assert_eq!(code, Some(2), "{errors}");
        assert!(
            errors.contains("malformed.txt, line 2: expected"),
            "{errors}"
        );
    }
    let absent = scratch("no-such-folder").join("x.txt");
    let output = sprag_bench(&["counts", "--golden", absent.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no-such-folder"));
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod stepping {
    use super::*;

    #[test]
    fn the_witness_tells_when_a_library_no_longer_takes_its_accelerated_code() {
        if !std::is_x86_feature_detected!("aes") || !std::is_x86_feature_detected!("pclmulqdq") {
            return;
        }
        let json = scratch("witness.json");
        let verb = ["witness", "--backend", "aws-lc-rs"];
        let with_json = [&verb[..], &["--json", json.to_str().unwrap()]].concat();
        let (file, golden) = written(&with_json, "witness.txt");
        let table: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
        let rows = table["rows"].as_array().unwrap();
        let row = |workload: &str| rows.iter().find(|row| row["workload"] == workload).unwrap();
        let seal = row("primitive/aes256gcm_seal_fresh/16384");
        assert_eq!(seal["whole"], true);
        let rounds = ["aes", "vaes256", "vaes512"].map(|class| seal["classes"][class].as_u64());
        // 1024 blocks of fourteen rounds, up to four blocks an instruction.
        assert!(rounds.iter().flatten().sum::<u64>() >= 3_584, "{seal}");
        assert_eq!(row("primitive/x25519_agree")["whole"], false);

        let (code, printed, errors) = check(&verb, &file, &golden);
        assert_eq!(code, Some(0), "{printed}{errors}");
        // AWS-LC reads from this which features it must not use: AES-NI and PCLMULQDQ.
        let output = command(&[&verb[..], &["--check", "--golden", "witness.txt"]].concat())
            .env("OPENSSL_ia32cap", "~0x200000200000000")
            .output()
            .unwrap();
        let printed = text(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{printed}");
        for length in [64, 1024, 16384] {
            let start =
                format!("regression     primitive/aes256gcm_seal_fresh/{length} on aws-lc-rs: ");
            let lost = printed.lines().filter(|line| line.starts_with(&start));
            let lost: Vec<&str> = lost.map(|line| &line[start.len()..]).collect();
            // What else it loses depends on what it took.
            let row = format!("primitive/aes256gcm_seal_fresh/{length} | aws-lc-rs | ");
            let row = golden.lines().find(|line| line.starts_with(&row)).unwrap();
            let wide = row.contains("vaes512 ");
            let classes = ["aes", if wide { "vaes512" } else { "pclmul" }];
            for (lost, class) in lost.iter().zip(classes) {
                let start = format!("no {class} instructions any more");
                assert!(lost.starts_with(&start), "{lost}");
            }
            assert!(lost.len() >= 2, "{lost:?}");
        }
    }

    #[test]
    fn instructions_are_the_same_in_every_process_and_three_percent_more_a_regression() {
        let verb = ["instructions"];
        let (file, golden) = written(&verb, "instructions.txt");
        let (code, printed, errors) = check(&verb, &file, &golden);
        assert_eq!(code, Some(0), "{printed}{errors}");

        let start =
            "session/encrypt/SPRAG1_PQXDH_X25519+MLKEM768_DR_AES256GCM_SHA256/64 | mixed | ";
        let row = golden.lines().find(|line| line.starts_with(start)).unwrap();
        let (count, classes) = row[start.len()..].split_once(" | ").unwrap();
        let fewer = count.parse::<u64>().unwrap() * 100 / 103;
        let changed = golden.replace(row, &format!("{start}{fewer} | {classes}"));
        let (code, printed, _) = check(&verb, &file, &changed);
        assert_eq!(code, Some(3), "{printed}");
        let expected = format!("{count} instructions, before {fewer} (+3.");
        assert!(printed.contains(&expected), "{printed}");

        let other = golden.replace("made with | compiler | rustc", "made with | compiler | gcc");
        let (code, printed, errors) = check(&verb, &file, &other);
        assert_eq!(code, Some(4), "{printed}{errors}");
        assert!(printed.contains("made with compiler \"gcc"), "{printed}");
    }
}
