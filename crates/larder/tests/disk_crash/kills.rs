//! Kills: a child process acknowledges batches on its standard output until it is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use larder::Backend;
use larder::Select;
use larder::backends::disk::Disk;

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
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::no_kill_loses_an_acknowledged_batch_or_splits_one", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let number = |line: String| line.strip_prefix("acknowledged ").and_then(|number| number.parse::<u64>().ok());
        // Let it begin, then kill it at a moment of its own; what it said until then stands in the pipe.
        let first = lines.by_ref().map_while(Result::ok).find_map(number).expect("the child acknowledges something");
        std::thread::sleep(Duration::from_micros(random.u64(..30_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let last = lines.map_while(Result::ok).filter_map(number).last().unwrap_or(first);

        // A store that died can be looked at once it has been opened for writing, and at once by that.
        let disk = Disk::builder(&path).open().await.unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        let found = disk.get(&space(), &keys(0), Select::Values).await.unwrap();
        let numbers: Vec<_> = found
            .into_iter()
            .map(|found| u64::from_be_bytes(found.expect("a record is there").value[..8].try_into().unwrap()))
            .collect();
        assert!(numbers.iter().all(|number| *number == numbers[0]), "kill {kill}: half a batch is there");
        assert!(numbers[0] >= last, "kill {kill}: batch {last} was acknowledged, batch {} is there", numbers[0]);
        acknowledged = numbers[0];
    }
    println!("kills: {kills}, {acknowledged} batches acknowledged, 0 lost, 0 half, 0 stores that do not open");
}
