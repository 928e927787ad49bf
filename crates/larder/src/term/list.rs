use super::{Repr, Term};

impl Term {
    /// A proper list.
    pub fn list(elements: impl Into<Vec<Term>>) -> Self {
        Self(Repr::List(elements.into().into()))
    }

    /// The empty list. The atom `nil` is [`Term::nil`].
    pub fn empty_list() -> Self {
        Self::list(Vec::new())
    }

    /// A list with a tail, Elixir's `[1, 2 | tail]`. A tail that is a list goes on with the list, so that
    /// the result may be proper; without elements it is the tail alone.
    ///
    /// ```
    /// use larder::Term;
    ///
    /// let one = || vec![Term::from(1)];
    /// assert_eq!(Term::improper(one(), Term::empty_list()), Term::list(one()));
    /// assert_eq!(Term::improper(one(), Term::nil()).as_list(), None);
    /// ```
    pub fn improper(elements: impl Into<Vec<Term>>, tail: Term) -> Self {
        let mut elements = elements.into();
        if elements.is_empty() {
            return tail;
        }
        match &tail.0 {
            Repr::List(more) => {
                elements.extend_from_slice(more);
                Self::list(elements)
            }
            Repr::Improper(more) => {
                elements.extend_from_slice(more);
                Self(Repr::Improper(elements.into()))
            }
            _ => {
                elements.push(tail);
                Self(Repr::Improper(elements.into()))
            }
        }
    }

    /// The elements, if this is a proper list.
    pub fn as_list(&self) -> Option<&[Term]> {
        match &self.0 {
            Repr::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements and the tail, if this is an improper list.
    pub fn as_improper(&self) -> Option<(&[Term], &Term)> {
        match &self.0 {
            Repr::Improper(children) => {
                let (tail, elements) = children.split_last()?;
                Some((elements, tail))
            }
            _ => None,
        }
    }
}
