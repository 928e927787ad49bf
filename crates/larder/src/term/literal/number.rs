//! Numbers in Elixir's literals.

use num_bigint::BigInt;

use crate::error::Result;

use super::super::Term;
use super::continues_name;
use super::scan::Scanner;

/// So many digits are converted at once; the time grows with the square of their number.
const DIGITS_AT_ONCE: usize = 2_000;

/// A longer integer is refused: the time to convert it would be seconds, and no clock or counter has as many digits.
const MAX_DIGITS: usize = 1_000_000;

/// What a number without a sign is.
enum Number {
    Integer(BigInt),
    Float(f64),
}

impl Scanner<'_> {
    pub(super) fn number(&mut self) -> Result<Term> {
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        match self.unsigned()? {
            Number::Integer(value) => Ok(Term::integer(if negative { -value } else { value })),
            Number::Float(value) => Term::float(if negative { -value } else { value }),
        }
    }

    fn unsigned(&mut self) -> Result<Number> {
        let started = self.at();
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if self.take(prefix) {
                let digits = self.digits(radix)?;
                let value = BigInt::parse_bytes(digits.as_bytes(), radix);
                return value.map(Number::Integer).ok_or_else(|| self.error_at(started, "expected digits"));
            }
        }
        let mut digits = self.digits(10)?;
        let rest = self.rest();
        let fraction =
            rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|character: char| character.is_ascii_digit()));
        if !fraction {
            self.end_of_number()?;
            if digits.len() > MAX_DIGITS {
                return Err(self.error_at(started, "an integer has at most 1,000,000 digits"));
            }
            return Ok(Number::Integer(decimal(&digits)));
        }
        self.take(".");
        digits.push('.');
        digits += &self.digits(10)?;
        if self.take("e") || self.take("E") {
            digits.push('e');
            if self.take("-") {
                digits.push('-');
            } else {
                self.take("+");
            }
            digits += &self.digits(10)?;
        }
        self.end_of_number()?;
        match digits.parse() {
            Ok(value) if f64::is_finite(value) => Ok(Number::Float(value)),
            _ => Err(self.error_at(started, "expected a float within the range of a double")),
        }
    }

    /// Digits, with `_` between some of them, which are left out.
    pub(super) fn digits(&mut self, radix: u32) -> Result<String> {
        let mut digits = String::new();
        loop {
            let more = self.take_while(|character| character.is_digit(radix));
            if more.is_empty() {
                return Err(self.error("expected a digit"));
            }
            digits += more;
            if !self.take("_") {
                return Ok(digits);
            }
        }
    }

    fn end_of_number(&self) -> Result<()> {
        match self.peek() {
            Some(next) if continues_name(next) => Err(self.error("expected the end of the number")),
            _ => Ok(()),
        }
    }
}

/// The number of these decimal digits, which are halved until a piece is short.
fn decimal(digits: &str) -> BigInt {
    if let Ok(small) = digits.parse::<u64>() {
        return small.into();
    }
    if digits.len() <= DIGITS_AT_ONCE {
        return BigInt::parse_bytes(digits.as_bytes(), 10).expect("the digits are decimal");
    }
    let (high, low) = digits.split_at(digits.len() / 2);
    let power = u32::try_from(low.len()).expect("the text is shorter than 4 GiB");
    decimal(high) * BigInt::from(10).pow(power) + decimal(low)
}
