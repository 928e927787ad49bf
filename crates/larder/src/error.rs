//! The one error type, and its kinds by what the caller can do about them.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and of which kind.
///
/// Its texts, `Display` and `Debug`, name the place and the remedy and never contain a key, a value or
/// a credential. The cause, where there is one, is kept and reachable by [`std::error::Error::source`].
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
    place: Option<Cow<'static, str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`], by what the caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The backend cannot be reached and the call was certainly not applied: try again, or answer 503.
    Unavailable,
    /// The reply to a write was lost: it may have been applied. Read before you write again.
    Unknown,
    /// Too many calls are waiting; this one was not sent.
    Overloaded,
    /// A right or a credential is missing.
    Denied,
    /// There is no room for the record; reads and deletes still work.
    Full,
    /// What is stored is damaged, or is not ours.
    Corrupt,
    /// A value could not be encoded or decoded.
    Codec,
    /// An argument is out of its bounds; nothing was sent or written.
    Invalid,
    /// The configuration is wrong or incomplete; nothing was sent or written.
    Config,
}

impl Error {
    /// Makes an error of a kind. The message says what is wrong and what to do, and quotes no key,
    /// value or credential.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), place: None, source: None }
    }

    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// Names the place: a backend, a file, a server.
    #[must_use]
    pub fn at(mut self, place: impl Into<Cow<'static, str>>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may be made again without the risk of applying it twice: the kinds
    /// [`ErrorKind::Unavailable`] and [`ErrorKind::Overloaded`].
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Overloaded)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
