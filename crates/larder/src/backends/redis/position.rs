//! A position in a listing, as its cursor holds it.

use bytes::Bytes;

use crate::backend::Cursor;
use crate::error::{Error, Result};

/// Where a listing stands: in which of the sets or patterns it walks, at which cursor of the server's, and behind which
/// of the keys that this cursor brings.
///
/// The server may bring more for one cursor than a page may hold. What it brings is then cut in the order of bytes, and
/// the same cursor is asked again for the rest: a record that lives throughout is brought again, by this cursor or a
/// later one, as SCAN promises.
#[derive(Clone, Default)]
pub(super) struct Position {
    set: u8,
    pub(super) cursor: u64,
    after: Bytes,
}

impl Position {
    /// The position that a cursor holds.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a cursor that is not of this backend.
    pub(super) fn of(cursor: &Cursor) -> Result<Self> {
        let bytes = cursor.as_bytes();
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let foreign = || Error::invalid("the cursor of a listing is not one that this backend gave");
        let (set, rest) = bytes.split_first().ok_or_else(foreign)?;
        let (cursor, after) = rest.split_first_chunk().ok_or_else(foreign)?;
        Ok(Self { set: *set, cursor: u64::from_be_bytes(*cursor), after: Bytes::copy_from_slice(after) })
    }

    pub(super) fn to_cursor(&self) -> Cursor {
        let mut bytes = vec![self.set];
        bytes.extend(self.cursor.to_be_bytes());
        bytes.extend(&self.after);
        Cursor::new(bytes)
    }

    pub(super) fn set(&self) -> usize {
        usize::from(self.set)
    }

    /// Takes what the server brought for this position, in the order of bytes, up to the limit, and moves on: to the
    /// rest of it, to the server's next cursor, or behind the set, and then answers `true`.
    pub(super) fn take<T>(
        &mut self,
        mut brought: Vec<(Bytes, T)>,
        next: u64,
        limit: usize,
        taken: &mut Vec<(Bytes, T)>,
    ) -> bool {
        if !self.after.is_empty() {
            brought.retain(|(stored, _)| *stored > self.after);
        }
        let room = limit.saturating_sub(taken.len());
        if brought.len() > room {
            brought.truncate(room);
            if let Some((last, _)) = brought.last() {
                self.after = last.clone();
            }
            taken.extend(brought);
            return false;
        }
        taken.extend(brought);
        self.after = Bytes::new();
        self.cursor = next;
        if next != 0 {
            return false;
        }
        self.set = self.set.saturating_add(1);
        true
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
        assert!(!at.take(brought(&["a", "b", "c"]), 7, 2, &mut taken));
        assert_eq!(taken, brought(&["a", "b"]));
        let mut at = Position::of(&at.to_cursor()).unwrap();
        assert_eq!((at.set(), at.cursor), (0, 0));
        taken.clear();
        assert!(!at.take(brought(&["a", "b", "c"]), 7, 2, &mut taken));
        assert_eq!(taken, brought(&["c"]));
        assert_eq!((at.set(), at.cursor), (0, 7));
        assert!(at.take(brought(&["d"]), 0, 2, &mut taken));
        assert_eq!((at.set(), at.cursor), (1, 0));
    }

    #[test]
    fn a_page_that_is_full_takes_nothing_and_loses_nothing() {
        let mut at = Position::default();
        let mut taken = brought(&["p"]);
        assert!(!at.take(brought(&["a"]), 0, 1, &mut taken));
        assert_eq!((at.set(), at.cursor), (0, 0));
        assert!(at.take(brought(&["a"]), 0, 2, &mut taken));
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        assert!(Position::of(&Cursor::new(vec![1, 2, 3])).is_err());
    }
}
