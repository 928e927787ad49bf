use super::order::compare_keys;
use super::{Repr, Term};

impl Term {
    /// A map. Of pairs with the same key, the last one holds.
    ///
    /// ```
    /// use larder::Term;
    ///
    /// let map = Term::map([("b", 1), ("a", 2), ("b", 3)]);
    /// assert_eq!(map.get(&Term::from("b")), Some(&Term::from(3)));
    /// assert_eq!(map.as_map().map(Iterator::count), Some(2));
    /// ```
    pub fn map<K: Into<Term>, V: Into<Term>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut pairs: Vec<(Term, Term)> = pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        pairs.sort_by(|(left, _), (right, _)| compare_keys(left, right));
        pairs.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        let (mut children, values): (Vec<Term>, Vec<Term>) = pairs.into_iter().unzip();
        children.extend(values);
        Self(Repr::Map(children.into()))
    }

    /// A map of ascending unique keys, followed by as many values.
    pub(super) fn sorted_map(keys_and_values: Vec<Term>) -> Self {
        Self(Repr::Map(keys_and_values.into()))
    }

    /// The pairs in the order of their keys, if this is a map.
    pub fn as_map(&self) -> Option<impl ExactSizeIterator<Item = (&Term, &Term)>> {
        match &self.0 {
            Repr::Map(children) => {
                let (keys, values) = children.split_at(children.len() / 2);
                Some(keys.iter().zip(values))
            }
            _ => None,
        }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &Term) -> Option<&Term> {
        match &self.0 {
            Repr::Map(children) => {
                let (keys, values) = children.split_at(children.len() / 2);
                let place = keys.binary_search_by(|held| compare_keys(held, key)).ok()?;
                values.get(place)
            }
            _ => None,
        }
    }
}
