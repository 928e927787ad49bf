//! The file of the disk backend: damaged, it is refused and left alone, or read without making anything up.
//!
//! An input is a list of changes to a small store, each three bytes of place and one to put there; one that begins
//! with an odd byte is the file itself.
#![no_main]

use std::io;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use larder::backends::disk::{Disk, Storage};
use larder::{Backend, Cursor, ErrorKind, Key, Namespace, Pattern, Put, Select, Ttl, When, key};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

const RECORDS: usize = 20;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime starts"));
static STORE: LazyLock<Vec<u8>> = LazyLock::new(|| RUNTIME.block_on(a_store()).0.lock().clone());
/// Where the bytes of the store are not zero: changes of empty room would tell nothing.
static USED: LazyLock<Vec<usize>> = LazyLock::new(|| {
    STORE
        .chunks(64)
        .enumerate()
        .filter(|(_, chunk)| chunk.iter().any(|&byte| byte != 0))
        .map(|(at, _)| at * 64)
        .collect()
});

fuzz_target!(
    init: {
        // redb panics on some damaged files, and the store catches that; no other panic is forgiven.
        let fatal = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.location().is_some_and(|location| location.file().contains("redb-")) {
                fatal(panic);
            }
        }));
    },
    |input: &[u8]| {
        let file = match input {
            [first, rest @ ..] if first % 2 == 1 => rest.to_vec(),
            [_, changes @ ..] => changed(changes),
            [] => return,
        };
        let before = threads();
        RUNTIME.block_on(read(file));
        // No thread is left behind. LeakSanitizer takes for a leak what glibc frees as a thread ends, if it looks then.
        while threads() > before {
            std::thread::yield_now();
        }
    }
);

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

fn changed(changes: &[u8]) -> Vec<u8> {
    let mut file = STORE.clone();
    let (changes, _) = changes.as_chunks::<4>();
    for [high, low, within, byte] in changes {
        let block = USED[usize::from(u16::from_be_bytes([*high, *low])) % USED.len()];
        if let Some(place) = file.get_mut(block + usize::from(within % 64)) {
            *place = *byte;
        }
    }
    file
}

async fn read(file: Vec<u8>) {
    let medium = Medium::new(file);
    let before = medium.0.lock().clone();
    let disk = match open(&medium).await {
        Ok(disk) => disk,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Config), "{error:?}");
            assert!(*medium.0.lock() == before, "a refused file is left alone");
            return;
        }
    };
    for number in 0..RECORDS {
        let (key, value) = record(number);
        if let Ok(found) = disk.get(&Namespace::default(), &[key], Select::ValuesAndTtls).await
            && let Some(found) = &found[0]
        {
            assert!(found.value == value, "a value is read that was never written");
        }
    }
    let _ = disk.scan(&Namespace::default(), &Pattern::any(), Select::Values, &Cursor::START, 1000).await;
    let _ = disk.put(&Namespace::default(), &[put(RECORDS)]).await;
    let _ = disk.delete(&Namespace::default(), &[record(3).0]).await;
}

async fn a_store() -> Medium {
    let medium = Medium::new(Vec::new());
    let disk = open(&medium).await.expect("an empty file is made a store");
    for from in (0..RECORDS).step_by(5) {
        let puts: Vec<_> = (from..from + 5).map(put).collect();
        disk.put(&Namespace::default(), &puts).await.expect("there is room");
    }
    drop(disk);
    medium
}

fn record(number: usize) -> (Key, Vec<u8>) {
    (key!["user", number % 3, "session", number], vec![number as u8; 10 + number * 3])
}

fn put(number: usize) -> Put {
    let (key, value) = record(number);
    Put { key, value: value.into(), ttl: Ttl::Never, when: When::Always }
}

async fn open(medium: &Medium) -> larder::Result<Disk> {
    let medium = medium.clone();
    Disk::builder_over(move || Ok(Arc::new(medium.clone()) as Arc<dyn Storage>)).cache_bytes(1 << 20).open().await
}

/// A file in memory; clones are the same.
#[derive(Clone, Debug)]
struct Medium(Arc<Bytes>);

#[derive(Debug)]
struct Bytes(Mutex<Vec<u8>>);

impl Bytes {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().expect("nothing panics with the lock")
    }
}

impl Medium {
    fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Bytes(Mutex::new(bytes))))
    }
}

/// The range where it lies within the file. What would make it larger than this is a full disk.
const ROOM: u64 = 64 << 20;

fn within(offset: u64, length: usize, most: usize) -> io::Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
    let end = start.checked_add(length).filter(|end| *end <= most).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(start..end)
}

impl Storage for Medium {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.lock();
        out.copy_from_slice(&bytes[within(offset, out.len(), bytes.len())?]);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = self.0.lock();
        let range = within(offset, data.len(), ROOM as usize)?;
        if bytes.len() < range.end {
            bytes.resize(range.end, 0);
        }
        bytes[range].copy_from_slice(data);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if len > ROOM {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.lock().resize(len as usize, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
