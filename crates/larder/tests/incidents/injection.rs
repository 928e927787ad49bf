//! A client that writes commands as lines lets a value that holds a line's end speak to the server (`\r\nFLUSHALL`). Here
//! every word is sent with its length before it.

use larder::{Raw, Store, key, pattern};
use larder_test_redis::{Reply, Server};

use super::alone;

#[tokio::test]
async fn no_byte_of_a_key_or_a_value_is_a_command() {
    let _alone = alone();
    let server = Server::start();
    let opened = larder::open(&server.url_with("?namespace=injection&ttl=1h&timeout=1s")).await.unwrap();
    let store: Store<Vec<u8>> = opened.store_with(Raw);
    server.command(&["SET", "witness", "v"]);
    let all: Vec<u8> = (0..=255).collect();
    let evil = [&all[..], b"\r\nFLUSHALL\r\n*1\r\n$8\r\nFLUSHALL\r\n\nFLUSHALL\n\"\r\nFLUSHALL\r\n", &all].concat();
    for key in [key![evil.clone()], key!["user", evil.clone()]] {
        store.put(key.clone(), &evil).await.unwrap();
        assert_eq!(store.get(key.clone()).await.unwrap(), Some(evil.clone()));
        assert!(store.touch(key.clone()).await.unwrap());
        assert_eq!(store.all(&pattern![..]).await.unwrap().records, [(key.clone(), evil.clone())]);
        assert!(store.delete(key).await.unwrap());
    }
    assert_eq!(server.command(&["GET", "witness"]), Reply::text("v"));
}
