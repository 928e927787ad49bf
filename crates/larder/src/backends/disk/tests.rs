use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redb::{Database, ReadableTable, TableDefinition};
use tempfile::TempDir;

use super::stored::{RECORDS, STATE};
use super::{Builder, Disk, Durability};
use crate::{
    Backend, Clock, Cursor, Error, ErrorKind, Key, Moment, Namespace, Page, Pattern, Put, Select, Sweep, Swept, Ttl,
    When, key, pattern,
};

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
async fn a_wall_clock_set_back_revives_nothing() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, "k", "v", seconds(10)).await;
    place.clock.advance(11);
    assert_eq!(get(&disk, "k").await, None);
    place.clock.set_wall(0);
    assert_eq!(get(&disk, "k").await, None);
    drop(disk);
    let disk = place.open().await;
    assert_eq!(get(&disk, "k").await, None);
    // And time goes on all the same.
    put(&disk, "later", "v", seconds(10)).await;
    place.clock.set_wall(0);
    place.clock.monotonic.fetch_add(11_000_000_000, Ordering::SeqCst);
    assert_eq!(get(&disk, "later").await, None);
}

#[tokio::test]
async fn a_leap_of_the_clock_removes_nothing_until_it_is_accepted() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, "k", "v", seconds(1800)).await;
    drop(disk);
    place.clock.advance(7200);
    let disk = place.open().await;
    assert_eq!(get(&disk, "k").await, None, "hidden all the same");
    let swept = disk.sweep(Sweep::Compact).await.unwrap();
    assert_eq!((swept.records, swept.held), (0, 1));
    assert!(disk.info().await.unwrap().warnings[0].contains("clock=accept"));
    put(&disk, "new", "v", seconds(10)).await;
    place.clock.advance(11);
    assert_eq!(get(&disk, "new").await, None);
    drop(disk);

    // The clock was wrong and is put right: nothing was lost.
    place.clock.set_wall(20);
    let disk = place.open().await;
    assert_eq!(get(&disk, "k").await.as_deref(), Some("v"));
    assert_eq!(disk.info().await.unwrap().warnings, [""; 0]);
    drop(disk);

    // The clock was right and is accepted.
    place.clock.set_wall(7300);
    drop(place.builder().accept_clock(true).open().await.unwrap());
    let disk = place.open().await;
    assert_eq!(disk.sweep(Sweep::Expired).await.unwrap(), Swept { records: 2, bytes: 0, held: 0 });
    assert_eq!(disk.info().await.unwrap().warnings, [""; 0]);
}

#[tokio::test]
async fn what_is_deleted_while_the_clock_is_wrong_stays_deleted() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, "k", "v", seconds(1800)).await;
    drop(disk);
    place.clock.advance(7200);
    let disk = place.open().await;
    assert_eq!(disk.delete(&space(), &["k".into()]).await.unwrap(), [false]);
    drop(disk);
    place.clock.set_wall(10);
    assert_eq!(get(&place.open().await, "k").await, None);
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

/// Opens in all ways what is no store, and sees that it stays what it is.
async fn refused(place: &Place, bytes: &[u8]) -> Error {
    fs::write(place.path(), bytes).unwrap();
    let before = snapshot(place.directory.path());
    for builder in [place.builder().check(true), place.builder().read_only(true), place.builder().accept_clock(true)] {
        // Who only reads need not notice at once that the end is missing, and must not take it for absent.
        match builder.open().await {
            Ok(disk) => match disk.scan(&space(), &Pattern::any(), Select::Keys, &Cursor::START, 2000).await {
                Ok(page) => assert_eq!(page.records.len(), 1000),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt),
            },
            Err(error) => assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Config)),
        }
        assert!(before == snapshot(place.directory.path()), "refusing a file changed a byte");
    }
    let error = place.builder().open().await.unwrap_err();
    assert!(before == snapshot(place.directory.path()), "refusing a file changed a byte");
    fs::remove_file(place.path()).unwrap();
    error
}

#[tokio::test]
async fn a_foreign_or_damaged_file_is_refused_and_left_as_it_is() {
    let place = Place::new();
    for bytes in [&b"{\"larder\":1}\n"[..], &[0; 100_000], &b"SQLite format 3\0".repeat(500), &[b'x'; 7]] {
        assert_eq!(refused(&place, bytes).await.kind(), ErrorKind::Corrupt);
    }

    let foreign = place.directory.path().join("foreign");
    let database = Database::create(&foreign).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("theirs")).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = refused(&place, &fs::read(foreign).unwrap()).await;
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("another program"));

    let disk = place.open().await;
    for number in 0..1000 {
        disk.put(&space(), &[record(key![number], "v", seconds(60))]).await.unwrap();
    }
    drop(disk);
    let whole = fs::read(place.path()).unwrap();
    for length in [1, 100, 4096, whole.len() / 2, whole.len() - 1] {
        assert_eq!(refused(&place, &whole[..length]).await.kind(), ErrorKind::Corrupt, "cut to {length} bytes");
    }

    fs::write(place.path(), &whole).unwrap();
    let database = Database::create(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(STATE).unwrap().insert((), [0, 0, 0, 2, 9].as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let newer = fs::read(place.path()).unwrap();
    let error = refused(&place, &newer).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("format 2"));
}

#[tokio::test]
async fn nothing_is_made_where_nothing_is_to_be_made() {
    let place = Place::new();
    for builder in [place.builder().create(false), place.builder().read_only(true)] {
        assert_eq!(builder.open().await.unwrap_err().kind(), ErrorKind::Config);
    }
    let below = Disk::builder(place.directory.path().join("missing/store.larder"));
    let error = below.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("directory"));
    let directory = Disk::builder(place.directory.path());
    assert_eq!(directory.open().await.unwrap_err().kind(), ErrorKind::Config);
    assert!(snapshot(place.directory.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    drop(place.open().await);
    for (path, _) in snapshot(place.directory.path()) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_damaged_record_is_reported_and_hides_no_other() {
    let place = Place::new();
    let disk = place.open().await;
    for number in 0..5 {
        put(&disk, key!["k", number], "value", seconds(60)).await;
    }
    drop(disk);
    let database = Database::create(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut records = transaction.open_table(RECORDS).unwrap();
        let stored = super::stored_key(&space(), &key!["k", 1]);
        let mut bytes = records.get(stored.as_slice()).unwrap().unwrap().value().to_vec();
        *bytes.last_mut().unwrap() ^= 4;
        records.insert(stored.as_slice(), bytes.as_slice()).unwrap();
        records.insert(super::stored_key(&space(), &key!["k", 2]).as_slice(), [1, 2].as_slice()).unwrap();
        records.insert([space().as_bytes(), &[2, 0xb4, b'k']].concat().as_slice(), [0; 20].as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);

    let disk = place.open().await;
    let page = scan(&disk, &Pattern::any()).await;
    assert_eq!((page.records.len(), page.damaged.len()), (3, 3));
    assert_eq!(scan(&disk, &pattern!["k", _]).await.records.len(), 3);
    let error = disk.get(&space(), &[key!["k", 1]], Select::Values).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(disk.take(&space(), &key!["k", 2]).await.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(
        disk.touch(&space(), &[key!["k", 0], key!["k", 1]], seconds(9)).await.unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    let absent = Put { when: When::Absent, ..record(key!["k", 1], "new", seconds(60)) };
    assert_eq!(disk.put(&space(), &[absent]).await.unwrap().remove(0).unwrap_err().kind(), ErrorKind::Corrupt);
    put(&disk, key!["k", 1], "new", seconds(60)).await;
    assert_eq!(get(&disk, key!["k", 1]).await.as_deref(), Some("new"));
    assert_eq!(disk.delete(&space(), &[key!["k", 2]]).await.unwrap(), [true]);
    place.clock.advance(61);
    disk.sweep(Sweep::Expired).await.unwrap();
    assert_eq!(disk.info().await.unwrap().records, Some(1), "only the key that is no key is left");
}

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
    for options in ["durability=relaxed", "durability=relaxed&delay=never", "delay=50ms", "durability=sometimes"] {
        assert_eq!(crate::open(&url(options)).await.unwrap_err().kind(), ErrorKind::Config, "{options}");
    }
    assert!(!place.path().exists());
    crate::open(&url("durability=relaxed&delay=50ms&max_value=10")).await.unwrap();
}

#[tokio::test]
async fn a_dropped_put_is_carried_out_whole() {
    let place = Place::new();
    let disk = place.open().await;
    let many: Vec<_> = (0..100).map(|number| record(key!["k", number], "v", seconds(60))).collect();
    let space = space();
    let mut future = Box::pin(disk.put(&space, &many));
    assert!(std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context))).await.is_pending());
    drop(future);
    put(&disk, "after", "v", seconds(60)).await;
    assert_eq!(disk.info().await.unwrap().records, Some(101));
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
