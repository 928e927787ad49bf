//! A socket that the runtime watches only while there is a sleep to end.
//!
//! Tokio watches its sockets all the time. While the driver looks for replies without sleeping, each that comes would wake
//! a worker that has nothing to do, on a core where the server may be at work.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// A socket that can be taken out of the runtime's watch.
pub(super) trait Watched: AsyncRead + AsyncWrite + Unpin + Sized {
    /// The same socket, which nobody watches and which does not block.
    type Bare: Read + Write + Unpin;

    fn bare(self) -> io::Result<Self::Bare>;
    fn watched(bare: Self::Bare) -> io::Result<Self>;
}

impl Watched for TcpStream {
    type Bare = std::net::TcpStream;

    fn bare(self) -> io::Result<Self::Bare> {
        self.into_std()
    }

    fn watched(bare: Self::Bare) -> io::Result<Self> {
        Self::from_std(bare)
    }
}

#[cfg(unix)]
impl Watched for UnixStream {
    type Bare = std::os::unix::net::UnixStream;

    fn bare(self) -> io::Result<Self::Bare> {
        self.into_std()
    }

    fn watched(bare: Self::Bare) -> io::Result<Self> {
        Self::from_std(bare)
    }
}

pub(super) struct Direct<S: Watched> {
    state: State<S>,
    looking: bool,
}

enum State<S: Watched> {
    Watched(S),
    Bare(S::Bare),
    /// It could not be moved from one to the other.
    Gone,
}

impl<S: Watched> Direct<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { state: State::Watched(socket), looking: false }
    }

    /// Whether whoever reads comes back by itself where nothing has come, so that nobody need wake it.
    pub(super) fn look(&mut self, looking: bool) {
        self.looking = looking;
    }

    /// The socket as it is to be asked: bare while somebody looks.
    fn state(&mut self) -> io::Result<&mut State<S>> {
        if self.looking && matches!(self.state, State::Watched(_)) {
            self.turn()?;
        }
        Ok(&mut self.state)
    }

    fn turn(&mut self) -> io::Result<()> {
        self.state = match std::mem::replace(&mut self.state, State::Gone) {
            State::Watched(socket) => State::Bare(socket.bare()?),
            State::Bare(socket) => State::Watched(S::watched(socket)?),
            State::Gone => return Err(io::ErrorKind::NotConnected.into()),
        };
        Ok(())
    }
}

impl<S: Watched> AsyncRead for Direct<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match this.state()? {
                State::Watched(socket) => return Pin::new(socket).poll_read(cx, buf),
                State::Bare(socket) => match socket.read(buf.initialize_unfilled()) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock && this.looking => return Poll::Pending,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => this.turn()?,
                    read => {
                        buf.advance(read?);
                        return Poll::Ready(Ok(()));
                    }
                },
                State::Gone => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            }
        }
    }
}

impl<S: Watched> AsyncWrite for Direct<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Watched(socket) => return Pin::new(socket).poll_write(cx, buf),
                State::Bare(socket) => match socket.write(buf) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // Until it is read again.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => this.turn()?,
                    written => return Poll::Ready(written),
                },
                State::Gone => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Nothing: a connection is ended by closing its socket.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::time::{sleep, timeout};

    use super::*;

    async fn pair() -> (Direct<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Direct::new(ours), listener.accept().await.unwrap().0)
    }

    /// Whoever is woken by the time alone would read what is there.
    async fn soon<T>(what: impl Future<Output = io::Result<T>>) -> T {
        tokio::select! {
            biased;
            () = sleep(Duration::from_secs(10)) => panic!("it was not woken"),
            done = what => done.unwrap(),
        }
    }

    #[tokio::test]
    async fn what_came_while_nobody_was_to_be_woken_is_read_by_the_next_who_sleeps() {
        let (mut ours, mut peer) = pair().await;
        for round in 0..100_u8 {
            ours.look(true);
            let mut bytes = [0; 2];
            let mut room = ReadBuf::new(&mut bytes);
            let mut cx = Context::from_waker(std::task::Waker::noop());
            assert!(Pin::new(&mut ours).poll_read(&mut cx, &mut room).is_pending());
            // Sometimes ahead of the sleep, sometimes behind.
            let send = async {
                if round % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                peer.write_all(&[round, !round]).await
            };
            ours.look(false);
            let (sent, read) = tokio::join!(send, soon(ours.read_exact(&mut bytes)));
            sent.unwrap();
            assert_eq!((read, bytes), (2, [round, !round]));
        }
    }

    #[tokio::test]
    async fn it_takes_what_the_peer_takes_also_while_somebody_looks() {
        let (mut ours, mut peer) = pair().await;
        let sent = vec![7; 16 << 20];
        ours.look(true);
        let mut got = vec![0; sent.len()];
        tokio::join!(soon(ours.write_all(&sent)), soon(peer.read_exact(&mut got)));
        assert!(sent == got);
    }

    #[tokio::test]
    async fn the_end_of_the_peer_is_seen_both_ways() {
        for looking in [true, false] {
            let (mut ours, peer) = pair().await;
            drop(peer);
            let mut read = 1;
            while read != 0 {
                ours.look(looking);
                read = match timeout(Duration::from_millis(1), ours.read(&mut [0; 8])).await {
                    Ok(read) => read.unwrap(),
                    Err(_) => 1,
                };
            }
        }
    }
}
