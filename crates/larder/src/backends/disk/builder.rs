//! How a [`Disk`] is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::backends::{Size, Url};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::ttl::Ttl;

use super::commits::Commits;
use super::failed::failed_io;
use super::file::{How, Place};
use super::health::Shared;
use super::readers::Readers;
use super::time::Time;
use super::writer::Writer;
use super::{Disk, Source};

/// When a write is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once it survives a power cut.
    #[default]
    Durable,
    /// At once. A power cut, the end of the process without dropping the [`Disk`], or a disk that fails or is full takes
    /// back what was written within the last `delay`, and never half of a put. No other process can look in.
    Relaxed {
        /// How long a write may stay in memory.
        delay: Duration,
    },
}

/// How a [`Disk`] is opened; made by [`Disk::builder`].
#[derive(Clone)]
#[must_use]
pub struct Builder {
    how: How,
    clock: Arc<dyn Clock>,
    durability: Durability,
    limits: Limits,
    accept_clock: bool,
    read_only: bool,
}

impl Builder {
    pub(super) fn new(place: Place) -> Self {
        Self {
            how: How { place, create: true, check: false, shared: true, cache_bytes: 64 << 20 },
            clock: Arc::new(SystemClock),
            durability: Durability::Durable,
            limits: Limits::default(),
            accept_clock: false,
            read_only: false,
        }
    }

    /// Judges deadlines by the wall of this clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets when a write is answered; [`Durability::Durable`] unless set.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets the limits of keys, patterns and values.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how much of the file may be kept in memory, in bytes; 64 MiB unless set.
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.how.cache_bytes = bytes;
        self
    }

    /// Sets whether a store is made where there is none; it is unless set. Its directory has to exist.
    pub fn create(mut self, create: bool) -> Self {
        self.how.create = create;
        self
    }

    /// Sets whether the clock is believed when it is over an hour ahead of the last time the store was written. See
    /// [`Disk`].
    pub fn accept_clock(mut self, accept: bool) -> Self {
        self.accept_clock = accept;
        self
    }

    /// Sets whether the whole file is verified before anything else; takes a pass over it. A store that is found
    /// damaged does not open.
    pub fn check(mut self, check: bool) -> Self {
        self.how.check = check;
        self
    }

    /// Sets whether the store is only read: beside a process that writes it, or where it may not be written. Writes are
    /// then [`ErrorKind::Denied`].
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Opens the store. The work is done on a thread of the store's own.
    ///
    /// Where the future is dropped, the store closes again.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where there is no store and none is to be made, its directory does not exist, or it has
    /// another version's format; [`ErrorKind::Corrupt`] where the file is damaged or not ours: it is left as it is;
    /// [`ErrorKind::Unavailable`] where another process has it open, whose number is told; [`ErrorKind::Denied`] and
    /// [`ErrorKind::Full`] as the system says.
    pub async fn open(self) -> Result<Disk> {
        let name = self.how.name();
        let (reply, opened) = oneshot::channel();
        let thread = thread::Builder::new().name("larder-write".into()).spawn(move || self.start(reply));
        let thread = thread.map_err(|error| failed_io(&name, error))?;
        let mut disk = opened.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "the thread that opens the store came to nothing").at(name))
        })?;
        disk.writer = Some(thread);
        Ok(disk)
    }

    /// Opens the store, hands it over and goes on as its writer.
    fn start(mut self, reply: oneshot::Sender<Result<Disk>>) {
        let delay = match self.durability {
            Durability::Durable => None,
            Durability::Relaxed { delay } => Some(delay),
        };
        // redb shares a file between processes by locks that not every system has.
        self.how.shared = delay.is_none() && cfg!(any(target_os = "linux", target_vendor = "apple", windows));
        let wall = self.clock.wall();
        if self.read_only {
            let opened = self.how.open_read_only().map(|(database, state)| {
                let time = Time::new(Arc::clone(&self.clock), state.time, true);
                (self.disk(Source::ReadOnly(database), time), state)
            });
            // No writer is needed; where nobody waits any more, the store closes here.
            let _ = reply.send(opened.map(|(disk, _)| disk));
            return;
        }
        let opened = match self.how.open(wall) {
            Ok(opened) => opened,
            Err(error) => return drop(reply.send(Err(error))),
        };
        let time = Time::new(Arc::clone(&self.clock), opened.state.time, self.accept_clock);
        let disk = self.disk(Source::Written, time);
        let commits = Commits::new(self.how, Arc::clone(&disk.shared), opened, delay);
        let writer = Writer::new(Arc::clone(&disk.shared), commits);
        if reply.send(Ok(disk)).is_ok() {
            writer.run();
        }
    }

    fn disk(&self, source: Source, time: Time) -> Disk {
        Disk {
            shared: Arc::new(Shared::new(self.how.name(), time)),
            source: Arc::new(source),
            readers: Readers::new(),
            limits: self.limits,
            file: self.how.path().map(PathBuf::from),
            writer: None,
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("durability", &self.durability)
            .field("create", &self.how.create)
            .field("check", &self.how.check)
            .field("accept_clock", &self.accept_clock)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

/// The largest value that the file takes with ease.
const MAX_VALUE: u64 = 1 << 30;

/// Opens the store that a URL names.
pub(crate) async fn open(mut url: Url, clock: Arc<dyn Clock>) -> Result<Disk> {
    let config = |message: &'static str| Error::new(ErrorKind::Config, message);
    if url.place().is_empty() {
        return Err(config("the URL names no file: `disk:./sessions.larder`"));
    }
    let yes_or_no = &[("true", true), ("false", false)];
    let mut builder = Disk::builder(url.place()).clock(clock);
    let relaxed = url.take_choice("durability", &[("durable", false), ("relaxed", true)])?.unwrap_or(false);
    builder.durability = match (relaxed, url.take_parsed::<Ttl>("delay")?) {
        (false, None) => Durability::Durable,
        (true, Some(Ttl::After(delay))) => Durability::Relaxed { delay },
        (true, _) => return Err(config("`durability=relaxed` wants its delay named, as `&delay=50ms`")),
        (false, Some(_)) => return Err(config("`delay` belongs to `durability=relaxed`")),
    };
    builder.accept_clock = url.take_choice("clock", &[("accept", true), ("doubt", false)])?.unwrap_or(false);
    builder.how.check = url.take_choice("check", yes_or_no)?.unwrap_or(false);
    builder.how.create = url.take_choice("create", yes_or_no)?.unwrap_or(true);
    builder.read_only = url.take_choice("read_only", yes_or_no)?.unwrap_or(false);
    if let Some(Size(bytes)) = url.take_parsed("max_value")? {
        let fits = usize::try_from(bytes).ok().filter(|_| bytes <= MAX_VALUE);
        builder.limits.value_bytes = fits.ok_or_else(|| config("`max_value` is at most 1GiB"))?;
    }
    if let Some(Size(bytes)) = url.take_parsed("cache")? {
        builder.how.cache_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    url.finish()?;
    builder.open().await
}
