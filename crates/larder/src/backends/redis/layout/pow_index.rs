//! The index of Pow from 1.0.25 on: a sorted set for every beginning of a key, with the rest of the key as the member.

use bytes::Bytes;

use super::Entry;

// No namespace in Pow's layout begins so: all begin with `g`.
const INDEX: &[u8] = b"_index:";

pub(super) fn entries(stored: &[u8]) -> Vec<Entry> {
    let ends = stored.iter().enumerate().filter(|(_, byte)| **byte == b':');
    let entry = |end: usize| {
        let member = Bytes::copy_from_slice(&stored[end + 1..]);
        Entry { index: index(&stored[..end]).into(), never: None, member }
    };
    ends.map(|(end, _)| entry(end)).collect()
}

/// The index of all keys that begin with this and go on.
pub(super) fn index(parent: &[u8]) -> Vec<u8> {
    [INDEX, parent].concat()
}

pub(super) fn parent(index: &[u8]) -> Option<&[u8]> {
    index.strip_prefix(INDEX)
}
