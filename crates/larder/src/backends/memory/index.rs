//! The order of all records, for listings.

use std::cmp::Ordering;

use super::entry::Entry;
use super::locks::{exclusive, read, write};
use super::name::{Name, compare};
use super::row::{AHEAD, Named, Row};
use super::sync::{RwLock, usually};

/// Handles to all records in the order of their names.
///
/// A row of leaves with a lock each: writers in different leaves do not wait for each other. It is touched when a
/// record comes or goes, and never by a read or a refresh.
pub(super) struct Index {
    leaves: RwLock<Leaves>,
}

/// Never empty: the first leaf stays, and has no floor.
struct Leaves {
    /// Of each leaf but the first, a name that is not above any in it, and above all in those before.
    floors: Row<Floor>,
    leaves: Vec<RwLock<Row<Entry>>>,
}

/// A name of its own: a handle would keep a record.
#[derive(Clone)]
struct Floor {
    words: Box<[u64]>,
    bytes: usize,
}

/// How many handles a leaf holds at most.
const FULL: usize = usually(512, 16);

/// What a walk does after an entry.
pub(super) enum Move {
    Next,
    /// On to the first entry that is not below this name, which is above the present one.
    To(Name),
    Stop,
}

impl Index {
    pub(super) fn new() -> Self {
        Self { leaves: RwLock::new(Leaves { floors: Row::default(), leaves: vec![RwLock::default()] }) }
    }

    /// Adds an entry under a name that is not there.
    pub(super) fn insert(&self, name: &Name, entry: &Entry) {
        {
            let leaves = read(&self.leaves);
            let mut leaf = write(leaves.of(name));
            if leaf.len() < FULL {
                leaf.insert(name, entry.clone());
                return;
            }
        }
        write(&self.leaves).insert_and_split(name, entry);
    }

    /// Puts an entry in the place of the one with the same name.
    pub(super) fn replace(&self, name: &Name, entry: &Entry) {
        let leaves = read(&self.leaves);
        let mut leaf = write(leaves.of(name));
        if let Ok(at) = leaf.find(name) {
            leaf.replace(at, entry.clone());
        }
    }

    /// Takes the entry with this name out.
    pub(super) fn remove(&self, name: &Name) {
        {
            let leaves = read(&self.leaves);
            let mut leaf = write(leaves.of(name));
            if let Ok(at) = leaf.find(name) {
                leaf.remove(at);
            }
            // A sparse leaf is looked at now and then.
            if leaf.len() > FULL / 4 || !leaf.len().is_multiple_of(FULL / 16) {
                return;
            }
        }
        let mut leaves = write(&self.leaves);
        let at = leaves.position(name);
        leaves.join(at);
        leaves.join(at.saturating_sub(1));
    }

    /// Walks in order from the first entry that is not below `from`, or is above it, until told to stop.
    ///
    /// Nothing can be added or removed meanwhile, so a walk is to be short.
    pub(super) fn walk(&self, from: Name, after: bool, mut visit: impl FnMut(&Entry) -> Move) {
        let leaves = read(&self.leaves);
        let (mut from, mut after) = (from, after);
        'seek: loop {
            let mut first = true;
            for leaf in &leaves.leaves[leaves.position(&from)..] {
                let leaf = read(leaf);
                let start = match (first, after) {
                    (false, _) => 0,
                    (true, false) => leaf.position(&from),
                    (true, true) => leaf.find(&from).map_or_else(|at| at, |at| at + 1),
                };
                first = false;
                let entries = &leaf.items()[start..];
                for (at, entry) in entries.iter().enumerate() {
                    if at % AHEAD == 0 {
                        entries[at..].iter().take(AHEAD).for_each(Named::touch_name);
                    }
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

    /// Walks in order over the entries whose names begin with `head`, from the first that is not below `from`, or is
    /// above it, until told to stop; answers whether it came to their end. Touches each ahead of the visit.
    ///
    /// Nothing can be added or removed meanwhile, so a walk is to be short.
    pub(super) fn walk_under(
        &self,
        head: &Name,
        from: Option<(&Name, bool)>,
        touch: impl Fn(&Entry),
        mut visit: impl FnMut(&Entry) -> bool,
    ) -> bool {
        let leaves = read(&self.leaves);
        for (at, leaf) in leaves.leaves[leaves.position(from.map_or(head, |(name, _)| name))..].iter().enumerate() {
            let leaf = read(leaf);
            let mut range = leaf.around(head);
            let is_last = range.end < leaf.len();
            range.start = match from {
                Some((name, after)) if at == 0 => leaf.find(name).map_or_else(|at| at, |at| at + usize::from(after)),
                // Those that are below the head are passed in a moment where they are few.
                _ if range.len() > 2 * AHEAD => leaf.position(head),
                _ => range.start,
            };
            for entries in leaf.items().get(range).unwrap_or_default().chunks(AHEAD) {
                // All beginnings first: where a record ends is known from there, and no record waits for another's.
                entries.iter().for_each(Named::touch_name);
                entries.iter().for_each(&touch);
                for entry in entries {
                    if !entry.begins_with(head) {
                        if entry.compare(head).is_lt() { continue } else { return true }
                    }
                    if !visit(entry) {
                        return false;
                    }
                }
            }
            if is_last {
                return true;
            }
        }
        true
    }

    /// How many entries stand from a name on and below another one.
    pub(super) fn distance(&self, from: &Name, to: &Name) -> usize {
        let leaves = read(&self.leaves);
        let (first, last) = (leaves.position(from), leaves.position(to));
        let start = read(&leaves.leaves[first]).position(from);
        let end = read(&leaves.leaves[last]).position(to);
        let between: usize = leaves.leaves.iter().take(last).skip(first).map(|leaf| read(leaf).len()).sum();
        (between + end).saturating_sub(start)
    }

    /// Gives unused room back; answers how many bytes.
    pub(super) fn compact(&self) -> u64 {
        let mut leaves = write(&self.leaves);
        let mut freed = 0;
        for at in (0..leaves.leaves.len()).rev() {
            freed += exclusive(&mut leaves.leaves[at]).compact();
            leaves.join(at);
        }
        freed += leaves.floors.compact();
        leaves.leaves.shrink_to_fit();
        freed as u64
    }
}

#[cfg(test)]
impl Index {
    /// Does something while nobody else can do anything here.
    #[cfg(not(shuttle))]
    pub(super) fn locked(&self, work: impl FnOnce()) {
        let _guard = write(&self.leaves);
        work();
    }

    pub(super) fn leaves(&self) -> usize {
        read(&self.leaves).leaves.len()
    }
}

impl Leaves {
    /// The place of the leaf that a name belongs to.
    #[inline]
    fn position(&self, name: &Name) -> usize {
        self.floors.find(name).map_or_else(|at| at, |at| at + 1)
    }

    #[inline]
    fn of(&self, name: &Name) -> &RwLock<Row<Entry>> {
        &self.leaves[self.position(name)]
    }

    fn insert_and_split(&mut self, name: &Name, entry: &Entry) {
        let at = self.position(name);
        let leaf = exclusive(&mut self.leaves[at]);
        let place = leaf.insert(name, entry.clone());
        if leaf.len() <= FULL {
            return;
        }
        // Names that only ever grow leave full leaves behind.
        let upper = leaf.split(if place == FULL { FULL } else { FULL / 2 });
        if let Some(floor) = upper.items().first().map(Named::name) {
            self.floors.insert(&floor, Floor { words: floor.words().into(), bytes: floor.len() });
            self.leaves.insert(at + 1, RwLock::new(upper));
        }
    }

    /// Drops an empty leaf, or joins a sparse one with the next.
    fn join(&mut self, at: usize) {
        let mut size = |at: usize| self.leaves.get_mut(at).map(|leaf| exclusive(leaf).len());
        match (size(at), size(at + 1)) {
            (Some(0), _) if at > 0 => drop(self.take(at)),
            (Some(own), Some(next)) if own + next <= FULL / 2 => {
                let next = self.take(at + 1);
                exclusive(&mut self.leaves[at]).join(next);
            }
            _ => {}
        }
    }

    /// Takes out a leaf that is not the first.
    fn take(&mut self, at: usize) -> Row<Entry> {
        self.floors.remove(at - 1);
        std::mem::take(exclusive(&mut self.leaves.remove(at)))
    }
}

impl Named for Floor {
    fn compare(&self, name: &Name) -> Ordering {
        compare(self.words.iter().copied(), self.bytes, name.words(), name.len())
    }

    fn name(&self) -> Name {
        Name::from_words(self.words.iter().copied(), self.bytes)
    }

    fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }
}
