//! Elixir literals: what is parsed prints as a text that parses to the same term.
#![no_main]

use larder::{Pattern, Term};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(term) = text.parse::<Term>() else { return };
    let printed = term.to_string();
    let again: Term = printed.parse().expect("what is printed parses");
    assert!(again == term, "{printed} is the same term");
    assert!(again.to_string() == printed, "and prints as itself");
    let _ = Pattern::from_term(&term);
});
