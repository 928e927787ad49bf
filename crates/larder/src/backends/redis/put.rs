//! `put`: one command where that will do, else one MULTI for the whole batch.

use std::sync::Arc;

use crate::backend::{Put, When};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::sabotage;
use crate::ttl::Ttl;

use super::batch::{Batch, Place, Replies};
use super::connection::{Command, Effect};
use super::get::on;
use super::index::{self, Slot};
use super::layout::{Entry, Spelled};
use super::{Redis, reply, script};

/// Which reply says whether a record was written, and how it says so.
enum Answer {
    Set(Place),
    Script(Place),
}

impl Answer {
    fn read(self, replies: &mut Replies) -> Result<bool> {
        match self {
            Self::Set(place) => reply::set(replies.take(place)?),
            Self::Script(place) => reply::some(replies.take(place)?),
        }
    }
}

impl Redis {
    pub(super) async fn write(&self, space: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.limits.check_puts(puts)?;
        for put in puts {
            self.layout.check_ttl(put.ttl)?;
        }
        let spelled = puts.iter().map(|put| self.layout.spell(space, &put.key)).collect::<Result<Vec<_>>>()?;
        let entries: Vec<_> = spelled.iter().map(|spelled| self.layout.entries(&spelled.primary)).collect();
        if let ([put], [spelled], [entries]) = (puts, spelled.as_slice(), entries.as_slice())
            && entries.is_empty()
        {
            if needs_script(put, spelled) {
                let written = Box::pin(Words::of(put, spelled).run(self)).await?;
                return Ok(vec![Ok(written)]);
            }
            if spelled.twin.is_none() {
                let room = spelled.primary.len() + put.value.len();
                let set = Command::of(room, |say| set(put, &spelled.primary, say));
                let written = self.connection.call(&set, Effect::Write).await?;
                return Ok(vec![Ok(reply::set(written)?)]);
            }
        }
        let now = if entries.iter().all(Vec::is_empty) {
            0
        } else {
            self.begin_whole(space).await;
            self.clock.millis(&self.connection).await?
        };
        // What lists a record in its index names both, and is four commands.
        let room = |(put, spelled): (&Put, &Spelled)| put.value.len() + 5 * spelled.primary.len() + 256;
        let mut batch = Batch::with_room(puts.iter().zip(&spelled).map(room).sum());
        let mut answers = Vec::with_capacity(puts.len());
        for ((put, spelled), entries) in puts.iter().zip(&spelled).zip(&entries) {
            answers.push(add(&mut batch, put, spelled, entries, now)?);
        }
        let scripted = answers.iter().any(|answer| matches!(answer, Answer::Script(_)));
        let committed = batch.commit(&self.connection).await;
        let mut replies = if scripted { committed.map_err(script::explain)? } else { committed? };
        let written: Vec<_> = answers.into_iter().map(|answer| answer.read(&mut replies)).collect();
        // A record that no index lists is not found by who wants to end it.
        match replies.done() {
            Ok(()) => Ok(written),
            Err(error) => {
                let why = Arc::new(error);
                Ok(written.into_iter().map(|written| written.and_then(|_| Err(unlisted(&why)))).collect())
            }
        }
    }
}

/// The error of a batch that was written and of whose index something was refused.
fn unlisted(why: &Arc<Error>) -> Error {
    let message = "the record may be written and is not listed: another kind of value stands where its index should be";
    Error::new(ErrorKind::Corrupt, message).at("redis").caused_by(Arc::clone(why))
}

/// Adds what one record's put does.
fn add(batch: &mut Batch, put: &Put, spelled: &Spelled, entries: &[Entry], now: u64) -> Result<Answer> {
    let plan = index::put(entries, put.ttl, super::clock::moment(now), index::Token::of(fastrand::u64(..)), Slot::One);
    let answer = batch.follow(&plan, |batch| {
        if needs_script(put, spelled) {
            return Answer::Script(batch.push(&Words::of(put, spelled).whole()));
        }
        let place = batch.say(|say| set(put, &spelled.primary, say));
        if let Some(twin) = &spelled.twin {
            batch.push(&on("UNLINK", twin));
        }
        Answer::Set(place)
    });
    answer.ok_or_else(reply::slipped)
}

/// Whether SET cannot judge the condition: it looks at no value and at one key alone.
fn needs_script(put: &Put, spelled: &Spelled) -> bool {
    sabotage::is_off("rights")
        || matches!(put.when, When::Unchanged(_))
        || (spelled.twin.is_some() && put.when != When::Always)
}

fn set(put: &Put, key: &[u8], say: &mut dyn FnMut(&[u8])) {
    say(b"SET");
    say(key);
    say(&put.value);
    match put.when {
        When::Absent => say(b"NX"),
        When::Present if !sabotage::is_off("revival") => say(b"XX"),
        When::Always | When::Present | When::Unchanged(_) => {}
    }
    if let Some(millis) = millis(put.ttl) {
        say(b"PX");
        say(itoa::Buffer::new().format(millis).as_bytes());
    }
}

/// A ttl in milliseconds; `None` for never.
pub(super) fn millis(ttl: Ttl) -> Option<u64> {
    match ttl {
        Ttl::Never => None,
        // At least one, rounded up: the argument was checked, and a part of a millisecond is no millisecond less.
        Ttl::After(duration) => u64::try_from(duration.as_nanos().div_ceil(1_000_000)).ok(),
    }
}

/// What the script of a conditional put is given.
struct Words<'p> {
    keys: Vec<&'p [u8]>,
    value: &'p [u8],
    ttl: String,
    when: &'static str,
    version: String,
}

impl<'p> Words<'p> {
    fn of(put: &'p Put, spelled: &'p Spelled) -> Self {
        let (when, version) = match put.when {
            When::Always => ("always", String::new()),
            When::Absent => ("absent", String::new()),
            When::Present => ("present", String::new()),
            When::Unchanged(version) => ("unchanged", version.to_string()),
        };
        let ttl = millis(put.ttl).map(|millis| millis.to_string()).unwrap_or_default();
        Self { keys: spelled.keys().collect(), value: &put.value, ttl, when, version }
    }

    fn arguments(&self) -> [&[u8]; 4] {
        [self.value, self.ttl.as_bytes(), self.when.as_bytes(), self.version.as_bytes()]
    }

    fn whole(&self) -> Command {
        script::PUT.whole(&self.keys, &self.arguments())
    }

    async fn run(&self, redis: &Redis) -> Result<bool> {
        reply::some(script::PUT.run(&redis.connection, &self.keys, &self.arguments()).await?)
    }
}
