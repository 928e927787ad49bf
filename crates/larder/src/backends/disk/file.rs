//! Opening the store's file, or making it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use redb::backends::FileBackend;
use redb::{ConcurrencyMode, Database, ReadableDatabase, StorageBackend, TableHandle};

use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};

use super::failed::{failed, failed_io, guarded};
use super::reserve::Reserve;
use super::storage::{Gate, Plain, Storage};
use super::stored::{DEADLINES, FORMAT, RECORDS, STATE, State};

/// Where a store lies.
#[derive(Clone)]
pub(super) enum Place {
    File(PathBuf),
    #[cfg_attr(not(any(test, feature = "testing")), expect(dead_code, reason = "tests put their own file layer in"))]
    Storage(Arc<dyn Fn() -> io::Result<Arc<dyn Storage>> + Send + Sync>),
}

/// How a store is opened.
#[derive(Clone)]
pub(super) struct How {
    pub(super) place: Place,
    pub(super) create: bool,
    pub(super) check: bool,
    /// Whether other processes may read while we write; it rules out commits that are not durable.
    pub(super) shared: bool,
    pub(super) cache_bytes: usize,
}

/// An open store.
pub(super) struct Opened {
    pub(super) database: Database,
    pub(super) state: State,
    pub(super) gate: Gate,
}

impl How {
    /// The place in words, for errors.
    pub(super) fn name(&self) -> String {
        match &self.place {
            Place::File(path) => format!("disk {}", path.display()),
            Place::Storage(_) => "disk".to_owned(),
        }
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Storage(_) => None,
        }
    }

    /// Opens the store for writing; makes it, as of `now`, where there is none and that is wished for.
    pub(super) fn open(&self, now: Moment) -> Result<Opened> {
        let name = self.name();
        match &self.place {
            Place::Storage(open) => {
                let storage = open().map_err(|error| failed_io(&name, error))?;
                self.open_storage(Box::new(Plain(storage)), now)
            }
            Place::File(path) => match self.open_file(path) {
                Ok(file) => self.open_storage(file, now),
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.make(path, now),
                Err(error) => Err(failed_io(&name, error)),
            },
        }
    }

    fn open_file(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a regular file"));
        }
        if metadata.len() == 0 && !self.create {
            return Err(io::ErrorKind::NotFound.into());
        }
        backend(file)
    }

    /// Makes the store beside its place and then moves it there: a crash leaves a whole store or none.
    fn make(&self, path: &Path, now: Moment) -> Result<Opened> {
        let name = self.name();
        if !self.create {
            return Err(
                Error::new(ErrorKind::Config, "there is no store here, and none is made with `create=false`").at(name)
            );
        }
        let made = self.make_beside(path, now);
        made.map_err(|error| match error {
            Make::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                Error::new(ErrorKind::Config, "the directory for the store does not exist: make it first").at(name)
            }
            Make::Io(error) => failed_io(&name, error),
            Make::Store(error) => error,
        })
    }

    fn make_beside(&self, path: &Path, now: Moment) -> Result<Opened, Make> {
        let file_name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let beside = path.with_file_name(format!(".{file_name}.{}-{number}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        private(&mut options);
        let file = options.open(&beside)?;
        let moved = (|| {
            let opened = self.open_storage(backend(file)?, now)?;
            // Never over a store that somebody else has made meanwhile.
            match fs::hard_link(&beside, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
                Err(_) if !path.exists() => fs::rename(&beside, path).map(|()| Some(opened)).map_err(Make::Io),
                linked => linked.map(|()| Some(opened)).map_err(Make::Io),
            }
        })();
        let _ = fs::remove_file(&beside);
        let Some(opened) = moved? else {
            return Ok(self.open_storage(self.open_file(path)?, now)?);
        };
        sync_directory(path)?;
        Ok(opened)
    }

    fn open_storage(&self, storage: Box<dyn StorageBackend>, now: Moment) -> Result<Opened> {
        let name = self.name();
        let gate = Gate::new(storage).map_err(|error| failed_io(&name, error))?;
        let fresh = gate.len().map_err(|error| failed_io(&name, error))? == 0;
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes);
        builder.set_concurrency_mode(match &self.place {
            Place::File(_) if self.shared => ConcurrencyMode::SingleWriter,
            _ => ConcurrencyMode::ExclusiveWriter,
        });
        builder.set_check_integrity_on_open(self.check);
        let (database, state) = guarded(&name, || {
            let database = builder.create_with_backend(gate.clone()).map_err(|error| match error {
                redb::DatabaseError::DatabaseAlreadyOpen => {
                    self.already_open("close it there, or look in with `read_only=true`")
                }
                error => failed(&name, error),
            })?;
            let state = if fresh {
                begin(&database, now).map_err(|error| failed(&name, error))?
            } else {
                read_state(&name, &database)?
            };
            Ok((database, state))
        })?;
        gate.open().map_err(|error| failed_io(&name, error))?;
        Ok(Opened { database, state, gate })
    }

    fn already_open(&self, remedy: &str) -> Error {
        let who = match self.path().and_then(Reserve::process) {
            Some(process) if process == std::process::id() => "in this process already".to_owned(),
            Some(process) => format!("in another process (pid {process})"),
            None => "in another process".to_owned(),
        };
        Error::new(ErrorKind::Unavailable, format!("the store is open {who}: {remedy}")).at(self.name())
    }

    /// Opens the store for reading alone, beside a process that writes or none.
    pub(super) fn open_read_only(&self) -> Result<(redb::ReadOnlyDatabase, State)> {
        let name = self.name();
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes);
        let database = match &self.place {
            Place::Storage(open) => {
                let storage = open().map_err(|error| failed_io(&name, error))?;
                guarded(&name, || {
                    builder.open_read_only_with_backend(Plain(storage)).map_err(|error| failed(&name, error))
                })?
            }
            Place::File(path) => {
                builder.set_concurrency_mode(ConcurrencyMode::SingleWriter);
                guarded(&name, || {
                    builder.open_read_only(path).map_err(|error| match error {
                        redb::DatabaseError::DatabaseAlreadyOpen => {
                            self.already_open("it shares it with nobody, being relaxed")
                        }
                        error => failed(&name, error),
                    })
                })?
            }
        };
        let state = guarded(&name, || read_state(&name, &database))?;
        Ok((database, state))
    }
}

/// What making a store can fail at.
enum Make {
    Io(io::Error),
    Store(Error),
}

impl From<io::Error> for Make {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<io::ErrorKind> for Make {
    fn from(kind: io::ErrorKind) -> Self {
        Self::Io(kind.into())
    }
}

impl From<Error> for Make {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

fn backend(file: File) -> io::Result<Box<dyn StorageBackend>> {
    match FileBackend::new(file) {
        Ok(backend) => Ok(Box::new(backend)),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Writes what a new store begins with.
fn begin(database: &Database, now: Moment) -> Result<State, redb::Error> {
    let state = State { commit: 0, time: now.nanos() };
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    transaction.open_table(RECORDS)?;
    transaction.open_table(DEADLINES)?;
    super::change::write_state(&transaction, state)?;
    transaction.commit()?;
    Ok(state)
}

/// Reads the state; says what the file is where it is no store of ours.
pub(super) fn read_state(name: &str, database: &impl ReadableDatabase) -> Result<State> {
    let fail = |error: redb::Error| failed(name, error);
    let foreign = || {
        let message = "the file holds a database of another program; it was left as it is";
        Err(Error::new(ErrorKind::Corrupt, message).at(name.to_owned()))
    };
    let transaction = database.begin_read().map_err(|error| fail(error.into()))?;
    let mut tables = transaction.list_tables().map_err(|error| fail(error.into()))?;
    if !tables.any(|table| table.name() == STATE.name()) {
        return foreign();
    }
    let table = transaction.open_table(STATE).map_err(|error| fail(error.into()))?;
    let bytes = table.get(()).map_err(|error| fail(error.into()))?;
    match bytes.and_then(|bytes| State::decode(bytes.value())) {
        Some(Ok(state)) => Ok(state),
        Some(Err(format)) => {
            let message =
                format!("the store has format {format}, and this version of larder reads format {FORMAT} alone");
            Err(Error::new(ErrorKind::Config, message).at(name.to_owned()))
        }
        None => foreign(),
    }
}

/// Lets nobody but the owner read a file that is made.
pub(super) fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// A new name in a directory survives a power cut only once the directory is synced too.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
