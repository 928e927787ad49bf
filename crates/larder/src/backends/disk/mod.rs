//! Records in one file.

mod builder;
mod change;
mod commits;
mod failed;
mod file;
mod health;
mod queue;
mod readers;
mod reserve;
mod storage;
mod stored;
#[cfg(test)]
mod tests;
mod time;
mod view;
mod writer;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use redb::{ReadOnlyDatabase, ReadableDatabase};
use tokio::sync::oneshot;

use crate::backend::{Backend, Batch, Cursor, Info, Listing, Page, Put, Sweep, Swept};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::limits::Limits;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Found, Select};
use crate::ttl::Ttl;

use change::{Answer, Change, NewRecord};
use failed::{failed, guarded};
use file::Place;
use health::Shared;
use readers::Readers;
use stored::stored_key;
use view::{Ask, View};
use writer::Task;

pub(crate) use builder::open;
pub use builder::{Builder, Durability};
#[doc(hidden)] // For tests: see `Disk::builder_over`.
pub use storage::Storage;

/// The most keys that are got on the caller's thread.
const INLINE_KEYS: usize = 64;

/// Records in one file, durable: what was answered survives a power cut.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("sessions.larder");
/// use larder::backends::disk::Disk;
/// use larder::{Erased, Store, Ttl, key};
/// use std::time::Duration;
///
/// let disk = Disk::builder(&path).open().await?;
/// let store: Store<String> = Store::new(Erased::new(disk)).with_ttl(Ttl::After(Duration::from_secs(1800)));
/// store.put(key!["user", 42, "session", "f3"], &"phone".to_owned()).await?;
/// # Ok(()) }
/// ```
///
/// URL: `disk:./sessions.larder`, with the options
///
/// | option | what it sets |
/// | --- | --- |
/// | `durability=relaxed&delay=50ms` | writes are answered at once and synced within the delay ([`Durability`]) |
/// | `create=false` | nothing is made where there is no store |
/// | `read_only=true` | the store is only looked into, beside a process that writes it or alone |
/// | `clock=accept` | the clock is believed, however far it has leapt |
/// | `check=true` | the whole file is verified first |
/// | `max_value=1MiB` | the largest value; 16 MiB unless set |
/// | `cache=64MiB` | how much of the file is kept in memory at most |
///
/// # Writing
/// One thread writes. It takes all calls that wait, applies them in order of arrival, and syncs once for all of them,
/// so many writers at once are many times as fast as one. The records of one put appear in one step to readers and to
/// a crash. Once queued, a change is carried out whether its future is dropped or not. At most 16,384 calls or 64 MiB
/// wait; more are [`ErrorKind::Overloaded`]. After a failure of the disk the file is opened anew by itself: a write is
/// [`ErrorKind::Unavailable`] where it certainly was not applied and [`ErrorKind::Unknown`] where that cannot be told.
///
/// On a full disk a put or touch is [`ErrorKind::Full`] and nothing is lost; take, delete and the removal of what has
/// expired still work, in the room that the file `<store>.reserve` keeps for them.
///
/// # Reading
/// Gets read the file's pages on the caller's thread, as a rule from memory; listings, and gets of many keys, run on a
/// few threads of the store's own. Neither waits for a writer, but all wait while the file is compacted.
///
/// # Time
/// Deadlines are moments on the wall clock, which is never let go back: the store's time is the later of the wall and
/// the latest time committed. Where the wall is over an hour ahead of the latest time committed when the store is
/// opened, that leap is doubted: what has expired by it is not found, but is not removed either, and the leap is not
/// committed, until the store is opened with [`Builder::accept_clock`]. [`Info::warnings`] says so, and
/// [`Swept::held`] counts what is kept.
///
/// # Damage
/// A file that is not a store, is cut short, or has another version's format is refused and left as it is. Every value
/// has a checksum, so bytes that were not written are never read as if they were: a damaged record is an error of
/// kind [`ErrorKind::Corrupt`], and in a listing [`Page::damaged`], and hides no other. Damage to the tree around the
/// values can hide records; only [`Builder::check`] finds all of it.
///
/// # Other processes
/// One process writes; any number may look in beside a durable store with [`Builder::read_only`]. Whoever else opens
/// it is told which process has it. Dropping the store closes it, and waits for what is queued.
pub struct Disk {
    shared: Arc<Shared>,
    source: Arc<Source>,
    readers: Readers,
    limits: Limits,
    file: Option<PathBuf>,
    writer: Option<JoinHandle<()>>,
}

/// Where reads find the last commit.
enum Source {
    /// In what our writer shows.
    Written,
    /// In the file, as another process left it.
    ReadOnly(ReadOnlyDatabase),
}

impl Disk {
    /// Begins to open the store in this file.
    pub fn builder(path: impl Into<PathBuf>) -> Builder {
        Builder::new(Place::File(path.into()))
    }

    /// The same over a file layer of the caller's, which is asked for a new handle at every opening.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn builder_over(open: impl Fn() -> std::io::Result<Arc<dyn Storage>> + Send + Sync + 'static) -> Builder {
        Builder::new(Place::Storage(Arc::new(open)))
    }

    /// How many commits the store has seen: many calls share one.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn commits(&self) -> u64 {
        self.shared.health().commits
    }

    async fn change(&self, change: Change) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        let bytes = change.bytes();
        self.queue(Task::Change(change, reply), bytes)?;
        answer.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unknown, "the store's writer ended: the write may have been applied"))
        })
    }

    fn queue(&self, task: Task, bytes: usize) -> Result<()> {
        if let Source::ReadOnly(_) = *self.source {
            return Err(Error::new(ErrorKind::Denied, "the store was opened with `read_only=true`")
                .at(self.shared.name.clone()));
        }
        self.shared.queue.push(task, bytes).map_err(|_| {
            Error::new(ErrorKind::Overloaded, "too many writes are waiting: try again later")
                .at(self.shared.name.clone())
        })
    }

    /// Reads: at once where that is allowed and the last commit is to be seen, else on a thread of ours.
    async fn read<T: Send + 'static>(
        &self,
        at_once: bool,
        read: impl Fn(&View) -> Result<Result<T>, redb::Error> + Send + 'static,
    ) -> Result<T> {
        if at_once && let Some(view) = self.source.view(&self.shared) {
            let view = view?;
            match look(&self.shared, &view, &read) {
                Err(error) if error.kind() == ErrorKind::Unavailable => {}
                answer => return answer,
            }
        }
        let (shared, source) = (Arc::clone(&self.shared), Arc::clone(&self.source));
        let again = move || {
            let view = source.view(&shared).unwrap_or_else(|| shared.views.wait())?;
            match look(&shared, &view, &read) {
                // redb refuses everything once a read has failed, so the writer has to open the file anew.
                Err(error) if error.kind() == ErrorKind::Unavailable && matches!(*source, Source::Written) => {
                    shared.views.leave(&view);
                    shared.queue.push_own(Task::Reopen(view.opening));
                    drop(view);
                    look(&shared, &*shared.views.wait()?, &read)
                }
                answer => answer,
            }
        };
        self.readers.run(again).await
    }
}

/// Reads a view; an inner error is a record's own.
fn look<T>(shared: &Shared, view: &View, read: impl Fn(&View) -> Result<Result<T>, redb::Error>) -> Result<T> {
    guarded(&shared.name, || read(view).map_err(|error| failed(&shared.name, error))?)
}

impl Source {
    /// The last commit; `None` where it takes a while to be seen.
    fn view(&self, shared: &Shared) -> Option<Result<Arc<View>>> {
        match self {
            Self::Written => shared.views.now(),
            Self::ReadOnly(database) => Some(guarded(&shared.name, || {
                let fail = |error: redb::Error| failed(&shared.name, error);
                let transaction = database.begin_read().map_err(|error| fail(error.into()))?;
                View::new(&transaction, 0).map(Arc::new).map_err(fail)
            })),
        }
    }
}

impl Backend for Disk {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.limits.check_puts(puts)?;
        if puts.is_empty() {
            return Ok(vec![]);
        }
        let record = |put: &Put| NewRecord {
            key: stored_key(namespace, &put.key),
            value: put.value.clone(),
            ttl: put.ttl,
            when: put.when,
        };
        match self.change(Change::Put(puts.iter().map(record).collect())).await? {
            Answer::Written(written) => Ok(written),
            _ => Err(mixed_up()),
        }
    }

    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.limits.check_keys(keys)?;
        let now = self.shared.time.now();
        let keys: Vec<_> = keys.iter().map(|key| stored_key(namespace, key)).collect();
        let at_once = keys.len() <= INLINE_KEYS;
        self.read(at_once, move |view| keys.iter().map(|key| view.get(key, select, now)).collect()).await
    }

    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.limits.check_key(key)?;
        match self.change(Change::Take(stored_key(namespace, key))).await? {
            Answer::Taken(value) => Ok(value),
            _ => Err(mixed_up()),
        }
    }

    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let ttl = ttl.checked()?;
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let keys = keys.iter().map(|key| stored_key(namespace, key)).collect();
        match self.change(Change::Touch(keys, ttl)).await? {
            Answer::Lived(lived) => Ok(lived),
            _ => Err(mixed_up()),
        }
    }

    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let keys = keys.iter().map(|key| stored_key(namespace, key)).collect();
        match self.change(Change::Delete(keys)).await? {
            Answer::Lived(lived) => Ok(lived),
            _ => Err(mixed_up()),
        }
    }

    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.limits.check_pattern(pattern)?;
        let (namespace, pattern, cursor) = (namespace.clone(), pattern.clone(), cursor.clone());
        let ask = Ask { namespace, pattern, select, cursor, limit, now: self.shared.time.now() };
        self.read(false, move |view| if ask.limit == 0 { view.estimate(&ask) } else { view.scan(&ask) }.map(Ok)).await
    }

    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        let (reply, answer) = oneshot::channel();
        self.queue(Task::Sweep(what, Swept::default(), reply), 0)?;
        answer.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, "the store's writer ended")))
    }

    async fn info(&self) -> Result<Info> {
        let records = self.read(true, |view| view.records().map(Ok)).await;
        let mut info = Info::new("disk");
        info.file.clone_from(&self.file);
        info.batch = Batch::Atomic;
        info.listing = Listing::Ordered;
        info.persistent = true;
        info.limits = self.limits;
        info.warnings = self.shared.warnings();
        info.bytes =
            self.file.as_ref().and_then(|file| Some(file.metadata().ok()?.len())).or(self.shared.health().file_bytes);
        match records {
            Ok(records) => info.records = Some(records),
            Err(error) => info.warnings.push(error.to_string()),
        }
        Ok(info)
    }
}

fn mixed_up() -> Error {
    Error::new(ErrorKind::Unknown, "the writer answered another call")
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.shared.queue.close();
        // Once the handle is gone the file can be opened again: the writer has let it go by then.
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("file", &self.file).finish_non_exhaustive()
    }
}
