//! One live connection, from its handshake to its end.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, ProtocolVersion, RedisConnectionInfo, RedisResult, Value};
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{AbortHandle, JoinHandle};

use super::gauge::Gauge;
use super::handshake::{Facts, handshake};
use super::random::random;
use super::stream::Stream;
use super::{Address, Options};
use crate::error::{Error, ErrorKind, Result};
use crate::sabotage;

/// How many commands may wait for redis-rs's driver; callers beyond it wait to hand theirs over.
const HANDED_OVER: usize = 4096;
/// How many bytes redis-rs gathers before it flushes.
const GATHERED: usize = 128 * 1024;
/// How many deadlines in a row are missed before a connection that still brings bytes is given up.
const MISSES: u32 = 3;

/// A connection that calls go over. The driver task owns the socket; callers hold no more than a place for their reply,
/// so that one who goes away leaves nothing behind.
pub(super) struct Link {
    /// Differs from that of every other link of the connection.
    pub(super) number: u64,
    pub(super) facts: Facts,
    pub(super) gauge: Arc<Gauge>,
    redis: MultiplexedConnection,
    driver: AbortHandle,
    #[cfg(sabotage)]
    borrowed: super::sabotaged::Borrowed,
}

impl Link {
    /// Does the handshake and begins to drive the connection.
    pub(super) async fn open<S>(
        socket: S,
        address: &Address,
        options: &Options,
        number: u64,
        before: Option<&Facts>,
    ) -> Result<(Self, JoinHandle<()>)>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (socket, facts) = handshake(socket, address, options, before).await?;
        let gauge = Arc::new(Gauge::default());
        let fence = options.fence && !sabotage::is_off("fence");
        let stream = Stream::new(socket, fence, Arc::clone(&gauge));
        // All that redis-rs would say by itself is said already, so that this sends nothing.
        let info = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name();
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None)
            .set_pipeline_buffer_size(HANDED_OVER)
            .set_write_backpressure_boundary(GATHERED);
        let (redis, driver) = MultiplexedConnection::new_with_config(&info, stream, config)
            .await
            .map_err(|error| Error::new(ErrorKind::Unavailable, "the connection was lost").caused_by(error))?;
        let driver = tokio::spawn(driver);
        let link = Self {
            number,
            facts,
            gauge,
            redis,
            driver: driver.abort_handle(),
            #[cfg(sabotage)]
            borrowed: Default::default(),
        };
        Ok((link, driver))
    }

    /// The same over all links to one run of the server, and over no others; where the server does not tell, over this
    /// one alone.
    pub(super) fn run_of_server(&self) -> u64 {
        static OURS: OnceLock<u64> = OnceLock::new();
        let Some(run) = &self.facts.run else { return OURS.get_or_init(random).wrapping_add(self.number) };
        let digest: [u8; 20] = Sha1::digest(run).into();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        #[cfg(sabotage)]
        if sabotage::is_off("cancellation") {
            return self.borrowed.send(&self.redis, command).await;
        }
        self.redis.clone().send_packed_command(command).await
    }

    /// One value for each command, those of MULTI and EXEC included.
    pub(super) async fn send_all(&self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let around = if commands.is_transaction() { 2 } else { 0 };
        self.redis.clone().send_packed_commands(commands, 0, commands.len() + around).await
    }

    /// Ends the connection: whoever waits for a reply is told that it is lost.
    pub(super) fn end(&self, cause: impl FnOnce() -> Error) {
        self.gauge.ended(cause);
        self.driver.abort();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// One message on its way over a link, to tell afterwards what has become of it.
pub(super) struct Sent {
    pub(super) link: Arc<Link>,
    at: Instant,
    reads: u64,
    writes: u64,
}

impl Sent {
    pub(super) fn now(link: Arc<Link>) -> Self {
        Self { at: Instant::now(), reads: link.gauge.reads(), writes: link.gauge.writes(), link }
    }

    /// Whether it has certainly not left this process: nothing has since it was handed over. Only of a link that has
    /// failed: over one that lives it may leave at any time.
    pub(super) fn never_left(&self) -> bool {
        self.link.gauge.writes() == self.writes
    }

    /// It missed a deadline of this length. Where the server has been silent all the while, or others missed theirs
    /// too, the connection ends, so that nobody hangs on it.
    pub(super) fn missed(&self, timeout: Duration) {
        // A call that spent its time waiting for a connection says nothing about it.
        if self.at.elapsed() < timeout / 2 {
            return;
        }
        let silent = self.link.gauge.reads() == self.reads;
        if self.link.gauge.missed() >= MISSES || silent {
            self.link
                .end(|| Error::new(ErrorKind::Unavailable, "the server went silent, and the connection was ended"));
        }
    }
}
