//! A bounded pool of connections: each is used by one call at a time, and none is opened beyond the
//! bound.

use std::fmt;
use std::str::FromStr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::Config;
use sprag_core::store::{StoreError, StoreErrorKind};

use super::{Postgres, Session};

/// How a PostgreSQL store is opened.
#[derive(Clone)]
pub struct PostgresOptions {
    config: Config,
    connections: usize,
    wait: Duration,
}

impl PostgresOptions {
    /// The store at this address: `postgres://user:password@host:port/database?option=value`, or
    /// `host=... user=... dbname=...`. Connections are not encrypted: use a local socket, a private
    /// network or a tunnel. What the records hold is sealed anyway; their names and sizes are not.
    ///
    /// # Errors
    /// [`StoreErrorKind::Configuration`] if this is no address.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let mut config = parse(url)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        Ok(Self {
            config,
            connections: 4,
            wait: Duration::from_secs(5),
        })
    }

    /// How many connections there are at most; 4 by default, at least 1.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long a call waits for a connection that others use; five seconds by default.
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Opens the store: connects once, to find out that it is there and ours.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] if the server does not answer,
    /// [`StoreErrorKind::Configuration`] if it does not let us in or has no such database,
    /// [`StoreErrorKind::Foreign`] if [`Postgres::migrate`] was not called,
    /// [`StoreErrorKind::NewerSchema`].
    pub fn open(self) -> Result<Postgres, StoreError> {
        let pool = Pool {
            options: self,
            state: Mutex::default(),
            returned: Condvar::new(),
        };
        drop(pool.lend()?);
        Ok(Postgres { pool })
    }
}

impl fmt::Debug for PostgresOptions {
    // Not the whole configuration: it holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

pub(super) fn parse(url: &str) -> Result<Config, StoreError> {
    Config::from_str(url)
        .map_err(|error| StoreError::new(StoreErrorKind::Configuration, error.to_string()))
}

#[derive(Debug)]
pub(super) struct Pool {
    options: PostgresOptions,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Session>,
    /// Idle and lent ones.
    open: usize,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("idle", &self.idle.len())
            .field("open", &self.open)
            .finish()
    }
}

/// A connection in use: returned when dropped, or closed if it is of no more use.
pub(super) struct Lent<'a> {
    pool: &'a Pool,
    session: Option<Session>,
}

impl Lent<'_> {
    pub(super) fn session(&mut self) -> Result<&mut Session, StoreError> {
        let closed = || StoreError::new(StoreErrorKind::Unavailable, "the connection was closed");
        self.session.as_mut().ok_or_else(closed)
    }

    /// Closes the connection.
    pub(super) fn close(&mut self) {
        self.session = None;
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        match self.session.take() {
            Some(session) => {
                self.pool.state().idle.push(session);
                self.pool.returned.notify_one();
            }
            None => self.pool.give_up(),
        }
    }
}

impl Pool {
    pub(super) fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let deadline = Instant::now() + self.options.wait;
        let mut state = self.state();
        loop {
            if let Some(session) = state.idle.pop() {
                if !session.is_closed() {
                    return Ok(self.lent(session));
                }
                state.open -= 1;
                continue;
            }
            if state.open < self.options.connections {
                state.open += 1;
                drop(state);
                return self.connect();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = format!("all {} connections are in use", self.options.connections);
                return Err(StoreError::new(StoreErrorKind::Unavailable, message));
            }
            let waited = self.returned.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn connect(&self) -> Result<Lent<'_>, StoreError> {
        match Session::open(&self.options.config) {
            Ok(session) => Ok(self.lent(session)),
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    fn lent(&self, session: Session) -> Lent<'_> {
        let (pool, session) = (self, Some(session));
        Lent { pool, session }
    }

    fn give_up(&self) {
        self.state().open -= 1;
        self.returned.notify_one();
    }

    // The state is never left half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
