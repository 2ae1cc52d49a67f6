//! A device that answers for many: a support desk, say, that was offline while hundreds wrote to
//! it, and now accepts all their first messages as batches, on every core.
//!
//! `cargo run --release --example server`

use std::error::Error;
use std::thread;
use std::time::Instant;

use sprag::default::{Backend, Identity, Prekeys, Session};
use sprag::{
    AcceptJob, AccountId, Expected, HandshakeError, InitiatePolicy, Peer, PrekeyPolicy,
    PublishedPrekeys, SessionPolicy, UnixTime,
};

/// How many people write.
const CLIENTS: usize = 500;

/// A first message, and who the transport says it is from.
struct Letter {
    account: AccountId,
    message: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = sprag::platform::now();
    let rng = &mut sprag::entropy::system();
    let desk_account = AccountId::new("desk")?;
    let desk = Identity::generate(desk_account.clone(), 1, now, rng)?;
    let policy = PrekeyPolicy {
        low: 600,
        high: 600,
        ..PrekeyPolicy::default()
    };
    let mut prekeys = Prekeys::generate(policy, now, rng)?;
    let mut directory = PublishedPrekeys::new::<Backend>(prekeys.record(&desk)?)?;
    if let Some(batch) = prekeys.replenish(&desk, 0, now, rng)? {
        directory.add_batch::<Backend>(batch)?;
    }

    let mut letters = write_letters(&desk_account, &mut directory, now)?;
    // Not everybody is honest.
    letters[7].message[300] ^= 1;
    let copy = Letter {
        account: letters[8].account.clone(),
        message: letters[8].message.clone(),
    };
    letters.push(copy);

    let began = Instant::now();
    let sessions = accept_all(&desk, &mut prekeys, &letters, now)?;
    let took = began.elapsed();
    println!(
        "{} sessions from {} letters in {took:.1?}",
        sessions.len(),
        letters.len()
    );
    println!("{} one-time prekeys are left", prekeys.one_time_kept());
    Ok(())
}

fn write_letters(
    desk: &AccountId,
    directory: &mut PublishedPrekeys,
    now: UnixTime,
) -> Result<Vec<Letter>, Box<dyn Error>> {
    let rng = &mut sprag::entropy::system();
    let whom = Peer {
        account: desk,
        device: 1,
        expected: Expected::Unknown,
    };
    let mut letters = Vec::with_capacity(CLIENTS);
    for number in 0..CLIENTS {
        let account = AccountId::new(format!("client {number}"))?;
        let client = Identity::generate(account.clone(), 1, now, rng)?;
        let bundle = directory.take_bundle(now).verify::<Backend>(&whom, now)?;
        let policy = InitiatePolicy::default();
        let started = sprag::initiate(&client, &bundle, b"Please help", &policy, now, rng)?;
        letters.push(Letter {
            account,
            message: started.message,
        });
    }
    Ok(letters)
}

/// Accepts on every core; the prekeys change afterwards, in one place.
fn accept_all(
    desk: &Identity,
    prekeys: &mut Prekeys,
    letters: &[Letter],
    now: UnixTime,
) -> Result<Vec<Session>, HandshakeError> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = letters.len().div_ceil(threads);
    let kept = &*prekeys;
    let outcomes: Vec<_> = thread::scope(|scope| {
        let accept = |letters| scope.spawn(move || accept_share(desk, kept, letters, now));
        let threads: Vec<_> = letters.chunks(share).map(accept).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panics"))
            .collect()
    });

    // Store the sessions and the changed prekeys in one transaction here.
    let mut sessions = Vec::with_capacity(outcomes.len());
    for (outcome, letter) in outcomes.into_iter().zip(letters) {
        // Two shares may have used the same one-time prekey: the second is refused here.
        let applied = outcome.and_then(|accepted| {
            prekeys.apply(accepted.change)?;
            Ok(accepted.session)
        });
        match applied {
            Ok(session) => sessions.push(session),
            Err(error) => println!("{:?}: {error}", letter.account),
        }
    }
    Ok(sessions)
}

fn accept_share(
    desk: &Identity,
    prekeys: &Prekeys,
    letters: &[Letter],
    now: UnixTime,
) -> Vec<Result<sprag::default::Accepted, HandshakeError>> {
    let jobs: Vec<_> = letters
        .iter()
        .map(|Letter { account, message }| AcceptJob {
            from: Peer {
                account,
                device: 1,
                expected: Expected::Unknown,
            },
            message,
        })
        .collect();
    sprag::accept_batch(desk, prekeys, &jobs, SessionPolicy::default(), now)
}
