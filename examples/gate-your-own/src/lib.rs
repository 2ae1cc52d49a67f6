//! A bot that tells the same to several people, each in a session of their own: the code whose
//! speed is to be kept.

use sprag::rand_core::CryptoRng;
use sprag::rustcrypto::{Backend, Identity, Prekeys, Session};
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, SessionError,
    SessionPolicy, UnixTime,
};

/// The bot and whom it talks to.
pub struct Bot {
    recipients: Vec<Session>,
}

impl Bot {
    /// A bot with a session with each of `count` people, and their ends of the sessions.
    ///
    /// # Errors
    /// What sprag says.
    pub fn with_recipients(
        count: usize,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Vec<Session>), Box<dyn std::error::Error>> {
        let bot = Identity::generate(AccountId::new("bot")?, 1, now, rng)?;
        let mut recipients = Vec::new();
        let mut their_ends = Vec::new();
        for number in 0..count {
            let account = AccountId::new(&format!("reader-{number}"))?;
            let reader = Identity::generate(account.clone(), 1, now, rng)?;
            let mut prekeys = Prekeys::generate(PrekeyPolicy::default(), now, rng)?;
            let mut server = PublishedPrekeys::new::<Backend>(prekeys.record(&reader)?)?;
            let peer = |account| Peer {
                account,
                device: 1,
                expected: Expected::Unknown,
            };
            let bundle = server
                .take_bundle(now)
                .verify::<Backend>(&peer(&account), now)?;
            let policy = InitiatePolicy::default();
            let started = sprag::initiate(&bot, &bundle, b"hello", &policy, now, rng)?;
            let from = AccountId::new("bot")?;
            let policy = SessionPolicy::default();
            let accepted = prekeys.accept(&reader, &peer(&from), &started.message, policy, now)?;
            recipients.push(started.session);
            their_ends.push(accepted.session);
        }
        Ok((Self { recipients }, their_ends))
    }

    /// The messages that tell everyone `text`, in the order of the recipients.
    ///
    /// # Errors
    /// What sprag says.
    pub fn announce(
        &mut self,
        text: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<u8>>, SessionError> {
        let sessions = self.recipients.iter_mut();
        sessions.map(|session| session.encrypt(text, rng)).collect()
    }
}
