//! The bytes in the file: its tables and what stands in them, as `docs/format.md` describes.

use redb::TableDefinition;

use crate::key::Key;
use crate::namespace::Namespace;
use crate::ttl::Deadline;

/// Stored key → deadline, checksum, value.
pub(super) const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
/// Deadline and stored key of every record that has one.
pub(super) const DEADLINES: TableDefinition<'_, &[u8], ()> = TableDefinition::new("deadlines");
/// Where [`State`] stands.
pub(super) const STATE: TableDefinition<'_, (), &[u8]> = TableDefinition::new("larder");

/// The format described in `docs/format.md`.
pub(super) const FORMAT: u32 = 1;

/// What the store knows of itself, written with every commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Counts commits: tells after a failure whether the last one happened.
    pub(super) commit: u64,
    /// The highest time committed.
    pub(super) time: u64,
}

impl State {
    pub(super) fn encode(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes[..4].copy_from_slice(&FORMAT.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.commit.to_be_bytes());
        bytes[12..].copy_from_slice(&self.time.to_be_bytes());
        bytes
    }

    /// The state, or the format that it is written in where that is not ours; `None` where it is neither.
    pub(super) fn decode(bytes: &[u8]) -> Option<Result<Self, u32>> {
        let (format, rest) = bytes.split_first_chunk::<4>()?;
        let format = u32::from_be_bytes(*format);
        if format != FORMAT {
            return Some(Err(format));
        }
        let (commit, rest) = rest.split_first_chunk::<8>()?;
        let time: &[u8; 8] = rest.try_into().ok()?;
        Some(Ok(Self { commit: u64::from_be_bytes(*commit), time: u64::from_be_bytes(*time) }))
    }
}

/// A record's key with its namespace ahead.
pub(super) fn stored_key(namespace: &Namespace, key: &Key) -> Vec<u8> {
    [namespace.as_bytes(), key.as_bytes()].concat()
}

/// What stands under a stored key.
pub(super) struct Stored<'a> {
    pub(super) deadline: Deadline,
    pub(super) value: &'a [u8],
}

const HEAD: usize = 12;

impl<'a> Stored<'a> {
    pub(super) fn encode(&self, key: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.value.len());
        bytes.extend(self.deadline.nanos().to_be_bytes());
        bytes.extend(checksum(key, self.deadline, self.value).to_be_bytes());
        bytes.extend(self.value);
        bytes
    }

    /// `None` where the bytes are not those that were written under this key.
    pub(super) fn decode(key: &[u8], bytes: &'a [u8]) -> Option<Self> {
        let deadline = told_deadline(bytes)?;
        let (sum, value) = bytes.get(8..)?.split_first_chunk::<4>()?;
        (u32::from_be_bytes(*sum) == checksum(key, deadline, value)).then_some(Self { deadline, value })
    }
}

/// The deadline as the bytes tell it, damaged or not: where the record stands in the table of deadlines.
pub(super) fn told_deadline(bytes: &[u8]) -> Option<Deadline> {
    let (deadline, _) = bytes.split_first_chunk::<8>()?;
    Some(Deadline::from_nanos(u64::from_be_bytes(*deadline)))
}

/// redb checks its pages only when asked to check the whole file: this is what notices a flipped bit on a read.
fn checksum(key: &[u8], deadline: Deadline, value: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key);
    sum.update(&deadline.nanos().to_be_bytes());
    sum.update(value);
    sum.finalize()
}

/// The entry of a record in the table of deadlines; `None` for one that never ends.
pub(super) fn deadline_entry(deadline: Deadline, key: &[u8]) -> Option<Vec<u8>> {
    (deadline != Deadline::NEVER).then(|| [&deadline.nanos().to_be_bytes(), key].concat())
}

/// The deadline and the stored key of an entry in the table of deadlines.
pub(super) fn read_deadline_entry(entry: &[u8]) -> Option<(Deadline, &[u8])> {
    let (deadline, key) = entry.split_first_chunk::<8>()?;
    Some((Deadline::from_nanos(u64::from_be_bytes(*deadline)), key))
}

/// Before every entry of a later deadline than this one.
pub(super) fn entries_after(deadline: u64) -> [u8; 8] {
    deadline.saturating_add(1).to_be_bytes()
}
