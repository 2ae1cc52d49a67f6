//! A worker: sends, leases and receives until it is killed.

use std::time::{SystemTime, UNIX_EPOCH};

use sprag::entropy::{SysRng, system};
use sprag::rand_core::TryRng;
use sprag_core::durable::{ConversationId, DurableError};

use crate::place::{self, Device};
use crate::spool::{Spool, Waiting};
use crate::{Result, recording};

/// How many messages a lease has.
const LEASE: u32 = 8;
/// How many messages may wait for a side before nobody adds to them.
const CROWD: usize = 200;
/// How many of those that wait are looked at.
const LOOK: usize = 8;

struct Worker {
    device: Device,
    with: ConversationId,
    spool: Spool,
    side: u8,
    sent: u32,
    rng: SysRng,
}

pub(crate) fn run(asked: &crate::Worker) -> Result<()> {
    recording::start(&asked.folder.join("used"))?;
    let mut worker = Worker {
        device: place::open(asked.store, &asked.folder, asked.side, asked.broken)?,
        with: place::other(asked.side)?,
        spool: Spool::new(&asked.folder),
        side: asked.side,
        sent: 0,
        rng: system(),
    };
    if asked.drain {
        while worker.receive()? {}
        return Ok(());
    }
    loop {
        worker.act()?;
    }
}

impl Worker {
    fn act(&mut self) -> Result<()> {
        let crowded = self.spool.waiting(1 - self.side, CROWD)?.len() >= CROWD;
        match self.rng.try_next_u32()? % 8 {
            0..3 if !crowded => self.send(),
            3 if !crowded => self.send_leased(),
            _ => self.receive().map(drop),
        }
    }

    fn send(&mut self) -> Result<()> {
        let (id, text) = self.next_text()?;
        let message = self
            .device
            .encrypt(&self.with, text.as_bytes(), &mut self.rng);
        match message {
            Ok(message) => self
                .spool
                .send(1 - self.side, &id, text.as_bytes(), &message),
            Err(error) => may_go_on(error),
        }
    }

    fn send_leased(&mut self) -> Result<()> {
        let lease = self.device.lease(&self.with, LEASE, &mut self.rng);
        let mut lease = match lease {
            Ok(lease) => lease,
            Err(error) => return may_go_on(error),
        };
        while lease.remaining() > 0 {
            let (id, text) = self.next_text()?;
            let message = lease.encrypt(text.as_bytes(), &mut self.rng)?;
            self.spool
                .send(1 - self.side, &id, text.as_bytes(), &message)?;
        }
        Ok(())
    }

    /// Receives one of the oldest messages; says whether there was any.
    fn receive(&mut self) -> Result<bool> {
        let mut waiting = self.spool.waiting(self.side, LOOK)?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let chosen = self.rng.try_next_u32()? as usize % waiting.len();
        let waiting = waiting.swap_remove(chosen);
        self.open(&waiting)?;
        Ok(true)
    }

    fn open(&mut self, waiting: &Waiting) -> Result<()> {
        let Waiting { id, message, .. } = waiting;
        let attach = |text: &[u8]| Some(text.to_vec());
        let opened = self
            .device
            .decrypt_attaching(&self.with, message, attach, &mut self.rng);
        match opened {
            Ok(text) => {
                self.spool.opened(id)?;
                self.spool.save(id, &text)?;
            }
            Err(DurableError::Duplicate(Some(text))) => self.spool.save(id, &text)?,
            // Another worker opened it and has acknowledged it, so it has been saved.
            Err(DurableError::Duplicate(None)) if self.spool.is_saved(id) => {}
            Err(error @ (DurableError::Duplicate(None) | DurableError::Session(_))) => {
                eprintln!("worker: {id} can't be opened: {error}");
                return self.spool.lose(waiting);
            }
            Err(error) => return may_go_on(error),
        }
        let done = [(self.with.clone(), message.as_slice())];
        match self.device.acknowledge(&done, &mut self.rng) {
            Ok(()) => self.spool.done(waiting),
            Err(error) => may_go_on(error),
        }
    }

    /// A message that is no other's, and a name for it that sorts by time.
    fn next_text(&mut self) -> Result<(String, String)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        self.sent += 1;
        let id = format!("{now:021}-{}-{}", std::process::id(), self.sent);
        let text = format!("{id} from side {}", self.side);
        Ok((id, text))
    }
}

/// What others' haste causes is no failure.
fn may_go_on(error: DurableError) -> Result<()> {
    if error.retryable() {
        Ok(())
    } else {
        Err(error.into())
    }
}
