//! What of a pattern narrows a search by its keys' beginnings.

use crate::key::Key;
use crate::pattern::Pattern;
use crate::term::{Term, ordered};

/// No pattern for SCAN is longer: the server matches it against every key it has.
const LONGEST_GLOB: usize = 4 << 10;

/// Where every candidate for a pattern is listed.
#[derive(Clone, Default, PartialEq, Eq)]
pub(in crate::backends::redis) struct Listed {
    /// Sorted sets, to be read in this order: all their members are candidates, whatever their scores.
    pub(in crate::backends::redis) indexes: Vec<Vec<u8>>,
    /// One more candidate, which those do not list.
    pub(in crate::backends::redis) point: Option<Key>,
}

/// The parts that every key begins with which a pattern matches.
pub(super) struct Leading {
    pub(super) parts: Vec<Term>,
    follows: Follows,
}

/// What stands behind the leading parts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    Nothing,
    /// So many parts.
    Some(usize),
    /// Parts, at least so many.
    AtLeast(usize),
}

impl Leading {
    /// Those of a pattern, up to the first one that cannot be spelled.
    pub(super) fn of(pattern: &Pattern, can_be_spelled: impl Fn(&Term) -> bool) -> Self {
        let read = |bytes| match ordered::read(bytes) {
            Ok((term, length)) if length == bytes.len() && can_be_spelled(&term) => Some(term),
            _ => None,
        };
        let parts: Vec<Term> = pattern.leading().map_while(read).collect();
        let follows = match pattern.len() - parts.len() {
            more if pattern.is_open() => Follows::AtLeast(more),
            0 => Follows::Nothing,
            more => Follows::Some(more),
        };
        Self { parts, follows }
    }

    /// Whether the matches are children of one parent: all parts are fixed but the last.
    pub(super) fn are_a_parent(&self) -> bool {
        !self.parts.is_empty() && self.follows == Follows::Some(1)
    }

    /// The key of just these parts, where the pattern matches it and longer ones, too.
    pub(super) fn shortest(&self) -> Option<Key> {
        match self.follows {
            Follows::AtLeast(0) => Key::new(self.parts.iter()).ok(),
            _ => None,
        }
    }
}

/// The pattern for SCAN that all keys match which begin with this, spelled, and go on as the leading parts say.
pub(super) fn glob(mut prefix: Vec<u8>, leading: &Leading) -> Vec<u8> {
    match leading.follows {
        Follows::Nothing => {}
        // A match may end here, so that `a` and `a:b` are wanted; `ab` comes along, and is judged like all candidates.
        Follows::AtLeast(0) if !leading.parts.is_empty() => prefix.push(b'*'),
        Follows::Some(_) | Follows::AtLeast(_) => prefix.extend(b":*"),
    }
    if prefix.len() > LONGEST_GLOB {
        prefix.truncate(LONGEST_GLOB - 1);
        prefix.push(b'*');
    }
    prefix
}
