//! Things with names, in the order of these.

use std::cmp::Ordering;
use std::ops::Range;

use super::name::Name;

/// What has a name that never changes.
pub(super) trait Named: Clone {
    /// The name's order beside another one.
    fn compare(&self, name: &Name) -> Ordering;

    fn name(&self) -> Name;

    /// A word of the name, 0 beyond its end.
    fn word(&self, at: usize) -> u64;

    /// Brings the name into the cache.
    fn touch_name(&self) {}

    /// Brings the item itself into the cache.
    fn touch_item(&self) {}
}

/// How many items are touched ahead of being read: to wait for all at once takes hardly longer than to wait for one.
pub(super) const AHEAD: usize = 12;

/// Items in the order of their names, each with a word of its name.
///
/// To look at a name is to wait for memory, and a search looks at nine of five hundred. So the row keeps the words that
/// all its names begin with once, and of each name the word that follows: these lie close together, and leave a search
/// few names to look at.
pub(super) struct Row<T> {
    head: Box<[u64]>,
    words: Vec<u64>,
    items: Vec<T>,
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self { head: Box::default(), words: Vec::new(), items: Vec::new() }
    }
}

impl<T: Named> Row<T> {
    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The place of the first item that is not below a name.
    #[inline]
    pub(super) fn position(&self, name: &Name) -> usize {
        let same = self.alike(name);
        let items = &self.items[same.clone()];
        if items.len() <= AHEAD {
            items.iter().for_each(Named::touch_name);
        }
        same.start + items.partition_point(|item| item.compare(name).is_lt())
    }

    /// Where a name stands or belongs: between which places the items lie that are like it as far as the words tell.
    #[inline]
    fn alike(&self, name: &Name) -> Range<usize> {
        let (head, rest) = name.words().split_at(self.head.len().min(name.words().len()));
        match (head.cmp(&self.head), rest.first()) {
            (Ordering::Less, _) => 0..0,
            (Ordering::Greater, _) => self.items.len()..self.items.len(),
            // It ends where the others go on.
            (Ordering::Equal, None) => 0..0,
            (Ordering::Equal, Some(word)) => self.with_word(*word),
        }
    }

    /// Between which places the items lie that have this word.
    #[inline]
    fn with_word(&self, word: u64) -> Range<usize> {
        let from = first_not_below(&self.words, word, |near| {
            // Whatever comes of the search, it is one of these: on their way while the last words are looked at.
            for at in [near.start, near.end] {
                self.items.get(at).into_iter().for_each(Named::touch_item);
            }
        });
        let rest = &self.words[from..];
        let few = rest.iter().take(AHEAD).take_while(|other| **other == word).count();
        from..from + if few < AHEAD { few } else { rest.partition_point(|other| *other == word) }
    }

    /// Between which places all items lie whose names begin with these bytes, and few others. Looks at no name.
    #[inline]
    pub(super) fn around(&self, head: &Name) -> Range<usize> {
        let whole = &head.words()[..head.len() / 8];
        let (start, rest) = whole.split_at(self.head.len().min(whole.len()));
        match (start.cmp(&self.head[..start.len()]), rest.first()) {
            (Ordering::Less, _) => 0..0,
            (Ordering::Greater, _) => self.items.len()..self.items.len(),
            (Ordering::Equal, None) => 0..self.items.len(),
            (Ordering::Equal, Some(word)) => self.with_word(*word),
        }
    }

    /// The place of the item with a name.
    pub(super) fn find(&self, name: &Name) -> Result<usize, usize> {
        let same = self.alike(name);
        // Most often the words have told already, and no name is waited for.
        let items = &self.items[same.clone()];
        if items.len() <= AHEAD {
            items.iter().for_each(Named::touch_name);
        }
        items.binary_search_by(|item| item.compare(name)).map(|at| same.start + at).map_err(|at| same.start + at)
    }

    /// Adds an item under a name that is not there; answers its place.
    pub(super) fn insert(&mut self, name: &Name, item: T) -> usize {
        let words = name.words();
        if self.items.is_empty() || words.len() == self.head.len() || !words.starts_with(&self.head) {
            self.behead(words);
        }
        let at = self.position(name);
        // A quarter more at a time: doubling would leave a third of all room unused.
        if self.items.len() == self.items.capacity() {
            let more = (self.items.len() / 4).max(4);
            self.items.reserve_exact(more);
            self.words.reserve_exact(more);
        }
        self.items.insert(at, item);
        self.words.insert(at, words.get(self.head.len()).copied().unwrap_or(0));
        at
    }

    pub(super) fn replace(&mut self, at: usize, item: T) {
        if let Some(place) = self.items.get_mut(at) {
            *place = item;
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        self.items.remove(at);
        self.words.remove(at);
    }

    /// Leaves the first so many, and answers the others.
    pub(super) fn split(&mut self, at: usize) -> Self {
        let mut upper = Self { items: self.items.split_off(at), ..Self::default() };
        self.items.shrink_to(at + at / 4);
        upper.take_head();
        self.take_head();
        upper
    }

    /// Takes in the items of the row that follows.
    pub(super) fn join(&mut self, mut next: Self) {
        self.items.append(&mut next.items);
        self.items.shrink_to_fit();
        self.take_head();
    }

    /// Gives unused room back; answers how many bytes.
    pub(super) fn compact(&mut self) -> usize {
        let size = |row: &Self| row.items.capacity() * size_of::<T>() + row.words.capacity() * size_of::<u64>();
        let before = size(self);
        self.items.shrink_to_fit();
        self.words.shrink_to_fit();
        before - size(self)
    }

    /// Shortens what all names begin with to what this one begins with, too.
    fn behead(&mut self, words: &[u64]) {
        let same = match self.items.is_empty() {
            true => words.len(),
            false => common(&self.head, words),
        };
        self.set_head(&words[..same.min(words.len().saturating_sub(1))]);
    }

    /// Finds anew what all names begin with: what the first and the last do.
    fn take_head(&mut self) {
        let ends = self.items.first().zip(self.items.last()).map(|(first, last)| (first.name(), last.name()));
        let Some((first, last)) = ends else { return *self = Self::default() };
        let (first, last) = (first.words(), last.words());
        self.set_head(&first[..common(first, last).min(first.len().saturating_sub(1))]);
    }

    fn set_head(&mut self, head: &[u64]) {
        let mut words = Vec::with_capacity(self.items.capacity());
        words.extend(self.items.iter().map(|item| item.word(head.len())));
        self.words = words;
        self.head = head.into();
    }
}

/// How many words two names have in common from the first on.
fn common(one: &[u64], other: &[u64]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The place of the first of ascending words that is not below another one.
///
/// Halves what is long; then looks at every 64th, then at every eighth of those between, then at these: three times it
/// waits for several lines of the cache at once, where halving would wait for six, one after another.
#[inline]
fn first_not_below(words: &[u64], word: u64, touch: impl FnOnce(Range<usize>)) -> usize {
    let (mut from, mut to) = (0, words.len());
    while to - from > 8 * 64 {
        let middle = from.midpoint(to);
        if words[middle] < word { from = middle } else { to = middle }
    }
    for step in [64, 8] {
        let below = words[from..to].iter().step_by(step).filter(|other| **other < word).count();
        to = to.min(from + below * step);
        from += below.saturating_sub(1) * step;
    }
    touch(from..to);
    from + words[from..to].iter().filter(|other| **other < word).count()
}
