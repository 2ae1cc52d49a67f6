//! Backups: one file that a password, a recovery key or another party's key opens.
//!
//! ```text
//! file      header || payload
//! header    "SPRAGSKB"(8) || version(1) = 1 || suite(2) = 0x0001 || slots(1) || slot *
//!           || created(8) || flags(2) = 0 || mac(32)
//! slot      type(1) || length(2) || data                          at most 16 slots of 2048 bytes
//!   1       memory(4) || passes(4) || lanes(4) || salt(16) || commitment(32) || wrapped(48)
//!   2       salt(16) || commitment(32) || wrapped(48)
//!   3       envelope of crate::wrap, purpose 4, key id 0^16, context "SKB1"
//!   4       length(2) || opaque || salt(16) || commitment(32) || wrapped(48)
//!   other   passed over
//!
//! FK        32 random bytes
//! root      slot 1: Argon2id(password, salt);  slots 2 and 4: HKDF-Extract(salt, key or secret)
//! kek(32) || commitment(32) = HKDF-Expand(root, label || data before the commitment, 64)
//!           label "SKB1 pw", "SKB1 rk" or "SKB1 es"
//! wrapped   AES-256-GCM(kek, nonce 0^12, ad = label || data before the commitment, FK)
//! mac       HMAC(HKDF-Expand(FK, "SKB1 hdr", 32), header before it)
//! payload   chunked encryption under HKDF-Expand(FK, "SKB1 pay", 32), context = SHA-256(header)
//! text      item * || 0x00 || zeros up to the bucket
//! item      type(1) || length(2) || name || length(4) || body     1 history record, 2 data of the application
//! ```
//! A slot's commitment is compared before anything is unwrapped, so no slot can be made that opens
//! under many passwords at once, and no answer tells how near a password was. What a password costs
//! is held against limits before memory is reserved. A password slot never stands beside slots for
//! other parties: whoever made it could lend the file its authenticity.
//!
//! [`Backup`] reads the whole file before it gives out anything: wrong password, cut-off, reordered
//! and foreign files are refused with nothing imported.
//!
//! What is **not** in a backup, by type: sessions, prekeys, identities. A restored ratchet would use
//! keys again; [`BackupWriter::add`] takes [`BackupContent`] alone, which is sealed. Bytes have no such
//! type: an encoded session that an application passes off as its own data is not found out.
//!
//! ```
//! use sprag_core::FileBackend;
//! use sprag_core::history::backup::{BackupWriter, HistoryRecord};
//!
//! fn back_up<B: FileBackend>(writer: &mut BackupWriter<B>, record: &HistoryRecord<'_>) {
//!     let _ = writer.add(record, &mut Vec::new());
//! }
//! ```
//!
//! ```compile_fail,E0277
//! use sprag_core::FileBackend;
//! use sprag_core::history::backup::BackupWriter;
//! use sprag_core::session::Session;
//!
//! fn back_up<B: FileBackend>(writer: &mut BackupWriter<B>, session: &Session<B>) {
//!     let _ = writer.add(session, &mut Vec::new());
//! }
//! ```

mod content;
mod error;
mod header;
mod items;
mod padding;
mod recovery;
mod restore;
mod slot;
mod source;
mod writer;

pub use crate::password::{Password, PasswordLimits};
pub use content::{AppData, BackupContent, HistoryRecord, MAX_BODY, Restored};
pub use error::{BackupError, RestoreError};
pub use recovery::{RecoveryKey, RecoveryKeyError};
pub use restore::{Backup, FileKey, Phase, Progress, Verified};
pub use slot::MAX_OPAQUE;
pub use source::{BackupSource, Bytes};
pub use writer::{BackupBuilder, BackupWriter, Ending};
