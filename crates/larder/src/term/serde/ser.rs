use ::serde::Serialize;
use ::serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

use crate::sabotage;

use super::{Failed, Term, term};

/// Makes the term of one value.
pub(super) struct Writer {
    depth: usize,
}

/// Collects the elements of a list or a tuple.
pub(super) struct Elements {
    depth: usize,
    elements: Vec<Term>,
}

/// Collects the pairs of a map, or the fields of a struct.
pub(super) struct Pairs {
    depth: usize,
    variant: Option<Term>,
    key: Option<Term>,
    pairs: Vec<(Term, Term)>,
}

impl Writer {
    pub(super) fn new(depth: usize) -> Self {
        Self { depth }
    }

    fn inside(&self) -> Result<usize, Failed> {
        self.depth.checked_sub(1).ok_or_else(Failed::depth)
    }

    fn elements(self, variant: Option<Term>) -> Result<Elements, Failed> {
        Ok(Elements { depth: self.inside()?, elements: Vec::from_iter(variant) })
    }

    fn pairs(self, variant: Option<Term>) -> Result<Pairs, Failed> {
        Ok(Pairs { depth: self.inside()?, variant, key: None, pairs: Vec::new() })
    }
}

fn write<T: Serialize + ?Sized>(value: &T, depth: usize) -> Result<Term, Failed> {
    value.serialize(Writer { depth })
}

fn name(name: &'static str) -> Result<Term, Failed> {
    Term::atom(name).map_err(Failed)
}

macro_rules! write_into {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<Term, Failed> {
            Ok(value.into())
        }
    )*};
}

impl Serializer for Writer {
    type Ok = Term;
    type Error = Failed;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Pairs;
    type SerializeStruct = Pairs;
    type SerializeStructVariant = Pairs;

    write_into! {
        serialize_bool: bool, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    // Never an atom, whoever asks for one: Erlang keeps each for ever, and a text can be a stranger's.
    fn serialize_str(self, value: &str) -> Result<Term, Failed> {
        if sabotage::is_off("names") { Term::atom(value).map_err(Failed) } else { Ok(value.into()) }
    }

    fn serialize_f32(self, value: f32) -> Result<Term, Failed> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Term, Failed> {
        Term::float(value).map_err(|_| Failed::new("a float is not finite; Erlang has no such floats"))
    }

    fn serialize_char(self, value: char) -> Result<Term, Failed> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_none(self) -> Result<Term, Failed> {
        Ok(Term::nil())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Term, Failed> {
        write(value, self.inside()?)
    }

    fn serialize_unit(self) -> Result<Term, Failed> {
        Ok(Term::nil())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Term, Failed> {
        Ok(Term::nil())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Term, Failed> {
        name(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Term, Failed> {
        let written = write(value, self.inside()?)?;
        if name == term::NAME {
            return term::unpack(&written);
        }
        Ok(written)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Term, Failed> {
        let value = write(value, self.inside()?)?;
        Ok(Term::tuple(vec![name(variant)?, value]))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements, Failed> {
        self.elements(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements, Failed> {
        self.elements(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements, Failed> {
        self.elements(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements, Failed> {
        self.elements(Some(name(variant)?))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Pairs, Failed> {
        self.pairs(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Pairs, Failed> {
        self.pairs(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Pairs, Failed> {
        self.pairs(Some(name(variant)?))
    }
}

impl Elements {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.elements.push(write(value, self.depth)?);
        Ok(())
    }
}

impl SerializeSeq for Elements {
    type Ok = Term;
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.add(value)
    }

    fn end(self) -> Result<Term, Failed> {
        Ok(Term::list(self.elements))
    }
}

impl SerializeTuple for Elements {
    type Ok = Term;
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.add(value)
    }

    fn end(self) -> Result<Term, Failed> {
        Ok(Term::tuple(self.elements))
    }
}

impl SerializeTupleStruct for Elements {
    type Ok = Term;
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.add(value)
    }

    fn end(self) -> Result<Term, Failed> {
        Ok(Term::tuple(self.elements))
    }
}

impl SerializeTupleVariant for Elements {
    type Ok = Term;
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.add(value)
    }

    fn end(self) -> Result<Term, Failed> {
        Ok(Term::tuple(self.elements))
    }
}

impl Pairs {
    fn add_field<T: Serialize + ?Sized>(&mut self, field: &'static str, value: &T) -> Result<(), Failed> {
        self.pairs.push((name(field)?, write(value, self.depth)?));
        Ok(())
    }

    fn finish(self) -> Term {
        let map = Term::map(self.pairs);
        match self.variant {
            Some(variant) => Term::tuple(vec![variant, map]),
            None => map,
        }
    }
}

impl SerializeMap for Pairs {
    type Ok = Term;
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        self.key = Some(write(key, self.depth)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let Some(key) = self.key.take() else {
            return Err(Failed::new("a map's type wrote a value before its key"));
        };
        self.pairs.push((key, write(value, self.depth)?));
        Ok(())
    }

    fn end(self) -> Result<Term, Failed> {
        Ok(self.finish())
    }
}

impl SerializeStruct for Pairs {
    type Ok = Term;
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &'static str, value: &T) -> Result<(), Failed> {
        self.add_field(field, value)
    }

    fn end(self) -> Result<Term, Failed> {
        Ok(self.finish())
    }
}

impl SerializeStructVariant for Pairs {
    type Ok = Term;
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &'static str, value: &T) -> Result<(), Failed> {
        self.add_field(field, value)
    }

    fn end(self) -> Result<Term, Failed> {
        Ok(self.finish())
    }
}
