//! The engine: every AEAD key of whole lives, as a watching backend saw it.

use std::io;
use std::sync::Mutex;

use sprag::sprag_core::primitives::{Aead, PrimitiveError};
use sprag::sprag_core::{CryptoBackend, FileBackend, HybridBackend};
use sprag::testing::remains::{Canary, Remains, Search};
use sprag::testing::watching::{Watch, Watching};

use crate::lives::{messages, storage, transport};

static SEEN: Mutex<Vec<Canary>> = Mutex::new(Vec::new());

/// Remembers every key, masked.
#[derive(Clone, Copy, Debug)]
struct Remember;

impl Watch for Remember {
    fn seal(key: &[u8; 32], _: &[u8; 12], _: &[u8]) -> Result<(), PrimitiveError> {
        SEEN.lock().unwrap().push(Canary::of(key));
        Ok(())
    }

    fn open(key: &[u8; 32], nonce: &[u8; 12], ad: &[u8]) -> Result<(), PrimitiveError> {
        Self::seal(key, nonce, ad)
    }
}

type Watched<B> = Watching<B, Remember>;

/// Lives the lives of a part, one after the other.
pub(crate) fn measure<B: HybridBackend + FileBackend>(part: &str) -> io::Result<Vec<Remains>> {
    let lives: &[(&str, fn())] = match part {
        "messages" => &[("engine: messages", messages::conversation::<Watched<B>>)],
        "transport" => &[
            ("engine: channels", transport::streams::<Watched<B>>),
            ("engine: datagrams", transport::datagrams::<Watched<B>>),
            ("engine: hybrid", transport::hybrid::<Watched<B>>),
            ("engine: plain Noise", transport::plain_noise::<Watched<B>>),
        ],
        "files" => &[
            ("engine: backups", storage::backup::<Watched<B>>),
            ("engine: history", storage::history::<Watched<B>>),
        ],
        "stores" => &[
            ("engine: durable", storage::durable::<Watched<B>>),
            ("engine: wrapped keys", storage::objects::<Watched<B>>),
            ("engine: key rings", storage::key_ring::<Watched<B>>),
        ],
        _ => &[],
    };
    let mut search = Search::new();
    let mut measured = Vec::with_capacity(lives.len());
    for (case, live) in lives {
        live();
        let seen = std::mem::take(&mut *SEEN.lock().unwrap());
        assert!(!seen.is_empty(), "{case}: no key was seen");
        measured.push(search.remains(case, &seen)?);
    }
    Ok(measured)
}

/// A key that is in use, as a watching backend holds it.
pub(crate) fn prepared<B: CryptoBackend>(bytes: &[u8; 32]) -> Box<impl Sized + use<B>> {
    Box::new(<Watched<B> as CryptoBackend>::Aes256Gcm::key(bytes).unwrap())
}
