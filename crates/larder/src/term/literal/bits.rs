use crate::error::Result;

use super::super::Term;
use super::scan::Scanner;

/// The most bits that one number in `<<…>>` may have.
const MAX_SIZE: u64 = 64;

impl Scanner<'_> {
    /// `<<1, 2::size(3), "text">>`.
    pub(super) fn bits(&mut self) -> Result<Term> {
        let started = self.at();
        if !self.take("<<") {
            return Err(self.error("expected a term"));
        }
        let mut bits = Bits::default();
        loop {
            self.skip_space();
            if self.take(">>") {
                return Term::bitstring(&bits.bytes, bits.length);
            }
            match self.peek() {
                None => return Err(self.error_at(started, "what opens here is not closed")),
                Some('"') => bits.extend(&self.quoted()?),
                Some('-' | '+' | '0'..='9' | '?') => self.sized(&mut bits)?,
                Some(_) => return Err(self.error("expected an integer, a text or >>")),
            }
            self.skip_space();
            if !self.take(",") && !self.rest().starts_with(">>") {
                return Err(self.error("expected a comma or >>"));
            }
        }
    }

    /// An integer, with its size in bits where that is not 8.
    fn sized(&mut self, bits: &mut Bits) -> Result<()> {
        let started = self.at();
        let value = match self.peek() {
            Some('?') => self.character()?,
            _ => self.number()?,
        };
        let mut size = 8;
        self.skip_space();
        if self.take("::") {
            self.skip_space();
            let in_words = self.take("size(");
            let size_at = self.at();
            size = self
                .digits(10)?
                .parse()
                .ok()
                .filter(|size| *size <= MAX_SIZE)
                .ok_or_else(|| self.error_at(size_at, "expected a size of at most 64 bits"))?;
            if in_words && !self.take(")") {
                return Err(self.error("expected ) after the size"));
            }
        }
        let least = -(1_i128 << size >> 1);
        let value = value
            .as_i128()
            .filter(|value| (least..1 << size).contains(value))
            .ok_or_else(|| self.error_at(started, "expected an integer that fits its bits"))?;
        for place in (0..size).rev() {
            bits.push(value >> place & 1 == 1);
        }
        Ok(())
    }
}

/// Bits, the last byte padded with zeros.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    length: usize,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.length.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.length % 8);
        }
        self.length += 1;
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.length.is_multiple_of(8) {
            self.bytes.extend_from_slice(bytes);
            self.length += bytes.len() * 8;
        } else {
            for byte in bytes {
                (0..8).rev().for_each(|place| self.push(byte >> place & 1 == 1));
            }
        }
    }
}
