//! Session tokens end in log files by way of a `Debug` or an error that quotes what it failed on; whoever reads the logs
//! is then signed in. Here no text made by the library holds a key or a value.

use std::error::Error as _;
use std::fmt::Debug;
use std::sync::Arc;

use larder::testing::ManualClock;
use larder::{Backend, Cursor, Pattern, Put, Select, Store, Ttl, When, key};

use super::{alone, backends, space};

const CANARY: &str = "canaryYellow7";

#[tokio::test]
async fn no_debug_shows_a_token() {
    let _alone = alone();
    let key = key!["user", CANARY];
    let put = Put { key: key.clone(), value: CANARY.into(), ttl: Ttl::Never, when: When::Always };
    for backend in backends(&Arc::new(ManualClock::new())).await.1 {
        backend.put(&space(CANARY), std::slice::from_ref(&put)).await.unwrap();
        let page =
            backend.scan(&space(CANARY), &Pattern::any(), Select::ValuesAndTtls, &Cursor::START, 1).await.unwrap();
        let shown: [&dyn Debug; 7] =
            [&page, &put, &key, &key.parts(), &Pattern::from(&key), &space(CANARY), &page.records[0].found];
        for shown in shown {
            assert!(!format!("{shown:?} {shown:#?}").contains("canary"));
        }
    }
}

#[tokio::test]
async fn no_error_quotes_a_value() {
    let _alone = alone();
    for backend in backends(&Arc::new(ManualClock::new())).await.1 {
        let texts: Store<String> = Store::new(backend.clone()).with_ttl(Ttl::Never);
        texts.put("k", &CANARY.to_owned()).await.unwrap();
        let mut error: Option<&dyn std::error::Error> = None;
        let refused = Store::<u64>::new(backend).get("k").await.unwrap_err();
        let mut words = format!("{refused} {refused:?}");
        error = error.or(refused.source());
        while let Some(cause) = error {
            words.push_str(&format!("{cause} {cause:?}"));
            error = cause.source();
        }
        assert!(!words.contains("canary"));
    }
}
