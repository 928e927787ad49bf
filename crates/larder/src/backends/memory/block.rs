//! Where the small parts of what a listing reads lie together.

use bytes::{Buf, Bytes, BytesMut};

use super::entry::{Entry, FILL};

/// Room for the names and values of some records in one allocation: an allocator has few of a size at hand, and goes a
/// slow way for more. Whoever keeps a part keeps the whole, so what is larger than [`SMALL`] lies by itself.
#[derive(Default)]
pub(super) struct Block(BytesMut);

/// The largest part, in bytes.
const SMALL: usize = 512;

impl Block {
    /// Makes room for these records' names and, where they are wanted, their values.
    pub(super) fn new(entries: &[Entry], values: bool) -> Self {
        let small = |bytes: usize| if bytes <= SMALL { bytes } else { 0 };
        let value = |entry: &Entry| if values { small(entry.value_bytes()) } else { 0 };
        Self(room(entries.iter().map(|entry| small(entry.name_bytes()) + value(entry)).sum()))
    }

    /// A copy of a record's name but for its first so many bytes.
    pub(super) fn name_after(&mut self, head: usize, entry: &Entry) -> Bytes {
        let mut name = self.part(entry.name_bytes());
        entry.copy_name(&mut name);
        name.advance(head.min(name.len()));
        name.freeze()
    }

    /// A copy of a value that lies within its record.
    #[inline]
    pub(super) fn value(&mut self, entry: &Entry) -> Bytes {
        let mut value = self.part(entry.value_bytes());
        entry.copy_value(&mut value);
        value.freeze()
    }

    /// Room of so many bytes.
    #[inline]
    fn part(&mut self, bytes: usize) -> BytesMut {
        if bytes > SMALL || bytes > self.0.len() { room(bytes) } else { self.0.split_to(bytes) }
    }
}

fn room(bytes: usize) -> BytesMut {
    let mut room = BytesMut::with_capacity(bytes);
    room.resize(bytes, FILL);
    room
}
