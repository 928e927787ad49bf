//! Keeps a connection up: connects, watches, and begins again, for as long as somebody holds it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, sleep, timeout};

use super::backoff::Backoff;
use super::handshake::{Facts, replica, role};
use super::link::Link;
use super::random::random;
use super::socket::Socket;
use super::waiting::Lost;
use super::{Address, Options};
use crate::error::{Error, ErrorKind, Result};
use crate::sabotage;

/// A connection that lasted this long was a good one: the next is tried at once, or nearly.
const LASTED: Duration = Duration::from_secs(1);

/// Whether there is a link.
#[derive(Clone)]
pub(super) enum Phase {
    /// Nobody has called yet, or the runtime that did has ended.
    Idle,
    Away {
        /// When the last link was lost, or the first was wanted.
        since: Instant,
        /// Why the last attempt or link came to its end.
        last: Option<Arc<Error>>,
    },
    Live(Arc<Link>),
}

/// What callers and the task that keeps the link share.
pub(super) struct Supervisor {
    pub(super) address: Address,
    pub(super) options: Options,
    pub(super) phase: watch::Sender<Phase>,
    /// The link that the phase names, to be had without keeping others from it.
    pub(super) live: ArcSwapOption<Link>,
    pub(super) links: AtomicU64,
    pub(super) last_error: Mutex<Option<ErrorKind>>,
    /// Of the last heartbeat, in microseconds; 0 before the first.
    pub(super) round_trip: AtomicU64,
    task: Mutex<Option<AbortHandle>>,
}

impl Supervisor {
    pub(super) fn new(address: Address, options: Options) -> Self {
        Self {
            address,
            options,
            phase: watch::Sender::new(Phase::Idle),
            live: ArcSwapOption::empty(),
            links: AtomicU64::new(0),
            last_error: Mutex::new(None),
            round_trip: AtomicU64::new(0),
            task: Mutex::new(None),
        }
    }

    /// Begins to connect, unless it has.
    pub(super) fn start(self: &Arc<Self>) -> Result<()> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return Ok(());
        }
        let runtime = runtime()?;
        self.turn(Phase::Away { since: Instant::now(), last: None });
        let supervisor = Arc::clone(self);
        *task = Some(runtime.spawn(async move { Running(supervisor).run().await }).abort_handle());
        Ok(())
    }

    fn turn(&self, phase: Phase) {
        self.live.store(match &phase {
            Phase::Live(link) => Some(Arc::clone(link)),
            Phase::Idle | Phase::Away { .. } => None,
        });
        self.phase.send_replace(phase);
    }

    /// Ends the link and the task that keeps it.
    pub(super) fn stop(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// The runtime that the caller is on.
pub(super) fn runtime() -> Result<Handle> {
    Handle::try_current()
        .map_err(|error| Error::new(ErrorKind::Config, "a Redis store is used on a tokio runtime").caused_by(error))
}

/// The task's hold on its supervisor. The task can end with the runtime it runs on while its supervisor lives on.
struct Running(Arc<Supervisor>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.turn(Phase::Idle);
    }
}

impl Running {
    async fn run(&self) {
        let Self(supervisor) = self;
        let (mut backoff, mut since, mut before) = (Backoff::default(), Instant::now(), None);
        loop {
            let error = match self.connect(before.as_ref()).await {
                Err(error) => error,
                Ok((link, driver)) => {
                    let (link, born) = (Arc::new(link), Instant::now());
                    supervisor.turn(Phase::Live(Arc::clone(&link)));
                    self.watch(&link, driver).await;
                    since = Instant::now();
                    if born.elapsed() >= LASTED {
                        backoff.reset();
                    }
                    before = (link.gauge.in_flight() > 0).then(|| link.facts.clone());
                    link.gauge
                        .take_cause()
                        .unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "the connection was lost"))
                }
            };
            let refused = matches!(error.kind(), ErrorKind::Denied | ErrorKind::Config);
            *supervisor.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.kind());
            supervisor.turn(Phase::Away { since, last: Some(Arc::new(error)) });
            sleep(backoff.next(refused, random())).await;
        }
    }

    async fn connect(&self, before: Option<&Facts>) -> Result<(Link, JoinHandle<()>)> {
        let Supervisor { address, options, links, round_trip, .. } = &*self.0;
        let socket = Socket::connect(address, options.connect_timeout).await?;
        let number = links.load(Relaxed) + 1;
        let (link, driver) = Link::open(socket, address, options, number, before).await?;
        links.store(number, Relaxed);
        if let Some(measured) = link.facts.round_trip {
            round_trip.store(measured.as_micros() as u64, Relaxed);
        }
        Ok((link, driver))
    }

    /// Waits for the end of a link, and ends it where the server is silent or has been demoted.
    async fn watch(&self, link: &Arc<Link>, mut driver: JoinHandle<()>) {
        let Supervisor { options, round_trip, .. } = &*self.0;
        loop {
            if timeout(options.heartbeat, &mut driver).await.is_ok() {
                return;
            }
            let Some(probe) = &link.facts.probe else { continue };
            let asked = Instant::now();
            match link.send(probe, asked + options.timeout).await {
                Err(Lost::Late | Lost::Crowded) => link.missed(asked, options.timeout),
                Err(Lost::Overloaded) => {}
                // The driver has ended, or is about to.
                Err(_) => link.end(|| Error::new(ErrorKind::Unavailable, "the connection was lost")),
                Ok(reply) => {
                    round_trip.store(asked.elapsed().as_micros() as u64, Relaxed);
                    let demoted = role(&reply).is_some_and(|role| role != "master");
                    if demoted && !options.stale_ok && !sabotage::is_off("replicas") {
                        link.end(replica);
                    }
                }
            }
        }
    }
}
