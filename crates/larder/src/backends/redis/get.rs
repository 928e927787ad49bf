//! `get` and `take`.

use bytes::Bytes;
use redis::Value;

use crate::error::{ErrorKind, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::record::{Found, Select};
use crate::sabotage;
use crate::ttl::Ttl;

use super::batch::{Batch, Place, Replies};
use super::connection::{Command, Effect};
use super::index::{self, Slot};
use super::layout::{Entry, Spelled};
use super::{Redis, reply, script};

impl Redis {
    pub(super) async fn read(&self, space: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.limits.check_keys(keys)?;
        if let ([key], Select::Values) = (keys, select) {
            let spelled = self.layout.spell(space, key)?;
            if spelled.twin.is_none() {
                let mut value = self.connection.call(&on("GET", &spelled.primary), Effect::Read).await?;
                if sabotage::is_off("fallback") && value == Value::Nil {
                    let raw = key.parts()[0].as_bytes().unwrap_or_default().to_vec();
                    value = self.connection.call(&on("GET", &raw), Effect::Read).await?;
                }
                return Ok(vec![reply::bytes(value)?.map(|value| Found { value, ttl: None })]);
            }
        }
        // On the heap, so that the most frequent call is small.
        Box::pin(self.read_each(space, keys, select)).await
    }

    async fn read_each(&self, space: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        let spelled = keys.iter().map(|key| self.layout.spell(space, key)).collect::<Result<Vec<_>>>()?;
        let mut look = Look::new(select);
        for spelled in &spelled {
            look.at(spelled.keys());
        }
        look.answers(&self.connection).await?.into_iter().collect()
    }

    pub(super) async fn spend(&self, space: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.limits.check_key(key)?;
        let spelled = self.layout.spell(space, key)?;
        let entries = self.layout.entries(&spelled.primary);
        match self.spend_with(&spelled, &entries).await {
            // A full server takes nothing into a MULTI, not even this. The entries stay, which are hints.
            Err(error) if error.kind() == ErrorKind::Full => self.spend_with(&spelled, &[]).await,
            answer => answer,
        }
    }

    async fn spend_with(&self, spelled: &Spelled, entries: &[Entry]) -> Result<Option<Bytes>> {
        if entries.is_empty() {
            return reply::bytes(if spelled.twin.is_some() {
                script::TAKE.run(&self.connection, &spelled.keys().collect::<Vec<_>>(), &[]).await?
            } else {
                self.connection.call(&on("GETDEL", &spelled.primary), Effect::Write).await?
            });
        }
        let mut batch = Batch::default();
        let place = batch.follow(&index::delete(entries, Slot::One), |batch| {
            batch.push(&match spelled.twin {
                Some(_) => script::TAKE.whole(&spelled.keys().collect::<Vec<_>>(), &[]),
                None => on("GETDEL", &spelled.primary),
            })
        });
        let committed = batch.commit(&self.connection).await;
        let mut replies = if spelled.twin.is_some() { committed.map_err(script::explain)? } else { committed? };
        reply::bytes(replies.take(place.ok_or_else(reply::slipped)?)?)
    }
}

/// Looks at records, each under all of its spellings; the first that lives is the record.
pub(super) struct Look {
    select: Select,
    batch: Batch,
    records: Vec<Vec<Sight>>,
}

/// The replies about one spelling.
struct Sight {
    value: Place,
    ttl: Option<Place>,
}

impl Look {
    pub(super) fn new(select: Select) -> Self {
        Self { select, batch: Batch::default(), records: Vec::new() }
    }

    /// Adds a record.
    pub(super) fn at<'k>(&mut self, spellings: impl IntoIterator<Item = &'k [u8]>) {
        let sight = |key: &[u8]| {
            let value = self.batch.push(&match self.select {
                Select::Keys => on("EXISTS", key),
                Select::Values | Select::ValuesAndTtls => on("GET", key),
            });
            let ttl = (self.select == Select::ValuesAndTtls).then(|| self.batch.push(&on("PTTL", key)));
            Sight { value, ttl }
        };
        let sights = spellings.into_iter().map(sight).collect();
        self.batch.end_step();
        self.records.push(sights);
    }

    /// What was found, in the order of the records; an inner error speaks for its record.
    pub(super) async fn answers(
        self,
        connection: &super::connection::Connection,
    ) -> Result<Vec<Result<Option<Found>>>> {
        // A value and its ttl are of one moment; values by themselves need not be.
        let mut replies = match self.select {
            Select::ValuesAndTtls => self.batch.snapshot(connection).await?,
            Select::Keys | Select::Values => self.batch.send(connection, Effect::Read).await?,
        };
        let select = self.select;
        let answer = |sights: Vec<Sight>| {
            let mut first = None;
            for sight in sights {
                let found = sight.read(select, &mut replies)?;
                first = first.or(found);
            }
            Ok(first)
        };
        Ok(self.records.into_iter().map(answer).collect())
    }
}

impl Sight {
    fn read(self, select: Select, replies: &mut Replies) -> Result<Option<Found>> {
        let value = replies.take(self.value)?;
        if select == Select::Keys {
            return Ok(reply::some(value)?.then(|| Found { value: Bytes::new(), ttl: None }));
        }
        let value = reply::bytes(value)?;
        let ttl = self.ttl.map(|place| replies.take(place).and_then(remaining)).transpose()?;
        Ok(match (value, ttl) {
            (Some(value), None) => Some(Found { value, ttl: None }),
            (Some(value), Some(Some(ttl))) => Some(Found { value, ttl: Some(ttl) }),
            _ => None,
        })
    }
}

/// What a PTTL answers; `None` where there is no such key.
fn remaining(reply: Value) -> Result<Option<Ttl>> {
    Ok(match reply::integer(reply)? {
        -1 => Some(Ttl::Never),
        // A key lives through the last millisecond that it is told to have.
        millis @ 0.. => Some(Ttl::After(std::time::Duration::from_millis(millis.unsigned_abs()).max(Ttl::MIN))),
        _ => None,
    })
}

/// The command of that name on this key.
pub(super) fn on(name: &str, key: &[u8]) -> Command {
    Command::with_room(name, key.len()).arg(key)
}
