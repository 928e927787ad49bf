//! A client of the rig's own: one socket, one command after another, no cleverness that could hide a fault.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::reply::{self, Reply};

/// A connection to a server by its unix socket, with every right.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    received: Vec<u8>,
}

/// Long enough for any command of a test; a stopped server fails the test instead of holding it up for ever.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    pub(crate) fn connect(socket: &Path, user: &str, password: &str) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self { stream, received: Vec::new() };
        match client.command(&["AUTH", user, password])? {
            Reply::Error(refused) => Err(io::Error::other(refused)),
            _ => Ok(client),
        }
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    /// Those of the socket; an error of the server's is a [`Reply::Error`].
    pub fn command<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<Reply> {
        self.send(args)?;
        self.reply()
    }

    /// Sends a command and does not wait.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn send<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<()> {
        let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
        for arg in args {
            let arg = arg.as_ref();
            bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            bytes.extend_from_slice(arg);
            bytes.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&bytes)
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn reply(&mut self) -> io::Result<Reply> {
        loop {
            if let Some(end) = reply::end(&self.received, 0) {
                let reply = Reply::read(&self.received, &mut 0);
                self.received.drain(..end);
                return Ok(reply);
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.received.extend_from_slice(&chunk[..count]),
            }
        }
    }
}
