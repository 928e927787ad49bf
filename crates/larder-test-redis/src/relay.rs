//! What stands between a client and a server, and counts what goes through.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

use crate::server::Server;

/// Stands before a server, passes on all that is said, and counts it: what a client waits for and what it sends.
///
/// It is gone when the process ends.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    trips: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

/// What went through a relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How often the client spoke after the server had: what one client waits for.
    pub trips: u64,
    /// Bytes to the server.
    pub sent: u64,
    /// Bytes from it.
    pub received: u64,
}

impl Relay {
    /// A relay before a server.
    ///
    /// # Panics
    /// Where no port is free.
    pub fn new(server: &Server) -> Self {
        let server = server.port();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let counts = Arc::new(Counts::default());
        let counted = counts.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A client that cannot be served is let go of.
                let _ = serve(client, server, &counted);
            }
        });
        Self { port, counts }
    }

    /// The port to connect to, on the loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What went through until now.
    pub fn traffic(&self) -> Traffic {
        let Counts { trips, sent, received } = &*self.counts;
        Traffic { trips: trips.load(SeqCst), sent: sent.load(SeqCst), received: received.load(SeqCst) }
    }
}

fn serve(client: TcpStream, server: u16, counts: &Arc<Counts>) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    let (client_too, server_too) = (client.try_clone()?, server.try_clone()?);
    let has_answered = Arc::new(AtomicBool::new(true));
    let (counting, answered) = (counts.clone(), has_answered.clone());
    thread::spawn(move || {
        pass(client, server, |bytes| {
            counting.trips.fetch_add(u64::from(answered.swap(false, SeqCst)), SeqCst);
            counting.sent.fetch_add(bytes, SeqCst);
        });
    });
    let counting = counts.clone();
    thread::spawn(move || {
        pass(server_too, client_too, |bytes| {
            has_answered.store(true, SeqCst);
            counting.received.fetch_add(bytes, SeqCst);
        });
    });
    Ok(())
}

/// What is counted is counted before it goes on: whoever has its answer finds it counted.
fn pass(mut from: TcpStream, mut to: TcpStream, count: impl Fn(u64)) {
    let _ = to.set_nodelay(true);
    let mut chunk = [0; 64 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut chunk) {
        count(bytes as u64);
        if to.write_all(&chunk[..bytes]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
