//! Flipped bits: never a panic that reaches the caller, never a value that was not written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use larder::backends::disk::{Disk, Storage};
use larder::{Backend, Cursor, ErrorKind, Key, Pattern, Put, Select, Ttl, When, key};

use crate::medium::Medium;
use crate::model::space;
use crate::{quiet_redb, seed, times};

const RECORDS: u64 = 300;

fn record(number: u64) -> (Key, Vec<u8>) {
    (key!["user", number % 17, "session", number], vec![number as u8; 20 + number as usize * 3])
}

async fn open(medium: &Medium, check: bool) -> larder::Result<Disk> {
    let medium = medium.clone();
    Disk::builder_over(move || Ok(Arc::new(medium.clone()) as Arc<dyn Storage>)).check(check).open().await
}

#[derive(Default)]
struct Counts {
    refused: AtomicU64,
    reported: AtomicU64,
    absent: AtomicU64,
    unharmed: AtomicU64,
}

async fn flip(bytes: &[u8], bit: usize, check: bool, counts: &Counts) {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    let medium = Medium::new(bytes.clone());
    let disk = match open(&medium, check).await {
        Ok(disk) => disk,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Config), "bit {bit}: {error}");
            assert!(medium.bytes() == bytes, "bit {bit}: a refused file was changed");
            counts.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    let (mut reported, mut absent) = (false, false);
    for number in 0..RECORDS {
        let (key, value) = record(number);
        match disk.get(&space(), &[key], Select::Values).await {
            Ok(found) => match &found[0] {
                Some(found) => assert!(found.value == value, "bit {bit}: a value is read that was never written"),
                None => absent = true,
            },
            Err(_) => reported = true,
        }
    }
    match disk.scan(&space(), &Pattern::any(), Select::Values, &Cursor::START, 1000).await {
        Ok(page) => reported |= !page.damaged.is_empty(),
        Err(_) => reported = true,
    }
    // Writing into it may fail, and must not panic or hang either.
    let put = Put { key: key!["new"], value: "v".into(), ttl: Ttl::After(Duration::from_secs(9)), when: When::Always };
    let _ = disk.put(&space(), &[put]).await;
    let _ = disk.delete(&space(), &[record(5).0]).await;
    let count = match (reported, absent) {
        (true, _) => &counts.reported,
        (false, true) => &counts.absent,
        (false, false) => &counts.unharmed,
    };
    count.fetch_add(1, Ordering::Relaxed);
}

#[tokio::test]
async fn no_flipped_bit_panics_or_makes_up_a_value() {
    let medium = Medium::new(vec![]);
    let disk = open(&medium, false).await.unwrap();
    let put = |number| {
        let (key, value) = record(number);
        Put { key, value: value.into(), ttl: Ttl::Never, when: When::Always }
    };
    for part in 0..10 {
        let puts: Vec<_> = (part * RECORDS / 10..(part + 1) * RECORDS / 10).map(put).collect();
        disk.put(&space(), &puts).await.unwrap();
    }
    drop(disk);
    let bytes = medium.bytes();

    let mut random = fastrand::Rng::with_seed(seed("flipped bits"));
    let flips = times("LARDER_FLIPS", 300);
    quiet_redb();
    for check in [false, true] {
        let counts = Counts::default();
        for flip_number in 0..flips {
            // The head of the file is small and matters most.
            let bit = if flip_number % 4 == 0 { random.usize(..512 * 8) } else { random.usize(..bytes.len() * 8) };
            let done = tokio::time::timeout(Duration::from_secs(20), flip(&bytes, bit, check, &counts)).await;
            assert!(done.is_ok(), "bit {bit}: the store hangs");
        }
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        println!(
            "flipped bits: {flips}, checked {check}: {} refused, {} reported on reading, {} hid a record, {} hit \
             nothing; 0 wrong values, 0 panics",
            count(&counts.refused),
            count(&counts.reported),
            count(&counts.absent),
            count(&counts.unharmed),
        );
        if check {
            assert_eq!(count(&counts.absent), 0, "a checked file hides nothing");
        }
    }
}
