//! A position in a listing, as its cursor holds it.

use bytes::Bytes;

use crate::backend::Cursor;
use crate::error::{Error, Result};

/// Where a listing stands: at which cursor of the server's, in which of the sets or patterns it walks, and what the
/// cursor before brought over what the page could hold.
///
/// A walk by SCAN in place of an index stays one to its end, also where the index is whole again meanwhile.
///
/// What is over is kept here by name: to ask for the same cursor again would bring other keys where the server has
/// resized its table meanwhile.
#[derive(Clone, Default)]
pub(super) struct Position {
    set: u8,
    pub(super) cursor: u64,
    /// Which run of the server gave the cursor: another one has its keys in another order.
    run: u64,
    over: Vec<Bytes>,
}

/// The bit of `set` that says that SCAN walks in place of an index.
const SCANS: u8 = 0x80;

impl Position {
    /// The start of a walk by SCAN in place of an index.
    pub(super) fn instead_of_index() -> Self {
        Self { set: SCANS, ..Self::default() }
    }

    /// Whether SCAN walks in place of an index.
    pub(super) fn is_instead_of_index(&self) -> bool {
        self.set & SCANS != 0
    }

    /// The position that a cursor holds.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a cursor that is not of this backend.
    pub(super) fn of(cursor: &Cursor) -> Result<Self> {
        let bytes = cursor.as_bytes();
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        Self::read(bytes).ok_or_else(|| Error::invalid("the cursor of a listing is not one that this backend gave"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (set, rest) = bytes.split_first()?;
        let (cursor, rest) = rest.split_first_chunk()?;
        let (run, mut rest) = rest.split_first_chunk()?;
        let mut over = Vec::new();
        while !rest.is_empty() {
            let (length, tail) = rest.split_first_chunk()?;
            let (name, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            over.push(Bytes::copy_from_slice(name));
            rest = tail;
        }
        Some(Self { set: *set, cursor: u64::from_be_bytes(*cursor), run: u64::from_be_bytes(*run), over })
    }

    pub(super) fn to_cursor(&self) -> Cursor {
        let mut bytes = vec![self.set];
        bytes.extend(self.cursor.to_be_bytes());
        bytes.extend(self.run.to_be_bytes());
        for name in &self.over {
            bytes.extend(u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(name);
        }
        Cursor::new(bytes)
    }

    /// Says which run of the server is walked. A walk that another one began begins anew.
    pub(super) fn walk_on(&mut self, run: u64) {
        if self.run != run {
            (self.run, self.cursor) = (run, 0);
        }
    }

    /// The run of the server that is walked.
    pub(super) fn run(&self) -> u64 {
        self.run
    }

    /// Whether this run of the server is the one that is walked.
    pub(super) fn is_walked_on(&self, run: u64) -> bool {
        self.run == run
    }

    pub(super) fn set(&self) -> usize {
        usize::from(self.set & !SCANS)
    }

    /// Whether so many sets are behind it, and nothing is over.
    pub(super) fn is_behind(&self, sets: usize) -> bool {
        self.set() >= sets && self.over.is_empty()
    }

    /// Takes out what the cursor before brought over what its page could hold.
    pub(super) fn take_over(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.over)
    }

    /// Takes what was brought, as far as the page has room, and keeps the rest; answers whether nothing is over.
    pub(super) fn fill<T>(&mut self, mut brought: Vec<(Bytes, T)>, limit: usize, taken: &mut Vec<(Bytes, T)>) -> bool {
        let room = limit.saturating_sub(taken.len());
        if brought.len() > room {
            self.over = brought.drain(room..).map(|(name, _)| name).collect();
        }
        taken.extend(brought);
        self.over.is_empty()
    }

    /// Moves on to the server's next cursor, and behind the set where that is its end; answers whether it was.
    pub(super) fn advance(&mut self, next: u64) -> bool {
        self.cursor = next;
        if next == 0 {
            self.set = self.set.saturating_add(1);
        }
        next == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(names: &[&'static str]) -> Vec<(Bytes, ())> {
        names.iter().map(|name| (Bytes::from_static(name.as_bytes()), ())).collect()
    }

    #[test]
    fn what_does_not_fit_into_a_page_comes_in_the_next() {
        let mut at = Position::default();
        let mut taken = Vec::new();
        assert!(!at.advance(7));
        assert!(!at.fill(brought(&["a", "b", "c"]), 2, &mut taken));
        assert_eq!(taken, brought(&["a", "b"]));
        let mut at = Position::of(&at.to_cursor()).unwrap();
        assert_eq!((at.set(), at.cursor), (0, 7));
        assert_eq!(at.take_over(), ["c"]);
        assert!(at.advance(0));
        assert!(at.fill(brought(&["d"]), 3, &mut taken));
        assert_eq!((at.set(), at.cursor), (1, 0));
    }

    #[test]
    fn a_walk_that_another_run_of_the_server_began_begins_anew() {
        let mut at = Position::default();
        at.walk_on(1);
        at.advance(7);
        let mut at = Position::of(&at.to_cursor()).unwrap();
        at.walk_on(1);
        assert_eq!(at.cursor, 7);
        assert!(at.is_walked_on(1) && !at.is_walked_on(2));
        at.walk_on(2);
        assert_eq!((at.set(), at.cursor), (0, 0));
    }

    #[test]
    fn a_walk_in_place_of_an_index_stays_one() {
        let mut at = Position::instead_of_index();
        assert!(!at.advance(7));
        let mut at = Position::of(&at.to_cursor()).unwrap();
        assert!(at.is_instead_of_index() && at.set() == 0 && at.cursor == 7);
        at.advance(0);
        assert!(at.is_instead_of_index() && at.is_behind(1) && !at.is_behind(2));
        assert!(!Position::default().is_instead_of_index());
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        for bytes in [&[1_u8, 2, 3][..], &[0; 20], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1]] {
            assert!(Position::of(&Cursor::new(bytes.to_vec())).is_err());
        }
    }
}
