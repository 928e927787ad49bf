//! Pow's Mnesia cache served sessions that had expired while it was down (CVE-2023-42446), and Samly handed out expired
//! assertions (CVE-2024-25718): both left expiry to timers. Here every read judges it, and nothing has been swept.

use std::sync::Arc;
use std::time::Duration;

use larder::testing::ManualClock;
use larder::{Backend, Cursor, Key, Pattern, Put, Select, Ttl, When, key};

use super::{alone, backends, disk, space};

const LIFE: Duration = Duration::from_secs(60);

fn session(when: When) -> Put {
    Put { key: key!["session"], value: "signed in".into(), ttl: LIFE.into(), when }
}

async fn holds(backend: &impl Backend) -> bool {
    let (space, keys): (_, [Key; 1]) = (space("expiry"), [key!["session"]]);
    let got = backend.get(&space, &keys, Select::ValuesAndTtls).await.unwrap();
    let page = backend.scan(&space, &Pattern::any(), Select::Keys, &Cursor::START, 10).await.unwrap();
    assert_eq!(got[0].is_some(), !page.records.is_empty());
    got[0].is_some()
}

#[tokio::test]
async fn nothing_reads_what_has_expired() {
    let _alone = alone();
    let clock = Arc::new(ManualClock::new());
    for backend in backends(&clock).await.1 {
        backend.put(&space("expiry"), &[session(When::Always)]).await.unwrap();
        clock.advance(LIFE - Duration::from_nanos(1));
        assert!(holds(&backend).await);
        clock.advance(Duration::from_nanos(1));
        assert!(!holds(&backend).await);
    }
}

#[tokio::test]
async fn nothing_revives_what_has_expired() {
    let _alone = alone();
    let clock = Arc::new(ManualClock::new());
    for backend in backends(&clock).await.1 {
        backend.put(&space("expiry"), &[session(When::Always)]).await.unwrap();
        clock.advance(LIFE);
        assert_eq!(backend.touch(&space("expiry"), &[key!["session"]], Ttl::Never).await.unwrap(), [false]);
        assert!(!backend.put(&space("expiry"), &[session(When::Present)]).await.unwrap().remove(0).unwrap());
        assert_eq!(backend.take(&space("expiry"), &key!["session"]).await.unwrap(), None);
        assert_eq!(backend.delete(&space("expiry"), &[key!["session"]]).await.unwrap(), [false]);
    }
}

#[tokio::test]
async fn what_expired_while_the_store_was_closed_is_not_read() {
    let _alone = alone();
    let clock = Arc::new(ManualClock::new());
    let folder = tempfile::TempDir::new().unwrap();
    let store = disk(&folder, &clock).await;
    store.put(&space("expiry"), &[session(When::Always)]).await.unwrap();
    drop(store);
    clock.advance(LIFE);
    assert!(!holds(&disk(&folder, &clock).await).await);
}
