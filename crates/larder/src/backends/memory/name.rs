//! The name a record is found by: its namespace and key as words that compare as their bytes do.

use std::cmp::Ordering;

use crate::namespace::Namespace;

/// A namespace's bytes and then a key's, in big-endian words, the last one filled with zeros.
///
/// A word compares as its eight bytes do, and so a name is compared eight bytes at a step.
#[derive(Clone)]
pub(super) struct Name {
    words: Words,
    bytes: usize,
}

#[derive(Clone)]
enum Words {
    /// Nearly all names: no allocation to look something up.
    Short([u64; SHORT]),
    Long(Box<[u64]>),
}

const SHORT: usize = 16;

impl Name {
    /// The name of a key's bytes, or of a position among keys, in a namespace.
    #[inline]
    pub(super) fn new(namespace: &Namespace, key: &[u8]) -> Self {
        let head = namespace.as_bytes();
        let bytes = head.len() + key.len();
        if bytes > SHORT * 8 {
            return Self::long(&[head, key].concat());
        }
        let mut buffer = [0; SHORT * 8];
        buffer[..head.len()].copy_from_slice(head);
        buffer[head.len()..bytes].copy_from_slice(key);
        let mut words = [0; SHORT];
        let chunks = buffer.as_chunks().0.iter().take(bytes.div_ceil(8));
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word = u64::from_be_bytes(*chunk);
        }
        Self { words: Words::Short(words), bytes }
    }

    #[cold]
    fn long(name: &[u8]) -> Self {
        Self {
            words: Words::Long(name.chunks(8).map(|chunk| u64::from_be_bytes(padded(chunk))).collect()),
            bytes: name.len(),
        }
    }

    pub(super) fn from_words(source: impl ExactSizeIterator<Item = u64>, bytes: usize) -> Self {
        if source.len() > SHORT {
            return Self { words: Words::Long(source.collect()), bytes };
        }
        let mut words = [0; SHORT];
        words.iter_mut().zip(source).for_each(|(word, from)| *word = from);
        Self { words: Words::Short(words), bytes }
    }

    #[inline]
    pub(super) fn words(&self) -> &[u64] {
        match &self.words {
            Words::Short(words) => &words[..self.bytes.div_ceil(8)],
            Words::Long(words) => words,
        }
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes
    }
}

/// Up to eight bytes, filled with zeros.
#[inline]
pub(super) fn padded(chunk: &[u8]) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..chunk.len()].copy_from_slice(chunk);
    bytes
}

/// Compares names given as words and a length, as their bytes compare. The words alone do not tell a name from one
/// that goes on with zeros.
#[inline]
pub(super) fn compare(words: impl Iterator<Item = u64>, bytes: usize, other: &[u64], other_bytes: usize) -> Ordering {
    for (word, other) in words.zip(other) {
        if word != *other {
            return word.cmp(other);
        }
    }
    bytes.cmp(&other_bytes)
}

/// Whether a name given as words and a length begins with another one's bytes.
#[inline]
pub(super) fn begins_with(words: impl Iterator<Item = u64>, bytes: usize, head: &Name) -> bool {
    // Of the last word only as many bytes count as the head has there.
    let beyond = |at: usize| (at * 8 + 8).saturating_sub(head.len()) * 8;
    let mut pairs = words.zip(head.words()).enumerate();
    bytes >= head.len() && pairs.all(|(at, (word, other))| (word ^ other) >> beyond(at) == 0)
}
