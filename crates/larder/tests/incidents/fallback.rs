//! A store that looks a session up by the digest of its token, and falls back to the token as it came, lets in whoever
//! presents the digest out of a stolen dump (CVE-2019-16782 and its mends). Here what is stored under a key is found by
//! that key alone: what stands in Redis opens nothing when it is presented as a key.

use larder::{Raw, Store, key};
use larder_test_redis::{Reply, Server};

use super::alone;

#[tokio::test]
async fn the_stored_form_of_a_key_is_no_key() {
    let _alone = alone();
    let server = Server::builder().start();
    for layout in ["native", "pow&otp=25", "pow&otp=26", "pow-indexed"] {
        let opened =
            larder::open(&server.url_with(&format!("?namespace=fallback&ttl=1h&layout={layout}"))).await.unwrap();
        let store: Store<Vec<u8>> = opened.store_with(Raw);
        server.command(&["FLUSHALL"]);
        // The value is a term, which Pow's layouts ask for.
        let value = vec![131, 97, 1];
        store.put(key!["token"], &value).await.unwrap();
        let stored = server.command(&["KEYS", "*"]).as_array().iter().map(Reply::as_text).collect::<Vec<_>>();
        let stored = stored.iter().find(|key| !key.contains("index")).unwrap();
        let beheaded = stored.split_once(':').unwrap().1;
        assert_eq!(store.get(key!["token"]).await.unwrap(), Some(value));
        assert_eq!(store.get(key![stored.as_str()]).await.unwrap(), None);
        assert!(beheaded == "token" || store.get(key![beheaded]).await.unwrap().is_none());
    }
}
