use super::{Repr, Term};

impl Term {
    /// A tuple.
    pub fn tuple(elements: impl Into<Vec<Term>>) -> Self {
        Self(Repr::Tuple(elements.into().into()))
    }

    /// The elements, if this is a tuple.
    pub fn as_tuple(&self) -> Option<&[Term]> {
        match &self.0 {
            Repr::Tuple(elements) => Some(elements),
            _ => None,
        }
    }
}
