//! `sweep`: frees what the index keeps of records that are gone. The server ends the records themselves.

use redis::{Cmd, cmd};

use crate::backend::{Sweep, Swept};
use crate::error::Result;

use super::batch::Batch;
use super::connection::Effect;
use super::get::on;
use super::index::{self, Score, Step};
use super::{Redis, clock, reply};

/// How many keys or members are looked at in one step: about 1 ms of the server's time.
const COUNT: u64 = 1000;

impl Redis {
    /// Walks over all keys of the database, a page at a time. Both kinds of sweep do the same: there is no file to
    /// compact, and memory is the server's to give back.
    pub(super) async fn trim(&self, _what: Sweep) -> Result<Swept> {
        let Some(glob) = self.layout.indexes() else { return Ok(Swept::default()) };
        let now = clock::moment(self.clock.millis(&self.connection).await?);
        let mut cursor = 0;
        loop {
            let mut command = cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(glob).arg("COUNT").arg(COUNT);
            let (next, indexes) = reply::page(self.connection.call(&command, Effect::Read).await?)?;
            let mut batch = Batch::default();
            for set in indexes.iter().filter(|set| !self.layout.never_ends(set)) {
                batch.push(command_of(&index::trim(set, now)));
            }
            batch.send(&self.connection, Effect::Write).await?.done()?;
            for set in indexes.iter().filter(|set| self.layout.never_ends(set)) {
                self.forget(set).await?;
            }
            cursor = next;
            if cursor == 0 {
                return Ok(Swept::default());
            }
        }
    }

    /// Removes the members of an index of endless records whose records are gone.
    async fn forget(&self, set: &[u8]) -> Result<()> {
        let mut cursor = 0;
        loop {
            let mut command = on(cmd("ZSCAN"), set);
            command.arg(cursor).arg("COUNT").arg(COUNT);
            let (next, members) = reply::page(self.connection.call(&command, Effect::Read).await?)?;
            // The score is older than the look at the record: a put in between renews it, and is not removed.
            let mut looks = Batch::default();
            let mut asked = Vec::new();
            for member in members.chunks_exact(2) {
                if let (Some(stored), Some(score)) = (self.layout.member(set, &member[0]), Score::parse(&member[1])) {
                    asked.push((looks.push(on(cmd("EXISTS"), &stored)), score));
                }
            }
            let mut replies = looks.send(&self.connection, Effect::Read).await?;
            let mut batch = Batch::default();
            for (place, score) in asked {
                if !reply::some(replies.take(place)?)? {
                    batch.push(command_of(&index::forget(set, score)));
                }
            }
            batch.send(&self.connection, Effect::Write).await?.done()?;
            cursor = next;
            if cursor == 0 {
                return Ok(());
            }
        }
    }
}

/// The command of a step on an index.
pub(super) fn command_of(step: &Step) -> Cmd {
    // Room for all that the longest has.
    let mut command = Cmd::with_capacity(5, 160);
    step.words(|word| {
        command.arg(word);
    });
    command
}
