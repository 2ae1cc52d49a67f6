//! Many handshakes, and the prekeys for them.

use sprag::parallel;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{
    AcceptJob, Accepted, InitiateJob, Initiated, PrekeyBundle, Prekeys, accept_batch,
    initiate_batch,
};
use sprag::sprag_core::primitives::Signature;
use sprag::sprag_core::session::SessionPolicy;
use sprag::sprag_core::suite::Suite;

use super::Way;
use crate::workload::meeting::{Meeting, NOW, PAYLOAD, initiate_policy, prekey_policy, unknown};
use crate::workload::{Operation, OrWrong, Wrong, ensure, operation};

/// So many calls between two preparations that these stay short.
fn calls(count: usize) -> usize {
    (16 / count).max(1)
}

pub(super) fn initiate<B: PqBackend>(
    way: Way,
    suite: Suite,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Meeting::<B>::new(suite, seed)?,
        calls(count),
        move |meeting| {
            let bundles = (0..count).map(|_| meeting.some_bundle());
            Ok((bundles.collect::<Result<Vec<_>, _>>()?, Vec::new()))
        },
        move |meeting, (bundles, done)| {
            *done = match way {
                Way::Loop => bundles
                    .iter()
                    .map(|bundle| meeting.initiate(bundle))
                    .collect::<Result<_, _>>()?,
                Way::Batch | Way::Pool => initiate_all(way, meeting, bundles)?,
            };
            Ok(())
        },
        move |meeting, (_, done), digest| {
            ensure(done.len() == count, "not every session was started")?;
            for initiated in done {
                digest.absorb(&initiated.message);
                meeting.would_accept(&initiated.message)?;
            }
            Ok(())
        },
    ))
}

fn initiate_all<B: PqBackend>(
    way: Way,
    meeting: &mut Meeting<B>,
    bundles: &[Vec<u8>],
) -> Result<Vec<Initiated<B>>, Wrong> {
    let bob = unknown(meeting.bob.account());
    let read = |bytes: &Vec<u8>| Ok((PrekeyBundle::decode(bytes).or_wrong("decode")?, bob));
    let bundles = bundles.iter().map(read).collect::<Result<_, Wrong>>()?;
    let verified = PrekeyBundle::verify_batch::<B>(bundles, NOW)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .or_wrong("verify_batch")?;
    let job = |bundle| InitiateJob {
        bundle,
        payload: PAYLOAD,
    };
    let jobs: Vec<_> = verified.iter().map(job).collect();
    let policy = initiate_policy(&meeting.suite);
    let Meeting { alice, rng, .. } = meeting;
    let initiated = match way {
        Way::Pool => parallel::initiate_batch(alice, &jobs, &policy, NOW, rng),
        _ => initiate_batch(alice, &jobs, &policy, NOW, rng),
    };
    initiated
        .into_iter()
        .collect::<Result<_, _>>()
        .or_wrong("initiate_batch")
}

pub(super) fn accept<B: PqBackend>(
    way: Way,
    suite: Suite,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Meeting::<B>::new(suite, seed)?,
        calls(count),
        move |meeting| {
            let messages = (0..count).map(|_| {
                let bundle = meeting.fresh_bundle()?;
                Ok(meeting.initiate(&bundle)?.message)
            });
            Ok((messages.collect::<Result<Vec<_>, Wrong>>()?, Vec::new()))
        },
        move |meeting, (messages, done)| {
            *done = match way {
                Way::Loop => messages
                    .iter()
                    .map(|message| meeting.accept(message))
                    .collect::<Result<_, _>>()?,
                Way::Batch | Way::Pool => accept_all(way, meeting, messages)?,
            };
            Ok(())
        },
        move |_, (_, done), digest| {
            ensure(done.len() == count, "not every message was accepted")?;
            for accepted in done {
                digest.absorb(&accepted.session.encode());
                ensure(accepted.payload == PAYLOAD, "the payload is another one")?;
            }
            Ok(())
        },
    ))
}

fn accept_all<B: PqBackend>(
    way: Way,
    meeting: &mut Meeting<B>,
    messages: &[Vec<u8>],
) -> Result<Vec<Accepted<B>>, Wrong> {
    let from = unknown(meeting.alice.account());
    let job = |message| AcceptJob { from, message };
    let jobs: Vec<_> = messages
        .iter()
        .map(|message| job(message.as_slice()))
        .collect();
    let policy = SessionPolicy::default();
    let Meeting { bob, prekeys, .. } = &*meeting;
    let accepted = match way {
        Way::Pool => parallel::accept_batch(bob, prekeys, &jobs, policy, NOW),
        _ => accept_batch(bob, prekeys, &jobs, policy, NOW),
    };
    let accepted = accepted
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .or_wrong("accept_batch")?;
    for accepted in &accepted {
        meeting.prekeys.apply(accepted.change).or_wrong("apply")?;
    }
    Ok(accepted)
}

/// Length of what is signed for a batch of prekeys: label, key, id, time, kind, count, root.
const SIGNED_LEN: usize = 17 + 32 + 4 + 8 + 1 + 4 + 32;

/// `count` prekeys under one signature, or each under one of its own, or each under two: `by_key`,
/// one for each of its keys.
pub(super) fn prekeys<B: PqBackend>(
    way: Way,
    by_key: bool,
    suite: Suite,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let Meeting { rng, bob, .. } = Meeting::<B>::new(suite, seed)?;
    let (uploads, each) = match way {
        Way::Loop => (count, 1),
        Way::Batch | Way::Pool => (1, count),
    };
    let upload = u32::try_from(each).or_wrong("count")?;
    let second = way == Way::Loop && by_key;
    let key = B::Ed25519::signing_key(&[7; 32]).or_wrong("signing_key")?;
    Ok(operation(
        (bob, rng),
        calls(count),
        move |(_, rng)| {
            let prekeys = Prekeys::<B>::generate(prekey_policy(suite, upload), NOW, rng);
            Ok((prekeys.or_wrong("generate")?, Vec::new(), Vec::new()))
        },
        move |(bob, rng), (prekeys, batches, signatures)| {
            for upload in 0..uploads {
                let batch = prekeys.replenish(bob, 0, NOW, rng).or_wrong("replenish")?;
                batches.push(batch.ok_or_else(|| Wrong::new("no prekeys"))?);
                if second {
                    // As long as the other statement; what it says has been hashed there.
                    let statement = [upload as u8; SIGNED_LEN];
                    signatures.push(B::Ed25519::sign(&key, &statement));
                }
            }
            Ok(())
        },
        move |_, (_, batches, signatures), digest| {
            ensure(
                signatures.len() == if second { count } else { 0 },
                "not every key was signed",
            )?;
            signatures.iter().for_each(|one| digest.absorb(one));
            batches
                .iter()
                .for_each(|batch| digest.absorb(&batch.encode()));
            let made: usize = batches.iter().map(|batch| batch.len()).sum();
            ensure(made == count, "not every prekey was made")
        },
    ))
}
