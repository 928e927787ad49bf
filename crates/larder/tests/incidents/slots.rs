//! A MULTI or a multi-key command over several slots of a cluster fails (CROSSSLOT), and what goes on command by command
//! is half done. Here a batch that is one step is refused as a whole.
//!
//! One server that says it is a cluster stands for one: reshards and several masters are not tried here.

use larder::{ErrorKind, Store, key};
use larder_test_redis::{Reply, Server};

use super::alone;

#[tokio::test]
async fn a_batch_across_slots_is_refused_and_not_half_done() {
    let _alone = alone();
    let server = Server::builder().config("cluster-enabled", "yes").start();
    assert_eq!(server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), Reply::ok());
    while !server.command(&["CLUSTER", "INFO"]).as_text().contains("cluster_state:ok") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let store: Store<u64> = larder::open(&server.url_with("?namespace=slots&ttl=1h")).await.unwrap().store();
    store.put(key!["alone"], &1).await.unwrap();
    assert_eq!(store.get(key!["alone"]).await.unwrap(), Some(1));
    let refused = store.put_many([(key!["a"], &1), (key!["b"], &2), (key!["c"], &3)]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    let refused = store.delete_many([key!["alone"], key!["b"]]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(server.command(&["DBSIZE"]), Reply::Integer(1));
}
