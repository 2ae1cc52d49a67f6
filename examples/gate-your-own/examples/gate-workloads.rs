//! What is put under the gate: one workload, the bot's announcement to three people.
//!
//! `sprag-bench gate --manifest Cargo.toml --base REV` builds this library of two revisions and
//! compares them.

use gate_your_own::Bot;
use sprag::UnixTime;
use sprag::rand_core::SeedableRng as _;
use sprag_bench::gate::table::Gated;
use sprag_bench::workload::{Operation, OrWrong as _, Rng, Wrong, ensure, operation};

sprag_bench::gate::export!(vec![Gated::new("bot/announce/3", announce).stepped()]);

const TEXT: &[u8] = b"The meeting is at noon.";

fn announce(seed: u64) -> Result<Box<dyn Operation>, Wrong> {
    let mut rng = Rng::seed_from_u64(seed);
    let (bot, readers) =
        Bot::with_recipients(3, UnixTime(1_800_000_000), &mut rng).or_wrong("meeting")?;
    Ok(operation(
        (bot, readers, rng),
        64,
        // The input of an operation, and where its output goes.
        |_| Ok(Vec::new()),
        // What the clock sees.
        |(bot, _, rng), messages| {
            *messages = bot.announce(TEXT, rng).or_wrong("announce")?;
            Ok(())
        },
        // What is checked afterwards.
        |(_, readers, _), messages, digest| {
            for (reader, message) in readers.iter_mut().zip(messages) {
                digest.absorb(message);
                let text = reader.decrypt(message).or_wrong("decrypt")?;
                ensure(text == TEXT, "a reader reads something else")?;
            }
            Ok(())
        },
    ))
}
