use ::serde::de::value::{BorrowedStrDeserializer, BytesDeserializer, SeqDeserializer};
use ::serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use ::serde::forward_to_deserialize_any;

use super::super::View;
use super::{Failed, Term, term};

const STRUCT: &str = "__struct__";

/// Reads one term.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de> {
    term: &'de Term,
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(term: &'de Term, depth: usize) -> Self {
        Self { term, depth }
    }

    fn inside(&self) -> Result<usize, Failed> {
        self.depth.checked_sub(1).ok_or_else(Failed::depth)
    }

    /// The elements of a list or a tuple.
    fn elements(&self) -> Option<&'de [Term]> {
        self.term.as_list().or_else(|| self.term.as_tuple())
    }

    /// The pairs of a map or a keyword list.
    fn pairs(&self) -> Option<Pairs<'de>> {
        match self.term.view() {
            View::Map(keys, values) => Some(Pairs::Map(keys, values)),
            View::List(elements, None) if elements.iter().all(is_keyword) => Some(Pairs::Keywords(elements)),
            _ => None,
        }
    }

    fn read_elements<V: Visitor<'de>>(&self, elements: &'de [Term], visitor: V) -> Result<V::Value, Failed> {
        let mut elements = Elements { elements, depth: self.inside()? };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.elements.is_empty() {
            Ok(value)
        } else {
            Err(Failed::new("the term has more elements than the type"))
        }
    }

    fn read_pairs<V: Visitor<'de>>(
        &self,
        pairs: Pairs<'de>,
        skipped: Option<&'static str>,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        visitor.visit_map(Entries { pairs, value: None, skipped, depth: self.inside()? })
    }

    fn unexpected<V: Visitor<'de>>(&self, visitor: &V) -> Failed {
        let found = match self.term.view() {
            View::Integer(value) => Unexpected::Signed(value),
            View::Float(value) => Unexpected::Float(value),
            View::Atom("nil") => Unexpected::Unit,
            View::Atom(name) => Unexpected::Str(name),
            View::Bits(bytes, 8) => Unexpected::Bytes(bytes),
            View::Tuple(_) | View::List(..) => Unexpected::Seq,
            View::Map(..) => Unexpected::Map,
            View::Big(_) => Unexpected::Other("integer"),
            View::Bits(..) | View::Opaque(_) => Unexpected::Other("term"),
        };
        serde::de::Error::invalid_type(found, visitor)
    }
}

fn is_keyword(element: &Term) -> bool {
    matches!(element.as_tuple(), Some([key, _]) if key.as_atom().is_some())
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Failed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match self.term.view() {
            View::Integer(value) => visitor.visit_i64(value),
            View::Big(_) => match (self.term.as_u64(), self.term.as_i128(), self.term.as_u128()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i128(value),
                (.., Some(value)) => visitor.visit_u128(value),
                _ => Err(Failed::new("an integer has more than 128 bits")),
            },
            View::Float(value) => visitor.visit_f64(value),
            View::Atom("nil") => visitor.visit_unit(),
            View::Atom("true") => visitor.visit_bool(true),
            View::Atom("false") => visitor.visit_bool(false),
            View::Atom(name) => visitor.visit_borrowed_str(name),
            View::Bits(bytes, 8) => match std::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => visitor.visit_borrowed_bytes(bytes),
            },
            View::Tuple(elements) | View::List(elements, None) => self.read_elements(elements, visitor),
            View::Map(keys, values) => self.read_pairs(Pairs::Map(keys, values), None, visitor),
            View::List(_, Some(_)) | View::Bits(..) | View::Opaque(_) => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        if self.term.is_nil() {
            return visitor.visit_none();
        }
        let depth = self.inside()?;
        visitor.visit_some(Self { depth, ..self })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Failed> {
        if name == term::NAME {
            let packed = term::pack(self.term)?;
            return visitor.visit_newtype_struct(BytesDeserializer::new(&packed));
        }
        let depth = self.inside()?;
        visitor.visit_newtype_struct(Self { depth, ..self })
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match self.term.as_bytes() {
            Some(bytes) => visitor.visit_borrowed_bytes(bytes),
            None => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match (self.elements(), self.term.as_bytes()) {
            (Some(elements), _) => self.read_elements(elements, visitor),
            (_, Some(bytes)) => visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied())),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match self.pairs() {
            Some(pairs) => self.read_pairs(pairs, None, visitor),
            None => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        let skipped = (!fields.contains(&STRUCT)).then_some(STRUCT);
        match self.pairs() {
            Some(pairs) => self.read_pairs(pairs, skipped, visitor),
            None => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        let depth = self.inside()?;
        let (name, values) = match self.term.as_tuple() {
            Some([name, values @ ..]) => (name, values),
            _ => (self.term, &[][..]),
        };
        match name.as_atom().or_else(|| name.as_text()) {
            Some(name) => visitor.visit_enum(Variant { name, values, depth }),
            None => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_unit()
    }

    /// The name of a field, in an atom or a binary. `nil`, `true` and `false` are names here.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match self.term.as_atom() {
            Some(name) => visitor.visit_borrowed_str(name),
            None => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit
    }
}

struct Elements<'de> {
    elements: &'de [Term],
    depth: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Failed;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failed> {
        let Some((first, others)) = self.elements.split_first() else {
            return Ok(None);
        };
        self.elements = others;
        seed.deserialize(Reader::new(first, self.depth)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

/// The pairs that are still to be read.
enum Pairs<'de> {
    Map(&'de [Term], &'de [Term]),
    Keywords(&'de [Term]),
}

impl<'de> Iterator for Pairs<'de> {
    type Item = (&'de Term, &'de Term);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Map(keys, values) => {
                let pair = (keys.split_off_first()?, values.split_off_first()?);
                Some(pair)
            }
            Self::Keywords(elements) => match elements.split_off_first()?.as_tuple() {
                Some([key, value]) => Some((key, value)),
                _ => None,
            },
        }
    }
}

struct Entries<'de> {
    pairs: Pairs<'de>,
    value: Option<&'de Term>,
    /// The key that is no field.
    skipped: Option<&'static str>,
    depth: usize,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Failed;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failed> {
        let skipped = self.skipped;
        let next = self.pairs.find(|(key, _)| skipped.is_none() || key.as_atom() != skipped);
        let Some((key, value)) = next else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(Reader::new(key, self.depth)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failed> {
        match self.value.take() {
            Some(value) => seed.deserialize(Reader::new(value, self.depth)),
            None => Err(Failed::new("the type to read asked for a value before its key")),
        }
    }
}

/// A variant's name, and what stands after it in its tuple.
struct Variant<'de> {
    name: &'de str,
    values: &'de [Term],
    depth: usize,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Failed;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Failed> {
        let name: BorrowedStrDeserializer<'de, Failed> = BorrowedStrDeserializer::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl Variant<'_> {
    fn mismatch() -> Failed {
        Failed::new("the term has more or fewer values than the variant it names")
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Failed;

    fn unit_variant(self) -> Result<(), Failed> {
        match self.values {
            [] => Ok(()),
            _ => Err(Self::mismatch()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failed> {
        match self.values {
            [value] => seed.deserialize(Reader::new(value, self.depth)),
            _ => Err(Self::mismatch()),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Failed> {
        if self.values.len() != length {
            return Err(Self::mismatch());
        }
        visitor.visit_seq(Elements { elements: self.values, depth: self.depth })
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Failed> {
        match self.values {
            [value] => Reader::new(value, self.depth).deserialize_struct("", fields, visitor),
            _ => Err(Self::mismatch()),
        }
    }
}
