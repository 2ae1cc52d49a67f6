//! Sections 6 and 7 of docs/PROTOCOL.md, written down once more, for sides that never lose a
//! message they have been sent: keys of late messages are kept for ever.

use std::collections::BTreeMap;

use sprag::Suite;

use crate::json::{Json, hex, number, text};
use crate::primitives::*;

struct Chain {
    key: [u8; 32],
    n: u32,
}

impl Chain {
    fn step(&mut self) -> [u8; 32] {
        let message_key = hmac(&self.key, &[0x01]);
        self.key = hmac(&self.key, &[0x02]);
        self.n += 1;
        message_key
    }
}

pub(crate) struct Side {
    name: &'static str,
    suite: Suite,
    sid: [u8; 32],
    root_key: [u8; 32],
    /// Our ratchet private key: Bob's first is that of the signed prekey.
    own: Option<[u8; 32]>,
    peer: Option<[u8; 32]>,
    sending: Option<Chain>,
    receiving: Option<Chain>,
    pn: u32,
    /// Message keys by ratchet key and number.
    stored: BTreeMap<([u8; 32], u32), [u8; 32]>,
    /// Stands before every message until one was received.
    prefix: Bytes,
}

/// One message, with everything that went into it.
pub(crate) struct Sealed {
    pub(crate) bytes: Bytes,
    pub(crate) key: [u8; 32],
    pub(crate) json: Json,
}

impl Side {
    pub(crate) fn alice(
        suite: Suite,
        sid: [u8; 32],
        root_key: [u8; 32],
        spk: [u8; 32],
        init: Bytes,
    ) -> Self {
        Self {
            peer: Some(spk),
            prefix: init,
            ..Self::new("alice", suite, sid, root_key)
        }
    }

    pub(crate) fn bob(
        suite: Suite,
        sid: [u8; 32],
        root_key: [u8; 32],
        spk_private: [u8; 32],
    ) -> Self {
        Self {
            own: Some(spk_private),
            ..Self::new("bob", suite, sid, root_key)
        }
    }

    fn new(name: &'static str, suite: Suite, sid: [u8; 32], root_key: [u8; 32]) -> Self {
        Self {
            name,
            suite,
            sid,
            root_key,
            own: None,
            peer: None,
            sending: None,
            receiving: None,
            pn: 0,
            stored: BTreeMap::new(),
            prefix: Vec::new(),
        }
    }

    /// A root step; the new chain.
    fn turn(&mut self, own: &[u8; 32], peer: &[u8; 32]) -> Chain {
        let prk = hmac(&self.root_key, &x25519(own, peer));
        let okm = hkdf_expand(&prk, b"SPRAG1 rk", 64);
        self.root_key = okm[..32].try_into().expect("32 bytes");
        Chain {
            key: okm[32..].try_into().expect("32 bytes"),
            n: 0,
        }
    }

    /// Seals with the draws of the engine: a ratchet key if the ratchet turns, then the salt.
    pub(crate) fn seal(&mut self, plaintext: &str, draws: &[Bytes]) -> Sealed {
        let mut draws = draws.iter();
        let mut fields = vec![("from", text(self.name))];
        if self.sending.is_none() {
            let own: [u8; 32] = draws.next().expect("a ratchet key")[..]
                .try_into()
                .expect("32 bytes");
            let peer = self.peer.expect("somebody to answer");
            self.sending = Some(self.turn(&own, &peer));
            self.own = Some(own);
            fields.push(("ratchet_private", hex(own)));
            fields.push(("root_key", hex(self.root_key)));
        }
        let chain = self.sending.as_mut().expect("just made");
        let (n, chain_key) = (chain.n, chain.key);
        let message_key = chain.step();
        let salt = draws.next().expect("a salt");
        assert!(draws.next().is_none() && salt.len() == 8, "no other draws");

        let header = [
            &[0x11][..],
            &self.suite.id().to_be_bytes(),
            &x25519_public(&self.own.expect("a ratchet key")),
            &self.pn.to_be_bytes(),
            &n.to_be_bytes(),
            salt,
        ]
        .concat();
        let nonce: [u8; 12] = [&salt[..], &n.to_be_bytes()]
            .concat()
            .try_into()
            .expect("12 bytes");
        let ad = [&self.sid[..], &header].concat();
        let sealed = aead_seal(
            self.suite.aead(),
            &message_key,
            &nonce,
            &ad,
            plaintext.as_bytes(),
        );
        let bytes = [&self.prefix[..], &header, &sealed].concat();
        fields.extend([
            ("pn", number(self.pn)),
            ("n", number(n)),
            ("chain_key", hex(chain_key)),
            ("message_key", hex(message_key)),
            ("nonce", hex(nonce)),
            ("ad", hex(&ad)),
            ("plaintext", text(plaintext)),
            ("message", hex(&bytes)),
        ]);
        Sealed {
            bytes,
            key: message_key,
            json: Json::Object(fields),
        }
    }

    /// Receives a message and returns its key, which is all that opening it takes.
    pub(crate) fn open(&mut self, message: &[u8], init_len: usize) -> [u8; 32] {
        let message = if message[0] == 0x12 {
            &message[init_len..]
        } else {
            message
        };
        let ratchet_key: [u8; 32] = message[3..35].try_into().expect("32 bytes");
        let integer =
            |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().expect("4 bytes"));
        let (pn, n) = (integer(35), integer(39));
        self.prefix.clear();
        if let Some(key) = self.stored.remove(&(ratchet_key, n)) {
            return key;
        }
        if self.receiving.is_none() || self.peer != Some(ratchet_key) {
            if let (Some(mut closing), Some(peer)) = (self.receiving.take(), self.peer) {
                self.skip(&mut closing, peer, pn);
            }
            let own = self.own.expect("a key the peer answers to");
            self.receiving = Some(self.turn(&own, &ratchet_key));
            self.peer = Some(ratchet_key);
            self.pn = self.sending.take().map_or(0, |chain| chain.n);
        }
        let mut chain = self.receiving.take().expect("just made");
        self.skip(&mut chain, ratchet_key, n);
        let message_key = chain.step();
        self.receiving = Some(chain);
        message_key
    }

    fn skip(&mut self, chain: &mut Chain, ratchet_key: [u8; 32], end: u32) {
        while chain.n < end {
            let n = chain.n;
            let key = chain.step();
            self.stored.insert((ratchet_key, n), key);
        }
    }
}
