//! How a command ends: its exit code and what it says about it.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use larder::{Error, ErrorKind};

use crate::output::say;

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All was done.
    Done,
    /// The answer is no: nothing was there, or a condition did not hold.
    Negative,
    /// Some was done and some was not; what was not has been told on standard error.
    Partly,
    /// All was done that could be, past stored records that cannot be read.
    Damaged,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Negative => 1,
            Outcome::Partly => 6,
            Outcome::Damaged => 4,
        })
    }
}

/// Why a command could not do its work, in words, and the exit code that stands for it.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    /// A wrong argument or configuration: exit code 2, nothing was done.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { code: 2, text: text.into() }
    }

    /// What is stored does not decode: exit code 4.
    pub(crate) fn stored(text: impl Into<String>) -> Self {
        Self { code: 4, text: text.into() }
    }

    /// The same failure, saying first where.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.text = format!("{place}: {}", self.text);
        self
    }

    /// The same failure, saying in the end what to do.
    pub(crate) fn with(mut self, advice: &str) -> Self {
        self.text = format!("{}\n  {advice}", self.text);
        self
    }

    /// The same failure as one of the caller's input: what the user handed over was wrong, nothing was done.
    pub(crate) fn into_usage(mut self) -> Self {
        self.code = 2;
        self
    }

    /// A file or stream that could not be read or written.
    pub(crate) fn io(what: &str, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => 5,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => 5,
            io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => 2,
            _ => 3,
        };
        Self { code, text: format!("{what}: {error}") }
    }

    /// What standard output answered to a write. A closed pipe is no failure: who read has read enough.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { code: 0, text: String::new() };
        }
        Self::io("standard output", error)
    }

    /// Says it on standard error and gives the exit code.
    pub(crate) fn tell(self) -> ExitCode {
        if !self.text.is_empty() {
            say(&format!("error: {}", self.text));
        }
        ExitCode::from(self.code)
    }

    /// What is to be said.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Invalid | ErrorKind::Config => 2,
            ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::Unknown => 3,
            ErrorKind::Corrupt | ErrorKind::Codec => 4,
            ErrorKind::Denied | ErrorKind::Full => 5,
            // A kind that is newer than this command.
            _ => 3,
        };
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let _ = write!(text, "\n  caused by: {error}");
            cause = error.source();
        }
        Self { code, text }
    }
}
