//! `touch` and `delete`.

use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::ttl::Ttl;

use super::batch::{Batch, Place, Replies};
use super::connection::Effect;
use super::get::on;
use super::index::{self, Slot, Token};
use super::layout::Spelled;
use super::put::millis;
use super::{Redis, clock, reply};

/// So many commands in one step take the server about 1 ms. Nobody promises that a delete of many is one step.
const COMMANDS: usize = 1000;

impl Redis {
    pub(super) async fn prolong(&self, space: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let ttl = ttl.checked()?;
        self.layout.check_ttl(ttl)?;
        let spelled = keys.iter().map(|key| self.layout.spell(space, key)).collect::<Result<Vec<_>>>()?;
        let entries: Vec<_> = spelled.iter().map(|spelled| self.layout.entries(&spelled.primary)).collect();
        let indexed = entries.iter().any(|entries| !entries.is_empty());
        let now = if indexed { self.clock.millis(&self.connection).await? } else { 0 };
        let mut batch = Batch::default();
        let mut answers = Vec::with_capacity(keys.len());
        for (spelled, entries) in spelled.iter().zip(&entries) {
            let plan = index::touch(entries, ttl, clock::moment(now), Token::of(fastrand::u64(..)), Slot::One);
            let places: Option<Vec<Place>> = batch.follow(&plan, |batch| {
                let touch = |key: &[u8]| match millis(ttl) {
                    Some(millis) => batch.push(&on("PEXPIRE", key).number(millis)),
                    None => {
                        // PERSIST does not tell a record that had no ttl from one that is not there.
                        let lived = batch.push(&on("EXISTS", key));
                        batch.push(&on("PERSIST", key));
                        lived
                    }
                };
                spelled.keys().map(touch).collect()
            });
            answers.push(places.ok_or_else(reply::slipped)?);
        }
        let mut replies = batch.commit(&self.connection).await?;
        let lived = answers.into_iter().map(|places| any(places, &mut replies)).collect();
        replies.done()?;
        lived
    }

    pub(super) async fn end(&self, space: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let spelled = keys.iter().map(|key| self.layout.spell(space, key)).collect::<Result<Vec<_>>>()?;
        let mut answers = Vec::with_capacity(keys.len());
        let mut rest = &spelled[..];
        while !rest.is_empty() {
            let (step, later) = rest.split_at(self.fit(rest));
            let ended = match self.end_all(step, true).await {
                // A full server takes nothing into a MULTI, not even this. The entries stay, which are hints.
                Err(error) if error.kind() == ErrorKind::Full => self.end_all(step, false).await,
                ended => ended,
            };
            match ended {
                Ok(ended) => answers.extend(ended),
                Err(error) if answers.is_empty() => return Err(error),
                Err(error) => {
                    let message = "some of the records were ended, and others not: delete them again";
                    return Err(Error::new(ErrorKind::Unknown, message).at("redis").caused_by(error));
                }
            }
            rest = later;
        }
        Ok(answers)
    }

    /// How many of these end in one step that keeps no other client waiting for long: one at least.
    fn fit(&self, all: &[Spelled]) -> usize {
        let commands = |spelled: &Spelled| spelled.keys().count() + 2 * self.layout.entries(&spelled.primary).len();
        let mut sum = 0;
        let fitting = all.iter().take_while(|spelled| {
            sum += commands(spelled);
            sum <= COMMANDS
        });
        fitting.count().max(1)
    }

    /// Ends records: with their entries and in one step, or each by itself.
    async fn end_all(&self, all: &[Spelled], as_one: bool) -> Result<Vec<bool>> {
        let mut batch = Batch::default();
        let mut answers = Vec::with_capacity(all.len());
        for spelled in all {
            let entries = if as_one { self.layout.entries(&spelled.primary) } else { Vec::new() };
            let places: Option<Vec<Place>> = batch.follow(&index::delete(&entries, Slot::One), |batch| {
                spelled.keys().map(|key| batch.push(&on("UNLINK", key))).collect()
            });
            answers.push(places.ok_or_else(reply::slipped)?);
        }
        let mut replies = if as_one {
            batch.commit(&self.connection).await?
        } else {
            batch.send(&self.connection, Effect::Write).await?
        };
        answers.into_iter().map(|places| any(places, &mut replies)).collect()
    }
}

/// Whether any spelling lived.
fn any(places: Vec<Place>, replies: &mut Replies) -> Result<bool> {
    let mut lived = false;
    for place in places {
        lived |= reply::some(replies.take(place)?)?;
    }
    Ok(lived)
}
