use num_bigint::BigInt;

use super::{Opaque, Repr, Term};

/// What a term is, for code that must know every kind.
#[derive(Clone, Copy)]
pub(crate) enum View<'a> {
    Integer(i64),
    /// Never a number that fits an `i64`.
    Big(&'a BigInt),
    Float(f64),
    Atom(&'a str),
    Opaque(&'a Opaque),
    Tuple(&'a [Term]),
    /// The ascending keys, and their values.
    Map(&'a [Term], &'a [Term]),
    /// The elements, and the tail of an improper list.
    List(&'a [Term], Option<&'a Term>),
    /// The bytes, and how many bits of the last one count, 1 to 8; 8 when there is none.
    Bits(&'a [u8], u8),
}

impl Term {
    pub(crate) fn view(&self) -> View<'_> {
        match &self.0 {
            Repr::Small(value) => View::Integer(*value),
            Repr::Big(value) => View::Big(value),
            Repr::Float(value) => View::Float(*value),
            Repr::KnownAtom(name) => View::Atom(name),
            Repr::Atom(name) => View::Atom(name),
            Repr::ShortBinary(short) => View::Bits(short.as_bytes(), 8),
            Repr::LongBinary(bytes) => View::Bits(bytes, 8),
            Repr::Bits(bytes, last_bits) => View::Bits(bytes, *last_bits),
            Repr::Opaque(opaque) => View::Opaque(opaque),
            Repr::Tuple(elements) => View::Tuple(elements),
            Repr::List(elements) => View::List(elements, None),
            Repr::Improper(children) => match children.split_last() {
                Some((tail, elements)) => View::List(elements, Some(tail)),
                None => View::List(&[], None),
            },
            Repr::Map(children) => {
                let (keys, values) = children.split_at(children.len() / 2);
                View::Map(keys, values)
            }
        }
    }
}
