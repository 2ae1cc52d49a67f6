//! Which tickets were used, and how often.

use alloc::collections::BTreeMap;

use crate::time::UnixTime;
use crate::transport::error::TransportError;

/// Names a ticket: its salt, drawn for it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketId(pub [u8; 16]);

/// Counts the uses of tickets.
///
/// Whoever takes tickets under the same keys, threads say, must share the register too, or a ticket is
/// used once with each of them.
pub trait StrikeRegister {
    /// Notes one more use of a ticket that may be used `uses` times until `not_after`. The note is
    /// kept until then, and made before this returns.
    ///
    /// # Errors
    /// [`TransportError::TicketSpent`] if it was used as often before, [`TransportError::RegisterFull`]
    /// if no more can be noted, [`TransportError::TicketExpired`] if the register can't know, because
    /// it began after the ticket was issued. Nothing is noted then.
    fn spend(
        &mut self,
        ticket: TicketId,
        uses: u8,
        issued: UnixTime,
        not_after: UnixTime,
        now: UnixTime,
    ) -> Result<(), TransportError>;
}

/// A register in memory, for one server.
///
/// It takes no tickets that were issued before it began: what was used before a restart is not known
/// any more, so nothing of then is accepted.
#[derive(Clone, Debug)]
pub struct MemoryRegister {
    began: UnixTime,
    capacity: usize,
    used: BTreeMap<TicketId, (u8, UnixTime)>,
    /// No note lapses before this.
    first_lapse: UnixTime,
}

impl MemoryRegister {
    /// A register that begins now and notes at most `capacity` tickets at a time, of about 50 bytes
    /// each. One that is full refuses, until notes lapse.
    #[must_use]
    pub const fn new(capacity: usize, now: UnixTime) -> Self {
        Self {
            began: now,
            capacity,
            used: BTreeMap::new(),
            first_lapse: UnixTime(u64::MAX),
        }
    }

    fn forget_lapsed(&mut self, now: UnixTime) {
        if now <= self.first_lapse {
            return;
        }
        self.used.retain(|_, (_, not_after)| *not_after >= now);
        let lapses = self.used.values().map(|(_, not_after)| *not_after);
        self.first_lapse = lapses.min().unwrap_or(UnixTime(u64::MAX));
    }
}

impl StrikeRegister for MemoryRegister {
    fn spend(
        &mut self,
        ticket: TicketId,
        uses: u8,
        issued: UnixTime,
        not_after: UnixTime,
        now: UnixTime,
    ) -> Result<(), TransportError> {
        if issued < self.began {
            return Err(TransportError::TicketExpired);
        }
        if let Some((used, _)) = self.used.get_mut(&ticket) {
            if *used >= uses {
                return Err(TransportError::TicketSpent);
            }
            *used = used.saturating_add(1);
            return Ok(());
        }
        if uses == 0 {
            return Err(TransportError::TicketSpent);
        }
        if self.used.len() >= self.capacity {
            self.forget_lapsed(now);
        }
        if self.used.len() >= self.capacity {
            return Err(TransportError::RegisterFull);
        }
        self.used.insert(ticket, (1, not_after));
        self.first_lapse = self.first_lapse.min(not_after);
        Ok(())
    }
}
