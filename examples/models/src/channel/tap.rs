//! Somebody on the way: passes every byte on, and keeps a copy of it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What passed, in memory.
#[derive(Clone, Debug, Default)]
pub struct Tap {
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// Listens on a free loopback port and passes connections on to `to`, until the process ends.
    ///
    /// # Errors
    /// The network's.
    pub fn serve(&self, to: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let tap = self.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that breaks is its ends' matter.
                let _ = tap.join(&client, to);
            }
        });
        Ok(address)
    }

    fn join(&self, client: &TcpStream, to: SocketAddr) -> io::Result<()> {
        let server = TcpStream::connect(to)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        for (from, to) in [
            (client.try_clone()?, server.try_clone()?),
            (server, client.try_clone()?),
        ] {
            let tap = self.clone();
            thread::spawn(move || tap.copy(from, to));
        }
        Ok(())
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                return to.shutdown(Shutdown::Write);
            }
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.extend_from_slice(&buffer[..read]);
            drop(seen);
            to.write_all(&buffer[..read])?;
        }
    }
}
