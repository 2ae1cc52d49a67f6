//! Chunked encryption of files: Cobblestone-256 of c2sp.org/chunked-encryption.
//!
//! ```text
//! file    salt(24) || commitment(32) || chunk * || last chunk
//! chunk   16384 bytes sealed, tag(16)              AES-256-GCM without associated data
//! last    0 to 16383 bytes sealed, tag(16)
//!
//! key(32) || base nonce(12) || commitment(32)
//!         = HKDF-Expand-SHA-512(input key, "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"
//!                               || salt || context)
//! nonce   base nonce XOR number of the chunk
//! ```
//! The last chunk, and no other, is shorter than a whole one: so a file has one division into chunks,
//! and a reader knows the end when it sees it. The commitment makes a file that opens under two keys
//! as hard to find as a collision of SHA-512 cut to 32 bytes; it is compared before anything is opened.
//!
//! [`Sealer`] and [`Opener`] stream, with one chunk in memory; [`Reencryptor`] is the one behind the
//! other. [`Pieces`] seals and opens single chunks in any order and on any thread. A [`Spread`] says on
//! which threads those chunks of a stream are worked on that are there together, and a [`Buffer`] is what a
//! stream is best written into that is passed on part by part. [`Opener::look_through`] gathers nothing.
//!
//! What an opener gives out is authentic, chunk by chunk, but only [`Opener::finish`] tells that
//! nothing is missing at the end. Whoever acts on the parts acts on a prefix.

mod buffer;
mod error;
mod keys;
mod opener;
mod pieces;
mod reencryptor;
mod room;
mod run;
mod scattered;
mod sealer;
mod spread;

pub use buffer::Buffer;
pub use error::ChunkedError;
pub use opener::Opener;
pub use pieces::{Pieces, file_len, text_len};
pub use reencryptor::Reencryptor;
pub use room::Room;
pub use run::Run;
pub(crate) use scattered::Scattered;
pub use sealer::Sealer;
pub use spread::{InOrder, Spread};

/// Length of a chunk's plaintext in bytes, except that of the last chunk, which is shorter.
pub const CHUNK_LEN: usize = 16384;
/// Length of a tag in bytes: by so much a chunk grows.
pub const TAG_LEN: usize = 16;
/// Length of the header in bytes: salt and commitment.
pub const HEADER_LEN: usize = 56;
/// The most chunks of a file: 2^38, or four pebibytes.
pub const MAX_CHUNKS: u64 = 1 << 38;

const SEALED_LEN: usize = CHUNK_LEN + TAG_LEN;
