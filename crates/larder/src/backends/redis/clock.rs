//! The server's clock, as far as a client knows it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Moment;
use crate::error::Result;

use super::connection::{Command, Connection, Effect};
use super::reply;

/// How long a reading holds. The monotonic clock carries it on; a machine's clocks drift by far less than an
/// index entry outlives its record.
const FRESH: Duration = Duration::from_secs(30);

/// The server's clock. An application's own clock is never asked: one that is ten minutes off changes nothing.
#[derive(Default)]
pub(super) struct ServerClock {
    reading: Mutex<Option<Reading>>,
}

#[derive(Clone, Copy)]
struct Reading {
    server: Duration,
    at: Instant,
    /// Which connection it came over: behind the next one there may be another server.
    connection: u64,
}

impl ServerClock {
    /// The server's time since the Unix epoch, in milliseconds. Costs a round trip twice a minute.
    pub(super) async fn millis(&self, connection: &Connection) -> Result<u64> {
        match self.known(connection.generation()) {
            Some(millis) => Ok(millis),
            None => Box::pin(self.ask(connection)).await,
        }
    }

    async fn ask(&self, connection: &Connection) -> Result<u64> {
        let asked = Instant::now();
        // The first call makes the first connection.
        let generation = connection.generation().max(1);
        let server = reply::time(connection.call(&Command::new("TIME"), Effect::Read).await?)?;
        // The server read its clock somewhere between; the earlier end errs to a later time now, by a round trip.
        let reading = Reading { server, at: asked, connection: generation };
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = Some(reading);
        Ok(reading.millis(asked.elapsed()))
    }

    fn known(&self, connection: u64) -> Option<u64> {
        let reading = (*self.reading.lock().unwrap_or_else(PoisonError::into_inner))?;
        let age = reading.at.elapsed();
        (reading.connection == connection && age < FRESH).then(|| reading.millis(age))
    }
}

/// The moment at these milliseconds of the server's clock.
pub(super) fn moment(millis: u64) -> Moment {
    Moment::since_start(Duration::from_millis(millis))
}

impl Reading {
    fn millis(&self, age: Duration) -> u64 {
        u64::try_from((self.server + age).as_millis()).unwrap_or(u64::MAX)
    }
}
