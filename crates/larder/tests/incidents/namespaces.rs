//! A cache whose key leaves out a dimension serves one tenant what another one put (pingora-cache, RUSTSEC-2026-0035).
//! Here the namespace is a part of what names a record, everywhere.

use std::sync::Arc;

use larder::testing::ManualClock;
use larder::{Backend, Cursor, Pattern, Put, Select, Ttl, When, key};

use super::{alone, backends, space};

#[tokio::test]
async fn one_tenant_never_meets_the_others_record() {
    let _alone = alone();
    let (key, mine, theirs) = ([key!["user", 1]], space("mine"), space("theirs"));
    for backend in backends(&Arc::new(ManualClock::new())).await.1 {
        let put = Put { key: key[0].clone(), value: "mine".into(), ttl: Ttl::Never, when: When::Always };
        backend.put(&mine, &[put]).await.unwrap();
        assert_eq!(backend.get(&theirs, &key, Select::Values).await.unwrap(), [None]);
        assert_eq!(backend.touch(&theirs, &key, Ttl::Never).await.unwrap(), [false]);
        assert_eq!(backend.delete(&theirs, &key).await.unwrap(), [false]);
        assert_eq!(backend.take(&theirs, &key[0]).await.unwrap(), None);
        let listed = backend.scan(&theirs, &Pattern::any(), Select::Keys, &Cursor::START, 10).await.unwrap();
        assert!(listed.records.is_empty());
        assert_eq!(backend.take(&mine, &key[0]).await.unwrap().as_deref(), Some(&b"mine"[..]));
    }
}
