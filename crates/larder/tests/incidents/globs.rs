//! A user's text in the pattern of a SCAN matched other users (`user:*:s`), and some patterns keep a server busy for long
//! (CVE-2022-36021) or end it (CVE-2024-31228). Here a pattern that is sent is literal but for one `*` at its end.

use larder::{Pattern, Raw, Store, key, pattern};
use larder_test_redis::{Reply, Server};

use super::alone;

/// The patterns of the SCANs that the server was sent.
fn sent(server: &Server) -> Vec<Vec<u8>> {
    let log = server.command(&["SLOWLOG", "GET", "10000"]);
    let words = |entry: &Reply| entry.as_array()[3].as_array().to_vec();
    let matched = |words: Vec<Reply>| match words.as_slice() {
        [scan, _, _, Reply::Bytes(pattern), ..] if *scan == Reply::text("SCAN") => Some(pattern.clone()),
        _ => None,
    };
    log.as_array().iter().map(words).filter_map(matched).collect()
}

#[tokio::test]
async fn no_text_of_a_users_is_a_glob() {
    let _alone = alone();
    let server = Server::builder().config("slowlog-log-slower-than", "0").config("slowlog-max-len", "10000").start();
    for layout in ["native", "pow"] {
        let opened = larder::open(&server.url_with(&format!("?namespace=globs&ttl=1h&layout={layout}"))).await.unwrap();
        let store: Store<Vec<u8>> = opened.store_with(Raw);
        for user in ["ann", "bob", "*", "?"] {
            store.put(key!["user", user, "session", user], &vec![131, 97, 1]).await.unwrap();
        }
        server.command(&["SLOWLOG", "RESET"]);
        for text in ["*", "?", "???", "[ab]*", "[^x]??", "\\*", "a*", "{}"] {
            let patterns: [Pattern; 2] = [pattern!["user", text, "session", ..], pattern!["user", text, _, _]];
            for pattern in patterns {
                let found = store.keys(&pattern).await.unwrap().records;
                assert!(found.iter().all(|key| *key == key!["user", text, "session", text]));
            }
        }
        let sent = sent(&server);
        assert!(sent.len() >= 8);
        for pattern in sent {
            let literal = pattern.strip_suffix(b"*").unwrap_or(&pattern);
            assert!(!literal.iter().any(|byte| b"*?[]\\^".contains(byte)));
        }
    }
}
