//! A second implementation of `NNpsk0`, an initiator's, and of what docs/PROTOCOL.md sections 15.3 and
//! 15.5 derive from it, as straightforward as can be.

use sprag::default::Backend;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::primitives::{Aead, Hmac, KeyAgreement};

type Sha = <Backend as CryptoBackend>::HmacSha256;
type ChaCha = <Backend as CryptoBackend>::ChaCha20Poly1305;
type X25519 = <Backend as CryptoBackend>::X25519;

pub(crate) fn expand(secret: &[u8; 32], label: &[u8]) -> [u8; 32] {
    let mut output = [0; 32];
    Sha::hkdf_expand(secret, label, &mut output).unwrap();
    output
}

/// What a handshake leads to.
pub(crate) struct Done {
    pub(crate) chaining_key: [u8; 32],
    pub(crate) hash: [u8; 32],
    pub(crate) initiators: [u8; 32],
    pub(crate) responders: [u8; 32],
}

/// An initiator that has sent its message.
pub(crate) struct Sent {
    state: State,
    private: [u8; 32],
}

struct State {
    chaining_key: [u8; 32],
    hash: [u8; 32],
    key: [u8; 32],
}

impl State {
    fn mix_hash(&mut self, data: &[u8]) {
        self.hash = Sha::sha256(&[&self.hash, data]);
    }

    fn hkdf(&self, ikm: &[u8]) -> [[u8; 32]; 3] {
        let (mut prk, mut output) = ([0; 32], [0; 96]);
        Sha::hkdf_extract(&self.chaining_key, &[ikm], &mut prk);
        Sha::hkdf_expand(&prk, &[], &mut output).unwrap();
        [0, 32, 64].map(|at| output[at..at + 32].try_into().unwrap())
    }

    fn mix_key(&mut self, ikm: &[u8]) {
        let [chaining_key, key, _] = self.hkdf(ikm);
        (self.chaining_key, self.key) = (chaining_key, key);
    }
}

/// `-> psk, e`
pub(crate) fn send(psk: [u8; 32], prologue: &[u8], private: [u8; 32]) -> (Sent, Vec<u8>) {
    // The name is longer than 32 bytes: it is hashed.
    let name = b"Noise_NNpsk0_25519_ChaChaPoly_SHA256";
    let hash = Sha::sha256(&[name]);
    let mut state = State {
        chaining_key: hash,
        hash,
        key: [0; 32],
    };
    state.mix_hash(prologue);
    let [chaining_key, data, key] = state.hkdf(&psk);
    (state.chaining_key, state.key) = (chaining_key, key);
    state.mix_hash(&data);
    let public = *X25519::public_key(&X25519::private_key(&private).unwrap());
    state.mix_hash(&public);
    state.mix_key(&public);
    let tag = ChaCha::seal_once(&state.key, &[0; 12], &state.hash, &mut []).unwrap();
    state.mix_hash(&tag);
    (Sent { state, private }, [public.as_slice(), &tag].concat())
}

impl Sent {
    /// `<- e, ee`
    pub(crate) fn receive(self, message: &[u8]) -> Done {
        let Self { mut state, private } = self;
        let public: [u8; 32] = message[..32].try_into().unwrap();
        let tag: [u8; 16] = message[32..].try_into().unwrap();
        state.mix_hash(&public);
        state.mix_key(&public);
        let mut shared = [0; 32];
        let private = X25519::private_key(&private).unwrap();
        X25519::agree(&private, &public, &mut shared).unwrap();
        state.mix_key(&shared);
        ChaCha::open_once(&state.key, &[0; 12], &state.hash, &mut [], &tag).unwrap();
        state.mix_hash(&tag);
        let [initiators, responders, _] = state.hkdf(&[]);
        Done {
            chaining_key: state.chaining_key,
            hash: state.hash,
            initiators,
            responders,
        }
    }
}

/// One direction of a channel over a stream.
pub(crate) struct Direction {
    secret: [u8; 32],
    number: u64,
}

impl Direction {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self { secret, number: 0 }
    }

    fn next(&mut self) -> ([u8; 32], [u8; 12]) {
        let mut iv = [0; 12];
        Sha::hkdf_expand(&self.secret, b"SPRAG1 iv", &mut iv).unwrap();
        for (to, from) in iv[4..].iter_mut().zip(self.number.to_be_bytes()) {
            *to ^= from;
        }
        self.number += 1;
        (expand(&self.secret, b"SPRAG1 key"), iv)
    }

    pub(crate) fn seal(&mut self, kind: u8, payload: &[u8]) -> Vec<u8> {
        let (key, nonce) = self.next();
        let mut body = [[kind].as_slice(), payload].concat();
        let front = u16::try_from(body.len() + 16).unwrap().to_be_bytes();
        let tag = ChaCha::seal_once(&key, &nonce, &front, &mut body).unwrap();
        [front.as_slice(), &body, &tag].concat()
    }

    /// The kind and the payload.
    pub(crate) fn open(&mut self, record: &[u8]) -> (u8, Vec<u8>) {
        let (key, nonce) = self.next();
        let (front, sealed) = record.split_at(2);
        assert_eq!(front, u16::try_from(sealed.len()).unwrap().to_be_bytes());
        let (body, tag) = sealed.split_at(sealed.len() - 16);
        let (mut body, tag) = (body.to_vec(), tag.try_into().unwrap());
        ChaCha::open_once(&key, &nonce, front, &mut body, &tag).unwrap();
        (body[0], body[1..].to_vec())
    }

    pub(crate) fn update(&mut self) {
        *self = Self::new(expand(&self.secret, b"SPRAG1 upd"));
    }
}
