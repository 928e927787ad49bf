//! `sweep`: frees what the index keeps of records that are gone. The server ends the records themselves.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::backend::{Sweep, Swept};
use crate::error::Result;

use super::batch::Batch;
use super::connection::{Command, Effect};
use super::get::on;
use super::index::{self, Score};
use super::layout::native;
use super::scan::LOOKED_AT;
use super::{Redis, clock, reply};

impl Redis {
    /// Walks over all keys of the database, a page at a time. There is no file to compact, and memory is the server's to
    /// give back; a compaction walks over the records as well, and lists again what somebody has removed from an index.
    pub(super) async fn trim(&self, what: Sweep) -> Result<Swept> {
        let Some(glob) = self.layout.indexes() else { return Ok(Swept::default()) };
        let now = clock::moment(self.clock.millis(&self.connection).await?);
        let (mut cursor, mut marked) = (0, BTreeSet::new());
        loop {
            let command = Command::new("SCAN").number(cursor).arg("MATCH").arg(glob).arg("COUNT").number(LOOKED_AT);
            let (next, mut indexes) = reply::page(self.connection.call(&command, Effect::Read).await?)?;
            marked.extend(indexes.iter().filter_map(|stored| native::marked(stored)).map(<[u8]>::to_vec));
            indexes.retain(|stored| native::is_index(stored));
            let mut batch = Batch::default();
            for set in indexes.iter().filter(|set| !self.layout.never_ends(set)) {
                batch.step(&index::trim(set, now));
            }
            batch.send(&self.connection, Effect::Write).await?.done()?;
            for set in indexes.iter().filter(|set| self.layout.never_ends(set)) {
                self.forget(set).await?;
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        if what == Sweep::Compact {
            for space in marked {
                self.check_whole(&space).await?;
            }
        }
        Ok(Swept::default())
    }

    /// Removes the members of an index of endless records whose records are gone.
    async fn forget(&self, set: &Bytes) -> Result<()> {
        let mut cursor = 0;
        loop {
            let command = on("ZSCAN", set).number(cursor).arg("COUNT").number(LOOKED_AT);
            let (next, members) = reply::page(self.connection.call(&command, Effect::Read).await?)?;
            // The score is older than the look at the record: a put in between renews it, and is not removed.
            let mut looks = Batch::default();
            let mut asked = Vec::new();
            for member in members.chunks_exact(2) {
                if let (Some(stored), Some(score)) = (self.layout.member(set, &member[0]), Score::parse(&member[1])) {
                    asked.push((looks.push(&on("EXISTS", &stored)), score));
                }
            }
            let mut replies = looks.send(&self.connection, Effect::Read).await?;
            let mut batch = Batch::default();
            for (place, score) in asked {
                if !reply::some(replies.take(place)?)? {
                    batch.step(&index::forget(set, score));
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
