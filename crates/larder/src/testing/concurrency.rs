//! Promises about calls that happen at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::task::{JoinHandle, yield_now};

use crate::backend::{Batch, When};
use crate::key;

use super::case::{Case, LONG, put, version};
use super::fixture::Fixture;
use super::history::{Call, History, Operation};

/// What one call wrote, the next that begins after it has returned reads, in whatever task and by whatever method.
pub async fn concurrent_tasks_read_what_others_wrote<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    for round in 0..100 {
        let value = format!("round {round}");
        let (writer, reader, at) = (case.seen(), case.seen(), key.clone());
        let written = value.clone();
        run(tokio::spawn(async move { writer.put(&at, &written).await })).await;
        let at = key.clone();
        let (got, listed) = run(tokio::spawn(async move {
            (reader.get(&at).await, reader.list_by(&crate::pattern::Pattern::any(), 10).await.len())
        }))
        .await;
        assert_eq!(got, Some(value));
        assert_eq!(listed, 1);
        let (ender, at) = (case.seen(), key.clone());
        assert!(run(tokio::spawn(async move { ender.delete(&at).await })).await);
        assert_eq!(case.get(&key).await, None);
    }
}

/// Of a hundred puts `Absent` at once exactly one is written, and its value stays.
pub async fn concurrent_creates_have_one_winner<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    for round in 0..5 {
        let key = key!["k", round];
        let creates: Vec<_> = (0..100)
            .map(|number| {
                let (seen, key) = (case.seen(), key.clone());
                tokio::spawn(async move {
                    seen.put_when(&key, &number.to_string(), When::Absent).await.then(|| number.to_string())
                })
            })
            .collect();
        let mut won = Vec::new();
        for create in creates {
            won.extend(run(create).await);
        }
        assert_eq!(won.len(), 1, "exactly one is written");
        assert_eq!(case.get(&key).await, Some(won.remove(0)), "and it is the one that was told so");
    }
}

/// A counter raised by compare-and-swap from a hundred tasks loses no step.
pub async fn concurrent_swaps_lose_no_update<F: Fixture>(fixture: F) {
    const TASKS: u64 = 100;
    const STEPS: u64 = 20;
    let case = Case::open(fixture).await;
    let key = key!["counter"];
    case.put(&key, "0").await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (seen, key) = (case.seen(), key.clone());
            tokio::spawn(async move {
                for _ in 0..STEPS {
                    loop {
                        let now = seen.get(&key).await.expect("nobody deletes the counter");
                        let next = now.parse::<u64>().expect("it is a number") + 1;
                        if seen.put_when(&key, &next.to_string(), When::Unchanged(version(&now))).await {
                            break;
                        }
                        yield_now().await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        run(task).await;
    }
    assert_eq!(case.get(&key).await, Some((TASKS * STEPS).to_string()));
}

/// A reader beside a writer sees of a batch what `info` says: all or nothing where it is atomic, its records in the
/// order given where they come in order.
pub async fn concurrent_readers_see_of_a_batch_what_info_says<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let batch = case.info().await.batch;
    let (first, last) = (key!["first"], key!["last"]);
    let write = |number: u64| {
        let middle = (0..8).map(|place| put(&key!["middle", place], "v", When::Always));
        let mut puts = vec![put(&first, &number.to_string(), When::Always)];
        puts.extend(middle);
        puts.push(put(&last, &number.to_string(), When::Always));
        puts
    };
    case.put_all(&write(0)).await;
    let done = Arc::new(AtomicBool::new(false));
    let (mut readers, mut glances) = (Vec::new(), Vec::new());
    for (sooner, later, promised_by) in [(&last, &first, Batch::InOrder), (&first, &last, Batch::Atomic)] {
        let promised = batch == Batch::Atomic || batch == promised_by;
        let (seen, done, news) = (case.seen(), Arc::clone(&done), Arc::new(AtomicU64::new(0)));
        let (sooner, later) = (sooner.clone(), later.clone());
        glances.push(Arc::clone(&news));
        // What was read first is of some batch; what is read after it is of that batch or a later one.
        readers.push(tokio::spawn(async move {
            let mut known = 0;
            while !done.load(Ordering::SeqCst) {
                let before = number(seen.get(&sooner).await);
                yield_now().await;
                let after = number(seen.get(&later).await);
                assert!(!promised || after >= before, "a reader saw a part of a batch");
                news.fetch_add(u64::from(before != known), Ordering::SeqCst);
                known = before;
                yield_now().await;
            }
        }));
    }
    // On a busy machine tasks take turns of many calls: what counts is how often each reader saw something new.
    let enough = || glances.iter().all(|glances| glances.load(Ordering::SeqCst) >= 30);
    for written in 1..100_000 {
        if enough() || readers.iter().any(JoinHandle::is_finished) {
            break;
        }
        case.put_all(&write(written)).await;
        yield_now().await;
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        run(reader).await;
    }
}

fn number(value: Option<String>) -> u64 {
    value.expect("it is never deleted").parse().expect("it is a number")
}

/// Calls on one key from several tasks have an order in which each answer is right, and which no task can tell from
/// what it saw: the history is linearizable.
pub async fn concurrent_calls_on_a_key_have_an_order<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let time = Arc::new(AtomicU64::new(0));
    for round in 0..60 {
        let key = key!["k", round];
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (seen, key, time) = (case.seen(), key.clone(), Arc::clone(&time));
                let operations: Vec<Operation> =
                    (0..4).map(|_| Operation::chosen(|below| fastrand::usize(..below))).collect();
                tokio::spawn(async move {
                    let mut calls = Vec::new();
                    for operation in operations {
                        let began = time.fetch_add(1, Ordering::SeqCst);
                        let answer = match operation {
                            Operation::Put(value, when) => seen.put_when(&key, value, when).await.to_string(),
                            Operation::Get => format!("{:?}", seen.get(&key).await),
                            Operation::Take => format!("{:?}", seen.take(&key).await),
                            Operation::Touch => seen.touch(&key, LONG.into()).await.to_string(),
                            Operation::Delete => seen.delete(&key).await.to_string(),
                        };
                        calls.push(Call { operation, answer, began, ended: time.fetch_add(1, Ordering::SeqCst) });
                        yield_now().await;
                    }
                    calls
                })
            })
            .collect();
        let mut history = History::default();
        for task in tasks {
            history.extend(run(task).await);
        }
        assert!(history.has_an_order(), "no order of the calls explains their answers:\n{history}");
    }
}

pub(super) async fn run<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
