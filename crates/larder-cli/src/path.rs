//! KEY, PATTERN and namespace as they are written on the command line, and keys as they are printed.
//!
//! What [`print()`] prints of a key, [`key()`] reads as the same key.

use std::fmt::Write;

use larder::{Key, Namespace, Part, Pattern, Term};

use crate::exit::Failure;
use crate::{line, literal};

/// What one part of a path stands for.
enum Step {
    Exactly(Term),
    One,
    Rest,
}

/// Reads a KEY: one record, so a path with a hole is refused.
pub(crate) fn key(text: &str) -> Result<Key, Failure> {
    if let Some(written) = as_literal(text) {
        return literal_key(written).map(|(key, _)| key);
    }
    let parts = steps(text)?.into_iter().map(|step| match step {
        Step::Exactly(term) => Ok(term),
        Step::One | Step::Rest => Err(hole()),
    });
    Ok(Key::new(parts.collect::<Result<Vec<_>, _>>()?)?)
}

/// Reads the KEY of a record to be written. A literal that holds `:_` is refused too: who writes one means a hole.
pub(crate) fn key_to_write(text: &str) -> Result<Key, Failure> {
    match as_literal(text) {
        Some(written) => match literal_key(written)? {
            (_, true) => Err(hole()),
            (key, false) => Ok(key),
        },
        None => key(text),
    }
}

/// Reads a PATTERN.
pub(crate) fn pattern(text: &str) -> Result<Pattern, Failure> {
    if let Some(written) = as_literal(text) {
        return Ok(Pattern::from_term(&literal::read(written)?)?);
    }
    let mut steps = steps(text)?;
    let rest = matches!(steps.last(), Some(Step::Rest));
    if rest {
        steps.pop();
    }
    let parts = steps.into_iter().map(|step| match step {
        Step::Exactly(term) => Ok(Part::exactly(term)),
        Step::One => Ok(Part::Any),
        Step::Rest => Err(Failure::usage("`..` stands for the rest, so it comes last; write `\\..` for the text")),
    });
    Ok(Pattern::new(parts.collect::<Result<Vec<_>, _>>()?, rest)?)
}

/// Reads a namespace: a literal or one part of a path, in which a `/` is text.
pub(crate) fn namespace(text: &str) -> Result<Namespace, Failure> {
    let term = match as_literal(text) {
        Some(written) => literal::read(written)?,
        None => match step(&Raw::of_one(text)?)? {
            Step::Exactly(term) => term,
            Step::One | Step::Rest => {
                return Err(Failure::usage("a namespace has no holes; write `\\_` or `\\..` for the text"));
            }
        },
    };
    Ok(Namespace::new(term)?)
}

/// Writes a key on one line so that [`key`] reads it back: as a path where all its parts have a plain form, else as a
/// literal.
pub(crate) fn print(key: &Key) -> String {
    let parts = key.parts();
    let mut path = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            path.push('/');
        }
        if write_part(part, index == 0, &mut path).is_none() {
            return literal::write(&Term::list(parts));
        }
    }
    path
}

/// Writes a key as a literal, which [`key`] reads back too.
pub(crate) fn print_literal(key: &Key) -> String {
    literal::write(&Term::list(key.parts()))
}

/// The literal in a KEY or PATTERN that is one.
fn as_literal(text: &str) -> Option<&str> {
    match text.strip_prefix('=') {
        Some(written) => Some(written),
        None => text.starts_with(['[', '"']).then_some(text),
    }
}

/// The key, and whether a hole stands somewhere in it.
fn literal_key(written: &str) -> Result<(Key, bool), Failure> {
    let term = match literal::read(written) {
        Ok(term) => term,
        // The key of a line of JSON, as `jq .key` cuts it out, is no literal where it holds `{"term": …}`.
        Err(error) => return line::key(written).map(|key| (key, false)).map_err(|_| error.into()),
    };
    let holes = holds_hole(&term);
    Ok((Key::from_term(term)?, holes))
}

fn hole() -> Failure {
    Failure::usage(
        "this needs one KEY, and a hole (`_`, `..`, `:_`) stands in it: holes belong into the PATTERN of `keys`, `all`, \
         `count` and `delete --all`; write `\\_` for the text, `atom:_` for the atom",
    )
}

/// Walks a list of work: a literal may be nested deeper than a stack is.
fn holds_hole(term: &Term) -> bool {
    let mut rest = vec![term];
    while let Some(term) = rest.pop() {
        if term.as_atom().is_some_and(is_hole) {
            return true;
        }
        rest.extend(term.as_tuple().or(term.as_list()).unwrap_or_default());
        if let Some((elements, tail)) = term.as_improper() {
            rest.extend(elements);
            rest.push(tail);
        }
        if let Some(pairs) = term.as_map() {
            rest.extend(pairs.flat_map(|(key, value)| [key, value]));
        }
    }
    false
}

fn is_hole(name: &str) -> bool {
    let variable = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    name == "_" || name.strip_prefix('$').is_some_and(variable)
}

/// A part of a path with its escapes resolved.
struct Raw {
    text: String,
    /// Where the first escaped character stands: what comes from an escape is never a sign.
    escaped: usize,
}

impl Raw {
    fn new() -> Self {
        Self { text: String::new(), escaped: usize::MAX }
    }

    /// Reads characters up to an unescaped `/`, which it takes too; tells whether there was one.
    fn read(&mut self, chars: &mut std::str::Chars<'_>, slash_ends: bool) -> Result<bool, Failure> {
        while let Some(char) = chars.next() {
            match char {
                '/' if slash_ends => return Ok(true),
                '\\' => {
                    let next = chars.next().ok_or_else(|| {
                        Failure::usage("a `\\` stands at the end; it takes the next character as text, so write `\\\\`")
                    })?;
                    self.escaped = self.escaped.min(self.text.len());
                    self.text.push(next);
                }
                char => self.text.push(char),
            }
        }
        Ok(false)
    }

    fn of_one(text: &str) -> Result<Self, Failure> {
        let mut raw = Self::new();
        raw.read(&mut text.chars(), false)?;
        Ok(raw)
    }

    /// Whether the part begins with this sign, none of it escaped.
    fn signed(&self, sign: &str) -> Option<&str> {
        self.text.strip_prefix(sign).filter(|_| self.escaped >= sign.len())
    }
}

fn steps(text: &str) -> Result<Vec<Step>, Failure> {
    if text.is_empty() {
        return Err(Failure::usage("it is empty: a key has at least one part, as in `user/int:42`"));
    }
    let mut chars = text.chars();
    let mut steps = Vec::new();
    loop {
        let mut raw = Raw::new();
        let more = raw.read(&mut chars, true)?;
        steps.push(step(&raw)?);
        if !more {
            return Ok(steps);
        }
    }
}

fn step(raw: &Raw) -> Result<Step, Failure> {
    let whole = |sign| raw.signed(sign).is_some_and(str::is_empty);
    if raw.text.is_empty() {
        return Err(Failure::usage(
            "a part is empty (a `/` too many?); an empty text is written in a literal: `[\"a\", \"\"]`",
        ));
    }
    if whole("_") {
        return Ok(Step::One);
    }
    if whole("..") {
        return Ok(Step::Rest);
    }
    if let Some(digits) = raw.signed("int:") {
        let magnitude = digits.strip_prefix('-').unwrap_or(digits);
        if magnitude.is_empty() || !magnitude.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Failure::usage(
                "`int:` is followed by a whole number, as in `int:42`; write `\\int:` for the text",
            ));
        }
        return Ok(Step::Exactly(match digits.parse::<i64>() {
            Ok(small) => small.into(),
            Err(_) => literal::read(digits)?,
        }));
    }
    if let Some(name) = raw.signed("atom:") {
        return Ok(Step::Exactly(Term::atom(name)?));
    }
    Ok(Step::Exactly(Term::from(&raw.text)))
}

/// Writes a part as [`step`] reads it, where it has such a form.
fn write_part(part: &Term, first: bool, path: &mut String) -> Option<()> {
    if let Some(name) = part.as_atom().filter(|name| is_plain(name)) {
        path.push_str("atom:");
        write_escaped(name, path);
        return Some(());
    }
    if let Some(small) = part.as_i64() {
        return write!(path, "int:{small}").ok();
    }
    let text = part.as_text().filter(|text| is_plain(text))?;
    let sign = text == "_" || text == ".." || text.starts_with("int:") || text.starts_with("atom:");
    // The whole of an argument that begins so would be read as a literal or as an option.
    if sign || first && text.starts_with(['=', '[', '"', '-']) {
        path.push('\\');
    }
    write_escaped(text, path);
    Some(())
}

fn write_escaped(text: &str, path: &mut String) {
    for char in text.chars() {
        if matches!(char, '/' | '\\') {
            path.push('\\');
        }
        path.push(char);
    }
}

/// Whether a text can stand in a path: it stays on one line, shows itself whole, and loses nothing at its ends.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(is_hidden)
}

/// Characters that a terminal or a line-reading script would act on rather than show.
pub(crate) fn is_hidden(char: char) -> bool {
    char.is_control()
        || (char.is_whitespace() && char != ' ')
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
