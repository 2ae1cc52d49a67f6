//! One schedule: two sides, a network that loses, repeats, reorders and corrupts, and disks that
//! save a session under one backend and load it under another.

use rand_chacha::ChaCha8Rng;
use sprag::rand_core::{Rng, SeedableRng};
use sprag::{AnySession, BackendName, SessionPolicy, UnixTime};

use crate::model::{Position, Receiver, Sender, Verdict};
use crate::starts::Start;
use crate::tally::Tally;

const TAG_LEN: usize = 16;

/// A genuine message.
struct Message {
    from: usize,
    at: Position,
    plaintext: Vec<u8>,
    bytes: Vec<u8>,
}

struct Side {
    session: Box<dyn AnySession>,
    backend: BackendName,
    policy: SessionPolicy,
    sender: Sender,
    receiver: Receiver,
}

/// How often each thing happens, in parts of the sum.
struct Weather {
    send: u32,
    deliver: u32,
    lose: u32,
    repeat: u32,
    corrupt: u32,
    reload: u32,
    misdirect: u32,
    wait: u32,
    exchange: u32,
}

pub(crate) struct Schedule<'a> {
    rng: ChaCha8Rng,
    sides: [Side; 2],
    messages: Vec<Message>,
    /// Sent, and neither lost nor delivered: indices into `messages`.
    in_flight: Vec<usize>,
    /// A message of another conversation.
    foreign: &'a [u8],
    began: UnixTime,
    hour: u16,
    tally: &'a mut Tally,
}

impl<'a> Schedule<'a> {
    /// Runs the schedule of this seed to its end.
    pub(crate) fn run(seed: u64, starts: &'a [Start], tally: &'a mut Tally) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let start = &starts[below(&mut rng, starts.len())];
        let foreign = &starts[below(&mut rng, starts.len())];
        let foreign = if foreign.id == start.id {
            &[][..]
        } else {
            &foreign.first_message
        };
        let side = |rng: &mut ChaCha8Rng, state: &[u8]| {
            let (backend, policy) = (any_backend(rng), any_policy(rng));
            let session = backend
                .decode_session(state, policy)
                .expect("a saved start");
            let (sender, receiver) = (Sender::default(), Receiver::default());
            Side {
                session,
                backend,
                policy,
                sender,
                receiver,
            }
        };
        let sides = [
            side(&mut rng, &start.initiator),
            side(&mut rng, &start.responder),
        ];
        let (messages, in_flight) = (Vec::new(), Vec::new());
        let began = start.began;
        let mut schedule = Self {
            rng,
            sides,
            messages,
            in_flight,
            foreign,
            began,
            hour: 0,
            tally,
        };
        schedule.first_message(start);
        let weather = any_weather(&mut schedule.rng);
        for _ in 0..10 + below(&mut schedule.rng, 80) {
            schedule.step(&weather);
        }
        schedule.settle();
        schedule.tally.schedules += 1;
    }

    /// The first message travelled with the handshake; both sides are past it.
    fn first_message(&mut self, start: &Start) {
        let [initiator, responder] = &mut self.sides;
        let at = initiator.sender.next(&initiator.receiver);
        responder.receiver.open(at, &responder.policy);
        let plaintext = start.first_plaintext.clone();
        self.messages.push(Message {
            from: 0,
            at,
            plaintext,
            bytes: start.first_message.clone(),
        });
    }

    fn step(&mut self, weather: &Weather) {
        let Weather {
            send,
            deliver,
            lose,
            repeat,
            corrupt,
            reload,
            ..
        } = *weather;
        let Weather {
            misdirect,
            wait,
            exchange,
            ..
        } = *weather;
        let choices = [
            send, deliver, lose, repeat, corrupt, reload, misdirect, wait, exchange,
        ];
        let mut point = self.rng.next_u32() % choices.iter().sum::<u32>();
        let mut choice = 0;
        while point >= choices[choice] {
            point -= choices[choice];
            choice += 1;
        }
        match choice {
            0 => self.send(),
            1 => self.deliver_any(),
            2 => drop(self.take_in_flight()),
            3 => {
                let index = below(&mut self.rng, self.messages.len());
                self.deliver(index);
            }
            4 => self.corrupt(),
            5 => self.reload(),
            6 => self.misdirect(),
            7 => self.wait(),
            _ => self.exchange(),
        }
    }

    fn send(&mut self) {
        let from = below(&mut self.rng, 2);
        self.send_from(from);
    }

    fn send_from(&mut self, from: usize) {
        let len = [0, 1, 16, 40, 300][below(&mut self.rng, 5)];
        let mut plaintext = vec![0; len];
        self.rng.fill_bytes(&mut plaintext);
        let side = &mut self.sides[from];
        let session = &mut side.session;
        let bytes = if below(&mut self.rng, 2) == 0 {
            session
                .encrypt(&plaintext, &mut self.rng)
                .expect("within the limits")
        } else {
            let header = session.header_len();
            let mut buffer = vec![0xaa; header + len + TAG_LEN];
            buffer[header..header + len].copy_from_slice(&plaintext);
            session
                .encrypt_in_place(&mut buffer, &mut self.rng)
                .expect("within the limits");
            buffer
        };
        let at = side.sender.next(&side.receiver);
        self.in_flight.push(self.messages.len());
        self.messages.push(Message {
            from,
            at,
            plaintext,
            bytes,
        });
        self.tally.sent += 1;
    }

    fn take_in_flight(&mut self) -> Option<usize> {
        if self.in_flight.is_empty() {
            return None;
        }
        let place = below(&mut self.rng, self.in_flight.len());
        Some(self.in_flight.swap_remove(place))
    }

    fn deliver_any(&mut self) {
        if let Some(index) = self.take_in_flight() {
            self.deliver(index);
        }
    }

    /// Delivers a genuine message, for the first time or again.
    fn deliver(&mut self, index: usize) {
        let Message {
            from,
            at,
            ref plaintext,
            ref bytes,
        } = self.messages[index];
        let side = &mut self.sides[1 - from];
        let verdict = side.receiver.verdict(at, &side.policy);
        self.tally.verdict(verdict);
        if verdict != Verdict::Open {
            let error = refuse(side, bytes, &mut self.rng);
            assert!(
                verdict.allows(error),
                "{at:?} must be {verdict:?}, was {error:?}"
            );
            return;
        }
        let opened = if below(&mut self.rng, 2) == 0 {
            side.session.decrypt(bytes)
        } else {
            let mut buffer = bytes.clone();
            side.session
                .decrypt_in_place(&mut buffer)
                .map(|range| buffer[range].to_vec())
        };
        assert_eq!(opened.as_ref(), Ok(plaintext), "{at:?} must open");
        side.receiver.open(at, &side.policy);
        assert_eq!(
            side.session.skipped_keys(),
            side.receiver.stored(),
            "after {at:?}"
        );
    }

    /// Delivers a changed copy of a message that was sent at some time.
    fn corrupt(&mut self) {
        let index = below(&mut self.rng, self.messages.len());
        let other = below(&mut self.rng, self.messages.len());
        let Message {
            from, ref bytes, ..
        } = self.messages[index];
        let mut changed = bytes.clone();
        match self.rng.next_u32() % 6 {
            0 | 1 => {
                let place = below(&mut self.rng, changed.len());
                changed[place] ^= 1 << (self.rng.next_u32() % 8);
            }
            2 => changed.truncate(below(&mut self.rng, bytes.len())),
            3 => {
                let more = 1 + below(&mut self.rng, 40);
                changed.resize(bytes.len() + more, 0);
                self.rng.fill_bytes(&mut changed[bytes.len()..]);
            }
            4 => {
                // The body of another message under this one's header.
                let body = changed.len().min(self.messages[other].bytes.len()) - TAG_LEN;
                let tail = &self.messages[other].bytes;
                changed.truncate(body);
                changed.extend_from_slice(&tail[tail.len() - TAG_LEN..]);
            }
            _ => self.rng.fill_bytes(&mut changed[3..]),
        }
        if changed != *bytes {
            refuse(&mut self.sides[1 - from], &changed, &mut self.rng);
            self.tally.corrupted += 1;
        }
    }

    /// Delivers a message to its own sender, or one of another conversation.
    fn misdirect(&mut self) {
        let index = below(&mut self.rng, self.messages.len());
        let Message {
            from, ref bytes, ..
        } = self.messages[index];
        refuse(&mut self.sides[from], bytes, &mut self.rng);
        let to = below(&mut self.rng, 2);
        refuse(&mut self.sides[to], self.foreign, &mut self.rng);
        self.tally.misdirected += 1;
    }

    /// Saves a session, and loads it under any backend.
    fn reload(&mut self) {
        let which = below(&mut self.rng, 2);
        let backend = any_backend(&mut self.rng);
        let side = &mut self.sides[which];
        let saved = side.session.encode();
        let loaded = backend
            .decode_session(&saved, side.policy)
            .expect("a saved session");
        assert_eq!(
            *loaded.encode(),
            *saved,
            "{} saved, {backend} loaded",
            side.backend
        );
        self.tally
            .reloads
            .insert((side.backend.as_str(), backend.as_str()));
        side.session = loaded;
        side.backend = backend;
    }

    fn wait(&mut self) {
        self.hour += (1 + below(&mut self.rng, 3)) as u16;
        let now = UnixTime(self.began.0 + u64::from(self.hour) * 3600);
        for side in &mut self.sides {
            side.session.observe_time(now);
            side.receiver.observe_hour(self.hour, &side.policy);
            assert_eq!(
                side.session.skipped_keys(),
                side.receiver.stored(),
                "after waiting"
            );
        }
    }

    /// The network recovers: what is in flight arrives, and then the two can still talk.
    fn settle(&mut self) {
        while let Some(index) = self.take_in_flight() {
            self.deliver(index);
        }
        self.exchange();
        self.exchange();
    }

    /// Each side sends, and the other receives it at once: the ratchet turns.
    fn exchange(&mut self) {
        for from in [0, 1] {
            self.send_from(from);
            if let Some(index) = self.in_flight.pop() {
                self.deliver(index);
            }
        }
    }
}

/// Delivers what must be refused, and checks that nothing else came of it.
fn refuse(side: &mut Side, bytes: &[u8], rng: &mut ChaCha8Rng) -> sprag::SessionError {
    let before = side.session.encode();
    let error = if below(rng, 2) == 0 {
        side.session.decrypt(bytes).expect_err("must be refused")
    } else {
        let mut buffer = bytes.to_vec();
        let error = side
            .session
            .decrypt_in_place(&mut buffer)
            .expect_err("must be refused");
        let differs = |(is, was): (&u8, &u8)| is != was && *is != 0;
        assert!(
            !buffer.iter().zip(bytes).any(differs),
            "neither untouched nor zeroed"
        );
        error
    };
    assert_eq!(*side.session.encode(), *before, "{error:?} left a trace");
    error
}

fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    (rng.next_u64() % bound as u64) as usize
}

fn any_backend(rng: &mut ChaCha8Rng) -> BackendName {
    let backends = backends();
    backends[below(rng, backends.len())]
}

/// Those that run on this processor.
pub(crate) fn backends() -> Vec<BackendName> {
    let compiled = BackendName::COMPILED.iter().copied();
    compiled.filter(|backend| backend.is_supported()).collect()
}

/// Often so tight that the limits bite.
fn any_policy(rng: &mut ChaCha8Rng) -> SessionPolicy {
    SessionPolicy {
        max_skip: [2, 6, 1000][below(rng, 3)],
        max_skipped_keys: [0, 3, 10, 2000][below(rng, 4)],
        skipped_ttl_messages: [3, 20, 1000][below(rng, 3)],
        skipped_ttl_hours: [4, 720][below(rng, 2)],
        clone_window: [0, 3][below(rng, 2)],
        ..SessionPolicy::default()
    }
}

fn any_weather(rng: &mut ChaCha8Rng) -> Weather {
    let calm = Weather {
        send: 12,
        deliver: 12,
        lose: 1,
        repeat: 2,
        corrupt: 3,
        reload: 2,
        misdirect: 1,
        wait: 0,
        exchange: 0,
    };
    match rng.next_u32() % 5 {
        0 => calm,
        1 => Weather {
            lose: 5,
            wait: 1,
            ..calm
        },
        2 => Weather {
            send: 20,
            deliver: 6,
            repeat: 6,
            ..calm
        },
        3 => Weather {
            exchange: 10,
            repeat: 6,
            ..calm
        },
        _ => Weather {
            corrupt: 12,
            reload: 6,
            repeat: 6,
            ..calm
        },
    }
}
