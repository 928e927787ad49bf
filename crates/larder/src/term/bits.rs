use bytes::Bytes;

use crate::error::{Error, Result};

use super::{Repr, Term};

/// So many bytes fit into a term without making it larger.
const SHORT: usize = 22;

/// A short binary, in place.
#[derive(Clone, Copy)]
pub(super) struct Short {
    length: u8,
    bytes: [u8; SHORT],
}

impl Short {
    fn new(bytes: &[u8]) -> Option<Self> {
        let mut short = Self { length: bytes.len() as u8, bytes: [0; SHORT] };
        short.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(short)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl Term {
    /// A bitstring of so many bits, the first of them the highest of the first byte. The bits after them
    /// in the last byte do not count. Refused when the bytes are more or fewer than the bits need.
    ///
    /// ```
    /// use larder::Term;
    ///
    /// assert_eq!(Term::bitstring(&[0b1010_0000], 3)?.as_bits(), Some((&[0b1010_0000][..], 3)));
    /// assert_eq!(Term::bitstring(b"ab", 16)?, Term::from("ab"));
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn bitstring(bytes: &[u8], bits: usize) -> Result<Self> {
        if bytes.len() != bits.div_ceil(8) {
            return Err(Error::invalid("a bitstring has as many bytes as its bits need"));
        }
        let last_bits = (bits % 8) as u8;
        if last_bits == 0 {
            return Ok(bytes.into());
        }
        let mut bytes = bytes.to_vec();
        if let Some(last) = bytes.last_mut() {
            *last &= 0xFF << (8 - last_bits);
        }
        Ok(Self(Repr::Bits(bytes.into(), last_bits)))
    }

    /// The bytes, if this is a binary.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::ShortBinary(short) => Some(short.as_bytes()),
            Repr::LongBinary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text, if this is a binary that holds UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()?).ok()
    }

    /// The bytes and the number of bits, if this is a binary or another bitstring. What follows the last
    /// bit in the last byte is zero.
    pub fn as_bits(&self) -> Option<(&[u8], usize)> {
        if let Repr::Bits(bytes, last_bits) = &self.0 {
            return Some((bytes, (bytes.len() - 1) * 8 + usize::from(*last_bits)));
        }
        self.as_bytes().map(|bytes| (bytes, bytes.len() * 8))
    }
}

/// A binary.
impl From<&[u8]> for Term {
    fn from(bytes: &[u8]) -> Self {
        match Short::new(bytes) {
            Some(short) => Self(Repr::ShortBinary(short)),
            None => Self(Repr::LongBinary(bytes.into())),
        }
    }
}

/// A binary.
impl<const N: usize> From<&[u8; N]> for Term {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

/// A binary.
impl From<Vec<u8>> for Term {
    fn from(bytes: Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

/// A binary.
impl From<Bytes> for Term {
    fn from(bytes: Bytes) -> Self {
        bytes.as_ref().into()
    }
}

/// A binary that holds the text.
impl From<&str> for Term {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

/// A binary that holds the text.
impl From<String> for Term {
    fn from(text: String) -> Self {
        text.as_bytes().into()
    }
}

/// A binary that holds the text.
impl From<&String> for Term {
    fn from(text: &String) -> Self {
        text.as_bytes().into()
    }
}
