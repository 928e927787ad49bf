//! The file layer under redb.

use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use redb::{BackendError, StorageBackend};

/// A file, as far as the store needs one. Tests put one in that fails, or that loses what was not synced.
///
/// Bytes that a longer length adds are zero.
#[expect(clippy::len_without_is_empty, reason = "no one asks a file whether it is empty")]
pub trait Storage: fmt::Debug + Send + Sync + 'static {
    /// How many bytes there are.
    ///
    /// # Errors
    /// Those of the medium, here and below.
    fn len(&self) -> io::Result<u64>;

    /// Reads exactly these bytes.
    ///
    /// # Errors
    /// Also where there are fewer.
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes these bytes.
    ///
    /// # Errors
    /// As [`Storage::len`].
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Makes it longer or shorter.
    ///
    /// # Errors
    /// As [`Storage::len`].
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns once all that was written before survives a power cut.
    ///
    /// # Errors
    /// As [`Storage::len`].
    fn sync(&self) -> io::Result<()>;
}

/// A [`Storage`] as redb takes one, without locks.
#[derive(Debug)]
pub(super) struct Plain<S>(pub(super) S);

impl<S: std::ops::Deref<Target = dyn Storage> + fmt::Debug + Send + Sync + 'static> StorageBackend for Plain<S> {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

/// A storage that keeps back whatever redb writes until the file has proved to be a store of ours: a foreign or
/// damaged file is left as it was, to the byte.
///
/// Clones are the same gate.
#[derive(Clone)]
pub(super) struct Gate(Arc<Gated>);

struct Gated {
    storage: Box<dyn StorageBackend>,
    held: RwLock<Option<Held>>,
}

/// What was written so far, in order, syncs included: let through, it is as safe in a power cut as it would have been.
struct Held {
    writes: Vec<Write>,
    len: u64,
}

enum Write {
    Bytes(u64, Vec<u8>),
    Len(u64),
    Sync,
}

impl Gate {
    /// A closed gate.
    pub(super) fn new(storage: Box<dyn StorageBackend>) -> io::Result<Self> {
        let held = Held { writes: Vec::new(), len: storage.len()? };
        Ok(Self(Arc::new(Gated { storage, held: RwLock::new(Some(held)) })))
    }

    /// Writes what was kept back, and from then on everything at once.
    pub(super) fn open(&self) -> io::Result<()> {
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        for write in held.iter().flat_map(|held| &held.writes) {
            match write {
                Write::Bytes(offset, data) => self.0.storage.write(*offset, data)?,
                Write::Len(len) => self.0.storage.set_len(*len)?,
                Write::Sync => self.0.storage.sync_data()?,
            }
        }
        *held = None;
        Ok(())
    }

    pub(super) fn len(&self) -> io::Result<u64> {
        match &*self.0.held.read().unwrap_or_else(PoisonError::into_inner) {
            Some(held) => Ok(held.len),
            None => self.0.storage.len(),
        }
    }

    /// Keeps a write back, or says that the gate is open.
    fn hold(&self, write: impl FnOnce(&mut Held) -> Write) -> bool {
        // Open is for ever, and the common case.
        if self.0.held.read().unwrap_or_else(PoisonError::into_inner).is_none() {
            return false;
        }
        match &mut *self.0.held.write().unwrap_or_else(PoisonError::into_inner) {
            Some(held) => {
                let write = write(held);
                held.writes.push(write);
                true
            }
            None => false,
        }
    }
}

impl Held {
    fn read(&self, storage: &dyn StorageBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset.saturating_add(out.len() as u64) > self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.fill(0);
        let below = storage.len()?.saturating_sub(offset).min(out.len() as u64);
        storage.read(offset, &mut out[..below as usize])?;
        for write in &self.writes {
            match write {
                Write::Bytes(at, data) => overlay(offset, out, *at, data),
                Write::Len(len) => {
                    let kept = len.saturating_sub(offset).min(out.len() as u64);
                    out[kept as usize..].fill(0);
                }
                Write::Sync => {}
            }
        }
        Ok(())
    }
}

/// Puts into `out`, which begins at `offset`, what of `data`, which begins at `at`, falls there.
fn overlay(offset: u64, out: &mut [u8], at: u64, data: &[u8]) {
    let start = offset.max(at);
    let end = (offset + out.len() as u64).min(at + data.len() as u64);
    if start < end {
        let length = (end - start) as usize;
        let (to, from) = ((start - offset) as usize, (start - at) as usize);
        out[to..to + length].copy_from_slice(&data[from..from + length]);
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl StorageBackend for Gate {
    fn len(&self) -> io::Result<u64> {
        Self::len(self)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match &*self.0.held.read().unwrap_or_else(PoisonError::into_inner) {
            Some(held) => held.read(&*self.0.storage, offset, out),
            None => self.0.storage.read(offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let held = self.hold(|held| {
            held.len = len;
            Write::Len(len)
        });
        if held { Ok(()) } else { self.0.storage.set_len(len) }
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.hold(|_| Write::Sync) { Ok(()) } else { self.0.storage.sync_data() }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let held = self.hold(|held| {
            held.len = held.len.max(offset + data.len() as u64);
            Write::Bytes(offset, data.to_vec())
        });
        if held { Ok(()) } else { self.0.storage.write(offset, data) }
    }

    fn close(&self) -> io::Result<()> {
        self.0.storage.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.storage.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.storage.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.storage.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.storage.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.storage.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.storage.query_lock_range(start, end)
    }
}
