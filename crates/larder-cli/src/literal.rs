//! Elixir literals, read and written.

use larder::{Result, Term};

/// Reads one literal, which may stand between spaces.
pub(crate) fn read(text: &str) -> Result<Term> {
    text.trim().parse()
}

/// Writes the canonical literal of a term, on one line.
pub(crate) fn write(term: &Term) -> String {
    term.to_string()
}
