//! What redb's and the system's errors mean to a caller.

use std::io;
use std::io::ErrorKind as Io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, ErrorKind, Result};

/// The one mapping of foreign errors.
///
/// A write that may have been applied all the same is told apart by the writer, which turns the kind into
/// [`ErrorKind::Unknown`]; here every failure is taken for one that applied nothing.
pub(super) fn failed(place: &str, error: impl Into<redb::Error>) -> Error {
    let error = error.into();
    let (kind, message) = match &error {
        redb::Error::Io(error) => meaning(error),
        redb::Error::Corrupted(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableDoesNotExist(_) => (ErrorKind::Corrupt, DAMAGED),
        redb::Error::UpgradeRequired(_) => {
            (ErrorKind::Config, "the file has an older format, which this version of larder does not read")
        }
        redb::Error::DatabaseAlreadyOpen => (ErrorKind::Unavailable, "the store is already open"),
        redb::Error::RepairAborted => (
            ErrorKind::Unavailable,
            "the store was not closed in order, as after a crash: open it once for writing, which repairs it",
        ),
        redb::Error::PreviousIo => (ErrorKind::Unavailable, "the file failed before and has not been opened again yet"),
        redb::Error::DatabaseClosed => (ErrorKind::Unavailable, "the store is closed"),
        _ => (ErrorKind::Unavailable, "the store cannot do this at the moment"),
    };
    Error::new(kind, message).at(place.to_owned()).caused_by(error)
}

/// The same for an error of the system alone.
pub(super) fn failed_io(place: &str, error: io::Error) -> Error {
    let (kind, message) = meaning(&error);
    Error::new(kind, message).at(place.to_owned()).caused_by(error)
}

/// Runs what reads the file. redb trusts a file that was closed in order and panics on some that were damaged since:
/// whoever asks shall learn that, not die of it.
pub(super) fn guarded<T>(place: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    // What a panic leaves half done is redb's own state, which is dropped or opened anew after any failure.
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Corrupt, DAMAGED).at(place.to_owned())))
}

/// The error of a single record; all others can be read.
pub(super) fn damaged_record() -> Error {
    Error::new(ErrorKind::Corrupt, format!("{DAMAGED_RECORD}: delete it, or put it anew"))
}

pub(super) const DAMAGED_RECORD: &str = "the record's bytes are not those that were written";

const DAMAGED: &str = "the file is damaged: open it with `check=true` to see how far, or restore it from a backup";

fn meaning(error: &io::Error) -> (ErrorKind, &'static str) {
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
            (ErrorKind::Full, "there is no room on the disk: free some, or delete records and compact")
        }
        Io::PermissionDenied => (ErrorKind::Denied, "the file or its directory may not be read or written"),
        Io::ReadOnlyFilesystem => {
            (ErrorKind::Denied, "the file system is read-only: open the store with `read_only=true`")
        }
        Io::NotFound => (ErrorKind::Config, "there is no such file or directory"),
        Io::IsADirectory => (ErrorKind::Config, "a directory stands where the store's file should be"),
        Io::InvalidData => (ErrorKind::Corrupt, "the file is not a larder store; it was left as it is"),
        Io::UnexpectedEof => (ErrorKind::Corrupt, "the file is shorter than it should be"),
        _ => (ErrorKind::Unavailable, "the file cannot be read or written"),
    }
}
