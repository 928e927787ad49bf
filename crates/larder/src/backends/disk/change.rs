//! What writers ask for, and how it is applied within one transaction.

use bytes::Bytes;
use redb::{ReadableTable, Table, WriteTransaction};

use crate::backend::When;
use crate::clock::Moment;
use crate::error::Result;
use crate::record::Version;
use crate::ttl::{Deadline, Ttl};

use super::failed::damaged_record;
use super::stored::{
    DEADLINES, RECORDS, STATE, State, Stored, deadline_entry, entries_after, read_deadline_entry, told_deadline,
};

/// One call's change. Keys have their namespace ahead; all is checked against the limits already.
pub(super) enum Change {
    Put(Vec<NewRecord>),
    Take(Vec<u8>),
    Touch(Vec<Vec<u8>>, Ttl),
    Delete(Vec<Vec<u8>>),
}

pub(super) struct NewRecord {
    pub(super) key: Vec<u8>,
    pub(super) value: Bytes,
    pub(super) ttl: Ttl,
    pub(super) when: When,
}

/// What a change came to.
pub(super) enum Answer {
    Written(Vec<Result<bool>>),
    Taken(Option<Bytes>),
    Lived(Vec<bool>),
}

impl Change {
    /// How many bytes it keeps in memory while it waits.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Put(records) => records.iter().map(|record| record.key.len() + record.value.len()).sum(),
            Self::Take(key) => key.len(),
            Self::Touch(keys, _) | Self::Delete(keys) => keys.iter().map(Vec::len).sum(),
        }
    }

    /// Whether it only ever frees room, and so has to work on a full disk.
    pub(super) fn frees(&self) -> bool {
        matches!(self, Self::Take(_) | Self::Delete(_))
    }
}

/// The tables of a transaction under way.
pub(super) struct Changes<'t> {
    records: Table<'t, &'static [u8], &'static [u8]>,
    deadlines: Table<'t, &'static [u8], ()>,
    now: Moment,
    changed: bool,
}

struct Old {
    deadline: Option<Deadline>,
    /// The value, where the record lives.
    lives: bool,
    damaged: bool,
    version: Option<Version>,
}

impl<'t> Changes<'t> {
    pub(super) fn new(transaction: &'t WriteTransaction, now: Moment) -> Result<Self, redb::Error> {
        let (records, deadlines) = (transaction.open_table(RECORDS)?, transaction.open_table(DEADLINES)?);
        Ok(Self { records, deadlines, now, changed: false })
    }

    /// Whether there is anything to commit.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    /// Applies one call. The outer error ends the transaction, the inner one is that call's own and left nothing behind.
    pub(super) fn apply(&mut self, change: &Change) -> Result<Result<Answer>, redb::Error> {
        match change {
            Change::Put(records) => {
                let written = records.iter().map(|record| self.put(record));
                Ok(Ok(Answer::Written(written.collect::<Result<_, redb::Error>>()?)))
            }
            Change::Take(key) => Ok(self.take(key)?.map(Answer::Taken)),
            Change::Touch(keys, ttl) => Ok(self.touch(keys, *ttl)?.map(Answer::Lived)),
            Change::Delete(keys) => {
                let lived = keys.iter().map(|key| self.delete(key));
                Ok(Ok(Answer::Lived(lived.collect::<Result<_, redb::Error>>()?)))
            }
        }
    }

    fn put(&mut self, record: &NewRecord) -> Result<Result<bool>, redb::Error> {
        let deadline = match record.ttl.deadline(self.now) {
            Ok(deadline) => deadline,
            Err(error) => return Ok(Err(error)),
        };
        let old = self.old(&record.key, matches!(record.when, When::Unchanged(_)))?;
        let holds = match record.when {
            When::Always => true,
            _ if old.damaged => return Ok(Err(damaged_record())),
            When::Absent => !old.lives,
            When::Present => old.lives,
            When::Unchanged(version) => old.lives && old.version == Some(version),
        };
        if holds {
            let bytes = Stored { deadline, value: &record.value }.encode(&record.key);
            self.records.insert(record.key.as_slice(), bytes.as_slice())?;
            self.move_deadline(&record.key, old.deadline, Some(deadline))?;
            self.changed = true;
        }
        Ok(Ok(holds))
    }

    fn take(&mut self, key: &[u8]) -> Result<Result<Option<Bytes>>, redb::Error> {
        let value = {
            let Some(bytes) = self.records.get(key)? else { return Ok(Ok(None)) };
            let Some(stored) = Stored::decode(key, bytes.value()) else { return Ok(Err(damaged_record())) };
            (!stored.deadline.is_past(self.now)).then(|| Bytes::copy_from_slice(stored.value))
        };
        self.delete(key)?;
        Ok(Ok(value))
    }

    fn touch(&mut self, keys: &[Vec<u8>], ttl: Ttl) -> Result<Result<Vec<bool>>, redb::Error> {
        let deadline = match ttl.deadline(self.now) {
            Ok(deadline) => deadline,
            Err(error) => return Ok(Err(error)),
        };
        // All are read before one is written: a damaged record refuses the call as a whole.
        let mut touched = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(bytes) = self.records.get(key.as_slice())? else {
                touched.push(None);
                continue;
            };
            let Some(stored) = Stored::decode(key, bytes.value()) else { return Ok(Err(damaged_record())) };
            let lives = !stored.deadline.is_past(self.now);
            let written = || (stored.deadline, Stored { deadline, value: stored.value }.encode(key));
            touched.push(lives.then(written));
        }
        for (key, touched) in keys.iter().zip(&touched) {
            let Some((old, bytes)) = touched else { continue };
            self.records.insert(key.as_slice(), bytes.as_slice())?;
            self.move_deadline(key, Some(*old), Some(deadline))?;
            self.changed = true;
        }
        Ok(Ok(touched.iter().map(Option::is_some).collect()))
    }

    /// Takes away what has expired too: where the clock is put right later, what was ended stays ended.
    fn delete(&mut self, key: &[u8]) -> Result<bool, redb::Error> {
        let old = self.old(key, false)?;
        if old.deadline.is_none() && !old.damaged {
            return Ok(false);
        }
        self.records.remove(key)?;
        self.move_deadline(key, old.deadline, None)?;
        self.changed = true;
        Ok(old.lives || old.damaged)
    }

    fn old(&self, key: &[u8], version: bool) -> Result<Old, redb::Error> {
        let Some(bytes) = self.records.get(key)? else {
            return Ok(Old { deadline: None, lives: false, damaged: false, version: None });
        };
        let stored = Stored::decode(key, bytes.value());
        Ok(Old {
            deadline: told_deadline(bytes.value()),
            lives: stored.as_ref().is_some_and(|stored| !stored.deadline.is_past(self.now)),
            damaged: stored.is_none(),
            version: stored.filter(|_| version).map(|stored| Version::of(stored.value)),
        })
    }

    fn move_deadline(&mut self, key: &[u8], old: Option<Deadline>, new: Option<Deadline>) -> Result<(), redb::Error> {
        if old == new {
            return Ok(());
        }
        if let Some(entry) = old.and_then(|old| deadline_entry(old, key)) {
            self.deadlines.remove(entry.as_slice())?;
        }
        if let Some(entry) = new.and_then(|new| deadline_entry(new, key)) {
            self.deadlines.insert(entry.as_slice(), ())?;
        }
        Ok(())
    }

    /// Removes records that ended by this moment, at most `limit`; answers how many, and whether those were all.
    pub(super) fn sweep(&mut self, ended: Moment, limit: usize) -> Result<(u64, bool), redb::Error> {
        let end = entries_after(ended.nanos());
        let mut entries = Vec::new();
        for entry in self.deadlines.range::<&[u8]>(..end.as_slice())?.take(limit) {
            entries.push(entry?.0.value().to_vec());
        }
        let mut swept = 0;
        for entry in &entries {
            self.deadlines.remove(entry.as_slice())?;
            self.changed = true;
            let Some((deadline, key)) = read_deadline_entry(entry) else { continue };
            // An entry that outlived its record, as one whose bytes were damaged leaves, must not end another.
            let ends = self.records.get(key)?.is_some_and(|bytes| told_deadline(bytes.value()) == Some(deadline));
            if ends {
                self.records.remove(key)?;
                swept += 1;
            }
        }
        Ok((swept, entries.len() < limit))
    }
}

/// Writes the store's state down within a transaction.
pub(super) fn write_state(transaction: &WriteTransaction, state: State) -> Result<(), redb::Error> {
    transaction.open_table(STATE)?.insert((), state.encode().as_slice())?;
    Ok(())
}
