//! Elixir literals and Erlang's bytes, as the library reads and writes them.

use std::fmt::Write as _;

use clap::ValueEnum;
use larder::{Result, Term, term};

use crate::path::is_hidden;

/// The Erlang release whose way of writing atoms is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Otp {
    /// OTP 25 and before.
    #[value(name = "25")]
    Otp25,
    /// OTP 26 and later.
    #[default]
    #[value(name = "26")]
    Otp26,
}

/// Reads one literal.
pub(crate) fn read(text: &str) -> Result<Term> {
    text.parse()
}

/// Writes the literal of a term on one line, in which everything can be seen.
pub(crate) fn write(term: &Term) -> String {
    let written = term.to_string();
    if !written.contains(is_hidden) {
        return written;
    }
    // Outside of quotes a literal holds no such character, and within them this is its escape.
    let mut shown = String::with_capacity(written.len() + 8);
    for char in written.chars() {
        if is_hidden(char) {
            let _ = write!(shown, "\\x{{{:X}}}", u32::from(char));
        } else {
            shown.push(char);
        }
    }
    shown
}

/// The bytes of `term_to_binary`.
pub(crate) fn to_etf(term: &Term, otp: Otp) -> Result<Vec<u8>> {
    term.to_etf(match otp {
        Otp::Otp25 => term::Otp::Otp25,
        Otp::Otp26 => term::Otp::Otp26,
    })
}

/// The term of `term_to_binary`'s bytes.
pub(crate) fn from_etf(bytes: &[u8]) -> Result<Term> {
    Term::from_etf(bytes)
}
