//! Runs of chunks that threads open in any order, and that are read in theirs.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::Scope;
use sprag_core::history::chunked::{ChunkedError, Run};

use super::split;

/// Chunks of a run: some 15 µs of work, and a thread's runs fit into the second cache of its core.
const CHUNKS: usize = 8;
/// One that a thread opens, and one that waits for its turn meanwhile.
const RUNS_PER_THREAD: usize = 2;

/// [`Spread::in_turn`](sprag_core::history::chunked::Spread::in_turn) on the threads of the pool that the
/// call is made in. No thread waits for another before all is done: one that finds no run free ends, and the
/// one that frees some lets it begin again.
pub(super) fn in_turn<E: From<ChunkedError> + Send>(
    count: usize,
    runs: &mut Vec<Run>,
    open: impl Fn(Range<usize>, &mut Run) -> Result<(), ChunkedError> + Send + Sync,
    read: impl FnMut(&Run) -> Result<(), E> + Send,
) -> Result<(), E> {
    let threads = split::threads();
    runs.resize_with(threads * RUNS_PER_THREAD, Run::default);
    let line = Line {
        count,
        threads,
        open,
        state: Mutex::new(State {
            begun: 0,
            turn: 0,
            opened: Vec::with_capacity(runs.len()),
            free: std::mem::take(runs),
            ended: 0,
            read: Some(read),
            outcome: Ok(()),
        }),
    };
    rayon::in_place_scope(|scope| {
        for _ in 1..threads.min(count) {
            scope.spawn(|scope| line.work(scope));
        }
        line.work(scope);
    });
    let state = line.state.into_inner();
    let state = state.unwrap_or_else(PoisonError::into_inner);
    *runs = state.free;
    state.outcome
}

/// Chunks that stand in line.
struct Line<Open, Read, E> {
    count: usize,
    threads: usize,
    open: Open,
    state: Mutex<State<Read, E>>,
}

struct State<Read, E> {
    /// The chunks below this one are opened, or a thread is about it.
    begun: usize,
    /// Whose turn it is: the chunks below this one were read.
    turn: usize,
    /// What waits for its turn.
    opened: Vec<Opened>,
    free: Vec<Run>,
    /// Threads that found no run free.
    ended: usize,
    /// Not there while a thread reads.
    read: Option<Read>,
    outcome: Result<(), E>,
}

/// A run, and the chunks that were opened into it.
struct Opened {
    chunks: Range<usize>,
    run: Run,
    outcome: Result<(), ChunkedError>,
}

impl<Open, Read, E> Line<Open, Read, E>
where
    Open: Fn(Range<usize>, &mut Run) -> Result<(), ChunkedError> + Sync,
    Read: FnMut(&Run) -> Result<(), E> + Send,
    E: From<ChunkedError> + Send,
{
    /// Opens what nobody has begun, and reads what is opened when it is its turn.
    fn work<'scope>(&'scope self, scope: &Scope<'scope>) {
        let mut state = self.lock();
        while let Some((chunks, mut run)) = self.begin(&mut state) {
            drop(state);
            let outcome = (self.open)(chunks.clone(), &mut run);
            state = self.lock();
            state.opened.push(Opened {
                chunks,
                run,
                outcome,
            });
            state = self.read(state, scope);
        }
    }

    /// The next chunks to be opened, and a run for them.
    fn begin(&self, state: &mut State<Read, E>) -> Option<(Range<usize>, Run)> {
        let left = self.count - state.begun;
        if left == 0 || state.outcome.is_err() {
            return None;
        }
        let Some(run) = state.free.pop() else {
            state.ended += 1;
            return None;
        };
        // Ever fewer, so that all threads are done together.
        let len = (left / (2 * self.threads)).clamp(1, CHUNKS);
        let start = state.begun;
        state.begun += len;
        Some((start..state.begun, run))
    }

    /// Reads what is opened and has its turn, if no other thread does: it will find all that is opened
    /// until it ends.
    fn read<'scope>(
        &'scope self,
        mut state: MutexGuard<'scope, State<Read, E>>,
        scope: &Scope<'scope>,
    ) -> MutexGuard<'scope, State<Read, E>> {
        let Some(mut read) = state.read.take() else {
            return state;
        };
        while let Some(Opened {
            chunks,
            run,
            outcome,
        }) = state.take_next()
        {
            if state.outcome.is_ok() {
                drop(state);
                let outcome = outcome.map_err(E::from).and_then(|()| read(&run));
                state = self.lock();
                state.outcome = outcome;
            }
            state.turn = chunks.end;
            state.free.push(run);
            // This thread takes one of those that are free.
            if state.ended > 0 && state.free.len() > 1 {
                state.ended -= 1;
                scope.spawn(|scope| self.work(scope));
            }
        }
        state.read = Some(read);
        state
    }

    fn lock(&self) -> MutexGuard<'_, State<Read, E>> {
        // Nothing that may panic is called with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Read, E> State<Read, E> {
    fn take_next(&mut self) -> Option<Opened> {
        let starts = |opened: &Opened| opened.chunks.start == self.turn;
        let next = self.opened.iter().position(starts)?;
        Some(self.opened.swap_remove(next))
    }
}
