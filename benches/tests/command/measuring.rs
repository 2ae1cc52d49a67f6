//! The verbs that measure, list and explain.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{Made, made, scratch, sprag_bench, text};

#[test]
fn list_prints_every_name() {
    let output = sprag_bench(&["list"]);
    assert!(output.status.success());
    let listed = text(&output.stdout);
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut expected = BTreeSet::from([
        "primitive/chain_step",
        "primitive/chain_advance",
        "primitive/chain_step_batch",
        "primitive/alternate",
        "primitive/hkdf64",
        "primitive/sha256",
        "primitive/aes256gcm_seal_fresh",
        "primitive/aes256gcm_open_fresh",
        "primitive/aes256gcm_seal_warm",
        "primitive/chacha20poly1305_seal_fresh",
        "primitive/chacha20poly1305_open_fresh",
        "primitive/x25519_agree",
        "primitive/x25519_public",
        "primitive/ed25519_sign",
        "primitive/ed25519_verify",
        "primitive/mlkem768_keygen",
        "primitive/mlkem768_encaps",
        "primitive/mlkem768_decaps",
        "primitive/mlkem1024_keygen",
        "primitive/mlkem1024_encaps",
        "primitive/mlkem1024_decaps",
        "session/encrypt",
        "session/decrypt",
        "session/turn",
        "session/skip",
        "session/reject",
        "handshake/initiate",
        "handshake/accept",
        "handshake/round_trip",
        "ladder/chain_step",
        "ladder/aes256gcm_seal_fresh",
        "ladder/encrypt",
        "batch/encrypt",
        "batch/decrypt",
        "batch/initiate",
        "batch/accept",
        "batch/prekeys",
        "primitive/x25519_agree_batch",
        "primitive/x25519_public_batch",
        "primitive/ed25519_verify_batch",
        "strategies/encrypt",
        "strategies/decrypt",
        "strategies/initiate",
        "strategies/accept",
        "strategies/prekeys",
        "strategies/prekeys_by_key",
        "strategies/agree",
        "strategies/receive_turn",
        "strategies/run",
        "strategies/send_turn",
        "strategies/large",
        "strategies/arithmetic",
        "kernel/encrypt",
        "kernel/decrypt",
        "state/encode",
        "state/decode",
        "state/bytes",
    ]);
    expected.extend([
        "durable/encrypt",
        "durable/decrypt",
        "durable/fanout/10",
        "durable/fanout/100",
        "durable/fanout/1000",
    ]);
    expected.extend([
        "transport/record/seal",
        "transport/record/open",
        "transport/handshake/NK",
        "transport/handshake/XX",
        "transport/handshake/IK",
        "transport/handshake/KK",
        "transport/resume",
        "backup/seal",
        "backup/open",
        "history/restore",
        "history/restore_peak",
    ]);
    if sprag_bench::workload::durable::has_postgres() {
        expected.extend([
            "durable/workers/1",
            "durable/workers/2",
            "durable/workers/4",
        ]);
    }
    if cfg!(feature = "peers") {
        expected.extend([
            "peers/encrypt",
            "peers/decrypt",
            "peers/turn",
            "peers/handshake",
            "peers/noise/NK",
            "peers/noise/XX",
            "peers/noise/IK",
            "peers/noise/KK",
        ]);
    }
    assert_eq!(listed, expected);
}

#[test]
fn a_run_writes_a_record_with_every_field_and_a_report() {
    let Made { said, record, page } = made(
        "sha256",
        &[
            "run",
            "--filter",
            "^primitive/sha256/64$",
            "--backend",
            "ring,rustcrypto",
        ],
    );
    assert!(said.contains("who wins what"));

    assert_eq!(record["schema"], "sprag-bench/1");
    assert!(record["host"]["features"].is_object());
    assert_eq!(record["interrupted"], false);
    assert!(record["started"].as_str().unwrap().ends_with('Z'));
    let noise = &record["noise"];
    assert!(noise["rows"].as_u64().unwrap() >= 12 && noise["worst"].as_f64().unwrap() > 0.0);
    assert!(record["build"]["libraries"]["ring"].is_string());
    let rows = record["results"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        for field in [
            "group",
            "workload",
            "backend",
            "suite",
            "size",
            "batch",
            "threads",
            "strategy",
            "iters",
            "ns",
            "ci",
            "rounds",
            "distribution",
            "outliers",
            "ops_per_s",
            "bytes_per_s",
            "allocs_per_op",
            "floor_ns",
            "floor_ratio",
        ] {
            assert!(row.get(field).is_some(), "no {field}");
        }
        for statistic in ["min", "p50", "mean", "p90", "p99", "p999", "max"] {
            assert!(row["ns"].get(statistic).is_some(), "no ns.{statistic}");
        }
        assert_eq!(row["size"], 64);
        assert_eq!(row["allocs_per_op"], 0.0);
        let median = row["ns"]["p50"].as_f64().unwrap();
        let [low, high] = [&row["ci"][0], &row["ci"][1]].map(|end| end.as_f64().unwrap());
        assert!(1.0 < low && low <= median && median <= high);
        assert!(row["rounds"].as_array().unwrap().len() >= 4);
    }
    let typed = page.lines().find(|line| line.starts_with("| command |"));
    let typed = typed.expect("the command");
    assert!(typed.contains("`cargo run --release") && typed.contains(" -- run --filter"));
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_keeps_what_was_measured() {
    let (json, page) = (scratch("interrupted.json"), scratch("interrupted.md"));
    let child = Command::new(env!("CARGO_BIN_EXE_sprag-bench"))
        .args(["run", "--full", "--backend", "rustcrypto", "--json"])
        .arg(&json)
        .arg("--markdown")
        .arg(&page)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs(10));
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(text(&output.stderr).contains("what was measured is kept"));

    let record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(record["interrupted"], true);
    let rows = record["results"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["ns"]["p50"].is_f64()));
    assert!(
        fs::read_to_string(page)
            .unwrap()
            .contains("primitive/chain_step")
    );
}

#[test]
fn a_strategy_is_measured_beside_its_baseline_and_judged_in_words() {
    let Made { record, page, .. } = made("agree", &["run", "--filter", "^strategies/agree/b4/"]);

    let rows = record["results"].as_array().unwrap();
    assert_eq!(
        (rows.len(), rows[0]["backend"].as_str()),
        (1, Some("mixed"))
    );
    let baseline = &rows[0]["baseline"];
    assert_eq!(baseline["backend"], "libraries");
    let [low, median, high] = ["low", "p50", "high"].map(|field| baseline["gain"][field].as_f64());
    assert!(low > Some(0.0) && low <= median && median <= high);
    for expected in [
        "## Against the goals",
        "## Which strategy when",
        "Many agreements by `agree_batch`",
        "agree_batch of 4 by the fastest library's loop",
    ] {
        assert!(page.contains(expected), "no {expected:?} in\n{page}");
    }
}

#[test]
fn every_way_of_batching_is_judged_in_words() {
    let Made { record, page, .. } = made(
        "ways",
        &[
            "run",
            "--filter",
            "^strategies/(arithmetic|large|run/.*/64/b16/|send_turn|encrypt/.*/64/b1000/.*pool_of_2$)",
        ],
    );

    let rows = record["results"].as_array().unwrap().iter();
    let ways: BTreeSet<_> = rows.filter_map(|row| row["strategy"].as_str()).collect();
    let expected = [
        "chunks",
        "chunks_pool_of_2",
        "key_ahead",
        "pool_of_2",
        "run",
        "run_saved",
    ];
    assert_eq!(ways, BTreeSet::from(expected));
    for expected in [
        "64 B ×1000 pool of 2",
        "Several messages of one session by `encrypt_run_in_place`",
        "its key from an `EphemeralPool`",
        "A large payload sealed in chunks",
        "What a second thread gives on this machine at most",
        "encrypt_batch of 1000 on two threads by one thread, 64 B",
    ] {
        assert!(page.contains(expected), "no {expected:?} in\n{page}");
    }
}

#[test]
fn every_offered_handshake_is_answered_and_its_latency_shown() {
    let Made { record, page, .. } = made(
        "load",
        &[
            "load",
            "--seconds",
            "1",
            "--rates",
            "100",
            "--windows",
            "1:0,8:50000",
        ],
    );
    assert_eq!(record["schema"], "sprag-bench-load/1");
    let points = record["results"].as_array().unwrap();
    assert_eq!(points.len(), 2);
    for point in points {
        assert_eq!(point["answered"], 100);
        let [p50, p99, max] =
            ["p50", "p99", "max"].map(|field| point["latency_us"][field].as_f64().unwrap());
        assert!(p50 > 10.0 && p50 <= p99 && p99 <= max);
    }
    // Whoever waits for company for 50 ms gets some at 100 per second.
    assert_eq!(points[0]["mean_batch"], 1.0);
    assert!(points[1]["mean_batch"].as_f64() > Some(2.0));
    assert!(page.contains("| 100 | up to 8 in 50000 µs |"), "{page}");
}

#[test]
fn what_cannot_be_done_is_refused_by_name_with_exit_code_2() {
    let unwritable = scratch("no-such-folder").join("x.json");
    let unwritable = unwritable.to_str().unwrap();
    for (arguments, named) in [
        (vec!["run", "--filter", "session/(("], "session/(("),
        (
            vec!["run", "--filter", "no such workload"],
            "no such workload",
        ),
        (vec!["run", "--backend", "ring,openssl"], "openssl"),
        (vec!["run", "--json", unwritable], unwritable),
        (vec!["run", "--seed", "one"], "one"),
        (vec!["load", "--windows", "0:0"], "0:0"),
        (vec!["load", "--seconds", "3600"], "3600"),
        (vec!["profile", "session/turn"], "DR_AES256GCM"),
        (vec!["profile", "hkdf"], "primitive/hkdf64"),
        (vec!["profile", "state/bytes/"], "state/bytes"),
        (
            vec!["profile", "primitive/hkdf64", "--seconds", "0"],
            "1..=600",
        ),
        (vec!["walk"], "walk"),
    ] {
        let output = sprag_bench(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(named), "{arguments:?}");
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_profile_names_functions_and_draws_them() {
    let graph = scratch("profile.svg");
    let output = sprag_bench(&[
        "profile",
        "primitive/x25519_agr",
        "--backend",
        "rustcrypto",
        "--seconds",
        "1",
        "--out",
        graph.to_str().unwrap(),
    ]);
    // Two rows begin like this, one of them of batches.
    assert_eq!(output.status.code(), Some(2));
    let output = sprag_bench(&[
        "profile",
        "primitive/ed25519_si",
        "--backend",
        "rustcrypto",
        "--seconds",
        "1",
        "--out",
        graph.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    assert!(page.starts_with("primitive/ed25519_sign on rustcrypto: "));
    assert!(page.contains("dalek"), "{page}");
    let graph = fs::read_to_string(graph).unwrap();
    assert!(graph.starts_with("<svg") && graph.contains("dalek"));
}

#[test]
fn doctor_explains_every_backend_and_recommends_one() {
    let output = sprag_bench(&["doctor"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    for expected in [
        "\nrustcrypto\n",
        "\nring\n",
        "\naws-lc-rs\n",
        #[cfg(graviola)]
        "\ngraviola\n",
        "\nmixed\n",
        "own kernel  AES-256-GCM: ",
        "primitive/chain_step",
        "\nSlow here\n",
        "Suite: SPRAG1_PQXDH_X25519+MLKEM768_DR_",
    ] {
        assert!(page.contains(expected), "no {expected:?} in\n{page}");
    }
    assert!(
        page.lines().all(|line| line.chars().count() <= 100),
        "{page}"
    );
}
