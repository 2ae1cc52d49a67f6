//! What was not measured, and how to measure again.

use super::{Block, Section, Source};

pub(super) fn not_measured() -> Section {
    let list = [
        "Side channels. That code runs in constant time is a property of the libraries and of our \
         kernel's tests, not of these numbers.",
        "Energy, heat and what happens when a processor slows down after minutes of load.",
        "More than one machine: ratios differ between processors, so run it on the one you will use.",
        "More than two threads, sockets with memory of their own, and processors whose cores differ.",
        "Networks. The offered load goes over loopback; a real connection adds its own time.",
        "Cold starts: the first call in a process. Strategies marked `cold` clear the caches only.",
        "The first message of an application: its queues, its serialisation and its database.",
    ];
    Section {
        id: "not-measured".into(),
        title: "What is not measured".into(),
        blocks: vec![Block::List(list.map(String::from).into())],
    }
}

pub(super) fn repeat(source: Source<'_>) -> Section {
    let Source {
        record,
        load,
        native,
    } = source;
    let one_line = |text: &str| text.replace(|c: char| c.is_control(), " ");
    let mut commands = Vec::new();
    if let Some(commit) = &record.build.commit {
        commands.push(format!("git checkout {}", one_line(commit)));
    }
    commands.push(one_line(&record.command));
    commands.extend(
        load.map(|load| one_line(&load.command))
            .filter(|load| *load != commands[commands.len() - 1]),
    );
    if let Some(native) = native {
        commands.push(format!(
            "RUSTFLAGS={} {}",
            crate::cli::quoted(&one_line(&native.build.rustflags)),
            one_line(&native.command)
        ));
    }
    let text = "Close everything else first, and read the load and the noise of your own run before its \
                numbers. Inputs come from the seed, so the work is the same to the byte; times never are.";
    Section {
        id: "repeat".into(),
        title: "How to repeat this".into(),
        blocks: vec![Block::Text(text.into()), Block::Code(commands.join("\n"))],
    }
}
