//! The values of Erlang's data model: their equality, order, texts and bytes. Not keys or patterns.
//!
//! ```
//! use larder::Term;
//!
//! let user = Term::tuple(vec![Term::atom("user")?, Term::from(42), Term::from("ann")]);
//! assert_eq!(user.as_tuple().map(<[Term]>::len), Some(3));
//! # Ok::<(), larder::Error>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod atom;
mod bits;
mod children;
mod etf;
mod float;
mod integer;
mod kind;
mod list;
mod literal;
mod map;
mod opaque;
mod order;
#[allow(dead_code, unused_imports, reason = "the memory and disk backends stand on it; a build may have neither")]
pub(crate) mod ordered;
mod serde;
mod tuple;
mod view;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::sync::Arc;

use num_bigint::BigInt;

use self::bits::Short;
use self::children::Children;
pub use self::etf::{Limits, Otp};
pub use self::kind::Kind;
pub(crate) use self::opaque::Opaque;
pub use self::serde::{from_term, to_term};
pub(crate) use self::view::View;

/// A value of Erlang's data model.
///
/// Equality is Erlang's `=:=`: `1` is not `1.0`, and `-0.0` is not `0.0`. Order is Erlang's term order
/// made strict: numbers stand by their exact mathematical value, an integer before the float of the same
/// value, `-0.0` before `0.0`, and then, in this order, atoms, references, funs, ports, pids, tuples,
/// maps, the empty list, other lists, and binaries and other bitstrings. Tuples and maps stand by size
/// first. Inside the keys of a map every integer stands before every float, as in Erlang.
///
/// A clone is cheap: children and long texts are shared. No operation recurses, so a term may be nested
/// as deep as memory allows.
///
/// `Debug` names the kind and nothing more, so that a log never shows what a term holds.
#[derive(Clone)]
pub struct Term(Repr);

#[derive(Clone)]
enum Repr {
    Small(i64),
    /// Never a number that fits an `i64`.
    Big(Arc<BigInt>),
    /// Always finite.
    Float(f64),
    KnownAtom(&'static str),
    Atom(Arc<str>),
    ShortBinary(Short),
    LongBinary(Arc<[u8]>),
    /// Whole bytes, the last one padded with zeros, and how many of its bits count, 1 to 7.
    Bits(Arc<[u8]>, u8),
    Opaque(Arc<Opaque>),
    Tuple(Children),
    List(Children),
    /// One element or more, and the tail last, which is not a list.
    Improper(Children),
    /// The keys, ascending and unique, and then the values in the order of their keys.
    Map(Children),
}

impl Term {
    /// The kind of this term.
    ///
    /// ```
    /// use larder::term::{Kind, Term};
    ///
    /// assert_eq!(Term::from("text").kind(), Kind::Binary);
    /// ```
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Repr::Small(_) | Repr::Big(_) => Kind::Integer,
            Repr::Float(_) => Kind::Float,
            Repr::KnownAtom(_) | Repr::Atom(_) => Kind::Atom,
            Repr::ShortBinary(_) | Repr::LongBinary(_) => Kind::Binary,
            Repr::Bits(..) => Kind::Bitstring,
            Repr::Opaque(opaque) => opaque.kind(),
            Repr::Tuple(_) => Kind::Tuple,
            Repr::List(_) | Repr::Improper(_) => Kind::List,
            Repr::Map(_) => Kind::Map,
        }
    }

    /// Whether a reference, fun, port or pid stands anywhere in this term. Such a term means something
    /// only to the Erlang node that made it, so keys refuse it.
    pub fn has_opaque(&self) -> bool {
        if matches!(self.0, Repr::Opaque(_)) {
            return true;
        }
        let mut rest = Vec::new();
        let mut terms = self.children();
        loop {
            for term in terms {
                if matches!(term.0, Repr::Opaque(_)) {
                    return true;
                }
                let children = term.children();
                if !children.is_empty() {
                    rest.push(children);
                }
            }
            match rest.pop() {
                Some(children) => terms = children,
                None => return false,
            }
        }
    }

    /// Every direct child: elements, the tail of an improper list, keys and values.
    fn children(&self) -> &[Term] {
        match &self.0 {
            Repr::Tuple(children) | Repr::List(children) | Repr::Improper(children) | Repr::Map(children) => children,
            _ => &[],
        }
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Term({})", self.kind())
    }
}

impl From<&Term> for Term {
    fn from(term: &Term) -> Self {
        term.clone()
    }
}
