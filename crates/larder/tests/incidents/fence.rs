//! A reply that a server or a proxy lost or sent twice made every later one somebody else's (redis#15640, redis-rb#1350,
//! SE.Redis#913). Here each batch ends in an ECHO that only it was sent with, and nothing is handed over before that.

use std::time::Duration;

use larder::{Opened, Store, key};
use larder_test_redis::{Fault, Proxy, Server};

use super::alone;

/// How many of many reads by 32 tasks are answered with another's value.
async fn wrong(fault: Fault) -> usize {
    let server = Server::shared();
    let proxy = Proxy::new(server, 1);
    let opened: Opened = larder::open(&proxy.url_with("?namespace=fence&timeout=300ms&ttl=1h")).await.unwrap();
    let store: Store<u64> = opened.store();
    for number in 0..32 {
        store.put(key![number], &number).await.unwrap();
    }
    proxy.set(fault);
    let tasks: Vec<_> = (0..32)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut wrong = 0;
                for _ in 0..60 {
                    match store.get(key![number]).await {
                        Ok(found) => wrong += usize::from(found != Some(number)),
                        Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    }
                }
                wrong
            })
        })
        .collect();
    let mut wrong = 0;
    for task in tasks {
        wrong += task.await.unwrap();
    }
    assert!(proxy.injected() > 0);
    wrong
}

#[tokio::test]
async fn a_lost_reply_shifts_no_other() {
    let _alone = alone();
    assert_eq!(wrong(Fault::Drop { one_in: 50 }).await, 0);
}

#[tokio::test]
async fn a_repeated_reply_shifts_no_other() {
    let _alone = alone();
    assert_eq!(wrong(Fault::Repeat { one_in: 50 }).await, 0);
}
