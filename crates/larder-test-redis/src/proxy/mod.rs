//! A TCP proxy before a server that can be told to do harm.

mod fault;
mod relay;

use std::fmt;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use fastrand::Rng;

use crate::server::Server;

pub use fault::Fault;
use relay::Relay;

/// A proxy on a port of its own before a [`Server`], which passes everything on until a [`Fault`] is set.
///
/// Replies are taken apart only where a fault asks for it. What a seed does to one connection depends on the seed, on
/// which connection it is, and on its replies alone. Gone when dropped, with all its connections.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
    url: (String, String),
}

struct Shared {
    target: u16,
    fault: Mutex<Fault>,
    changed: Condvar,
    injected: AtomicU64,
    accepted: AtomicU64,
    ended: AtomicBool,
    relays: Mutex<Vec<Weak<Relay>>>,
    seed: u64,
    /// A reply from before, to be put where it does not belong.
    foreign: Mutex<Vec<u8>>,
}

impl Proxy {
    /// Stands before a server's port. The seed chooses which replies are hit.
    ///
    /// # Panics
    /// Where no port is to be had.
    pub fn new(server: &Server, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let url = server.url();
        let (head, tail) = url.split_once(&format!(":{}", server.port())).expect("the server is reached by its port");
        let shared = Arc::new(Shared {
            target: server.port(),
            fault: Mutex::new(Fault::Pass),
            changed: Condvar::new(),
            injected: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            relays: Mutex::new(Vec::new()),
            seed,
            foreign: Mutex::new(b"$7\r\nforeign\r\n".to_vec()),
        });
        let of_listener = Arc::clone(&shared);
        std::thread::spawn(move || of_listener.accept(&listener));
        Self { shared, port, url: (head.to_owned(), tail.to_owned()) }
    }

    /// The server's URL, through this proxy.
    pub fn url(&self) -> String {
        self.url_with("")
    }

    /// The same with what stands behind the place: a database, options, or both (`/3?timeout=1s`).
    pub fn url_with(&self, tail: &str) -> String {
        let (head, rest) = &self.url;
        let rest = if tail.contains('?') { rest.replacen('?', "&", 1) } else { rest.clone() };
        format!("{head}:{}{tail}{rest}", self.port)
    }

    /// Its port on the loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it does from now on, also to the connections that are open.
    pub fn set(&self, fault: Fault) {
        if fault == Fault::Hold {
            self.shared.each_relay(Relay::hold_from_now);
        }
        *self.shared.lock() = fault;
        self.shared.changed.notify_all();
        if fault == Fault::HalfOpen {
            self.shared.each_relay(Relay::half_open);
        }
    }

    /// Ends every open connection by a reset.
    pub fn reset_all(&self) {
        self.shared.each_relay(Relay::reset);
    }

    /// How often harm was done: replies hit, connections reset or silenced, pieces of requests held.
    pub fn injected(&self) -> u64 {
        self.shared.injected.load(Ordering::Relaxed)
    }

    /// How many connections were made through it.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.ended.load(Ordering::Acquire) {
                return;
            }
            let Ok(client) = client else { continue };
            let number = self.accepted.fetch_add(1, Ordering::Relaxed);
            let rng = Rng::with_seed(self.seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            let shared = Arc::clone(self);
            std::thread::spawn(move || shared.relay(client, rng));
        }
    }

    /// Passes on until an end.
    fn relay(self: &Arc<Self>, client: TcpStream, rng: Rng) {
        // A server that is away refuses; the client is told by an end, as of any proxy.
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.target)) else { return };
        let relay = Arc::new(Relay::new(client, server));
        let mut relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        relays.retain(|relay| relay.strong_count() > 0);
        relays.push(Arc::downgrade(&relay));
        drop(relays);
        let (shared, of_requests) = (Arc::clone(self), Arc::clone(&relay));
        std::thread::spawn(move || of_requests.requests(&shared));
        relay.replies(self, rng);
    }

    fn each_relay(&self, act: impl Fn(&Relay)) {
        let relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        relays.iter().filter_map(Weak::upgrade).for_each(|relay| act(&relay));
    }

    fn lock(&self) -> MutexGuard<'_, Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self) -> Fault {
        *self.lock()
    }

    fn count(&self) {
        self.injected.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        self.set(Fault::Pass); // whoever holds or delays something goes on
        self.shared.each_relay(Relay::end);
        let _ = TcpStream::connect(("127.0.0.1", self.port)); // the listener looks up
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("port", &self.port).field("fault", &self.shared.fault()).finish_non_exhaustive()
    }
}
