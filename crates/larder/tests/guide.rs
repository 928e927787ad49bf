//! The four tests of Pow's guide to a Redis store, under their own names, on every backend. Where the guide waits the
//! clock is moved.
#![allow(clippy::unwrap_used)]

mod fixtures;

use std::time::Duration;

use fixtures::Plain;
use larder::testing::Fixture;
use larder::{Backend, Erased, Key, Namespace, Pattern, Store, Ttl, key, pattern};

const HOUR: Ttl = Ttl::After(Duration::from_secs(3600));

fn store(backend: impl Backend) -> Store<String> {
    Store::new(Erased::new(backend)).with_namespace(Namespace::new("test").unwrap()).with_ttl(HOUR)
}

async fn get(store: &Store<String>, key: &str) -> Option<String> {
    store.get(key).await.unwrap()
}

async fn put(store: &Store<String>, key: impl Into<Key>, value: &str) {
    store.put(key, &value.to_owned()).await.unwrap();
}

async fn put_both(store: &Store<String>) {
    let values = ["1".to_owned(), "2".to_owned()];
    for written in store.put_many(["key1", "key2"].into_iter().zip(&values)).await.unwrap() {
        assert!(written.unwrap());
    }
}

async fn all(store: &Store<String>, pattern: Pattern) -> Vec<(Key, String)> {
    store.all(&pattern).await.unwrap().records
}

async fn can_put_get_and_delete_records<F: Fixture>(fixture: F) {
    let store = store(fixture.open().await);
    assert_eq!(get(&store, "key").await, None);

    put(&store, "key", "value").await;
    assert_eq!(get(&store, "key").await.as_deref(), Some("value"));

    store.delete("key").await.unwrap();
    assert_eq!(get(&store, "key").await, None);
}

async fn can_put_multiple_records_at_once<F: Fixture>(fixture: F) {
    let store = store(fixture.open().await);
    put_both(&store).await;
    assert_eq!(get(&store, "key1").await.as_deref(), Some("1"));
    assert_eq!(get(&store, "key2").await.as_deref(), Some("2"));
}

async fn can_match_fetch_all<F: Fixture>(fixture: F) {
    let store = store(fixture.open().await);
    put(&store, "key1", "value").await;
    put(&store, "key2", "value").await;

    let value = || "value".to_owned();
    assert_eq!(all(&store, Pattern::any()).await, [(key!["key1"], value()), (key!["key2"], value())]);

    put(&store, key!["namespace", "key"], "value").await;

    assert_eq!(all(&store, pattern!["namespace", _]).await, [(key!["namespace", "key"], value())]);
}

async fn records_auto_purge<F: Fixture>(fixture: F) {
    let store = store(fixture.open().await).with_ttl(Ttl::After(fixture.short()));
    put(&store, "key", "value").await;
    put_both(&store).await;
    fixture.advance(fixture.short() / 2).await;
    assert_eq!(get(&store, "key").await.as_deref(), Some("value"));
    assert_eq!(get(&store, "key1").await.as_deref(), Some("1"));
    assert_eq!(get(&store, "key2").await.as_deref(), Some("2"));
    fixture.advance(fixture.short()).await;
    assert_eq!(get(&store, "key").await, None);
    assert_eq!(get(&store, "key1").await, None);
    assert_eq!(get(&store, "key2").await, None);
}

macro_rules! on {
    ($backend:ident, $fixture:ty: $($test:ident)*) => {
        mod $backend {
            use super::*;
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(<$fixture>::default()).await;
                }
            )*
        }
    };
    ($backend:ident, $fixture:ty) => {
        on!($backend, $fixture:
            can_put_get_and_delete_records
            can_put_multiple_records_at_once
            can_match_fetch_all
            records_auto_purge
        );
    };
}

on!(reference, Plain);
#[cfg(feature = "memory")]
on!(memory, fixtures::InMemory);
#[cfg(feature = "disk")]
on!(disk, fixtures::OnDisk);
#[cfg(feature = "redis")]
on!(redis, fixtures::OnRedis);
#[cfg(feature = "redis")]
on!(pow, fixtures::OnPow);
#[cfg(feature = "redis")]
on!(pow_indexed, fixtures::OnPowIndexed);
