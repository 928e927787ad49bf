//! Every test of the suite has been seen to fail: on a backend that breaks its promise and keeps the others as it can.
#![allow(clippy::unwrap_used, clippy::panic)]

mod broken;
mod defect;
mod end;
mod get;
mod put;
mod scan;

use std::collections::BTreeSet;
use std::panic;
use std::time::Duration;

use larder::testing::{Promise, all};

use broken::Breaking;
use defect::{BITES, Defect};

/// The threads on which promises are broken, and whose panics are what is wanted.
const THREADS: &str = "breaking";

/// Whether the promise was kept on a backend with this defect.
async fn kept(promise: &Promise<Breaking>, defect: Defect) -> bool {
    let proof = tokio::spawn(promise.prove(Breaking::new(defect)));
    match tokio::time::timeout(Duration::from_secs(30), proof).await {
        Ok(proved) => proved.is_ok(),
        Err(_) => panic!("{}: neither kept nor broken, but without end", promise.name()),
    }
}

fn quietly() {
    let loud = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        if std::thread::current().name() != Some(THREADS) {
            loud(what);
        }
    }));
}

#[test]
fn each_promise_is_kept_by_the_model_and_broken_by_its_defect() {
    quietly();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).thread_name(THREADS).enable_time().build().unwrap();
    let wrong: Vec<String> = runtime.block_on(async {
        let mut wrong = Vec::new();
        for promise in all::<Breaking>() {
            let name = promise.name();
            if !kept(&promise, Defect::None).await {
                wrong.push(format!("{name} is not kept without a defect"));
            }
            for (_, defect) in BITES.iter().filter(|(broken, _)| *broken == name) {
                if kept(&promise, *defect).await {
                    wrong.push(format!("{name} does not notice that a backend {defect:?}"));
                }
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_promise_lacks_a_defect() {
    let promises: BTreeSet<&str> = all::<Breaking>().iter().map(Promise::name).collect();
    let bitten: BTreeSet<&str> = BITES.iter().map(|(promise, _)| *promise).collect();
    let without: Vec<_> = promises.difference(&bitten).collect();
    let unknown: Vec<_> = bitten.difference(&promises).collect();
    assert!(without.is_empty(), "promises that nothing was seen to break: {without:?}");
    assert!(unknown.is_empty(), "defects of promises that there are not: {unknown:?}");
    assert_eq!(promises.len(), all::<Breaking>().len(), "each promise has a name of its own");
}
