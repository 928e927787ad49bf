//! Scripts have broken out of the sandbox again and again (CVE-2022-0543, 2024-46981, 2025-49844), and `EVAL` is the right
//! that lets somebody try. Here a store needs no script for anything but compare and swap, and no dangerous right.

use larder::{Store, When, key, pattern};
use larder_test_redis::Server;

use super::alone;

/// Whatever else it may, this user runs no script and nothing that concerns others.
const RULES: &str = "~rights:* ~%index1:* resetchannels -@all +echo +ping +multi +exec +time \
                     +get +set +getdel +unlink +exists +pttl +pexpire +persist \
                     +scan +zscan +zcard +zadd +zrem +zremrangebyscore +zscore +dbsize";

#[tokio::test]
async fn a_store_works_without_scripts_and_dangerous_rights() {
    let _alone = alone();
    let server = Server::builder().acl_user("poor", "secret", RULES).start();
    let url = server.url_as("poor", "secret", "?namespace=rights&ttl=1h");
    let store: Store<String> = larder::open(&url).await.unwrap().store();
    for key in [key!["user", 1, "session"], key!["session"]] {
        let value = "v".to_owned();
        assert!(store.put_when(key.clone(), &value, When::Absent).await.unwrap());
        assert!(store.put_when(key.clone(), &value, When::Present).await.unwrap());
        store.put(key.clone(), &value).await.unwrap();
        assert!(store.get_with_ttl(key.clone()).await.unwrap().is_some());
        assert!(store.touch(key.clone()).await.unwrap());
        assert_eq!(store.all(&pattern![..]).await.unwrap().records.len(), 1);
        assert_eq!(store.take(key.clone()).await.unwrap(), Some(value.clone()));
        store.put(key.clone(), &value).await.unwrap();
        assert_eq!(store.delete_all(&pattern!["user", 1, _]).await.unwrap() == 1, key.parts().len() == 3);
        store.delete(key).await.unwrap();
    }
    store.clear().await.unwrap();
    assert!(server.command(&["ACL", "LOG"]).as_array().iter().all(|entry| {
        // What it asks of the server about itself it may be refused.
        let command = entry.as_array()[7].as_text();
        ["info", "role", "client|id", "client"].contains(&command.as_str())
    }));
}
