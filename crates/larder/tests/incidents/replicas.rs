//! A replica serves a session that was ended on its master a moment ago. Here a server that is a replica, or becomes one,
//! is read from by nobody who has not asked for it by name.

use larder::{ErrorKind, Store, key};
use larder_test_redis::{Reply, Server};

use super::alone;

#[tokio::test]
async fn a_replica_is_read_only_by_who_asks_for_it() {
    let _alone = alone();
    let master = Server::start();
    let writer: Store<u64> = larder::open(&master.url_with("?namespace=replicas&ttl=1h")).await.unwrap().store();
    writer.put(key!["session"], &1).await.unwrap();
    let replica = Server::builder().replica_of(&master).start();
    let reader = |options: &str| {
        let url = replica.url_with(&format!("?namespace=replicas&ttl=1h&timeout=500ms{options}"));
        async move { larder::open(&url).await.unwrap().store::<u64>() }
    };
    let refused = reader("").await.get(key!["session"]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(reader("&stale_ok=true").await.get(key!["session"]).await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_master_that_becomes_a_replica_is_read_no_more() {
    let _alone = alone();
    let server = Server::start();
    let url = server.url_with("?namespace=replicas&ttl=1h&timeout=500ms&heartbeat=50ms");
    let store: Store<u64> = larder::open(&url).await.unwrap().store();
    store.put(key!["session"], &1).await.unwrap();
    assert_eq!(server.command(&["REPLICAOF", "127.0.0.1", "1"]), Reply::ok());
    // Until the next heartbeat nobody knows.
    let since = std::time::Instant::now();
    while store.get(key!["session"]).await.is_ok() {
        assert!(since.elapsed() < std::time::Duration::from_secs(5), "a replica is read from");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
