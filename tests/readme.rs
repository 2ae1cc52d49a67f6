//! The README's table of backends says what the backends themselves say.

#![cfg(all(
    feature = "mixed",
    feature = "graviola",
    any(target_arch = "aarch64", target_arch = "x86_64")
))]

use sprag::provenance::COMPILED;

#[test]
fn the_table_of_backends_is_that_of_the_build() {
    let readme = include_str!("../README.md");
    let names: Vec<_> = COMPILED
        .iter()
        .map(|table| format!("`{}`", table.backend))
        .collect();
    let mut lines = vec![format!("| | {} |", names.join(" | "))];
    for (index, row) in COMPILED[0].rows.iter().enumerate() {
        let libraries: Vec<_> = COMPILED
            .iter()
            .map(|table| table.rows[index].library)
            .collect();
        assert!(
            COMPILED
                .iter()
                .all(|table| table.rows[index].primitive == row.primitive)
        );
        lines.push(format!("| {} | {} |", row.primitive, libraries.join(" | ")));
    }
    lines.insert(1, "|---".repeat(COMPILED.len() + 1) + "|");
    let table = lines.join("\n");
    assert!(
        readme.contains(&table),
        "README.md must hold this table:\n\n{table}\n"
    );
}
