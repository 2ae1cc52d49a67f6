//! Batches on a pool ≡ the same on one thread, on any number of threads.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::ThreadPoolBuilder;
use sprag::parallel;
use sprag_core::handshake::{
    AcceptJob, Accepted, HandshakeError, Identity, InitiateJob, InitiatePolicy, Initiated,
    accept_batch, initiate_batch,
};
use sprag_core::session::SessionPolicy;

use crate::world::{B, NOW, World};

const THREADS: [usize; 4] = [1, 2, 3, 8];

/// The jobs are tried once and several times over, so that pieces contradict each other.
pub(crate) fn accepts_alike(world: &World, jobs: &[AcceptJob<'_>]) {
    let policy = SessionPolicy::default();
    for times in 1..=4 {
        let jobs = jobs.repeat(times);
        let serial = accept_batch(&world.bob, &world.prekeys, &jobs, policy, NOW);
        let serial: Vec<_> = serial.into_iter().map(accepted).collect();
        for threads in THREADS {
            let split = on(threads, || {
                parallel::accept_batch(&world.bob, &world.prekeys, &jobs, policy, NOW)
            });
            let split: Vec<_> = split.into_iter().map(accepted).collect();
            assert_eq!(split, serial, "{times} times on {threads} threads");
        }
    }
}

pub(crate) fn initiates_alike(
    identity: &Identity<B>,
    jobs: &[InitiateJob<'_>],
    policy: &InitiatePolicy<'_>,
) {
    for times in 1..=3 {
        let jobs = jobs.repeat(times);
        let rng = || ChaCha20Rng::seed_from_u64(9);
        let serial = initiate_batch(identity, &jobs, policy, NOW, &mut rng());
        let serial: Vec<_> = serial.into_iter().map(initiated).collect();
        for threads in THREADS {
            let split = on(threads, || {
                parallel::initiate_batch(identity, &jobs, policy, NOW, &mut rng())
            });
            let split: Vec<_> = split.into_iter().map(initiated).collect();
            assert_eq!(split, serial, "{times} times on {threads} threads");
        }
    }
}

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(work)
}

type Bytes = Result<(Vec<u8>, Vec<u8>), HandshakeError>;

fn accepted(outcome: Result<Accepted<B>, HandshakeError>) -> Bytes {
    outcome.map(|accepted| {
        let change = format!("{:?}", accepted.change).into_bytes();
        let session = accepted.session.encode().to_vec();
        ([accepted.payload, change].concat(), session)
    })
}

fn initiated(outcome: Result<Initiated<B>, HandshakeError>) -> Bytes {
    outcome.map(|initiated| (initiated.message, initiated.session.encode().to_vec()))
}
