//! A task that was cancelled while it waited left its reply on a connection from a pool, and the next borrower read it
//! (redis-py #2624, ChatGPT on 2023-03-20). Here nobody borrows the socket: a caller holds no more than a place for its
//! own reply, which is read also when the caller is gone.

use std::time::Duration;

use larder::{Store, key};
use larder_test_redis::{Fault, Proxy, Server};

use super::alone;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_leaves_no_reply_to_the_next() {
    let _alone = alone();
    let proxy = Proxy::new(Server::shared(), 1);
    let store: Store<u64> = larder::open(&proxy.url_with("?namespace=cancellation&ttl=1h")).await.unwrap().store();
    for number in 0..64 {
        store.put(key![number], &number).await.unwrap();
    }
    proxy.set(Fault::Delay(Duration::from_millis(3)));
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut cancelled = 0;
                for _ in 0..40 {
                    let patience = Duration::from_micros(fastrand::u64(..12_000));
                    match tokio::time::timeout(patience, store.get(key![number])).await {
                        Ok(found) => assert_eq!(found.unwrap(), Some(number)),
                        Err(_) => cancelled += 1,
                    }
                }
                cancelled
            })
        })
        .collect();
    let mut cancelled = 0;
    for task in tasks {
        cancelled += task.await.unwrap();
    }
    assert!(cancelled > 20, "only {cancelled} calls were cancelled");
}
