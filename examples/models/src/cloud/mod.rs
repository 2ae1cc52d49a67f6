//! The parts of a model in which the server keeps the history and can read it.
//!
//! What lives here: the [`Cloud`] that answers the requests of a user's devices, its [`Storage`], and what
//! a [`Device`] asks for. What does not: the channels between them ([`crate::channel`]).
//!
//! ```text
//! request  "enrol" user code | "send" to text | "fetch" after(8) | "revoke" device's key(32)
//! answer   of "fetch": for each message number(8) from text; of the others nothing
//! ```
//!
//! In one process, the server on threads:
//!
//! ```
//! use std::sync::Arc;
//! use sprag::default::{Backend, StaticKey};
//! use sprag::stores::Durability;
//! use sprag::transport::ChannelPolicy;
//! use sprag_models::channel::{Client, Server};
//! use sprag_models::cloud::{Cloud, Device, Storage};
//!
//! # fn main() -> sprag_models::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("cloud");
//! let storage_key = sprag::Secret::new([7; 32]);
//! let storage = Storage::<Backend>::open(&file, 1, &storage_key, Durability::ProcessCrash)?;
//! let server = Arc::new(Server::<Backend, _>::new(ChannelPolicy::default(), Cloud::new(storage))?);
//! let (address, server_key) = (server.serve()?, *server.public());
//!
//! let device = || -> sprag_models::Result<_> {
//!     let own = Arc::new(StaticKey::generate(&mut sprag::entropy::system())?);
//!     let mut client = Client::new(address, server_key, Some(own), ChannelPolicy::default());
//!     let mut device = Device::new(client.connect()?);
//!     device.enrol("alice", "alice's code")?;
//!     Ok(device)
//! };
//! let mut phone = device()?;
//! phone.send("alice", "a note to myself")?;
//! phone.close()?;
//! // Another device of hers.
//! assert_eq!(device()?.fetch(0)?[0].text, "a note to myself");
//! # Ok(())
//! # }
//! ```

mod device;
mod gate;
mod server;
mod storage;

pub use device::{Device, Message};
pub use gate::Gate;
pub use server::{Cloud, Denied};
pub use storage::{Numbered, Storage};

/// So many messages an answer has at most.
pub const PAGE: usize = 256;
