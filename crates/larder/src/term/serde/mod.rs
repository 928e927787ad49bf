//! Values of Rust as terms and back, by way of serde.

mod de;
mod ser;
mod term;

#[cfg(test)]
mod tests;

use std::fmt;

use ::serde::de::{DeserializeOwned, Expected, Unexpected};
use ::serde::ser::Serialize;

use crate::error::{Error, ErrorKind, Result};

use super::Term;

/// So many values may stand one inside the other. Rust's own calls are nested as deep.
const MAX_DEPTH: usize = 128;

/// Makes a term of a value.
///
/// | Rust | term |
/// | --- | --- |
/// | integers, `bool` | integers, `true` and `false` |
/// | floats | floats; infinity and NaN are refused |
/// | `char`, strings, bytes | binaries |
/// | `None`, `()`, unit structs | `nil` |
/// | `Some(value)`, newtype structs | the value |
/// | sequences | lists |
/// | tuples, tuple structs | tuples |
/// | maps | maps |
/// | structs | maps with atoms as keys |
/// | `Variant` | `:Variant` |
/// | `Variant(value)`, `Variant(a, b)` | `{:Variant, value}`, `{:Variant, a, b}` |
/// | `Variant { field: value }` | `{:Variant, %{field: value}}` |
///
/// Values nested deeper than 128 are refused, and so are floats that are not finite.
///
/// **Atoms are names that stand in the type**: of its fields and variants, and `nil`, `true` and `false`. A text that
/// comes from data never becomes one, be it the key of a map: Erlang keeps each atom for ever and holds a million, so a
/// visitor who could choose them would end the node that reads the value. `binary_to_term(value, [:safe])` takes what is
/// written here wherever the type's names are known. A [`Term`] stands as it is: who writes one that a stranger made
/// writes the stranger's atoms.
///
/// ```
/// use larder::term::{from_term, to_term};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Session {
///     user: u64,
///     remember: bool,
/// }
///
/// let session = Session { user: 7, remember: true };
/// let term = to_term(&session)?;
/// assert_eq!(term.to_string(), "%{remember: true, user: 7}");
/// assert_eq!(from_term::<Session>(&term)?, session);
/// # Ok::<(), larder::Error>(())
/// ```
pub fn to_term<T: Serialize + ?Sized>(value: &T) -> Result<Term> {
    value.serialize(ser::Writer::new(MAX_DEPTH)).map_err(|Failed(error)| error)
}

/// Makes a value of a term that [`to_term`] made, or Elixir.
///
/// It takes more than [`to_term`] gives, so that structs of Elixir can be read: names may be binaries,
/// `:__struct__` is left out, an atom is taken for a string, an integer for a float, a keyword list for a
/// map, a tuple for a sequence and the other way round, and a binary for a sequence of bytes.
///
/// A term nested deeper than 128 is refused, unless what is nested is not read or is a [`Term`] again.
/// The error does not quote the term: what a type itself has to say about a value is left out.
pub fn from_term<T: DeserializeOwned>(term: &Term) -> Result<T> {
    T::deserialize(de::Reader::new(term, MAX_DEPTH)).map_err(|Failed(error)| error)
}

/// The error inside serde. It drops what could quote a value.
#[derive(Debug)]
struct Failed(Error);

impl Failed {
    fn new(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(Error::new(ErrorKind::Codec, message))
    }

    fn depth() -> Self {
        Self::new("the value is nested deeper than 128")
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failed {}

impl serde::ser::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("the value's type refused to be written")
    }
}

impl serde::de::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("the type to read refused a value in the term")
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {}", name_of(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found another {}", name_of(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {length} elements"))
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("the term names a variant that the type does not have")
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("the term has a field that the type does not have")
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the term lacks the field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the term has the field `{field}` twice"))
    }
}

fn name_of(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(_) => "float",
        Unexpected::Char(_) | Unexpected::Str(_) => "string",
        Unexpected::Bytes(_) => "binary",
        Unexpected::Unit | Unexpected::Option => "nil",
        Unexpected::Seq => "list or tuple",
        Unexpected::Map => "map",
        Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "variant",
        _ => "value",
    }
}
