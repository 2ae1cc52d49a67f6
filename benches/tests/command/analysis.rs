//! The verbs that read a record: `compare`, `rank`, `recommend`.

use std::fs;

use super::{scratch, sprag_bench, text};

#[test]
fn a_record_can_be_compared_ranked_and_drawn_on_for_advice() {
    let (json, page) = (scratch("pair.json"), scratch("pair.md"));
    let [json, page] = [&json, &page].map(|path| path.to_str().unwrap());
    let output = sprag_bench(&[
        "run",
        "--filter",
        "^primitive/(chain_step|sha256/64)$",
        "--json",
        json,
        "--markdown",
        page,
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));

    let output = sprag_bench(&["compare", json, json]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("(100.0 %) show no change"));

    let output = sprag_bench(&["rank", json]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("primitive (2 workloads in 2 variants)"));

    // Nothing is made up where the rows are missing.
    let output = sprag_bench(&["recommend", "--workload", "chat", json]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no backend with all of: session/encrypt"));
}

#[test]
fn what_is_no_record_is_refused_with_the_reason() {
    let broken = scratch("broken.json");
    for (content, reason) in [
        ("", "EOF"),
        ("{\"schema\": \"sprag-bench/1\"}", "missing field"),
    ] {
        fs::write(&broken, content).unwrap();
        for verb in [&["rank"][..], &["recommend", "--workload", "bulk"]] {
            let output = sprag_bench(&[verb, &[broken.to_str().unwrap()]].concat());
            assert_eq!(output.status.code(), Some(2));
            let message = text(&output.stderr);
            assert!(
                message.contains("broken.json") && message.contains(reason),
                "{message}"
            );
        }
    }
    let output = sprag_bench(&["rank", "no-such-file.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`sprag-bench run` makes a record"));
    let output = sprag_bench(&["recommend", "--workload", "cooking"]);
    assert_eq!(output.status.code(), Some(2));
}
