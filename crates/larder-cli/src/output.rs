//! Standard output for data, standard error for people.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use crate::exit::Failure;
use crate::path::is_hidden;

/// Standard output, buffered and locked. [`Output::finish`] must be called for all of it to arrive.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    terminal: bool,
    paint: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        let stdout = io::stdout().lock();
        let terminal = stdout.is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { writer: BufWriter::with_capacity(1 << 16, stdout), terminal, paint: terminal && !plain }
    }

    /// Whether people read it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether colours are welcome.
    pub(crate) fn paints(&self) -> bool {
        self.paint
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.writer.write_all(bytes).map_err(|error| Failure::output(&error))
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.bytes(line.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Hands everything over.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(|error| Failure::output(&error))
    }
}

/// Says something on standard error. Where nobody can hear it, it is not said.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The width of the terminal, where standard output is one.
pub(crate) fn width() -> Option<usize> {
    let terminal = console::Term::stdout();
    terminal.is_term().then(|| usize::from(terminal.size().1))
}

/// A text with what a terminal would act on written as JSON escapes it.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_hidden(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(char);
        }
    }
    shown.into()
}

/// A text as a shell takes it for one argument, quoted only where it must be.
pub(crate) fn for_shell(text: &str) -> Cow<'_, str> {
    let harmless = |char: char| char.is_alphanumeric() || "_./:@%+,-".contains(char);
    if !text.is_empty() && text.chars().all(harmless) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''")).into()
}
