//! Reads the terms that hold no others, and keys.

use crate::error::{Error, Result};

use super::super::Term;
use super::{OPERATORS, continues_name, is_alias_piece, quoted, starts_name};

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes characters as long as they are such, and returns them.
    pub(super) fn take_while(&mut self, such: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|character| !such(character)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub(super) fn skip_space(&mut self) {
        loop {
            self.take_while(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
            if !self.rest().starts_with('#') {
                return;
            }
            self.take_while(|character| character != '\n');
        }
    }

    pub(super) fn error(&self, message: &str) -> Error {
        self.error_at(self.at, message)
    }

    pub(super) fn error_at(&self, at: usize, message: &str) -> Error {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&character| character != '\n').count() + 1;
        Error::invalid(format!("line {line}, column {column}: {message}"))
    }

    /// `key: `, if that comes next. A key in quotes is found by whoever reads the text.
    pub(super) fn key(&mut self) -> Result<Option<Term>> {
        let started = self.at;
        let rest = self.rest();
        if rest.starts_with(starts_name) {
            let name = self.name();
            if self.take_key_colon()? {
                return self.named(started, name.as_bytes().to_vec()).map(Some);
            }
        } else if let Some(operator) = self.operator()
            && self.rest()[operator.len()..].starts_with(": ")
        {
            self.at += operator.len() + 1;
            return self.named(started, operator.as_bytes().to_vec()).map(Some);
        }
        self.at = started;
        Ok(None)
    }

    /// The colon after a key, which needs a space after it, as in Elixir.
    pub(super) fn take_key_colon(&mut self) -> Result<bool> {
        let rest = self.rest();
        if !rest.starts_with(':') || rest.starts_with("::") {
            return Ok(false);
        }
        self.at += 1;
        match self.peek() {
            Some(' ' | '\t' | '\n' | '\r') => Ok(true),
            _ => Err(self.error("expected a space after the colon of a key")),
        }
    }

    /// A name without quotes.
    fn name(&mut self) -> &'a str {
        let started = self.at;
        self.take_while(continues_name);
        if !self.take("?") {
            self.take("!");
        }
        &self.text[started..self.at]
    }

    fn operator(&self) -> Option<&'static str> {
        // What most entries begin with begins no operator.
        if self.rest().starts_with(|first: char| first.is_ascii_alphanumeric() || "[\"':_".contains(first)) {
            return None;
        }
        OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator))
    }

    /// The atom of this name, which was read from there.
    pub(super) fn named(&self, started: usize, name: Vec<u8>) -> Result<Term> {
        let name = String::from_utf8(name).map_err(|_| self.error_at(started, "expected an atom that is UTF-8"))?;
        Term::atom(&name).map_err(|_| self.error_at(started, "expected an atom of at most 255 characters"))
    }

    pub(super) fn atom(&mut self) -> Result<Term> {
        let started = self.at;
        self.take(":");
        let name = match self.peek() {
            Some('"' | '\'') => self.quoted()?,
            Some(first) if starts_name(first) => self.name().into(),
            _ if self.take("::") => b"::".to_vec(),
            _ => match self.operator() {
                Some(operator) => {
                    self.at += operator.len();
                    operator.into()
                }
                None => return Err(self.error("expected the name of an atom")),
            },
        };
        self.named(started, name)
    }

    /// `nil`, `true` or `false`.
    pub(super) fn word(&mut self) -> Result<Term> {
        let started = self.at;
        match self.name() {
            "nil" => Ok(Term::nil()),
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(self
                .error_at(started, "expected a literal, not a name; an atom begins with a colon, a text with a quote")),
        }
    }

    /// The atom behind a name such as `MyApp.User`.
    pub(super) fn alias(&mut self) -> Result<Term> {
        let started = self.at;
        loop {
            let piece_at = self.at;
            let piece = self.take_while(continues_name);
            if !is_alias_piece(piece) {
                return Err(self.error_at(piece_at, "expected a name that begins with a capital letter"));
            }
            if !self.take(".") {
                break;
            }
        }
        let alias = &self.text[started..self.at];
        let name = match alias.split('.').next() {
            Some("Elixir") => alias.to_owned(),
            _ => format!("Elixir.{alias}"),
        };
        self.named(started, name.into_bytes())
    }

    /// `?a`, the code of a character.
    pub(super) fn character(&mut self) -> Result<Term> {
        self.take("?");
        match self.next() {
            None => Err(self.error("expected a character after ?")),
            Some('\\') => match self.escape()? {
                Escape::Character(character) => Ok(Term::from(u32::from(character))),
                Escape::Byte(byte) => Ok(Term::from(byte)),
                Escape::Nothing => Err(self.error("expected an escape after ?")),
            },
            Some(character) => Ok(Term::from(u32::from(character))),
        }
    }

    /// A text in quotes, single or double, as bytes.
    pub(super) fn quoted(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.each_quoted(|part| match part {
            Escape::Character(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Escape::Byte(byte) => bytes.push(byte),
            Escape::Nothing => {}
        })?;
        Ok(bytes)
    }

    /// `'abc'` or `~c"abc"`, a list of codes.
    pub(super) fn charlist(&mut self) -> Result<Term> {
        if self.take("~") && !self.take("c") {
            return Err(self.error("expected c: other sigils are not literals"));
        }
        let mut codes = Vec::new();
        self.each_quoted(|part| match part {
            Escape::Character(character) => codes.push(Term::from(u32::from(character))),
            Escape::Byte(byte) => codes.push(Term::from(byte)),
            Escape::Nothing => {}
        })?;
        Ok(Term::list(codes))
    }

    fn each_quoted(&mut self, mut add: impl FnMut(Escape)) -> Result<()> {
        let started = self.at;
        let quote = match self.next() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => return Err(self.error_at(started, "expected a quote")),
        };
        loop {
            let at = self.at;
            match self.next() {
                None => {
                    return Err(self.error_at(started, "the text that begins here does not end"));
                }
                Some('\\') => add(self.escape()?),
                Some('#') if self.rest().starts_with('{') => {
                    return Err(
                        self.error_at(at, "expected plain text: nothing is interpolated, and #{ is written \\#{")
                    );
                }
                Some(character) if character == quote => return Ok(()),
                Some(character) => add(Escape::Character(character)),
            }
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<Escape> {
        let at = self.at;
        match self.next() {
            None => Err(self.error("expected an escape after the backslash")),
            Some('\n') => Ok(Escape::Nothing),
            Some('x') if !self.rest().starts_with('{') => {
                let digits = self.take_hexadecimal(1, 2)?;
                match u8::try_from(digits) {
                    Ok(byte) => Ok(Escape::Byte(byte)),
                    Err(_) => Err(self.error_at(at, "expected one or two hexadecimal digits")),
                }
            }
            Some('x' | 'u') => {
                let code = if self.take("{") {
                    let code = self.take_hexadecimal(1, 6)?;
                    if !self.take("}") {
                        return Err(self.error("expected } after the digits"));
                    }
                    code
                } else {
                    self.take_hexadecimal(4, 4)?
                };
                char::from_u32(code)
                    .map(Escape::Character)
                    .ok_or_else(|| self.error_at(at, "expected the code of a character"))
            }
            Some(letter) => Ok(Escape::Character(quoted::unescape(letter).unwrap_or(letter))),
        }
    }

    fn take_hexadecimal(&mut self, least: usize, most: usize) -> Result<u32> {
        let rest = self.rest().bytes().take(most);
        let length = rest.take_while(u8::is_ascii_hexdigit).count();
        if length < least {
            return Err(self.error("expected hexadecimal digits"));
        }
        let digits = &self.rest()[..length];
        self.at += length;
        u32::from_str_radix(digits, 16).map_err(|_| self.error("expected hexadecimal digits"))
    }
}

/// A part of a text in quotes.
enum Escape {
    Character(char),
    Byte(u8),
    Nothing,
}
