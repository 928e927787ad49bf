//! Promises about futures that are dropped before they are done.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::task::yield_now;

use crate::backend::{Backend, Batch, When};
use crate::key;
use crate::key::Key;
use crate::pattern;
use crate::record::Select;

use super::case::{Case, put};
use super::fixture::Fixture;

/// Polls a future so many times, and drops it.
async fn begin<T>(future: impl Future<Output = T>, polls: usize) {
    let mut future = pin!(future);
    for _ in 0..polls {
        if poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await {
            return;
        }
        yield_now().await;
    }
}

/// A put that is dropped half-way leaves all of its batch or nothing, where `info` says that a batch is one thing.
pub async fn cancelled_put_leaves_no_half_batch<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let whole = matches!(case.info().await.batch, Batch::Atomic | Batch::InOrder);
    for round in 0..30 {
        let keys: Vec<Key> = (0..20).map(|place| key!["batch", round, place]).collect();
        let puts: Vec<_> = keys.iter().map(|key| put(key, "v", When::Always)).collect();
        begin(case.backend.put(&case.space, &puts), fastrand::usize(..4)).await;
        // What was under way may still come to pass; a write behind it, and some patience, wait for that.
        let mut found = 0;
        for _ in 0..200 {
            case.put(&key!["behind"], "v").await;
            found = case.get_all(&keys).await.iter().filter(|value| value.is_some()).count();
            if found == 0 || found == keys.len() {
                break;
            }
            yield_now().await;
        }
        assert!(!whole || found == 0 || found == keys.len(), "{found} of {} records are left", keys.len());
        assert!(case.list(&pattern!["batch", round, _]).await.len() == found, "a listing tells what a get tells");
    }
}

/// A call that is dropped never gives its answer to another: what is read afterwards is what is under its own key.
pub async fn cancelled_calls_never_mix_answers<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let seen = case.seen();
            tokio::spawn(async move {
                let (mine, taken) = (key!["mine", task], key!["taken", task]);
                let value = format!("value of {task}");
                seen.put(&mine, &value).await;
                for round in 0..20 {
                    let keys = [mine.clone(), key!["mine", (task + 1) % 16]];
                    begin(seen.backend.get(&seen.space, &keys, Select::ValuesAndTtls), round % 3).await;
                    assert_eq!(seen.get(&mine).await.as_ref(), Some(&value));
                    seen.put(&taken, &value).await;
                    begin(seen.backend.take(&seen.space, &taken), round % 2).await;
                    assert!(seen.take(&taken).await.is_none_or(|taken| taken == value));
                    let puts = [put(&mine, &value, When::Always)];
                    begin(seen.backend.put(&seen.space, &puts), round % 3).await;
                    begin(seen.backend.delete(&seen.space, std::slice::from_ref(&taken)), round % 3).await;
                    assert_eq!(seen.get(&mine).await.as_ref(), Some(&value));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("every answer was the caller's own");
    }
}

/// A backend serves on after any number of dropped calls.
pub async fn cancelled_calls_leave_the_backend_well<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    for round in 0..100 {
        let puts = [put(&key!["other"], "v", When::Always)];
        match round % 4 {
            0 => begin(case.backend.put(&case.space, &puts), 1).await,
            1 => begin(case.backend.get(&case.space, &[key!["other"]], Select::Values), 1).await,
            2 => begin(case.backend.take(&case.space, &key!["other"]), 1).await,
            _ => begin(case.backend.info(), 1).await,
        }
    }
    assert!(case.put_when(&key, "v", When::Absent).await);
    assert_eq!(case.get(&key).await.as_deref(), Some("v"));
    assert!(case.delete(&key).await);
}
