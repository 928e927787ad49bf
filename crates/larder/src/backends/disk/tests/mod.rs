mod clock;
mod foreign;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use tempfile::TempDir;

use super::stored::{RECORDS, STATE};
use super::{Builder, Disk, Durability};
use crate::backend::{Backend, Cursor, Page, Put, Sweep, Swept, When};
use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind};
use crate::key;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern;
use crate::pattern::Pattern;
use crate::record::Select;
use crate::ttl::Ttl;

/// A clock that is moved by hand; both lines start in 2001.
#[derive(Debug)]
struct Hand {
    wall: AtomicU64,
    monotonic: AtomicU64,
}

const START: u64 = 1_000_000_000_000_000_000;

impl Hand {
    fn new() -> Arc<Self> {
        Arc::new(Self { wall: START.into(), monotonic: START.into() })
    }

    fn advance(&self, seconds: u64) {
        self.wall.fetch_add(seconds * 1_000_000_000, Ordering::SeqCst);
        self.monotonic.fetch_add(seconds * 1_000_000_000, Ordering::SeqCst);
    }

    fn set_wall(&self, seconds_after_start: u64) {
        self.wall.store(START + seconds_after_start * 1_000_000_000, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn monotonic(&self) -> Moment {
        Moment::from_nanos(self.monotonic.load(Ordering::SeqCst))
    }
    fn wall(&self) -> Moment {
        Moment::from_nanos(self.wall.load(Ordering::SeqCst))
    }
}

struct Place {
    directory: TempDir,
    clock: Arc<Hand>,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), clock: Hand::new() }
    }
    fn path(&self) -> PathBuf {
        self.directory.path().join("store.larder")
    }
    fn builder(&self) -> Builder {
        Disk::builder(self.path()).clock(self.clock.clone())
    }
    async fn open(&self) -> Disk {
        self.builder().open().await.unwrap()
    }
}

fn space() -> Namespace {
    Namespace::default()
}

fn seconds(seconds: u64) -> Ttl {
    Ttl::After(Duration::from_secs(seconds))
}

fn record(key: impl Into<Key>, value: &str, ttl: Ttl) -> Put {
    Put { key: key.into(), value: value.to_owned().into(), ttl, when: When::Always }
}

async fn put(disk: &Disk, key: impl Into<Key>, value: &str, ttl: Ttl) {
    assert!(disk.put(&space(), &[record(key, value, ttl)]).await.unwrap().remove(0).unwrap());
}

async fn get(disk: &Disk, key: impl Into<Key>) -> Option<String> {
    let found = disk.get(&space(), &[key.into()], Select::Values).await.unwrap().remove(0)?;
    Some(String::from_utf8(found.value.to_vec()).unwrap())
}

async fn scan(disk: &Disk, pattern: &Pattern) -> Page {
    disk.scan(&space(), pattern, Select::Values, &Cursor::START, 100).await.unwrap()
}

/// All files of a directory with their bytes.
fn snapshot(directory: &Path) -> BTreeSet<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap_or_default())).collect()
}

#[tokio::test]
async fn what_was_put_is_there_after_reopening() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, key!["a", 1], "one", seconds(60)).await;
    put(&disk, key!["a", 2], "two", Ttl::Never).await;
    assert_eq!(disk.delete(&space(), &[key!["a", 1]]).await.unwrap(), [true]);
    drop(disk);
    let disk = place.open().await;
    assert_eq!(get(&disk, key!["a", 1]).await, None);
    assert_eq!(get(&disk, key!["a", 2]).await.as_deref(), Some("two"));
    assert_eq!(disk.info().await.unwrap().records, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_puts_share_commits() {
    let place = Place::new();
    let disk = Arc::new(place.open().await);
    let before = disk.commits();
    let puts: Vec<_> = (0..640)
        .map(|number| {
            let disk = Arc::clone(&disk);
            tokio::spawn(async move { put(&disk, key!["k", number], "v", seconds(60)).await })
        })
        .collect();
    for put in puts {
        put.await.unwrap();
    }
    let commits = disk.commits() - before;
    assert!(commits <= 160, "640 concurrent puts took {commits} commits");
    assert_eq!(disk.info().await.unwrap().records, Some(640));
}

#[tokio::test]
async fn a_put_that_changes_nothing_commits_nothing() {
    let place = Place::new();
    let disk = place.open().await;
    let before = disk.commits();
    let absent = Put { when: When::Present, ..record("k", "v", seconds(1)) };
    assert!(!disk.put(&space(), &[absent]).await.unwrap().remove(0).unwrap());
    assert_eq!(disk.delete(&space(), &["k".into()]).await.unwrap(), [false]);
    assert_eq!(disk.take(&space(), &"k".into()).await.unwrap(), None);
    assert_eq!(disk.commits(), before);
}

#[tokio::test]
async fn sweeping_costs_what_has_expired_and_ends_nothing_else() {
    let place = Place::new();
    let disk = place.open().await;
    let many: Vec<_> = (0..3000).map(|number| record(key!["short", number], "v", seconds(5))).collect();
    disk.put(&space(), &many).await.unwrap();
    put(&disk, "long", "v", seconds(50)).await;
    put(&disk, "never", "v", Ttl::Never).await;
    put(&disk, key!["short", 7], "prolonged", seconds(50)).await;
    disk.touch(&space(), &[key!["short", 8]], seconds(50)).await.unwrap();
    assert_eq!(disk.sweep(Sweep::Expired).await.unwrap(), Swept::default());
    place.clock.advance(6);
    let swept = disk.sweep(Sweep::Expired).await.unwrap();
    assert_eq!((swept.records, swept.held), (2998, 0));
    assert_eq!(disk.info().await.unwrap().records, Some(4));
    assert_eq!(get(&disk, key!["short", 7]).await.as_deref(), Some("prolonged"));
    let idle = disk.commits();
    assert_eq!(disk.sweep(Sweep::Expired).await.unwrap().records, 0);
    assert_eq!(disk.commits(), idle, "a sweep that finds nothing writes nothing");
}

#[tokio::test]
async fn a_record_has_one_deadline_however_often_it_is_prolonged() {
    let place = Place::new();
    let disk = place.open().await;
    for ttl in 1..50 {
        put(&disk, "k", "v", seconds(100 + ttl)).await;
        disk.touch(&space(), &["k".into()], seconds(300 + ttl)).await.unwrap();
        put(&disk, "gone", "v", seconds(ttl)).await;
        disk.delete(&space(), &["gone".into()]).await.unwrap();
    }
    drop(disk);
    let database = Database::create(place.path()).unwrap();
    let deadlines = database.begin_read().unwrap().open_table(super::stored::DEADLINES).unwrap();
    assert_eq!(deadlines.len().unwrap(), 1);
}

#[tokio::test]
async fn compaction_gives_the_room_back() {
    let place = Place::new();
    let disk = place.open().await;
    let value = "v".repeat(10_000);
    for part in 0..20 {
        let many: Vec<_> = (0..100).map(|number| record(key![part, number], &value, seconds(5))).collect();
        disk.put(&space(), &many).await.unwrap();
    }
    place.clock.advance(6);
    let full = disk.info().await.unwrap().bytes.unwrap();
    let swept = disk.sweep(Sweep::Compact).await.unwrap();
    let left = disk.info().await.unwrap().bytes.unwrap();
    assert_eq!((swept.records, swept.bytes), (2000, full - left));
    assert!(full > 20_000_000 && left <= 1 << 20, "{full} bytes became {left}");
    put(&disk, "k", "after", seconds(5)).await;
    assert_eq!(get(&disk, "k").await.as_deref(), Some("after"));
}

#[tokio::test]
async fn a_second_opening_is_told_who_has_it_and_may_look_in() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, "k", "v", seconds(10)).await;
    let error = place.builder().open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("in this process already") && error.to_string().contains("read_only=true"));

    let looking = place.builder().read_only(true).open().await.unwrap();
    assert_eq!(get(&looking, "k").await.as_deref(), Some("v"));
    put(&disk, "k", "v2", seconds(10)).await;
    assert_eq!(get(&looking, "k").await.as_deref(), Some("v2"), "it follows the writer");
    assert_eq!(scan(&looking, &Pattern::any()).await.records.len(), 1);
    assert_eq!(looking.put(&space(), &[record("k", "x", seconds(1))]).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(looking.sweep(Sweep::Expired).await.unwrap_err().kind(), ErrorKind::Denied);
    drop(looking);
    drop(disk);
    let before = snapshot(place.directory.path());
    let looking = place.builder().read_only(true).open().await.unwrap();
    assert_eq!(get(&looking, "k").await.as_deref(), Some("v2"));
    drop(looking);
    assert!(before == snapshot(place.directory.path()), "looking in changes no byte");
}

#[cfg(unix)]
#[tokio::test]
async fn a_relaxed_put_is_read_at_once_and_kept_when_the_store_closes() {
    let place = Place::new();
    let relaxed = Durability::Relaxed { delay: Duration::from_secs(3600) };
    let disk = place.builder().durability(relaxed).open().await.unwrap();
    put(&disk, "k", "v", seconds(60)).await;
    assert_eq!(get(&disk, "k").await.as_deref(), Some("v"));
    drop(disk);
    assert_eq!(get(&place.open().await, "k").await.as_deref(), Some("v"));
}

#[tokio::test]
async fn a_delay_is_never_silent() {
    let place = Place::new();
    let url = |options: &str| format!("disk:{}?{options}", place.path().display());
    for options in
        ["durability=relaxed", "durability=relaxed&delay=never", "delay=50ms", "durability=sometimes", "max_value=2GiB"]
    {
        assert_eq!(crate::open(&url(options)).await.unwrap_err().kind(), ErrorKind::Config, "{options}");
    }
    assert!(!place.path().exists());
    crate::open(&url("durability=relaxed&delay=50ms&max_value=10")).await.unwrap();
}

#[tokio::test]
async fn dropped_puts_are_carried_out_whole_even_as_the_store_closes() {
    let place = Place::new();
    let disk = place.open().await;
    let space = space();
    for part in 0..20 {
        let many: Vec<_> = (0..100).map(|number| record(key![part, number], "v", seconds(60))).collect();
        let mut put = Box::pin(disk.put(&space, &many));
        assert!(std::future::poll_fn(|context| Poll::Ready(put.as_mut().poll(context))).await.is_pending());
    }
    drop(disk);
    assert_eq!(place.open().await.info().await.unwrap().records, Some(2000));
}

#[tokio::test]
async fn a_listing_goes_on_where_its_page_ended() {
    let place = Place::new();
    let disk = place.open().await;
    let many: Vec<_> = (0..50).map(|number| record(key!["k", number], "v", seconds(60))).collect();
    disk.put(&space(), &many).await.unwrap();
    let (mut cursor, mut keys) = (Cursor::START, vec![]);
    loop {
        let page = disk.scan(&space(), &pattern!["k", _], Select::Keys, &cursor, 7).await.unwrap();
        assert!(page.records.len() <= 7);
        keys.extend(page.records.into_iter().map(|record| record.key));
        let Some(next) = page.next else { break };
        cursor = next;
    }
    assert_eq!(keys, (0..50).map(|number| key!["k", number]).collect::<Vec<_>>());
    let estimate = disk.scan(&space(), &pattern!["k", _], Select::Keys, &Cursor::START, 0).await.unwrap();
    assert_eq!((estimate.records.len(), estimate.cost.entries), (0, 50));
}

#[tokio::test]
async fn too_much_waiting_is_refused_and_nothing_else_is() {
    let queue = super::queue::Queue::new();
    assert!(queue.push(1, 100 << 20).is_ok(), "one may be as large as it likes");
    assert_eq!(queue.push(2, 1), Err(2));
    queue.push_own(3);
    let super::queue::Taken::Tasks(tasks) = queue.take(std::time::Instant::now()) else { panic!("nothing was taken") };
    assert_eq!(tasks, [1], "a large one is committed alone");
    assert!(queue.push(4, 1).is_ok());
    queue.close();
    assert_eq!(queue.push(5, 1), Err(5));
}

#[test]
fn the_bytes_are_those_of_the_format_page() {
    let stored = super::stored_key(&space(), &key!["user", 42]);
    let page = b"\xb4cache\x00\x08\x02\xb4user\x00\x08\x5b\x50\x01";
    assert_eq!(stored, page);
    let record = super::stored::Stored { deadline: crate::ttl::Deadline::NEVER, value: b"hi" }.encode(&stored);
    assert_eq!(record, [&[0xff; 8][..], &[0xb5, 0xba, 0x10, 0xb7], b"hi"].concat());
    let state = super::stored::State { commit: 2, time: 3 };
    assert_eq!(state.encode(), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3]);
    assert_eq!(super::stored::State::decode(&state.encode()), Some(Ok(state)));
}

#[tokio::test]
async fn a_relaxed_store_is_shared_with_nobody() {
    let place = Place::new();
    let relaxed = Durability::Relaxed { delay: Duration::from_secs(1) };
    let disk = place.builder().durability(relaxed).open().await.unwrap();
    put(&disk, "k", "v", seconds(60)).await;
    let error = place.builder().read_only(true).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("shares it with nobody"), "{error}");
}
