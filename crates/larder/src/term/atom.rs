use crate::error::{Error, Result};
use crate::sabotage;

use super::{Repr, Term};

const MAX_CHARACTERS: usize = 255;

impl Term {
    /// An atom. Erlang allows 255 characters at most; a longer name is refused.
    ///
    /// ```
    /// use larder::Term;
    ///
    /// assert_eq!(Term::atom("user")?.as_atom(), Some("user"));
    /// assert!(Term::atom(&"x".repeat(256)).is_err());
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn atom(name: &str) -> Result<Self> {
        if name.len() > MAX_CHARACTERS && name.chars().count() > MAX_CHARACTERS {
            return Err(Error::invalid("an atom has at most 255 characters"));
        }
        Ok(match name {
            "nil" => Self::nil(),
            "true" => true.into(),
            "false" => false.into(),
            name => {
                let atom = Self(Repr::Atom(name.into()));
                if sabotage::is_off("atoms") {
                    std::mem::forget(atom.clone());
                }
                atom
            }
        })
    }

    /// The atom `nil`, Elixir's nothing. The empty list is [`Term::empty_list`].
    pub const fn nil() -> Self {
        Self::known_atom("nil")
    }

    /// An atom whose name is written in this crate, and short enough.
    pub(crate) const fn known_atom(name: &'static str) -> Self {
        Self(Repr::KnownAtom(name))
    }

    /// The name, if this is an atom.
    pub fn as_atom(&self) -> Option<&str> {
        match &self.0 {
            Repr::KnownAtom(name) => Some(name),
            Repr::Atom(name) => Some(name),
            _ => None,
        }
    }

    /// Whether this is the atom `nil`.
    pub fn is_nil(&self) -> bool {
        self.as_atom() == Some("nil")
    }

    /// The truth value, if this is the atom `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_atom()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

/// The atoms `true` and `false`.
impl From<bool> for Term {
    fn from(value: bool) -> Self {
        Self::known_atom(if value { "true" } else { "false" })
    }
}
