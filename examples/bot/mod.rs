//! The bot of two examples: its workers answer questions, whichever of them gets one, and know nothing of
//! the store they run on.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Mutex;
use std::thread;

use sprag::default::{Backend, Durable, Identity, Prekeys};
use sprag::store::Store;
use sprag::stores::Memory;
use sprag::{
    AccountId, ConversationId, DurableError, Expected, InitiatePolicy, Peer, PrekeyPolicy,
    PublishedPrekeys, Secret, SessionPolicy, StoreKeys,
};

type Failure = Box<dyn Error + Send + Sync>;

const QUESTIONS: usize = 20;

/// Opens the bot's device, or makes it the first time.
fn device<S: Store>(store: S) -> Result<Durable<S>, Failure> {
    // A real bot takes its key from the operating system or a key service.
    let key = || StoreKeys::new(Secret::new([7; 32]));
    let policy = SessionPolicy::default();
    Ok(Durable::open(store, key(), policy)?)
}

fn create<S: Store>(store: S, name: &str) -> Result<Durable<S>, Failure> {
    let (rng, now) = (&mut sprag::entropy::system(), sprag::platform::now());
    let identity = Identity::generate(AccountId::new(name)?, 1, now, rng)?;
    let prekeys = Prekeys::generate(PrekeyPolicy::default(), now, rng)?;
    let key = StoreKeys::new(Secret::new([7; 32]));
    let policy = SessionPolicy::default();
    let mut device = Durable::create(store, key, policy, identity, prekeys, rng)?;
    device.observe_time(now);
    Ok(device)
}

/// A worker: takes what waits, opens it, answers.
fn work<S: Store>(
    store: S,
    inbox: &Mutex<VecDeque<Vec<u8>>>,
    outbox: &Mutex<Vec<Vec<u8>>>,
) -> Result<usize, Failure> {
    let rng = &mut sprag::entropy::system();
    let mut bot = device(store)?;
    let customer = ConversationId::new(&AccountId::new("customer")?, 1);
    let mut answered = 0;
    loop {
        let Some(message) = inbox.lock().map_err(|_| "a worker died")?.pop_front() else {
            return Ok(answered);
        };
        // The question is kept in the same commit, in case we die before we have answered.
        let question = match bot.decrypt_attaching(
            &customer,
            &message,
            |question| Some(question.to_vec()),
            rng,
        ) {
            Ok(question) | Err(DurableError::Duplicate(Some(question))) => question,
            Err(DurableError::Duplicate(None)) => continue,
            Err(error) => return Err(error.into()),
        };
        let answer = format!("{} Yes!", String::from_utf8_lossy(&question));
        let sealed = bot.encrypt(&customer, answer.as_bytes(), rng)?;
        outbox.lock().map_err(|_| "a worker died")?.push(sealed);
        bot.acknowledge(&[(customer.clone(), &message)], rng)?;
        answered += 1;
    }
}

/// A customer asks, `workers` workers of the bot answer, each over a store that `open` opens.
pub(crate) fn run<S: Store>(
    open: impl Fn() -> Result<S, sprag::store::StoreError> + Sync,
    workers: usize,
) -> Result<(), Failure> {
    let (rng, now) = (&mut sprag::entropy::system(), sprag::platform::now());
    let (bot_account, customer_account) = (AccountId::new("bot")?, AccountId::new("customer")?);
    let mut bot = create(open()?, "bot")?;
    let record = bot.change_prekeys(|prekeys, identity, _| prekeys.record(identity), rng)?;
    let mut directory = PublishedPrekeys::new::<Backend>(record)?;

    // The customer's device starts, and the bot accepts: prekeys and conversation in one commit.
    let whom = Peer {
        account: &bot_account,
        device: 1,
        expected: Expected::Unknown,
    };
    let bundle = directory.take_bundle(now).verify::<Backend>(&whom, now)?;
    let mut customer = create(Memory::new(), "customer")?;
    let with_bot = ConversationId::new(&bot_account, 1);
    let policy = InitiatePolicy::default();
    let first = customer.initiate(&with_bot, &bundle, b"hello", &policy, rng)?;
    let from = Peer {
        account: &customer_account,
        device: 1,
        expected: Expected::Unknown,
    };
    let greeting = bot.accept(&from, &first, |_| None, rng)?;
    println!("the bot reads: {}", String::from_utf8_lossy(&greeting));

    // Many questions wait; the network hands some of them in once more at the end.
    let mut waiting = VecDeque::new();
    for n in 0..QUESTIONS {
        let question = format!("Question {n}?");
        waiting.push_back(customer.encrypt(&with_bot, question.as_bytes(), rng)?);
    }
    let again: Vec<_> = waiting.iter().step_by(5).cloned().collect();
    waiting.extend(again);
    let inbox = Mutex::new(waiting);
    let outbox = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let start = |_| scope.spawn(|| work(open()?, &inbox, &outbox));
        let started: Vec<_> = (0..workers).map(start).collect();
        for (n, worker) in started.into_iter().enumerate() {
            let answered = worker.join().map_err(|_| "a worker died")??;
            println!("worker {n} answered {answered}");
        }
        Ok::<(), Failure>(())
    })?;

    let answers = outbox.into_inner().map_err(|_| "a worker died")?;
    let mut read = 0;
    for answer in &answers {
        customer.decrypt(&with_bot, answer, rng)?;
        read += 1;
    }
    println!("{QUESTIONS} questions, {read} answers, each opened once");
    Ok(())
}
