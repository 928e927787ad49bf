//! Sessions that came back after their logout: a store that upserts on save (Django #21608 and others), and a write of a
//! connection given up that arrives after the delete. Here a put can ask that the record be there, a touch never makes
//! one, and a connection that left a write without a reply is ended on the server before anything follows.

use larder::{ErrorKind, Store, Ttl, When, key};
use larder_test_redis::{Fault, Proxy, Server};

use super::alone;

#[tokio::test]
async fn what_was_deleted_is_not_saved_again() {
    let _alone = alone();
    let url = Server::shared().url_with("?namespace=revival&ttl=1h");
    let store: Store<String> = larder::open(&url).await.unwrap().store();
    for key in [key!["user", 1, "session"], key!["session"]] {
        store.put(key.clone(), &"signed in".to_owned()).await.unwrap();
        store.delete(key.clone()).await.unwrap();
        assert!(!store.touch(key.clone()).await.unwrap());
        assert!(!store.put_when(key.clone(), &"late".to_owned(), When::Present).await.unwrap());
        assert_eq!(store.get(key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_write_given_up_does_not_arrive_after_the_delete() {
    let _alone = alone();
    let server = Server::shared();
    let proxy = Proxy::new(server, 1);
    let url = proxy.url_with("?namespace=zombie&timeout=300ms");
    let store: Store<String> = larder::open(&url).await.unwrap().store().with_ttl(Ttl::Never);
    store.put(key!["session"], &"signed in".to_owned()).await.unwrap();
    // What is sent from now on over this connection is stuck on its way.
    proxy.set(Fault::Hold);
    let lost = store.put(key!["session"], &"zombie".to_owned()).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Unknown);
    while store.delete(key!["session"]).await.is_err() {}
    // It gets through.
    proxy.set(Fault::Pass);
    for _ in 0..50 {
        assert_eq!(store.get(key!["session"]).await.unwrap(), None);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}
