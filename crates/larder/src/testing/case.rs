//! One promise's place: the backend, a namespace that nobody else has, and short words for what every promise does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Backend, Cursor, Info, Page, Put, Sweep, Swept, When};
use crate::codec::Codec;
use crate::erased::Erased;
use crate::error::Result;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Found, Select, Version};
use crate::store::Store;
use crate::ttl::Ttl;

use super::fixture::Fixture;

/// A ttl that outlives every promise.
pub(super) const LONG: Duration = Duration::from_secs(3600);
pub(super) const MILLI: Duration = Duration::from_millis(1);

pub(super) struct Case<F: Fixture> {
    pub(super) fixture: F,
    pub(super) backend: Shared<F::Backend>,
    pub(super) space: Namespace,
}

impl<F: Fixture> Case<F> {
    pub(super) async fn open(fixture: F) -> Self {
        let backend = Shared(Arc::new(fixture.open().await));
        Self { fixture, backend, space: space() }
    }

    /// The same after a restart, so much later; `None` where nothing outlives one.
    pub(super) async fn reopen(self, after: Duration) -> Option<Self> {
        let Self { fixture, backend, space } = self;
        backend.close();
        fixture.advance(after).await;
        let backend = fixture.reopen().await?;
        Some(Self { fixture, backend: Shared(Arc::new(backend)), space })
    }

    /// The same with this record damaged where it lies; `None` where the fixture cannot.
    pub(super) async fn damage(self, key: &Key) -> Option<Self> {
        let Self { fixture, backend, space } = self;
        backend.close();
        let backend = fixture.damage(&space, key).await?;
        Some(Self { fixture, backend: Shared(Arc::new(backend)), space })
    }

    /// The same backend seen from another namespace, for a task of its own.
    pub(super) fn seen_from(&self, space: &Namespace) -> Seen<F::Backend> {
        Seen { backend: self.backend.clone(), space: space.clone() }
    }

    pub(super) fn seen(&self) -> Seen<F::Backend> {
        self.seen_from(&self.space)
    }

    pub(super) async fn advance(&self, by: Duration) {
        self.fixture.advance(by).await;
    }

    /// Lets records of that ttl, written just now, come as near to their end as the fixture can tell.
    pub(super) async fn advance_to_the_end_of(&self, ttl: Duration) {
        self.advance(ttl - MILLI - self.fixture.slack()).await;
    }

    /// Lets them end, from there.
    pub(super) async fn advance_over_the_end(&self) {
        self.advance(MILLI + self.fixture.slack()).await;
    }

    /// A ttl that a promise may see the end of.
    pub(super) fn short(&self) -> Duration {
        self.fixture.short()
    }

    /// The longest ttl that the backend takes.
    pub(super) fn longest(&self) -> Ttl {
        self.fixture.longest()
    }

    /// Holds what remains of that after some time against it.
    #[track_caller]
    pub(super) fn assert_longest(&self, ttl: Option<Ttl>, passed: Duration, why: &str) {
        match self.longest() {
            Ttl::Never => assert_eq!(ttl, Some(Ttl::Never), "{why}"),
            Ttl::After(most) => self.assert_remains(ttl, most - passed, why),
        }
    }

    pub(super) async fn expire(&self) {
        self.advance(self.short()).await;
    }

    pub(super) fn store<V: 'static>(&self, codec: impl Codec<V>) -> Store<V> {
        Store::with_codec(Erased::new(self.backend.clone()), codec)
            .with_namespace(self.space.clone())
            .with_ttl(LONG.into())
    }

    /// Holds what remains of a ttl against what should, as exactly as the fixture can.
    #[track_caller]
    pub(super) fn assert_remains(&self, ttl: Option<Ttl>, most: Duration, why: &str) {
        let Some(Ttl::After(left)) = ttl else { panic!("{why}: a ttl remains, and none that never ends") };
        assert!(left <= most, "{why}: more remains than can");
        assert!(left + self.fixture.slack() >= most, "{why}: less remains than must");
    }

    pub(super) async fn put(&self, key: &Key, value: &str) {
        self.seen().put_for(key, value, LONG.into(), When::Always).await;
    }

    pub(super) async fn put_for(&self, key: &Key, value: &str, ttl: impl Into<Ttl>) {
        self.seen().put_for(key, value, ttl.into(), When::Always).await;
    }

    pub(super) async fn put_when(&self, key: &Key, value: &str, when: When) -> bool {
        self.seen().put_for(key, value, LONG.into(), when).await
    }

    pub(super) async fn put_all(&self, puts: &[Put]) -> Vec<bool> {
        self.seen().put_all(puts).await
    }

    pub(super) async fn get(&self, key: &Key) -> Option<String> {
        self.seen().get(key).await
    }

    pub(super) async fn get_all(&self, keys: &[Key]) -> Vec<Option<String>> {
        let found = ok(self.backend.get(&self.space, keys, Select::Values).await, "get");
        found.into_iter().map(|found| found.map(|found| text(&found.value))).collect()
    }

    pub(super) async fn found(&self, key: &Key, select: Select) -> Option<Found> {
        one(ok(self.backend.get(&self.space, std::slice::from_ref(key), select).await, "get"))
    }

    pub(super) async fn ttl(&self, key: &Key) -> Option<Ttl> {
        self.found(key, Select::ValuesAndTtls).await?.ttl
    }

    pub(super) async fn take(&self, key: &Key) -> Option<String> {
        self.seen().take(key).await
    }

    pub(super) async fn touch(&self, key: &Key, ttl: impl Into<Ttl>) -> bool {
        self.seen().touch(key, ttl.into()).await
    }

    pub(super) async fn delete(&self, key: &Key) -> bool {
        self.seen().delete(key).await
    }

    pub(super) async fn page(&self, pattern: &Pattern, cursor: &Cursor, limit: usize) -> Page {
        self.scan(pattern, Select::Values, cursor, limit).await
    }

    pub(super) async fn scan(&self, pattern: &Pattern, select: Select, cursor: &Cursor, limit: usize) -> Page {
        let page = ok(self.backend.scan(&self.space, pattern, select, cursor, limit).await, "scan");
        assert!(page.records.len() <= limit, "a page holds more records than its limit");
        page
    }

    /// Every key that a whole listing tells, as it comes.
    pub(super) async fn list(&self, pattern: &Pattern) -> Vec<Key> {
        self.list_by(pattern, 100).await
    }

    pub(super) async fn list_by(&self, pattern: &Pattern, limit: usize) -> Vec<Key> {
        self.seen().list_by(pattern, limit).await
    }

    pub(super) async fn sweep(&self, what: Sweep) -> Swept {
        ok(self.backend.sweep(what).await, "sweep")
    }

    pub(super) async fn info(&self) -> Info {
        ok(self.backend.info().await, "info")
    }
}

/// A backend and a namespace, for a task to own.
pub(super) struct Seen<B> {
    pub(super) backend: Shared<B>,
    pub(super) space: Namespace,
}

impl<B> Clone for Seen<B> {
    fn clone(&self) -> Self {
        Self { backend: self.backend.clone(), space: self.space.clone() }
    }
}

impl<B: Backend> Seen<B> {
    pub(super) async fn put(&self, key: &Key, value: &str) {
        self.put_for(key, value, LONG.into(), When::Always).await;
    }

    pub(super) async fn put_when(&self, key: &Key, value: &str, when: When) -> bool {
        self.put_for(key, value, LONG.into(), when).await
    }

    pub(super) async fn put_for(&self, key: &Key, value: &str, ttl: Ttl, when: When) -> bool {
        one(self.put_all(&[Put { key: key.clone(), value: bytes(value), ttl, when }]).await)
    }

    pub(super) async fn put_all(&self, puts: &[Put]) -> Vec<bool> {
        let answers = ok(self.backend.put(&self.space, puts).await, "put");
        answers.into_iter().map(|answer| ok(answer, "put, of one record")).collect()
    }

    pub(super) async fn get(&self, key: &Key) -> Option<String> {
        let found = ok(self.backend.get(&self.space, std::slice::from_ref(key), Select::Values).await, "get");
        one(found).map(|found| text(&found.value))
    }

    pub(super) async fn take(&self, key: &Key) -> Option<String> {
        ok(self.backend.take(&self.space, key).await, "take").map(|value| text(&value))
    }

    pub(super) async fn touch(&self, key: &Key, ttl: Ttl) -> bool {
        one(ok(self.backend.touch(&self.space, std::slice::from_ref(key), ttl).await, "touch"))
    }

    pub(super) async fn delete(&self, key: &Key) -> bool {
        one(ok(self.backend.delete(&self.space, std::slice::from_ref(key)).await, "delete"))
    }

    pub(super) async fn list_by(&self, pattern: &Pattern, limit: usize) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut cursor = Cursor::START;
        // A listing that never ends is a failure, not a test that hangs.
        for _ in 0..100_000 {
            let page = ok(self.backend.scan(&self.space, pattern, Select::Keys, &cursor, limit).await, "scan");
            assert!(page.records.len() <= limit, "a page holds more records than its limit");
            assert!(page.damaged.is_empty(), "nothing is damaged here");
            keys.extend(page.records.into_iter().map(|record| record.key));
            match page.next {
                Some(next) => cursor = next,
                None => return keys,
            }
        }
        panic!("the listing does not end");
    }
}

/// A backend held by several.
pub(super) struct Shared<B>(Arc<B>);

impl<B> Shared<B> {
    fn close(self) {
        drop(Arc::into_inner(self.0).expect("no task of this promise holds the backend any longer"));
    }
}

impl<B> Clone for Shared<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> Backend for Shared<B> {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.0.put(namespace, puts).await
    }
    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.0.get(namespace, keys, select).await
    }
    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.0.take(namespace, key).await
    }
    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.0.touch(namespace, keys, ttl).await
    }
    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.0.delete(namespace, keys).await
    }
    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.0.scan(namespace, pattern, select, cursor, limit).await
    }
    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        self.0.sweep(what).await
    }
    async fn info(&self) -> Result<Info> {
        self.0.info().await
    }
}

/// A namespace that nobody else has.
pub(super) fn space() -> Namespace {
    let name = format!("suite-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    ok(Namespace::new(name), "a short text is a namespace")
}

pub(super) fn put(key: &Key, value: &str, when: When) -> Put {
    Put { key: key.clone(), value: bytes(value), ttl: LONG.into(), when }
}

pub(super) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8(value.to_vec()).unwrap_or_else(|_| panic!("a value came back other than it was put"))
}

pub(super) fn version(value: &str) -> Version {
    Version::of(value.as_bytes())
}

pub(super) fn sorted(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort_unstable();
    keys
}

#[track_caller]
pub(super) fn ok<T>(answer: Result<T>, what: &str) -> T {
    answer.unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[track_caller]
pub(super) fn one<T>(answers: Vec<T>) -> T {
    assert_eq!(answers.len(), 1, "one argument has one answer");
    answers.into_iter().next().unwrap_or_else(|| unreachable!("there is one"))
}
