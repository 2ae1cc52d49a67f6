//! What the project set itself to reach, and what a record shows of it.

use super::{Block, Section, Table};
use crate::record::Record;
use crate::report::goals;

pub(super) fn section(record: &Record) -> Option<Section> {
    let goals = goals::measured(record);
    let mut table = Table::of(&["", "goal", "#measured", ""]);
    for goal in &goals {
        table.push([
            goal.what.trim().to_owned(),
            goal.wanted(),
            goal.shown(),
            goal.verdict().to_owned(),
        ]);
    }
    let judged = goals
        .iter()
        .filter(|goal| goal.verdict() != "shown")
        .count();
    let reached = goals
        .iter()
        .filter(|goal| goal.verdict() == "reached")
        .count();
    let missed = goals
        .iter()
        .filter(|goal| goal.verdict() == "missed")
        .count();
    Section::of(
        "goals",
        "Against the goals",
        vec![
            Block::Text(format!(
                "Ratios of this run, on the backend `mixed` where nothing else is said. {reached} of \
                 {judged} are reached, {missed} missed, {} missed by no more than the noise.",
                judged - reached - missed
            )),
            Block::Table(table),
        ],
    )
}
