//! One connection through a proxy: two sockets, and a thread for each way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use rustix::net::{RecvFlags, recv};

use super::Shared;
use super::fault::{Fault, harm};

/// The sockets close when both threads have let go of it.
pub(super) struct Relay {
    client: TcpStream,
    server: TcpStream,
    /// A reply was lost: from then on none is passed on, and the client is not told.
    silent: AtomicBool,
    /// A request was lost: from then on none is passed on.
    deaf: AtomicBool,
    reset: AtomicBool,
    /// It was open when requests began to be held back.
    held: AtomicBool,
}

impl Relay {
    pub(super) fn new(client: TcpStream, server: TcpStream) -> Self {
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        Self {
            client,
            server,
            silent: AtomicBool::new(false),
            deaf: AtomicBool::new(false),
            reset: AtomicBool::new(false),
            held: AtomicBool::new(false),
        }
    }

    /// From client to server.
    pub(super) fn requests(&self, shared: &Shared) {
        let mut chunk = [0; 64 * 1024];
        loop {
            let count = match (&self.client).read(&mut chunk) {
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            match shared.fault() {
                Fault::BlackHole => self.lose(shared),
                Fault::HalfOpen => {
                    self.lose(shared);
                    let _ = self.server.shutdown(Shutdown::Both);
                }
                Fault::Hold if self.held.load(Ordering::Acquire) => {
                    shared.count();
                    self.hold(shared, chunk[..count].to_vec());
                    continue;
                }
                _ => {}
            }
            if !self.deaf.load(Ordering::Acquire) && (&self.server).write_all(&chunk[..count]).is_err() {
                break;
            }
        }
        if !self.reset.load(Ordering::Acquire) {
            self.end();
        }
    }

    /// Keeps what comes until the fault changes, also when the client goes away, and then delivers it.
    fn hold(&self, shared: &Shared, mut held: Vec<u8>) {
        let mut chunk = [0; 64 * 1024];
        let _ = self.client.set_read_timeout(Some(Duration::from_millis(5)));
        let mut gone = false;
        while shared.fault() == Fault::Hold {
            if gone {
                let fault = shared.lock();
                let _ = shared.changed.wait_timeout(fault, Duration::from_millis(5));
                continue;
            }
            match (&self.client).read(&mut chunk) {
                Ok(0) => gone = true,
                Ok(count) => held.extend_from_slice(&chunk[..count]),
                Err(_) => {}
            }
        }
        let _ = self.client.set_read_timeout(None);
        let _ = (&self.server).write_all(&held);
    }

    /// From server to client.
    pub(super) fn replies(&self, shared: &Shared, mut rng: Rng) {
        let mut chunk = [0; 64 * 1024];
        let mut received = Vec::new();
        let mut shuffled = false;
        loop {
            let count = match (&self.server).read(&mut chunk) {
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            let fault = shared.fault();
            match fault {
                Fault::BlackHole | Fault::HalfOpen => self.lose(shared),
                Fault::Mute => self.silence(shared),
                _ => {}
            }
            if self.is_silent() {
                continue;
            }
            received.extend_from_slice(&chunk[..count]);
            if let Fault::Delay(delay) = fault {
                shared.count();
                wait(shared, fault, delay);
                self.take_what_is_there(&mut received);
            }
            // Replies are taken apart also where none is hit, so that a fault which is set later finds their edges.
            let mut foreign = shared.foreign.lock().unwrap_or_else(PoisonError::into_inner);
            let fault = if shuffled && matches!(fault, Fault::Shuffle { .. }) { Fault::Pass } else { fault };
            let harmed = harm(fault, &mut received, &mut foreign, &mut rng);
            drop(foreign);
            shuffled |= harmed.hits > 0;
            shared.injected.fetch_add(harmed.hits, Ordering::Relaxed);
            let sent = if fault == Fault::Split {
                shared.count();
                self.send_in_pieces(&harmed.bytes, &mut rng)
            } else {
                (&self.client).write_all(&harmed.bytes)
            };
            if harmed.reset {
                self.reset();
            }
            if sent.is_err() || harmed.reset {
                break;
            }
        }
        if !self.reset.load(Ordering::Acquire) && !self.is_silent() {
            self.end();
        }
    }

    /// So that a delay holds replies up and does not let them pile up.
    fn take_what_is_there(&self, received: &mut Vec<u8>) {
        let mut chunk = [0; 64 * 1024];
        while let Ok((count @ 1.., _)) = recv(&self.server, &mut chunk, RecvFlags::DONTWAIT) {
            received.extend_from_slice(&chunk[..count]);
        }
    }

    fn send_in_pieces(&self, bytes: &[u8], rng: &mut Rng) -> std::io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rng.usize(1..=rest.len().min(64)));
            (&self.client).write_all(piece)?;
            rest = after;
        }
        Ok(())
    }

    /// Ends both sides in order.
    pub(super) fn end(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    /// Ends both sides; the client is sent a reset when the last thread lets go.
    pub(super) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
        let _ = rustix::net::sockopt::set_socket_linger(&self.client, Some(Duration::ZERO));
        let _ = self.client.shutdown(Shutdown::Read); // wakes the thread that reads, and sends nothing
        let _ = self.server.shutdown(Shutdown::Both);
    }

    pub(super) fn hold_from_now(&self) {
        self.held.store(true, Ordering::Release);
    }

    /// Ends the server's side and keeps the client's open.
    pub(super) fn half_open(&self) {
        self.silent.store(true, Ordering::Release);
        self.deaf.store(true, Ordering::Release);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    fn lose(&self, shared: &Shared) {
        self.silence(shared);
        self.deaf.store(true, Ordering::Release);
    }

    fn silence(&self, shared: &Shared) {
        if !self.silent.swap(true, Ordering::AcqRel) {
            shared.count();
        }
    }

    fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Acquire)
    }
}

/// Waits for so long, or until the fault changes.
fn wait(shared: &Shared, fault: Fault, delay: Duration) {
    let now = shared.lock();
    let _ = shared.changed.wait_timeout_while(now, delay, |now| *now == fault);
}
