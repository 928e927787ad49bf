//! A full disk and a read-only one, for real: `scripts/crash` mounts them.

use std::path::PathBuf;
use std::time::Duration;

use larder::backends::disk::Disk;
use larder::{Backend, Cursor, ErrorKind, Key, Pattern, Put, Result, Select, Sweep, Ttl, When, key};

use crate::model::space;

fn store(variable: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} names a mount"))).join("store.larder")
}

async fn put(disk: &Disk, key: Key) -> Result<()> {
    let put = Put { key, value: vec![b'v'; 3000].into(), ttl: Ttl::Never, when: When::Always };
    disk.put(&space(), &[put]).await?.remove(0).map(drop)
}

/// Puts until the disk is full; answers how many were acknowledged.
async fn fill(disk: &Disk, name: &str) -> u64 {
    for number in 0.. {
        if let Err(error) = put(disk, key![name, number]).await {
            assert_eq!(error.kind(), ErrorKind::Full, "{error}");
            return number;
        }
    }
    unreachable!("a small disk is full at some time")
}

async fn count(disk: &Disk) -> u64 {
    let (mut cursor, mut count) = (Cursor::START, 0);
    loop {
        let page = disk.scan(&space(), &Pattern::any(), Select::Values, &cursor, 500).await.unwrap();
        assert!(page.damaged.is_empty());
        count += page.records.len() as u64;
        let Some(next) = page.next else { return count };
        cursor = next;
    }
}

#[tokio::test]
#[ignore = "needs a small file system of its own: run scripts/crash"]
async fn a_full_disk_loses_nothing_and_still_deletes() {
    let path = store("LARDER_SMALL_MOUNT");
    let disk = Disk::builder(&path).open().await.unwrap();
    let filled = fill(&disk, "first").await;
    assert!(filled > 500);
    assert_eq!(count(&disk).await, filled, "all that was acknowledged is there");
    assert_eq!(put(&disk, "more".into()).await.unwrap_err().kind(), ErrorKind::Full);

    drop(disk);
    let disk = Disk::builder(&path).open().await.expect("a store on a full disk opens");
    assert_eq!(count(&disk).await, filled);
    for number in 0..filled / 2 {
        let key = key!["first", number];
        let ended = if number % 2 == 0 {
            disk.delete(&space(), &[key]).await.map(|lived| lived == [true])
        } else {
            disk.take(&space(), &key).await.map(|value| value.is_some())
        };
        assert!(ended.unwrap_or_else(|error| panic!("delete {number} on a full disk: {error}")));
    }
    assert_eq!(count(&disk).await, filled - filled / 2);

    disk.sweep(Sweep::Compact).await.expect("a full disk can be compacted");
    put(&disk, "room".into()).await.expect("there is room again");
    assert!(disk.info().await.unwrap().warnings.is_empty());

    let again = fill(&disk, "second").await;
    assert!(again > filled / 4, "{again} records fit again");
    let all: Vec<_> = (0..again).map(|number| key!["second", number]).collect();
    let lived = disk.delete(&space(), &all).await.expect("a large delete works on a full disk");
    assert!(lived.iter().all(|lived| *lived));
    assert_eq!(count(&disk).await, filled - filled / 2 + 1);
    println!("full disk: {filled} records put, none lost; every delete done; {again} put again after compaction");
}

#[tokio::test]
#[ignore = "needs a small file system of its own: run scripts/crash"]
async fn a_full_disk_deletes_what_lies_scattered() {
    let disk = Disk::builder(store("LARDER_SMALL_MOUNT")).open().await.unwrap();
    // Many small records to a page, each with a deadline: every delete copies pages of its own.
    let put = |number: u64| {
        let key = key![number.wrapping_mul(0x9e37_79b9_7f4a_7c15), "session"];
        let ttl = Ttl::After(Duration::from_secs(3600 + number % 977));
        Put { key, value: vec![b'v'; 100].into(), ttl, when: When::Always }
    };
    let mut filled = 0;
    let full = loop {
        let puts: Vec<_> = (filled..filled + 20).map(put).collect();
        match disk.put(&space(), &puts).await {
            Ok(_) => filled += 20,
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::Full);
    let keys: Vec<_> = (0..filled).map(|number| put(number).key).collect();
    let (one_by_one, at_once) = keys.split_at(200);
    for key in one_by_one {
        assert_eq!(disk.delete(&space(), std::slice::from_ref(key)).await.unwrap(), [true]);
    }
    let lived = disk.delete(&space(), at_once).await.expect("a large delete works on a full disk");
    assert!(lived.iter().all(|lived| *lived));
    assert_eq!(count(&disk).await, 0);
    println!("full disk: {filled} scattered records deleted");
}

#[tokio::test]
#[ignore = "needs a small file system of its own: run scripts/crash"]
async fn a_full_disk_frees_what_has_expired() {
    let path = store("LARDER_SMALL_MOUNT").with_file_name("expiring.larder");
    let disk = Disk::builder(&path).open().await.unwrap();
    let mut filled = 0;
    loop {
        let ttl = Ttl::After(Duration::from_secs(2));
        let put = Put { key: key!["k", filled], value: vec![b'v'; 3000].into(), ttl, when: When::Always };
        match disk.put(&space(), &[put]).await {
            Ok(_) => filled += 1,
            Err(error) => break assert_eq!(error.kind(), ErrorKind::Full),
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    disk.sweep(Sweep::Compact).await.expect("what has expired goes from a full disk");
    put(&disk, "room".into()).await.expect("there is room again");
    println!("full disk: {filled} records expired and gave their room back");
}

#[tokio::test]
#[ignore = "needs a file system of its own: run scripts/crash"]
async fn a_read_only_mount_is_read_and_written_to_never() {
    let path = store("LARDER_READ_ONLY_MOUNT");
    if std::env::var_os("LARDER_PREPARE").is_some() {
        let disk = Disk::builder(&path).open().await.unwrap();
        return put(&disk, "k".into()).await.unwrap();
    }
    let error = Disk::builder(&path).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("read_only=true"), "{error}");
    let error = Disk::builder(path.with_file_name("new.larder")).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");

    let disk = Disk::builder(&path).read_only(true).open().await.unwrap();
    assert_eq!(count(&disk).await, 1);
    assert_eq!(put(&disk, "k".into()).await.unwrap_err().kind(), ErrorKind::Denied);
    println!("read-only mount: refused in words, and read");
}
