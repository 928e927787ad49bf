//! Random operations and clock moves, on a backend and on the model.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Backend, Cursor, Put, Sweep, When};
use crate::clock::Moment;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Select, Version};
use crate::testing::Fixture;
use crate::testing::case::{ok, space};
use crate::ttl::Ttl;

use super::{LONG, Model, Random};

/// A backend answers random operations as the model does, over random moves of the clock.
pub async fn model_agrees_on_a_random_walk<F: Fixture>(fixture: F) {
    walk(fixture, 2000).await;
}

/// Takes so many random steps on a backend and on the [`Model`], and panics where they part. The seed of the steps
/// is printed then, and can be set by `LARDER_SEED`.
///
/// Where time cannot be told exactly ([`Fixture::slack`]) nothing expires on the way.
pub async fn walk<F: Fixture>(fixture: F, steps: usize) {
    let backend = fixture.open().await;
    let persistent = ok(backend.info().await, "info").persistent;
    let mut walk = Walk {
        exact: fixture.slack().is_zero(),
        fixture,
        backend,
        model: Model::new(),
        now: Moment::from_nanos(0),
        spaces: [space(), space()],
        keys: Vec::new(),
        random: Random::new(),
    };
    while walk.keys.len() < 30 {
        let key = walk.random.key();
        if walk.fixture.holds(&key) {
            walk.keys.push(key);
        }
    }
    for step in 1..=steps {
        if let Err(what) = walk.step().await {
            panic!("step {step}, a {what}: the backend answers otherwise; {}", walk.random.seed_line());
        }
        if persistent && step % 700 == 0 {
            walk = walk.restart().await;
        }
    }
}

struct Walk<F: Fixture> {
    fixture: F,
    backend: F::Backend,
    exact: bool,
    model: Model,
    now: Moment,
    spaces: [Namespace; 2],
    keys: Vec<Key>,
    random: Random,
}

/// The name of a step, `Err` where the two parted in it.
type Step = Result<&'static str, &'static str>;

impl<F: Fixture> Walk<F> {
    async fn step(&mut self) -> Step {
        let space = self.random.pick(&self.spaces.clone()).clone();
        match self.random.below(100) {
            0..=29 => self.put(&space).await,
            30..=44 => self.get(&space).await,
            45..=49 => self.take(&space).await,
            50..=59 => self.touch(&space).await,
            60..=67 => self.delete(&space).await,
            68..=82 => self.list(&space).await,
            83..=85 => self.sweep().await,
            _ => self.advance().await,
        }
    }

    async fn restart(self) -> Self {
        drop(self.backend);
        let backend = self.fixture.reopen().await.expect("what is persistent can be opened again");
        Self { backend, ..self }
    }

    fn some_keys(&mut self) -> Vec<Key> {
        let count = 1 + self.random.below(4);
        (0..count).map(|_| self.random.pick(&self.keys).clone()).collect()
    }

    fn ttl(&mut self) -> Ttl {
        let ttl = self.random.ttl();
        match ttl {
            Ttl::Never => self.fixture.longest(),
            Ttl::After(_) if self.exact => ttl,
            Ttl::After(_) => LONG.into(),
        }
    }

    async fn put(&mut self, space: &Namespace) -> Step {
        let mut puts = Vec::new();
        for key in self.some_keys() {
            let value = Bytes::from(vec![b'a' + self.random.below(3) as u8; self.random.below(3)]);
            let when = match self.random.below(6) {
                0 => When::Absent,
                1 => When::Present,
                2 => When::Unchanged(Version::of(&value)),
                3 => match self.model.get(space, &key, self.now) {
                    Some((living, _)) => When::Unchanged(Version::of(&living)),
                    None => When::Absent,
                },
                _ => When::Always,
            };
            let ttl = self.ttl();
            puts.push(Put { key, value, ttl, when });
        }
        let answers = self.backend.put(space, &puts).await;
        let agreed = match (answers, self.model.put(space, &puts, self.now)) {
            (Ok(answers), Ok(expected)) => {
                answers.into_iter().map(|answer| ok(answer, "put")).collect::<Vec<_>>() == expected
            }
            (Err(error), Err(expected)) => error.kind() == expected.kind(),
            _ => false,
        };
        verdict("put", agreed)
    }

    async fn get(&mut self, space: &Namespace) -> Step {
        let keys = self.some_keys();
        let found = ok(self.backend.get(space, &keys, Select::ValuesAndTtls).await, "get");
        let mut agreed = found.len() == keys.len();
        for (key, found) in keys.iter().zip(found) {
            let expected = self.model.get(space, key, self.now);
            agreed &= match (found, expected) {
                (None, None) => true,
                (Some(found), Some((value, ttl))) => found.value == value && self.is_left(found.ttl, ttl),
                _ => false,
            };
        }
        verdict("get", agreed)
    }

    async fn take(&mut self, space: &Namespace) -> Step {
        let key = self.random.pick(&self.keys).clone();
        let taken = ok(self.backend.take(space, &key).await, "take");
        verdict("take", taken == self.model.take(space, &key, self.now))
    }

    async fn touch(&mut self, space: &Namespace) -> Step {
        let (keys, ttl) = (self.some_keys(), self.ttl());
        let lived = ok(self.backend.touch(space, &keys, ttl).await, "touch");
        let touch = |key| ok(self.model.touch(space, key, ttl, self.now), "touch");
        let expected: Vec<bool> = keys.iter().map(touch).collect();
        verdict("touch", lived == expected)
    }

    async fn delete(&mut self, space: &Namespace) -> Step {
        let keys = self.some_keys();
        let lived = ok(self.backend.delete(space, &keys).await, "delete");
        let expected: Vec<bool> = keys.iter().map(|key| self.model.take(space, key, self.now).is_some()).collect();
        verdict("delete", lived == expected)
    }

    async fn list(&mut self, space: &Namespace) -> Step {
        let pattern = match self.random.below(4) {
            0 => Pattern::from(self.random.pick(&self.keys)),
            1 => Pattern::any(),
            _ => self.random.pattern(),
        };
        let limit = 1 + self.random.below(12);
        let (mut listed, mut next) = (BTreeMap::new(), Some(Cursor::START));
        while let Some(cursor) = next {
            let scan = self.backend.scan(space, &pattern, Select::ValuesAndTtls, &cursor, limit);
            let page = ok(scan.await, "scan");
            listed.extend(page.records.into_iter().map(|record| (record.key, record.found)));
            next = page.next;
        }
        let expected = self.model.list(space, &pattern, self.now);
        let agreed = listed.len() == expected.len()
            && listed.into_iter().zip(expected).all(|((key, found), (wanted, value, ttl))| {
                key == wanted && found.value == value && self.is_left(found.ttl, ttl)
            });
        verdict("scan", agreed)
    }

    async fn sweep(&mut self) -> Step {
        let what = if self.random.below(4) == 0 { Sweep::Compact } else { Sweep::Expired };
        ok(self.backend.sweep(what).await, "sweep");
        self.model.sweep(self.now);
        Ok("sweep")
    }

    async fn advance(&mut self) -> Step {
        if self.exact {
            let by = if self.random.below(50) == 0 { LONG } else { self.random.millis(120) };
            self.fixture.advance(by).await;
            self.now = Moment::since_start(self.now.elapsed() + by);
        }
        Ok("move of the clock")
    }

    /// Whether this remains, where the model says what should.
    fn is_left(&self, left: Option<Ttl>, expected: Ttl) -> bool {
        match (left, expected) {
            (Some(Ttl::After(left)), Ttl::After(expected)) if !self.exact => {
                left <= expected && left + Duration::from_secs(600) > expected
            }
            (left, expected) => left == Some(expected),
        }
    }
}

fn verdict(what: &'static str, agreed: bool) -> Step {
    if agreed { Ok(what) } else { Err(what) }
}
