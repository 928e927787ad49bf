//! Failing calls: the n-th call to the file fails, for every n of a script.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use larder::backends::disk::{Disk, Storage};
use larder::{Backend, Cursor, ErrorKind, Pattern, Result, Select, Sweep, Ttl};

use crate::medium::{Failing, Medium};
use crate::model::{keys, puts, space};

async fn open(medium: &Medium) -> Result<Disk> {
    let medium = medium.clone();
    Disk::builder_over(move || Ok(Arc::new(medium.clone()) as Arc<dyn Storage>)).cache_bytes(64 << 10).open().await
}

/// What is known of the group that the script writes: its number, or `None` for nothing there.
struct Known(Vec<Option<u64>>);

impl Known {
    /// Takes note of a change that was tried.
    fn note<T>(&mut self, number: Option<u64>, done: &Result<T>) {
        match done {
            Ok(_) => self.0 = vec![number],
            Err(error) if error.kind() == ErrorKind::Unknown => self.0.push(number),
            Err(error) => {
                let certain = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Full | ErrorKind::Denied);
                assert!(certain, "a failing call is {:?}: {error}", error.kind());
            }
        }
    }

    /// Reads, and sees that what is read is right.
    async fn read(&mut self, disk: &Disk) -> Result<()> {
        let found = disk.get(&space(), &keys(0), Select::Values).await?;
        let number = |value: &[u8]| u64::from_be_bytes(value[..8].try_into().expect("eight bytes"));
        let numbers: Vec<_> = found.iter().map(|found| found.as_ref().map(|found| number(&found.value))).collect();
        assert!(numbers.iter().all(|number| *number == numbers[0]), "a batch is there in part");
        assert!(self.0.contains(&numbers[0]), "{:?} was read and {:?} is possible", numbers[0], self.0);
        self.0 = vec![numbers[0]];
        let page = disk.scan(&space(), &Pattern::any(), Select::Values, &Cursor::START, 100).await?;
        let group = page.records.iter().filter(|record| record.found.value.len() >= 8).count();
        assert_eq!(group, if numbers[0].is_some() { keys(0).len() } else { 0 }, "a listing agrees with a get");
        assert!(page.damaged.is_empty());
        Ok(())
    }
}

/// Some of everything; whatever fails must say so and spoil nothing. Opening may fail, and is then tried again.
async fn script(medium: &Medium, known: &mut Known) {
    for round in 0..3 {
        let Ok(disk) = open(medium).await else { continue };
        for number in 0..3 {
            let number = round * 10 + number;
            known.note(Some(number), &disk.put(&space(), &puts(0, number, 3000)).await.map(drop));
            let _ = known.read(&disk).await;
        }
        let _ = disk.touch(&space(), &keys(0), Ttl::After(Duration::from_secs(3600))).await;
        let _ = known.read(&disk).await;
        if round == 1 {
            known.note(None, &disk.delete(&space(), &keys(0)).await.map(drop));
            let _ = known.read(&disk).await;
            let _ = disk.sweep(Sweep::Compact).await;
        }
        known.note(Some(99 + round), &disk.put(&space(), &puts(0, 99 + round, 10)).await.map(drop));
    }
}

/// Lets the n-th call fail, for every n, and `length` calls in a row.
async fn every_call(error: io::ErrorKind, length: u64, step: usize) -> u64 {
    let whole = {
        let medium = Medium::new(vec![]);
        script(&medium, &mut Known(vec![None])).await;
        medium.calls()
    };
    for from in (0..whole).step_by(step) {
        let medium = Medium::new(vec![]);
        drop(open(&medium).await.expect("a new store opens"));
        medium.fail(Some(Failing { from, until: from.saturating_add(length), error }));
        let mut known = Known(vec![None]);
        script(&medium, &mut known).await;
        medium.fail(None);
        let disk = open(&medium).await.unwrap_or_else(|error| panic!("call {from} failed, and then opening: {error}"));
        known.read(&disk).await.unwrap_or_else(|error| panic!("call {from} failed, and then reading: {error}"));
        let done = disk.put(&space(), &puts(0, 7, 7)).await;
        known.note(Some(7), &done.map(drop));
        known.read(&disk).await.expect("a healthy disk is read");
    }
    whole
}

#[tokio::test]
async fn any_failing_call_is_told_truly_and_spoils_nothing() {
    let step = if std::env::var_os("LARDER_CUTS").is_some() { 1 } else { 11 };
    for error in [io::ErrorKind::Other, io::ErrorKind::StorageFull] {
        for length in [1, 3, u64::MAX] {
            let calls = every_call(error, length, step).await;
            let row = if length == u64::MAX { "and all after it".to_owned() } else { format!("{length} in a row") };
            println!("failing calls: every {step}. of {calls}, {row}, {error:?}: every answer true");
        }
    }
}

#[tokio::test]
async fn one_failing_read_is_not_even_noticed() {
    let medium = Medium::new(vec![]);
    let disk = open(&medium).await.unwrap();
    for number in 0..100 {
        disk.put(&space(), &puts(number, number, 3000)).await.unwrap();
    }
    for number in 0..100 {
        let calls = medium.calls();
        medium.fail(Some(Failing { from: calls, until: calls + 1, error: io::ErrorKind::Other }));
        let found = disk.get(&space(), &keys(number), Select::Values).await.unwrap();
        assert!(found.iter().all(|found| found.as_ref().is_some_and(|found| found.value[..8] == number.to_be_bytes())));
    }
}
