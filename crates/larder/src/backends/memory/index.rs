//! The order of all records, for listings.

use std::sync::RwLock;

use super::entry::Entry;
use super::locks::{exclusive, read, write};
use super::name::{Name, compare};

/// Handles to all records in the order of their names.
///
/// A row of leaves, each a sorted row of handles with a lock of its own: writers in different leaves do not wait for
/// each other, and a handle takes little more than its eight bytes. It is touched when a record comes or goes, and
/// never by a read or a refresh.
pub(super) struct Index {
    leaves: RwLock<Vec<Leaf>>,
}

struct Leaf {
    /// Not above any name in this leaf, and above every name in those before. A copy: a handle would keep a record.
    floor: Floor,
    entries: RwLock<Vec<Entry>>,
}

struct Floor {
    words: Box<[u64]>,
    bytes: usize,
}

/// How many handles a leaf holds at most.
const LEAF: usize = 512;

/// What a walk does after an entry.
pub(super) enum Move {
    Next,
    /// On to the first entry that is not below this name, which is above the present one.
    To(Name),
    Stop,
}

impl Index {
    pub(super) fn new() -> Self {
        let first = Leaf { floor: Floor { words: Box::default(), bytes: 0 }, entries: RwLock::default() };
        Self { leaves: RwLock::new(vec![first]) }
    }

    /// Adds an entry under a name that is not there.
    pub(super) fn insert(&self, name: &Name, entry: &Entry) {
        {
            let leaves = read(&self.leaves);
            let mut entries = write(&leaves[leaf_of(&leaves, name)].entries);
            if entries.len() < LEAF {
                grow(&mut entries);
                let at = position(&entries, name);
                entries.insert(at, entry.clone());
                return;
            }
        }
        let mut leaves = write(&self.leaves);
        let at = leaf_of(&leaves, name);
        let entries = exclusive(&mut leaves[at].entries);
        let place = position(entries, name);
        entries.insert(place, entry.clone());
        if entries.len() > LEAF {
            // Names that only ever grow leave full leaves behind.
            let middle = if place == LEAF { LEAF } else { LEAF / 2 };
            let upper = entries.split_off(middle);
            entries.shrink_to(middle + middle / 4);
            if let Some(floor) = upper.first().map(Floor::of) {
                leaves.insert(at + 1, Leaf { floor, entries: RwLock::new(upper) });
            }
        }
    }

    /// Puts an entry in the place of the one with the same name.
    pub(super) fn replace(&self, name: &Name, entry: &Entry) {
        let leaves = read(&self.leaves);
        let mut entries = write(&leaves[leaf_of(&leaves, name)].entries);
        let at = position(&entries, name);
        if let Some(place) = entries.get_mut(at).filter(|place| place.is(name)) {
            *place = entry.clone();
        }
    }

    /// Takes the entry with this name out.
    pub(super) fn remove(&self, name: &Name) {
        {
            let leaves = read(&self.leaves);
            let mut entries = write(&leaves[leaf_of(&leaves, name)].entries);
            let at = position(&entries, name);
            if entries.get(at).is_some_and(|entry| entry.is(name)) {
                entries.remove(at);
            }
            if entries.len() != LEAF / 4 && !entries.is_empty() {
                return;
            }
        }
        let mut leaves = write(&self.leaves);
        let at = leaf_of(&leaves, name);
        join(&mut leaves, at);
    }

    /// Walks in order from the first entry that is not below `from`, or is above it, until told to stop.
    ///
    /// Nothing can be added or removed meanwhile, so a walk is to be short.
    pub(super) fn walk(&self, from: Name, after: bool, mut visit: impl FnMut(&Entry) -> Move) {
        let leaves = read(&self.leaves);
        let (mut from, mut after) = (from, after);
        'seek: loop {
            let mut first = true;
            for leaf in &leaves[leaf_of(&leaves, &from)..] {
                let entries = read(&leaf.entries);
                let start = match (first, after) {
                    (false, _) => 0,
                    (true, false) => position(&entries, &from),
                    (true, true) => entries.partition_point(|entry| entry.compare(&from).is_le()),
                };
                first = false;
                for entry in &entries[start..] {
                    match visit(entry) {
                        Move::Next => {}
                        Move::Stop => return,
                        Move::To(name) => {
                            (from, after) = (name, false);
                            continue 'seek;
                        }
                    }
                }
            }
            return;
        }
    }

    /// About how many entries stand from a name on and below another one: exact within a leaf, else by the leaves.
    pub(super) fn distance(&self, from: &Name, to: &Name) -> usize {
        let leaves = read(&self.leaves);
        let (first, last) = (leaf_of(&leaves, from), leaf_of(&leaves, to));
        let start = position(&read(&leaves[first].entries), from);
        let end = position(&read(&leaves[last].entries), to);
        let between: usize = leaves[first..last].iter().map(|leaf| read(&leaf.entries).len()).sum();
        (between + end).saturating_sub(start)
    }

    /// Gives unused room back; answers how many bytes.
    pub(super) fn compact(&self) -> u64 {
        let mut leaves = write(&self.leaves);
        let mut freed = 0;
        for at in (0..leaves.len()).rev() {
            if let Some(leaf) = leaves.get_mut(at) {
                let entries = exclusive(&mut leaf.entries);
                let before = entries.capacity();
                entries.shrink_to_fit();
                freed += (before - entries.capacity()) * size_of::<Entry>();
            }
            join(&mut leaves, at);
        }
        leaves.shrink_to_fit();
        freed as u64
    }
}

/// Drops an empty leaf, or joins a sparse one with the next.
fn join(leaves: &mut Vec<Leaf>, at: usize) {
    let mut size = |at: usize| leaves.get_mut(at).map(|leaf| exclusive(&mut leaf.entries).len());
    match (size(at), size(at + 1)) {
        // The first leaf has the lowest floor, and stays.
        (Some(0), _) if at > 0 => {
            leaves.remove(at);
        }
        (Some(own), Some(next)) if own + next <= LEAF / 2 => {
            let mut next = leaves.remove(at + 1);
            let entries = exclusive(&mut leaves[at].entries);
            entries.append(exclusive(&mut next.entries));
            entries.shrink_to_fit();
        }
        _ => {}
    }
}

/// Makes room for one more, a quarter at a time: doubling would leave a third of all leaves unused.
fn grow(entries: &mut Vec<Entry>) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact((entries.len() / 4).max(4));
    }
}

/// The leaf where a name has its place.
fn leaf_of(leaves: &[Leaf], name: &Name) -> usize {
    leaves.partition_point(|leaf| leaf.floor.is_up_to(name)).saturating_sub(1)
}

/// The place of the first entry that is not below a name.
fn position(entries: &[Entry], name: &Name) -> usize {
    entries.partition_point(|entry| entry.compare(name).is_lt())
}

impl Floor {
    fn of(entry: &Entry) -> Self {
        let name = entry.name();
        Self { words: name.words().into(), bytes: name.len() }
    }

    fn is_up_to(&self, name: &Name) -> bool {
        compare(self.words.iter().copied(), self.bytes, name.words(), name.len()).is_le()
    }
}
