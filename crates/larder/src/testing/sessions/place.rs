//! One promise's place: sessions over the backend under test, and the words that the promises share.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::backends::Opened;
use crate::erased::Erased;
use crate::pattern;
use crate::record::Select;
use crate::sessions::{Bearer, Builder, Created, Event, New, PublicId, Session, Sessions};
use crate::testing::case::{Case, Shared, ok};
use crate::testing::{Fixture, ManualClock};

use super::cut::Cut;

pub(super) const MILLI: Duration = Duration::from_millis(1);

pub(super) struct Place<F: Fixture> {
    pub(super) case: Case<F>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) cut: Cut<Shared<F::Backend>>,
    pub(super) sessions: Sessions,
    pub(super) events: Arc<Mutex<Vec<Event>>>,
    /// What the times of a promise are multiples of: more than two slacks of the fixture's.
    pub(super) unit: Duration,
    set_up: SetUp,
}

type SetUp = fn(Builder, Duration) -> Builder;

impl<F: Fixture> Place<F> {
    pub(super) async fn open(fixture: F) -> Self {
        Self::open_with(fixture, |builder, _| builder).await
    }

    pub(super) async fn open_with(fixture: F, set_up: SetUp) -> Self {
        let case = Case::open(fixture).await;
        let clock = Arc::new(ManualClock::new());
        let events = Arc::new(Mutex::new(Vec::new()));
        let cut = Cut::new(case.backend.clone());
        let unit = case.fixture.short() / 5;
        let builder = builder(&case, Erased::new(cut.clone()), &clock);
        let told = Arc::clone(&events);
        let listen = move |event: &Event| told.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        let sessions = ok(set_up(builder, unit).subscriber(listen).build(), "the settings are sound");
        Self { case, clock, cut, sessions, events, unit, set_up }
    }

    /// The same sessions in another process, which no blow meets.
    pub(super) fn another(&self) -> Sessions {
        self.another_with(|builder| (self.set_up)(builder, self.unit))
    }

    /// The same in another process, which is late now and then.
    pub(super) fn loitering(&self) -> Sessions {
        let late = Erased::new(Cut::loitering(self.case.backend.clone()));
        ok((self.set_up)(builder(&self.case, late, &self.clock), self.unit).build(), "the settings are sound")
    }

    pub(super) fn another_with(&self, set_up: impl FnOnce(Builder) -> Builder) -> Sessions {
        let builder = builder(&self.case, Erased::new(self.case.backend.clone()), &self.clock);
        ok(set_up(builder).build(), "the settings are sound")
    }

    /// How long a login may take.
    pub(super) fn pending(&self) -> Duration {
        pending(&self.case)
    }

    pub(super) async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.case.advance(by).await;
    }

    /// What the subscriber was told since it was asked last.
    pub(super) fn told(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The living sessions of a principal as they stand in the store, whatever any list says: by the format that is
    /// written down.
    pub(super) async fn truth(&self, principal: &str) -> BTreeSet<String> {
        let mut truth = BTreeSet::new();
        for (_, value) in self.dump().await {
            let record: Value = serde_json::from_slice(&value).unwrap_or_default();
            if record["session"]["principal"] == principal {
                truth.insert(record["session"]["id"].as_str().unwrap_or_default().to_owned());
            }
        }
        truth
    }

    /// Every record of this place: key bytes and value.
    pub(super) async fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (mut dump, mut cursor) = (Vec::new(), crate::backend::Cursor::START);
        loop {
            let page = self.case.scan(&pattern![..], Select::Values, &cursor, 500).await;
            dump.extend(page.records.into_iter().map(|r| (r.key.as_bytes().to_vec(), r.found.value.to_vec())));
            match page.next {
                Some(next) => cursor = next,
                None => return dump,
            }
        }
    }

    /// Holds the list against the truth, and a principal against the charge of being stuck.
    pub(super) async fn assert_sound(&self, principal: &str, why: &str) {
        let sessions = self.another();
        let of = sessions.of(principal);
        let listed = names(&sessions, principal).await;
        assert_eq!(listed, self.truth(principal).await, "{why}: the list is the truth");
        let (bearer, session) = login(&sessions, principal).await;
        assert!(lives(&sessions, &bearer).await, "{why}: one can log in");
        let listed = names(&sessions, principal).await;
        assert!(listed.contains(&session.id().to_string()), "{why}: and is listed");
        assert_eq!(ok(of.revoke_all().await, "revoke_all"), listed.len(), "{why}: and all can be ended");
        assert!(self.truth(principal).await.is_empty(), "{why}: and are");
        assert_eq!(names(&sessions, principal).await, BTreeSet::new(), "{why}");
    }
}

fn pending<F: Fixture>(case: &Case<F>) -> Duration {
    case.fixture.short() / 5 * 4
}

fn builder<F: Fixture>(case: &Case<F>, backend: Erased, clock: &Arc<ManualClock>) -> Builder {
    let opened = Opened::new(backend).with_namespace(case.space.clone());
    Sessions::builder(&opened).clock(clock.clone()).pending(pending(case))
}

pub(super) async fn login(sessions: &Sessions, principal: &str) -> (Bearer, Session) {
    match ok(sessions.create(New::of(principal)).await, "create") {
        Created::Session(bearer, session) => (bearer, session),
        Created::Refused(refusal) => panic!("a login was refused: {refusal}"),
    }
}

pub(super) async fn load(sessions: &Sessions, bearer: &Bearer) -> Option<Session> {
    ok(sessions.load(bearer).await, "load")
}

pub(super) async fn lives(sessions: &Sessions, bearer: &Bearer) -> bool {
    load(sessions, bearer).await.is_some()
}

/// The public ids that a list shows, each once.
pub(super) async fn names(sessions: &Sessions, principal: &str) -> BTreeSet<String> {
    let listed = ok(sessions.of(principal).list().await, "list");
    let names: BTreeSet<_> = listed.iter().map(|listed| listed.id.to_string()).collect();
    assert_eq!(names.len(), listed.len(), "no session is listed twice");
    names
}

pub(super) fn set_of(ids: impl IntoIterator<Item = PublicId>) -> BTreeSet<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}
