//! A term within another value: among terms it stands as it is, elsewhere as its ETF bytes.

use std::fmt;

use ::serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use ::serde::ser::{Serialize, Serializer};

use super::super::{Limits, Otp, Term};
use super::Failed;

/// The newtype by which terms are told from other values.
pub(super) const NAME: &str = "larder::Term";

/// What is in memory already needs few limits: a byte makes one term at most, and no depth is too deep.
/// Only compressed bytes could grow, and none are written here.
fn limits() -> Limits {
    Limits::default().bytes(usize::MAX).depth(usize::MAX).nodes(usize::MAX).inflated(0)
}

/// The term behind the binary that a [`Term`] wrote.
pub(super) fn unpack(written: &Term) -> Result<Term, Failed> {
    Term::from_etf_within(written.as_bytes().unwrap_or_default(), limits()).map_err(Failed)
}

/// The bytes that a [`Term`] reads.
pub(super) fn pack(term: &Term) -> Result<Vec<u8>, Failed> {
    term.to_etf(Otp::Otp26).map_err(Failed)
}

/// [`to_term`](super::to_term) leaves a term as it is. Any other format holds its bytes in the external
/// term format.
impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = pack(self).map_err(serde::ser::Error::custom)?;
        serializer.serialize_newtype_struct(NAME, &Bytes(bytes))
    }
}

/// [`from_term`](super::from_term) leaves a term as it is, but not where serde keeps values aside, in an
/// untagged enum or a flattened field. Any other format must hold its bytes in the external term format.
impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, TermVisitor)
    }
}

struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// Reads the newtype, and then the bytes in it.
struct TermVisitor;

impl<'de> Visitor<'de> for TermVisitor {
    type Value = Term;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a term in the external term format")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Term, D::Error> {
        deserializer.deserialize_bytes(self)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Term, E> {
        Term::from_etf_within(bytes, limits()).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Term, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = elements.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
