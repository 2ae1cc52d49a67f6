//! Several messages in one session: the keys derived ahead and one change, or message by message.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::session::Session;
use sprag::sprag_core::suite::Suite;

use super::Saving;
use crate::workload::batch::Way;
use crate::workload::meeting::Talk;
use crate::workload::session::{Place, ensure_text, letter};
use crate::workload::{Buffer, Operation, OrWrong, Rng, Wrong, capacity_for, operation};

pub(super) fn build<B: PqBackend>(
    way: Way,
    saving: Saving,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Talk::<B>::new(suite, seed)?,
        capacity_for(size * count).min((4096 / count).max(1)),
        move |_| {
            let letters: Vec<_> = (0..count).map(|_| letter(size, Place::Aligned)).collect();
            Ok(letters)
        },
        move |Talk { alice, rng, .. }, letters| match way {
            Way::Loop => letters.iter_mut().try_for_each(|letter| {
                let sealed = alice.encrypt_in_place(letter.get_mut(), rng);
                sealed.or_wrong("encrypt_in_place")?;
                save(alice, saving);
                Ok(())
            }),
            Way::Batch | Way::Pool => {
                run(alice, letters, rng)?;
                save(alice, saving);
                Ok(())
            }
        },
        move |Talk { bob, .. }, letters, digest| {
            letters.iter_mut().try_for_each(|letter| {
                digest.absorb(letter.get());
                let opened = bob.decrypt_in_place(letter.get_mut());
                opened.or_wrong("decrypt_in_place")?;
                ensure_text(letter, size)
            })
        },
    ))
}

fn run<B: PqBackend>(
    alice: &mut Session<B>,
    letters: &mut [Buffer],
    rng: &mut Rng,
) -> Result<(), Wrong> {
    let mut buffers: Vec<_> = letters.iter_mut().map(Buffer::get_mut).collect();
    alice
        .encrypt_run_in_place(&mut buffers, rng)
        .or_wrong("encrypt_run_in_place")
}

fn save<B: PqBackend>(session: &Session<B>, saving: Saving) {
    if saving == Saving::Encoded {
        std::hint::black_box(session.encode());
    }
}
