//! The values of Erlang's data model.

/// A value of Erlang's data model.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term {}
