//! A stretch of the index: handles in the order of their names.

use super::entry::Entry;
use super::name::Name;

/// Entries in the order of their names, each with a word of its name.
///
/// To look at a name is to wait for memory, and a search looks at nine of five hundred. So the row keeps the words that
/// all its names begin with once, and of each name the word that follows: these lie close together, and leave a search
/// few names to look at.
#[derive(Default)]
pub(super) struct Leaf {
    head: Box<[u64]>,
    words: Vec<u64>,
    entries: Vec<Entry>,
}

impl Leaf {
    /// How many entries a leaf holds at most.
    pub(super) const FULL: usize = 512;

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The place of the first entry that is not below a name.
    pub(super) fn position(&self, name: &Name) -> usize {
        let (head, rest) = name.words().split_at(self.head.len().min(name.words().len()));
        match (head.cmp(&self.head), rest.first()) {
            (std::cmp::Ordering::Less, _) => 0,
            (std::cmp::Ordering::Greater, _) => self.entries.len(),
            // It ends where the others go on.
            (std::cmp::Ordering::Equal, None) => 0,
            (std::cmp::Ordering::Equal, Some(word)) => {
                let from = self.words.partition_point(|other| other < word);
                let same = self.words[from..].partition_point(|other| other == word);
                from + self.entries[from..from + same].partition_point(|entry| entry.compare(name).is_lt())
            }
        }
    }

    /// The entry of a name.
    pub(super) fn find(&self, name: &Name) -> Option<usize> {
        let at = self.position(name);
        self.entries.get(at).is_some_and(|entry| entry.is(name)).then_some(at)
    }

    /// Adds an entry under a name that is not there; answers its place.
    pub(super) fn insert(&mut self, name: &Name, entry: &Entry) -> usize {
        if !name.words().starts_with(&self.head) || name.words().len() == self.head.len() || self.entries.is_empty() {
            self.behead(name);
        }
        let at = self.position(name);
        // A quarter more at a time: doubling would leave a third of all leaves unused.
        if self.entries.len() == self.entries.capacity() {
            let more = (self.entries.len() / 4).max(4);
            self.entries.reserve_exact(more);
            self.words.reserve_exact(more);
        }
        self.entries.insert(at, entry.clone());
        self.words.insert(at, name.words().get(self.head.len()).copied().unwrap_or(0));
        at
    }

    pub(super) fn replace(&mut self, at: usize, entry: &Entry) {
        if let Some(place) = self.entries.get_mut(at) {
            *place = entry.clone();
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        self.entries.remove(at);
        self.words.remove(at);
    }

    /// Leaves the first so many, and answers the others.
    pub(super) fn split(&mut self, at: usize) -> Self {
        let mut upper = Self { entries: self.entries.split_off(at), ..Self::default() };
        self.entries.shrink_to(at + at / 4);
        upper.take_heads();
        self.take_heads();
        upper
    }

    /// Takes in the entries of the leaf that follows.
    pub(super) fn join(&mut self, mut next: Self) {
        self.entries.append(&mut next.entries);
        self.entries.shrink_to_fit();
        self.take_heads();
    }

    /// Gives unused room back; answers how many bytes.
    pub(super) fn compact(&mut self) -> usize {
        let before = self.entries.capacity() + self.words.capacity();
        self.entries.shrink_to_fit();
        self.words.shrink_to_fit();
        8 * (before - self.entries.capacity() - self.words.capacity())
    }

    /// Shortens what all names begin with to what this one begins with, too.
    fn behead(&mut self, name: &Name) {
        let words = name.words();
        let same = self.head.iter().zip(words).take_while(|(own, other)| own == other).count();
        let length = if self.entries.is_empty() { words.len() } else { same };
        self.set_head(&words[..length.min(words.len() - 1)]);
    }

    /// Finds anew what all names begin with: what the first and the last do.
    fn take_heads(&mut self) {
        let names = self.entries.first().zip(self.entries.last()).map(|(first, last)| (first.name(), last.name()));
        let Some((first, last)) = names else { return *self = Self::default() };
        let same = first.words().iter().zip(last.words()).take_while(|(first, last)| first == last).count();
        self.set_head(&first.words()[..same.min(first.words().len() - 1)]);
    }

    fn set_head(&mut self, head: &[u64]) {
        self.head = head.into();
        let mut words = Vec::with_capacity(self.entries.capacity());
        words.extend(self.entries.iter().map(|entry| entry.word(head.len())));
        self.words = words;
    }
}
