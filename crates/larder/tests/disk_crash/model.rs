//! What a store may hold after a crash: what was acknowledged last, or a later attempt; of a batch all or nothing.

use std::sync::Mutex;

use larder::backends::disk::Disk;
use larder::{Backend, Error, ErrorKind, Key, Namespace, Put, Select, Ttl, When, key};

/// How many records one batch writes.
pub(crate) const BATCH: u64 = 4;
/// How many groups of records are written at the same time, each by its own writer.
pub(crate) const GROUPS: u64 = 6;

/// A group's records all hold the number of the batch that wrote them; none is there after a delete.
#[derive(Clone, Default, Debug)]
struct Group {
    acknowledged: Option<u64>,
    /// What was asked for since and not acknowledged.
    attempted: Vec<Option<u64>>,
}

/// All groups, and the counts of what was seen.
#[derive(Default)]
pub(crate) struct Model {
    groups: Mutex<Vec<Group>>,
    pub(crate) acknowledged: std::sync::atomic::AtomicU64,
}

/// What a check found wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// An acknowledged change is not there.
    Lost,
    /// A batch is there in part.
    Half,
    /// The store does not open or cannot be read.
    Unreadable(String),
}

impl Model {
    pub(crate) fn new() -> Self {
        Self { groups: Mutex::new(vec![Group::default(); GROUPS as usize]), ..Self::default() }
    }

    /// Writes batch after batch into one group until the store fails.
    pub(crate) async fn write(&self, disk: &Disk, group: u64, random: &mut fastrand::Rng) -> Error {
        loop {
            let number = (random.u8(..8) != 0).then(|| random.u64(..));
            self.attempt(group, number);
            let done = match number {
                Some(number) => {
                    let size = random.usize(..2000);
                    let puts = puts(group, number, size);
                    disk.put(&space(), &puts).await.map(drop)
                }
                None => disk.delete(&space(), &keys(group)).await.map(drop),
            };
            match done {
                Ok(()) => self.acknowledge(group, number),
                Err(error) => {
                    // What certainly was not applied must not turn up.
                    if error.kind() == ErrorKind::Unavailable {
                        self.retract(group);
                    }
                    return error;
                }
            }
        }
    }

    fn attempt(&self, group: u64, number: Option<u64>) {
        self.groups.lock().unwrap()[group as usize].attempted.push(number);
    }

    fn retract(&self, group: u64) {
        self.groups.lock().unwrap()[group as usize].attempted.pop();
    }

    fn acknowledge(&self, group: u64, number: Option<u64>) {
        let mut groups = self.groups.lock().unwrap();
        groups[group as usize] = Group { acknowledged: number, attempted: vec![] };
        self.acknowledged.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// Compares the store with the model, and takes what it holds for what is now acknowledged.
    pub(crate) async fn check(&self, disk: &Disk) -> Result<(), Wrong> {
        for group in 0..GROUPS {
            let found = disk.get(&space(), &keys(group), Select::Values).await;
            let found = found.map_err(|error| unreadable(&error))?;
            let numbers: Vec<Option<u64>> = found
                .into_iter()
                .map(|found| found.map(|found| u64::from_be_bytes(found.value[..8].try_into().expect("eight bytes"))))
                .collect();
            if numbers.iter().any(|number| *number != numbers[0]) {
                return Err(Wrong::Half);
            }
            let mut groups = self.groups.lock().unwrap();
            let known = &mut groups[group as usize];
            if numbers[0] != known.acknowledged && !known.attempted.contains(&numbers[0]) {
                return Err(Wrong::Lost);
            }
            *known = Group { acknowledged: numbers[0], attempted: vec![] };
        }
        Ok(())
    }
}

/// The error with its cause, which tells what redb found.
pub(crate) fn unreadable(error: &Error) -> Wrong {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    Wrong::Unreadable(format!("{error} ({})", cause.unwrap_or_default()))
}

pub(crate) fn space() -> Namespace {
    Namespace::default()
}

pub(crate) fn keys(group: u64) -> Vec<Key> {
    (0..BATCH).map(|number| key!["group", group, number]).collect()
}

pub(crate) fn puts(group: u64, number: u64, size: usize) -> Vec<Put> {
    let mut value = number.to_be_bytes().to_vec();
    value.resize(8 + size, 7);
    let put = |key| Put { key, value: value.clone().into(), ttl: Ttl::Never, when: When::Always };
    keys(group).into_iter().map(put).collect()
}
