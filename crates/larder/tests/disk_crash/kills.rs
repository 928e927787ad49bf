//! Kills: a child process acknowledges batches on its standard output until it is killed.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use larder::backends::disk::Disk;
use larder::{Backend, ErrorKind, Select};

use crate::model::{keys, puts, space};
use crate::{seed, times};

/// Names the store to the child; set, this test is the child.
const CHILD: &str = "LARDER_CRASH_CHILD";

/// The child: puts batch after batch into two groups and says so.
async fn acknowledge(path: &Path) {
    let disk = Disk::builder(path).open().await.unwrap();
    let found = disk.get(&space(), &keys(0)[..1], Select::Values).await.unwrap();
    let last = found[0].as_ref().map_or(0, |found| u64::from_be_bytes(found.value[..8].try_into().unwrap()));
    let mut out = std::io::stdout();
    for number in last + 1.. {
        disk.put(&space(), &puts(0, number, 200)).await.unwrap();
        if writeln!(out, "acknowledged {number}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

/// A child that puts batches, and the number of the last one it acknowledged.
struct Writing {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    acknowledged: u64,
}

impl Writing {
    /// Begins to write; comes back once a batch was acknowledged.
    fn begin(path: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::no_kill_loses_an_acknowledged_batch_or_splits_one", "--nocapture"])
            .env(CHILD, path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let acknowledged = lines.by_ref().map_while(Result::ok).find_map(number);
        Self { child, lines, acknowledged: acknowledged.expect("the child acknowledges something") }
    }

    /// Kills the child; answers the last batch it acknowledged, which may still have been in the pipe.
    fn kill(mut self) -> u64 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.map_while(Result::ok).filter_map(number).last().unwrap_or(self.acknowledged)
    }
}

fn number(line: String) -> Option<u64> {
    line.strip_prefix("acknowledged ")?.parse().ok()
}

/// The numbers that the records of the children's group hold.
async fn numbers(disk: &Disk) -> Vec<u64> {
    let found = disk.get(&space(), &keys(0), Select::Values).await.unwrap();
    let number = |found: larder::Found| u64::from_be_bytes(found.value[..8].try_into().unwrap());
    found.into_iter().map(|found| number(found.expect("a record is there"))).collect()
}

#[tokio::test]
async fn no_kill_loses_an_acknowledged_batch_or_splits_one() {
    if let Some(path) = std::env::var_os(CHILD) {
        return acknowledge(Path::new(&path)).await;
    }
    let mut random = fastrand::Rng::with_seed(seed("kills"));
    let (kills, directory) = (times("LARDER_KILLS", 5), tempfile::tempdir().unwrap());
    let path = directory.path().join("store.larder");
    let mut acknowledged = 0;
    for kill in 0..kills {
        let writing = Writing::begin(&path);
        std::thread::sleep(Duration::from_micros(random.u64(..30_000)));
        let last = writing.kill();
        let disk = Disk::builder(&path).open().await.unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        let numbers = numbers(&disk).await;
        assert!(numbers.iter().all(|number| *number == numbers[0]), "kill {kill}: half a batch is there");
        assert!(numbers[0] >= last, "kill {kill}: batch {last} was acknowledged, batch {} is there", numbers[0]);
        acknowledged = numbers[0];
    }
    println!("kills: {kills}, {acknowledged} batches acknowledged, 0 lost, 0 half, 0 stores that do not open");
}

#[tokio::test]
async fn another_process_is_told_who_writes_and_may_look_in() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.larder");
    let writing = Writing::begin(&path);
    let error = Disk::builder(&path).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&format!("pid {}", writing.child.id())), "{error}");

    let looking = Disk::builder(&path).read_only(true).open().await.unwrap();
    let (first, mut later) = (numbers(&looking).await[0], 0);
    for _ in 0..1000 {
        later = numbers(&looking).await[0];
        if later > first {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(later > first, "what is read follows what is written");
    drop(looking);

    writing.kill();
    let error = Disk::builder(&path).read_only(true).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("open it once for writing"), "{error}");
    drop(Disk::builder(&path).open().await.unwrap());
    Disk::builder(&path).read_only(true).open().await.unwrap();
}
