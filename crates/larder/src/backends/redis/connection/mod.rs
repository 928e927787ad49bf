//! One connection to one server: it gathers writes, fences replies, keeps deadlines and comes back by itself.
//!
//! Callers leave commands in the [`outbox`]; the [`driver`] owns the [`socket`], sends them together and hands replies
//! over as the [`fence`] lets them through. The [`supervisor`] sees to it that there is a [`link`] of such a pair, after
//! its [`handshake`]. No command of a backend and no byte of a key is known here; redis-rs reads replies that are odd.

mod address;
mod backoff;
mod command;
mod direct;
mod driver;
mod failed;
mod fence;
mod gauge;
mod handshake;
mod link;
mod options;
mod outbox;
mod polling;
mod random;
mod reply;
mod request;
#[cfg(sabotage)]
mod sabotaged;
mod scanner;
mod socket;
mod status;
mod supervisor;
#[cfg(test)]
mod tests;
mod tls;
mod waiting;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use redis::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{Error, ErrorKind, Result};

pub(in crate::backends::redis) use address::{Address, Password, Place, Tls};
pub(in crate::backends::redis) use command::{Command, Commands};
pub(in crate::backends::redis) use failed::failed;
pub(in crate::backends::redis) use options::Options;
pub(in crate::backends::redis) use status::{State, Status};

use failed::{again, away, crowded, garbled, overloaded, unanswered};
use handshake::Facts;
use link::Link;
use request::{Request, Verdict};
use supervisor::{Phase, Supervisor};
use waiting::Lost;

/// Whether a lost reply leaves a question: reads are sent once more after a disconnect, within the deadline; a write
/// whose reply is lost is [`ErrorKind::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::backends::redis) enum Effect {
    Read,
    Write,
}

/// One connection to one server, shared by all its clones; it ends with the last of them.
///
/// Every call has one deadline ([`Options::timeout`]) that covers waiting for a connection, sending and the reply. A
/// future that is dropped leaves nothing behind; whether its command was carried out is then unknown.
#[derive(Clone)]
pub(in crate::backends::redis) struct Connection(Arc<Held>);

/// Its end is the end of the connection.
struct Held {
    supervisor: Arc<Supervisor>,
    /// Calls that wait for a link.
    waiting: AtomicUsize,
}

impl Connection {
    /// Makes a connection that connects when it is first called.
    pub(in crate::backends::redis) fn new(address: Address, options: Options) -> Self {
        let supervisor = Arc::new(Supervisor::new(address, options));
        Self(Arc::new(Held { supervisor, waiting: AtomicUsize::new(0) }))
    }

    /// Connects now, and fails as the first attempt does.
    pub(in crate::backends::redis) async fn connect(&self) -> Result<()> {
        self.0.supervisor.start()?;
        let mut phases = self.0.supervisor.phase.subscribe();
        loop {
            match &*phases.borrow_and_update() {
                Phase::Live(_) => return Ok(()),
                Phase::Away { last: Some(last), .. } => {
                    return Err(again(last).at(self.0.supervisor.address.to_string()));
                }
                _ => {}
            }
            phases.changed().await.map_err(|_| away(None))?;
        }
    }

    /// Gives all that a call sends over this connection one deadline, counted from now.
    pub(in crate::backends::redis) fn as_one_call<C: Future>(&self, call: C) -> impl Future<Output = C::Output> {
        DEADLINE.scope(self.due(), call)
    }

    /// Waits for something else until the deadline of the call at hand; `None` once that is missed.
    pub(in crate::backends::redis) async fn in_time<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.due(), what).await.ok()
    }

    /// When what begins now has to end.
    fn due(&self) -> Instant {
        DEADLINE.try_get().unwrap_or_else(|_| Instant::now() + self.0.supervisor.options.timeout)
    }

    /// Sends one command. A refusal by the server is an error, through [`failed`].
    ///
    /// # Errors
    /// `Unavailable` and `Overloaded`: certainly not applied. `Unknown`: a write whose reply was lost. Those of
    /// [`failed`].
    pub(in crate::backends::redis) async fn call(&self, command: &Command, effect: Effect) -> Result<Value> {
        self.run(command, effect).await
    }

    /// Sends several commands in one go. Returns one value a command; a refusal of one is [`Value::ServerError`] in its
    /// place. An atomic one is a MULTI, and returns what its EXEC does.
    ///
    /// # Errors
    /// As [`Connection::call`], where they concern all of it. For an atomic pipeline also the refusal that made the
    /// server discard it: nothing of it was applied.
    pub(in crate::backends::redis) async fn pipeline(&self, commands: &Commands, effect: Effect) -> Result<Vec<Value>> {
        if commands.is_empty() {
            return Ok(vec![]);
        }
        self.run(commands, effect).await
    }

    /// Which connection this is, counted from the first.
    pub(in crate::backends::redis) fn generation(&self) -> u64 {
        self.0.supervisor.links.load(Relaxed)
    }

    /// Tells one run of the server from every other. Waits for a connection, and sends nothing.
    ///
    /// # Errors
    /// `Unavailable`, where none comes.
    pub(in crate::backends::redis) async fn run_of_server(&self) -> Result<u64> {
        supervisor::runtime()?;
        let link = async {
            match self.live(None) {
                Some(link) => Ok(link),
                None => self.wait(None).await,
            }
        };
        match timeout_at(self.due(), link).await {
            Ok(Ok(link)) => Ok(link.run_of_server()),
            Ok(Err(error)) => Err(error.at(self.0.supervisor.address.to_string())),
            Err(_) => Err(away(None).at(self.0.supervisor.address.to_string())),
        }
    }

    /// How the connection is. Costs a few loads and asks nobody.
    pub(in crate::backends::redis) fn status(&self) -> Status {
        let Supervisor { phase, links, last_error, round_trip, .. } = &*self.0.supervisor;
        let (state, link) = match &*phase.borrow() {
            Phase::Live(link) => (State::Connected, Some(Arc::clone(link))),
            Phase::Away { last: Some(last), .. } => (State::Down(last.to_string()), None),
            _ => (State::Connecting, None),
        };
        let Facts { role, version, .. } = link.as_ref().map(|link| link.facts.clone()).unwrap_or_default();
        let round_trip = match round_trip.load(Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros)),
        };
        Status {
            state,
            role,
            version,
            round_trip,
            reconnects: links.load(Relaxed).saturating_sub(1),
            last_error: *last_error.lock().unwrap_or_else(PoisonError::into_inner),
            queued: self.0.waiting.load(Relaxed) + link.map_or(0, |link| link.calls()),
        }
    }

    async fn run<R: Request + ?Sized>(&self, request: &R, effect: Effect) -> Result<R::Reply> {
        let Supervisor { live, options, address, .. } = &*self.0.supervisor;
        let began = Instant::now();
        let due = DEADLINE.try_get().unwrap_or_else(|_| began + options.timeout);
        // What nearly every call is: sent at once and answered. It shares as little with other callers as can be.
        let posted = live.load().as_ref().and_then(|link| Some((link.number, link.post(request, due)?)));
        let first = match posted {
            None => None,
            Some((number, received)) => match outbox::answer(request, received).await {
                Ok(reply) if matches!(request.verdict(&reply), Verdict::Answer) => {
                    return request.finish(reply).map_err(|error| error.at(address.to_string()));
                }
                outcome => Some(Sent { number, at: began, outcome }),
            },
        };
        // On the heap, for it is rare.
        let attempts = Box::pin(self.attempts(request, effect, due, first));
        attempts.await.map_err(|error| error.at(address.to_string()))
    }

    /// Sends it until there is something to say, or its time has passed. `sent` is what became of it so far.
    async fn attempts<R: Request + ?Sized>(
        &self,
        request: &R,
        effect: Effect,
        due: Instant,
        mut sent: Option<Sent<R::Reply>>,
    ) -> Result<R::Reply> {
        let options = &self.0.supervisor.options;
        let (mut lost, mut replayed, mut pause) = (None, false, FIRST_PAUSE);
        // Why a server could not answer yet.
        let mut refused = None;
        loop {
            let Sent { number, at, outcome } = match sent.take() {
                Some(sent) => sent,
                None => {
                    supervisor::runtime()?;
                    let link = match self.live(lost) {
                        Some(link) => link,
                        None => match timeout_at(due, self.wait(lost)).await {
                            Ok(link) => link?,
                            Err(_) => return Err(refused.unwrap_or_else(|| self.away())),
                        },
                    };
                    request.allowed(&link.facts)?;
                    let at = Instant::now();
                    Sent { number: link.number, at, outcome: link.send(request, due).await }
                }
            };
            // Where it is gone, somebody else has ended it, and said why.
            let link = self.live(None).filter(|link| link.number == number);
            match outcome {
                Ok(reply) => match request.verdict(&reply) {
                    Verdict::Answer => return request.finish(reply),
                    Verdict::Later(why) => {
                        supervisor::runtime()?;
                        if timeout_at(due, sleep(pause)).await.is_err() {
                            return Err(why);
                        }
                        refused = Some(why);
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                    Verdict::Demoted { applied, why } => {
                        if options.stale_ok {
                            return request.finish(reply);
                        }
                        lost = Some(number);
                        link.inspect(|link| link.end(handshake::replica));
                        if applied {
                            return request.finish(reply);
                        }
                        refused = Some(why);
                    }
                },
                Err(Lost::Overloaded) => return Err(overloaded()),
                Err(why @ (Lost::Late | Lost::Crowded)) => {
                    link.inspect(|link| link.missed(at, options.timeout));
                    return Err(match why {
                        Lost::Late => unanswered(effect),
                        _ => crowded(),
                    });
                }
                Err(why @ (Lost::Unsent | Lost::Unanswered | Lost::Garbled(_))) => {
                    lost = Some(number);
                    let cause = || match why {
                        Lost::Garbled(malformed) => garbled(malformed),
                        _ => Error::new(ErrorKind::Unavailable, "the connection was lost"),
                    };
                    link.inspect(|link| link.end(cause));
                    let again = match why {
                        Lost::Unanswered | Lost::Garbled(_) => {
                            effect == Effect::Read && !std::mem::replace(&mut replayed, true)
                        }
                        _ => true,
                    };
                    if !again {
                        return Err(unanswered(effect));
                    }
                }
            }
        }
    }

    /// That there is no connection, and why as far as is known.
    fn away(&self) -> Error {
        match &*self.0.supervisor.phase.borrow() {
            Phase::Away { last, .. } => away(last.as_ref()),
            _ => away(None),
        }
    }

    /// The link, where there is one and it is not the one that was lost.
    fn live(&self, lost: Option<u64>) -> Option<Arc<Link>> {
        self.0.supervisor.live.load_full().filter(|link| Some(link.number) != lost)
    }

    /// Waits for a link until the grace is over.
    async fn wait(&self, lost: Option<u64>) -> Result<Arc<Link>> {
        let _place = self.enter()?;
        let supervisor = &self.0.supervisor;
        supervisor.start()?;
        let mut phases = supervisor.phase.subscribe();
        loop {
            let (until, last) = match &*phases.borrow_and_update() {
                Phase::Live(link) if Some(link.number) != lost => return Ok(Arc::clone(link)),
                Phase::Away { since, last } => (Some(*since + supervisor.options.grace), last.clone()),
                _ => (None, None),
            };
            let changed = phases.changed();
            match until {
                // While the first attempt is under way there is nothing to say yet.
                Some(until) if last.is_some() => match timeout_at(until, changed).await {
                    Ok(changed) => changed.map_err(|_| away(None))?,
                    Err(_) => return Err(away(last.as_ref())),
                },
                _ => changed.await.map_err(|_| away(None))?,
            }
        }
    }

    fn enter(&self) -> Result<Entered<'_>> {
        let place = Entered(&self.0.waiting);
        if self.0.waiting.fetch_add(1, Relaxed) >= self.0.supervisor.options.queue {
            return Err(overloaded());
        }
        Ok(place)
    }
}

/// A message that was sent over a link, and what came of it.
struct Sent<T> {
    number: u64,
    at: Instant,
    outcome: Result<T, Lost>,
}

tokio::task_local! {
    /// Of the call that a task is in, where it takes more than one round trip.
    static DEADLINE: Instant;
}

/// How long to wait before a server that cannot answer yet is asked again.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// A call's place among those that wait for a link.
struct Entered<'a>(&'a AtomicUsize);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.supervisor.stop();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("address", &self.0.supervisor.address).finish_non_exhaustive()
    }
}
