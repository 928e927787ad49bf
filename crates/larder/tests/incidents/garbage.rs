//! One foreign key under the prefix made Pow's `all` raise for everybody, and so did a record that expired between SCAN
//! and MGET. Here what spells no key is reported and hides nothing, and what is gone is left out.

use std::collections::BTreeSet;

use larder::{Raw, Store, key, pattern};
use larder_test_redis::Server;

use super::alone;

#[tokio::test]
async fn a_thousand_foreign_keys_hide_no_record() {
    let _alone = alone();
    let server = Server::start();
    for layout in ["native", "pow"] {
        server.command(&["FLUSHALL"]);
        let opened =
            larder::open(&server.url_with(&format!("?namespace=garbage&ttl=1h&layout={layout}"))).await.unwrap();
        let store: Store<Vec<u8>> = opened.store_with(Raw);
        for user in 0..10 {
            store.put(key!["user", user], &vec![131, 97, 1]).await.unwrap();
        }
        let prefix = if layout == "pow" { "g20AAAAHZ2FyYmFnZQ" } else { "garbage" };
        for number in 0..1_000 {
            let key = format!("{prefix}:%zz{number}:~?");
            server.command(&["SET", &key, "v"]);
        }
        let found = store.all(&pattern![..]).await.unwrap();
        let keys: BTreeSet<_> = found.records.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, (0..10).map(|user| key!["user", user]).collect());
        assert_eq!(found.damaged.len(), 1_000);
    }
}

#[tokio::test]
async fn an_entry_whose_record_is_gone_is_left_out() {
    let _alone = alone();
    let server = Server::start();
    let store: Store<u64> = larder::open(&server.url_with("?namespace=garbage&ttl=1h")).await.unwrap().store();
    for number in 0..10 {
        store.put(key!["user", number], &number).await.unwrap();
    }
    // As when it expires after the index was read.
    server.command(&["DEL", "garbage:user:#3"]);
    let found = store.all(&pattern!["user", _]).await.unwrap();
    assert_eq!(found.records.len(), 9);
    assert!(found.damaged.is_empty());
}
