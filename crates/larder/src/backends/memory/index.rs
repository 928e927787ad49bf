//! The order of all records, for listings.

use std::sync::RwLock;

use super::entry::Entry;
use super::leaf::Leaf;
use super::locks::{exclusive, read, write};
use super::name::{Name, compare};

/// Handles to all records in the order of their names.
///
/// A row of leaves with a lock each: writers in different leaves do not wait for each other. It is touched when a
/// record comes or goes, and never by a read or a refresh.
pub(super) struct Index {
    leaves: RwLock<Vec<Place>>,
}

/// A leaf and where it begins.
struct Place {
    floor: Floor,
    leaf: RwLock<Leaf>,
}

/// A name that is not above any in its leaf, and above all in those before. A copy: a handle would keep a record.
struct Floor {
    words: Box<[u64]>,
    bytes: usize,
}

/// What a walk does after an entry.
pub(super) enum Move {
    Next,
    /// On to the first entry that is not below this name, which is above the present one.
    To(Name),
    Stop,
}

impl Index {
    pub(super) fn new() -> Self {
        let first = Place { floor: Floor { words: Box::default(), bytes: 0 }, leaf: RwLock::default() };
        Self { leaves: RwLock::new(vec![first]) }
    }

    /// Adds an entry under a name that is not there.
    pub(super) fn insert(&self, name: &Name, entry: &Entry) {
        {
            let leaves = read(&self.leaves);
            let mut leaf = write(&leaves[leaf_of(&leaves, name)].leaf);
            if leaf.len() < Leaf::FULL {
                leaf.insert(name, entry);
                return;
            }
        }
        let mut leaves = write(&self.leaves);
        let at = leaf_of(&leaves, name);
        let leaf = exclusive(&mut leaves[at].leaf);
        let place = leaf.insert(name, entry);
        if leaf.len() > Leaf::FULL {
            // Names that only ever grow leave full leaves behind.
            let upper = leaf.split(if place == Leaf::FULL { Leaf::FULL } else { Leaf::FULL / 2 });
            if let Some(first) = upper.entries().first() {
                let place = Place { floor: Floor::of(&first.name()), leaf: RwLock::new(upper) };
                leaves.insert(at + 1, place);
            }
        }
    }

    /// Puts an entry in the place of the one with the same name.
    pub(super) fn replace(&self, name: &Name, entry: &Entry) {
        let leaves = read(&self.leaves);
        let mut leaf = write(&leaves[leaf_of(&leaves, name)].leaf);
        if let Some(at) = leaf.find(name) {
            leaf.replace(at, entry);
        }
    }

    /// Takes the entry with this name out.
    pub(super) fn remove(&self, name: &Name) {
        {
            let leaves = read(&self.leaves);
            let mut leaf = write(&leaves[leaf_of(&leaves, name)].leaf);
            if let Some(at) = leaf.find(name) {
                leaf.remove(at);
            }
            if leaf.len() > 0 && leaf.len() != Leaf::FULL / 4 {
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
            for place in &leaves[leaf_of(&leaves, &from)..] {
                let leaf = read(&place.leaf);
                let mut start = if first { leaf.position(&from) } else { 0 };
                if first && after && leaf.entries().get(start).is_some_and(|entry| entry.is(&from)) {
                    start += 1;
                }
                first = false;
                for entry in &leaf.entries()[start..] {
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

    /// How many entries stand from a name on and below another one.
    pub(super) fn distance(&self, from: &Name, to: &Name) -> usize {
        let leaves = read(&self.leaves);
        let (first, last) = (leaf_of(&leaves, from), leaf_of(&leaves, to));
        let start = read(&leaves[first].leaf).position(from);
        let end = read(&leaves[last].leaf).position(to);
        let between: usize = leaves.iter().take(last).skip(first).map(|place| read(&place.leaf).len()).sum();
        (between + end).saturating_sub(start)
    }

    /// Gives unused room back; answers how many bytes.
    pub(super) fn compact(&self) -> u64 {
        let mut leaves = write(&self.leaves);
        let mut freed = 0;
        for at in (0..leaves.len()).rev() {
            freed += exclusive(&mut leaves[at].leaf).compact();
            join(&mut leaves, at);
        }
        leaves.shrink_to_fit();
        freed as u64
    }
}

/// Drops an empty leaf, or joins a sparse one with the next.
fn join(leaves: &mut Vec<Place>, at: usize) {
    let mut size = |at: usize| leaves.get_mut(at).map(|place| exclusive(&mut place.leaf).len());
    match (size(at), size(at + 1)) {
        // The first leaf has the lowest floor, and stays.
        (Some(0), _) if at > 0 => drop(leaves.remove(at)),
        (Some(own), Some(next)) if own + next <= Leaf::FULL / 2 => {
            let next = std::mem::take(exclusive(&mut leaves.remove(at + 1).leaf));
            exclusive(&mut leaves[at].leaf).join(next);
        }
        _ => {}
    }
}

/// The leaf where a name has its place.
fn leaf_of(leaves: &[Place], name: &Name) -> usize {
    leaves.partition_point(|place| place.floor.is_up_to(name)).saturating_sub(1)
}

impl Floor {
    fn of(name: &Name) -> Self {
        Self { words: name.words().into(), bytes: name.len() }
    }

    fn is_up_to(&self, name: &Name) -> bool {
        compare(self.words.iter().copied(), self.bytes, name.words(), name.len()).is_le()
    }
}
