use num_bigint::Sign;

use crate::error::{Error, ErrorKind, Result};

use super::super::{Term, View};
use super::*;

/// Most keys and counters need no more.
const ROOM: usize = 48;

impl Term {
    /// Writes the term as `term_to_binary` of these Erlang releases does.
    ///
    /// The order of a map's pairs is not fixed by Erlang; here it is that of the keys. References, funs,
    /// ports and pids are written as they were read. Refused is only what the format has no room for: a
    /// binary of 4 GiB, or as many elements.
    ///
    /// ```
    /// use larder::Term;
    /// use larder::term::Otp;
    ///
    /// let user = Term::atom("user")?;
    /// assert_eq!(user.to_etf(Otp::Otp25)?, b"\x83d\x00\x04user");
    /// assert_eq!(user.to_etf(Otp::Otp26)?, b"\x83w\x04user");
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn to_etf(&self, otp: Otp) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(ROOM);
        out.push(VERSION);
        let mut rest = Vec::new();
        write_one(self, otp, &mut out, &mut rest)?;
        while let Some(next) = rest.pop() {
            match next {
                Rest::Row(terms) => {
                    if let Some((term, others)) = terms.split_first() {
                        rest.push(Rest::Row(others));
                        write_one(term, otp, &mut out, &mut rest)?;
                    }
                }
                Rest::Pairs(keys, values) => {
                    if let (Some((key, keys)), [value, values @ ..]) = (keys.split_first(), values) {
                        rest.push(Rest::Pairs(keys, values));
                        rest.push(Rest::Row(std::slice::from_ref(value)));
                        write_one(key, otp, &mut out, &mut rest)?;
                    }
                }
                Rest::End => out.push(NIL),
            }
        }
        Ok(out)
    }
}

/// What is still to be written.
enum Rest<'a> {
    Row(&'a [Term]),
    Pairs(&'a [Term], &'a [Term]),
    /// The end of a proper list.
    End,
}

/// Writes a term but for its children, which it adds to the rest.
fn write_one<'a>(term: &'a Term, otp: Otp, out: &mut Vec<u8>, rest: &mut Vec<Rest<'a>>) -> Result<()> {
    match term.view() {
        View::Integer(value) => write_integer(value, out),
        View::Big(value) => write_big(value.sign() == Sign::Minus, &value.magnitude().to_bytes_le(), out)?,
        View::Float(value) => {
            out.push(NEW_FLOAT);
            out.extend(value.to_be_bytes());
        }
        View::Atom(name) => write_atom(name, otp, out),
        View::Opaque(opaque) => out.extend_from_slice(opaque.bytes()),
        View::Bits(bytes, 8) => {
            out.push(BINARY);
            write_length(bytes.len(), out)?;
            out.extend_from_slice(bytes);
        }
        View::Bits(bytes, last_bits) => {
            out.push(BIT_BINARY);
            write_length(bytes.len(), out)?;
            out.push(last_bits);
            out.extend_from_slice(bytes);
        }
        View::Tuple(elements) => {
            match u8::try_from(elements.len()) {
                Ok(size) => out.extend([SMALL_TUPLE, size]),
                Err(_) => {
                    out.push(LARGE_TUPLE);
                    write_length(elements.len(), out)?;
                }
            }
            rest.push(Rest::Row(elements));
        }
        View::List([], None) => out.push(NIL),
        View::List(elements, None) if is_string(elements) => {
            out.push(STRING);
            out.extend((elements.len() as u16).to_be_bytes());
            out.extend(elements.iter().filter_map(Term::as_i64).map(|byte| byte as u8));
        }
        View::List(elements, tail) => {
            out.push(LIST);
            write_length(elements.len(), out)?;
            rest.push(tail.map_or(Rest::End, |tail| Rest::Row(std::slice::from_ref(tail))));
            rest.push(Rest::Row(elements));
        }
        View::Map(keys, values) => {
            out.push(MAP);
            write_length(keys.len(), out)?;
            rest.push(Rest::Pairs(keys, values));
        }
    }
    Ok(())
}

/// Erlang writes a list of bytes shortly, up to a length that fits 16 bits.
fn is_string(elements: &[Term]) -> bool {
    elements.len() <= usize::from(u16::MAX) && elements.iter().all(|element| matches!(element.as_i64(), Some(0..=255)))
}

fn write_integer(value: i64, out: &mut Vec<u8>) {
    if let Ok(byte) = u8::try_from(value) {
        out.extend([SMALL_INTEGER, byte]);
    } else if let Ok(value) = i32::try_from(value) {
        out.push(INTEGER);
        out.extend(value.to_be_bytes());
    } else {
        let magnitude = value.unsigned_abs();
        let length = magnitude.ilog2() / 8 + 1;
        out.extend([SMALL_BIG, length as u8, (value < 0).into()]);
        out.extend_from_slice(&magnitude.to_le_bytes()[..length as usize]);
    }
}

fn write_big(negative: bool, magnitude: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match u8::try_from(magnitude.len()) {
        Ok(length) => out.extend([SMALL_BIG, length]),
        Err(_) => {
            out.push(LARGE_BIG);
            write_length(magnitude.len(), out)?;
        }
    }
    out.push(negative.into());
    out.extend_from_slice(magnitude);
    Ok(())
}

fn write_atom(name: &str, otp: Otp, out: &mut Vec<u8>) {
    let latin = || name.chars().map(|character| u8::try_from(u32::from(character)).ok());
    if otp == Otp::Otp25 && latin().all(|byte| byte.is_some()) {
        let start = out.len();
        out.extend([ATOM, 0, 0]);
        out.extend(latin().flatten());
        // At most 255: an atom has no more characters.
        out[start + 2] = (out.len() - start - 3) as u8;
        return;
    }
    match u8::try_from(name.len()) {
        Ok(length) => out.extend([SMALL_ATOM_UTF8, length]),
        Err(_) => {
            out.push(ATOM_UTF8);
            out.extend((name.len() as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(name.as_bytes());
}

fn write_length(length: usize, out: &mut Vec<u8>) -> Result<()> {
    let length = u32::try_from(length).map_err(|_| {
        Error::new(ErrorKind::Codec, "the term is too long for the external term format, whose lengths have 32 bits")
    })?;
    out.extend(length.to_be_bytes());
    Ok(())
}
