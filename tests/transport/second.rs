//! A second implementation of `NNpsk0` and of the hybrid of `NN`, an initiator's, and of what
//! docs/PROTOCOL.md sections 15.3, 15.5 and 15.6 derive from them, as straightforward as can be.

use sprag::default::Backend;
use sprag::sprag_core::primitives::{Aead, Hmac, Kem, KeyAgreement};
use sprag::sprag_core::{CryptoBackend, PqBackend};

type Sha = <Backend as CryptoBackend>::HmacSha256;
type ChaCha = <Backend as CryptoBackend>::ChaCha20Poly1305;
type X25519 = <Backend as CryptoBackend>::X25519;
type MlKem = <Backend as PqBackend>::MlKem768;

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
    /// The names are longer than 32 bytes: they are hashed.
    fn new(name: &[u8], prologue: &[u8]) -> Self {
        let hash = Sha::sha256(&[name]);
        let mut state = Self {
            chaining_key: hash,
            hash,
            key: [0; 32],
        };
        state.mix_hash(prologue);
        state
    }

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

    fn psk(&mut self, psk: &[u8; 32]) {
        let [chaining_key, data, key] = self.hkdf(psk);
        (self.chaining_key, self.key) = (chaining_key, key);
        self.mix_hash(&data);
    }

    fn e(&mut self, public: &[u8; 32]) {
        self.mix_hash(public);
        self.mix_key(public);
    }

    fn ee(&mut self, private: &[u8; 32], public: &[u8; 32]) {
        let mut shared = [0; 32];
        let private = X25519::private_key(private).unwrap();
        X25519::agree(&private, public, &mut shared).unwrap();
        self.mix_key(&shared);
    }

    /// Each key of a handshake is used for one payload here.
    fn seal(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut sealed = payload.to_vec();
        let tag = ChaCha::seal_once(&self.key, &[0; 12], &self.hash, &mut sealed).unwrap();
        sealed.extend_from_slice(&tag);
        self.mix_hash(&sealed);
        sealed
    }

    fn open_empty(mut self, tag: &[u8]) -> Done {
        let tag = tag.try_into().unwrap();
        ChaCha::open_once(&self.key, &[0; 12], &self.hash, &mut [], &tag).unwrap();
        self.mix_hash(&tag);
        let [initiators, responders, _] = self.hkdf(&[]);
        Done {
            chaining_key: self.chaining_key,
            hash: self.hash,
            initiators,
            responders,
        }
    }
}

/// `-> psk, e`
pub(crate) fn send(psk: [u8; 32], prologue: &[u8], private: [u8; 32]) -> (Sent, Vec<u8>) {
    let mut state = State::new(b"Noise_NNpsk0_25519_ChaChaPoly_SHA256", prologue);
    state.psk(&psk);
    let public = *X25519::public_key(&X25519::private_key(&private).unwrap());
    state.e(&public);
    let sealed = state.seal(b"");
    (
        Sent { state, private },
        [public.as_slice(), &sealed].concat(),
    )
}

/// `-> e`, with the encapsulation key of `seed`.
pub(crate) fn send_hybrid(prologue: &[u8], private: [u8; 32], seed: &[u8; 64]) -> (Sent, Vec<u8>) {
    send_with(prologue, private, &encapsulation_key(seed))
}

/// `-> e`, with any payload in the place of an encapsulation key.
pub(crate) fn send_with(prologue: &[u8], private: [u8; 32], payload: &[u8]) -> (Sent, Vec<u8>) {
    let name = b"Noise_NNpsk2_25519+MLKEM768_ChaChaPoly_SHA256";
    let mut state = State::new(name, prologue);
    let public = *X25519::public_key(&X25519::private_key(&private).unwrap());
    state.e(&public);
    let sealed = state.seal(payload);
    (
        Sent { state, private },
        [public.as_slice(), &sealed].concat(),
    )
}

fn encapsulation_key(seed: &[u8; 64]) -> Vec<u8> {
    let mut public = vec![0; 1184];
    let key = MlKem::decapsulation_key(seed).unwrap();
    MlKem::public_key(&key, &mut public).unwrap();
    public
}

impl Sent {
    /// `<- e, ee`
    pub(crate) fn receive(self, message: &[u8]) -> Done {
        let Self { mut state, private } = self;
        let public = message[..32].try_into().unwrap();
        state.e(&public);
        state.ee(&private, &public);
        state.open_empty(&message[32..])
    }

    /// `<- e, ee, psk` behind a ciphertext.
    pub(crate) fn receive_hybrid(self, message: &[u8], seed: &[u8; 64]) -> Done {
        let Self { mut state, private } = self;
        let (ciphertext, message) = message.split_at(1088);
        let (mut shared, mut psk) = ([0; 32], [0; 32]);
        let key = MlKem::decapsulation_key(seed).unwrap();
        MlKem::decapsulate(&key, ciphertext, &mut shared).unwrap();
        let public_hash = Sha::sha256(&[&encapsulation_key(seed)]);
        let ciphertext_hash = Sha::sha256(&[ciphertext]);
        let parts = [b"SPRAG1 kem".as_slice(), &public_hash, &ciphertext_hash];
        Sha::hmac(&shared, &parts, &mut psk);
        let public = message[..32].try_into().unwrap();
        state.e(&public);
        state.ee(&private, &public);
        state.psk(&psk);
        state.open_empty(&message[32..])
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
