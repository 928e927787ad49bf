//! The socket to a server, of whatever sort.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::direct::Direct;
use super::{Address, Place, tls};
use crate::error::{Error, ErrorKind, Result};

/// What a driver drives.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Whether whoever reads comes back by itself where nothing has come, so that nobody need wake it.
    fn look(&mut self, looking: bool);
}

/// A connected socket.
pub(super) enum Socket {
    Tcp(Direct<TcpStream>),
    Tls(Box<TlsStream<Direct<TcpStream>>>),
    #[cfg(unix)]
    Unix(Direct<UnixStream>),
}

impl Socket {
    /// Connects. Names are looked up each time, since a failover can move them. Each step may take `limit`.
    pub(super) async fn connect(address: &Address, limit: Duration) -> Result<Self> {
        match &address.place {
            Place::Tcp(host, port) => {
                let found = timeout(limit, lookup_host((host.as_str(), *port))).await;
                let found = found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| {
                    Error::new(ErrorKind::Unavailable, "the name of the server cannot be looked up").caused_by(error)
                })?;
                let socket = first(found, limit).await?;
                match &address.tls {
                    None => Ok(Self::Tcp(socket)),
                    Some(tls) => timeout(limit, tls::secured(socket, host, tls))
                        .await
                        .unwrap_or_else(|_| Err(silent("the server does not answer the TLS handshake: if it speaks no TLS there, use `redis://`")))
                        .map(|socket| Self::Tls(Box::new(socket))),
                }
            }
            #[cfg(unix)]
            Place::Unix(path) => match timeout(limit, UnixStream::connect(path)).await {
                Ok(Ok(socket)) => Ok(Self::Unix(Direct::new(socket))),
                Ok(Err(error)) => Err(unreachable(error)),
                Err(_) => Err(silent("the server does not answer")),
            },
            #[cfg(not(unix))]
            Place::Unix(_) => Err(Error::new(ErrorKind::Config, "this system has no Unix sockets: use `redis://`")),
        }
    }
}

/// The first of several addresses that can be connected to.
async fn first(found: impl Iterator<Item = SocketAddr>, limit: Duration) -> Result<Direct<TcpStream>> {
    let mut last = Error::new(ErrorKind::Unavailable, "the name of the server has no address");
    for address in found {
        match timeout(limit, tcp(address)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => last = unreachable(error),
            Err(_) => last = silent("the server does not answer"),
        }
    }
    Err(last)
}

async fn tcp(address: SocketAddr) -> io::Result<Direct<TcpStream>> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_keepalive(true)?;
    socket.set_nodelay(true)?;
    socket.connect(address).await.map(Direct::new)
}

fn unreachable(error: io::Error) -> Error {
    let (kind, message) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (ErrorKind::Unavailable, "nothing listens there: is the server up?"),
        io::ErrorKind::NotFound => (ErrorKind::Unavailable, "there is no such socket: is the server up?"),
        io::ErrorKind::PermissionDenied => (ErrorKind::Denied, "the socket may not be opened: see to its permissions"),
        _ => (ErrorKind::Unavailable, "the server cannot be reached"),
    };
    Error::new(kind, message).caused_by(error)
}

fn silent(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

/// Calls the same method on whichever socket it is.
macro_rules! on {
    ($socket:expr, $method:ident $(, $argument:expr)*) => {
        match $socket.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).$method($($argument),*),
            Socket::Tls(socket) => Pin::new(socket).$method($($argument),*),
            #[cfg(unix)]
            Socket::Unix(socket) => Pin::new(socket).$method($($argument),*),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on!(self, poll_read, cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        on!(self, poll_write, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on!(self, poll_flush, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on!(self, poll_shutdown, cx)
    }
}

impl Stream for Socket {
    fn look(&mut self, looking: bool) {
        match self {
            Self::Tcp(socket) => socket.look(looking),
            Self::Tls(socket) => socket.get_mut().0.look(looking),
            #[cfg(unix)]
            Self::Unix(socket) => socket.look(looking),
        }
    }
}

#[cfg(test)]
impl Stream for tokio::io::DuplexStream {
    fn look(&mut self, _: bool) {}
}
