//! One task of a load: the only one that writes its records, so that it knows what each of them can be.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use larder::{Error, ErrorKind, Key, Pattern, Result, When, key, pattern};

use super::load::Shared;
use super::tally::Tally;

/// Records that a task writes to at any time.
pub(crate) const SLOTS: usize = 4;

pub(crate) struct Task {
    shared: Arc<Shared>,
    number: usize,
    rng: Rng,
    slots: [Record; SLOTS],
    /// Records of which it is not known whether the last write happened: written to no more, read at the end.
    pub(crate) doubtful: Vec<(Record, Option<u64>)>,
    next: u64,
    pub(crate) tally: Tally,
    /// Since when this task waits for an answer to a read and to a write: since a fault, this one, ended.
    waits: [Option<Instant>; 2],
    healed: u64,
}

/// A record and the one state it can be in: the number of the write, or absent.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: u64,
    pub(crate) state: Option<u64>,
}

/// A call's name, and whether it writes.
type Verb = (&'static str, bool);

const GET: Verb = ("get", false);
const ALL: Verb = ("all", false);
const PUT: Verb = ("put", true);
const TOUCH: Verb = ("touch", true);
const DELETE: Verb = ("delete", true);
const TAKE: Verb = ("take", true);

/// How a call ended.
enum End<T> {
    Done(T),
    Failed(ErrorKind),
    Cancelled,
}

impl Task {
    pub(crate) fn new(shared: Arc<Shared>, number: usize, seed: u64) -> Self {
        let slots = [0, 1, 2, 3].map(|name| Record { name, state: None });
        Self {
            shared,
            number,
            rng: Rng::with_seed(seed),
            slots,
            doubtful: Vec::new(),
            next: SLOTS as u64,
            tally: Tally::default(),
            waits: [None, None],
            healed: 0,
        }
    }

    /// Calls until the load stops.
    pub(crate) async fn run(mut self) -> Self {
        while !self.shared.stopped() {
            self.call().await;
            tokio::time::sleep(self.shared.pace).await;
        }
        self
    }

    /// Its records, each with all the states it can be in.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Key, (String, Vec<Option<u64>>))> {
        let certain = self.slots.iter().map(|record| (record.name, vec![record.state]));
        let doubtful = self.doubtful.iter().map(|(record, other)| (record.name, vec![record.state, *other]));
        certain
            .chain(doubtful)
            .map(|(name, states)| (name_of(self.number, name), (name_text(self.number, name), states)))
    }

    async fn call(&mut self) {
        let slot = self.rng.usize(..SLOTS);
        match self.rng.u32(..100) {
            0..30 => self.put(slot, When::Always).await,
            30..37 => self.put(slot, When::Present).await,
            37..44 => self.put(slot, When::Absent).await,
            44..64 => self.get(slot).await,
            64..84 => self.get_another().await,
            84..88 => self.touch(slot).await,
            88..94 => self.delete(slot).await,
            94..96 => self.take(slot).await,
            96..98 => self.swap(slot).await,
            _ => self.all().await,
        }
    }

    async fn put(&mut self, slot: usize, when: When) {
        let name = self.slots[slot].name;
        let write = self.rng.u64(..);
        let value = value(&name_text(self.number, name), write, self.rng.usize(..300));
        let store = self.shared.store.clone();
        let key = name_of(self.number, name);
        let before = self.slots[slot].state;
        match self.ends(PUT, async move { store.put_when(key, &value, when).await }).await {
            End::Done(written) => {
                let can = match when {
                    When::Present | When::Unchanged(_) => self.can(slot, written, !written),
                    When::Absent => self.can(slot, !written, written),
                    _ => written,
                };
                if !can {
                    self.tally.misreported(|| format!("a put {when:?} answered {written} where {before:?} was"));
                }
                if written {
                    self.slots[slot].state = Some(write);
                } else {
                    self.settle(slot, when == When::Absent);
                }
            }
            End::Cancelled | End::Failed(ErrorKind::Unknown) => self.doubt(slot, Some(write)),
            End::Failed(_) => {}
        }
    }

    async fn get(&mut self, slot: usize) {
        let (store, key) = (self.shared.store.clone(), name_of(self.number, self.slots[slot].name));
        if let End::Done(found) = self.ends(GET, async move { store.get(key).await }).await {
            self.judge(slot, found.as_deref(), "get");
        }
    }

    /// Of a record that somebody else writes only the name is known.
    async fn get_another(&mut self) {
        let (task, name) = self.shared.any_record(&mut self.rng);
        let (store, key) = (self.shared.store.clone(), name_of(task, name));
        if let End::Done(Some(found)) = self.ends(GET, async move { store.get(key).await }).await
            && number_in(&found, &name_text(task, name)).is_none()
        {
            self.tally.wrong(|| format!("{} was answered with {}", name_text(task, name), start(&found)));
        }
    }

    /// Compare and swap, which is a script on the server.
    async fn swap(&mut self, slot: usize) {
        let (store, key) = (self.shared.store.clone(), name_of(self.number, self.slots[slot].name));
        let End::Done(found) = self.ends(GET, async move { store.get_with_version(key).await }).await else { return };
        self.judge(slot, found.as_ref().map(|(value, _)| value.as_str()), "get");
        if let Some((_, version)) = found {
            self.put(slot, When::Unchanged(version)).await;
        }
    }

    async fn touch(&mut self, slot: usize) {
        let (store, key) = (self.shared.store.clone(), name_of(self.number, self.slots[slot].name));
        if let End::Done(lived) = self.ends(TOUCH, async move { store.touch(key).await }).await {
            if !self.can(slot, lived, !lived) {
                let state = self.slots[slot].state;
                self.tally.misreported(|| format!("a touch answered {lived} where {state:?} was"));
            }
            self.settle(slot, lived);
        }
    }

    async fn delete(&mut self, slot: usize) {
        let (store, key) = (self.shared.store.clone(), name_of(self.number, self.slots[slot].name));
        match self.ends(DELETE, async move { store.delete(key).await }).await {
            End::Done(lived) => {
                if !self.can(slot, lived, !lived) {
                    let state = self.slots[slot].state;
                    self.tally.misreported(|| format!("a delete answered {lived} where {state:?} was"));
                }
                self.slots[slot].state = None;
            }
            End::Cancelled | End::Failed(ErrorKind::Unknown) => self.doubt(slot, None),
            End::Failed(_) => {}
        }
    }

    async fn take(&mut self, slot: usize) {
        let (store, key) = (self.shared.store.clone(), name_of(self.number, self.slots[slot].name));
        match self.ends(TAKE, async move { store.take(key).await }).await {
            End::Done(found) => {
                self.judge(slot, found.as_deref(), "take");
                self.slots[slot].state = None;
            }
            End::Cancelled | End::Failed(ErrorKind::Unknown) => self.doubt(slot, None),
            End::Failed(_) => {}
        }
    }

    /// A listing of its own records finds what lives and nothing else.
    async fn all(&mut self) {
        let (store, pattern) = (self.shared.store.clone(), all_of(self.number));
        let End::Done(listed) = self.ends(ALL, async move { store.all(&pattern).await }).await else { return };
        if let Some(damaged) = listed.damaged.first() {
            self.tally.wrong(|| format!("a listing of task {} holds what is {damaged}", self.number));
        }
        let mut found = vec![None; SLOTS];
        for (key, value) in &listed.records {
            let text = (0..self.next).find(|name| name_of(self.number, *name) == *key);
            let Some(name) = text.filter(|name| number_in(value, &name_text(self.number, *name)).is_some()) else {
                self.tally.wrong(|| format!("a listing of task {} holds {}", self.number, start(value)));
                continue;
            };
            if let Some(slot) = self.slots.iter().position(|record| record.name == name) {
                found[slot] = Some(value.clone());
            }
        }
        for (slot, found) in found.into_iter().enumerate() {
            if self.slots[slot].name % 4 == 3 {
                continue;
            }
            self.judge(slot, found.as_deref(), "listing");
        }
    }

    /// Whether the answer that a record lived, or that it did not, can be true.
    fn can(&self, slot: usize, lived: bool, absent: bool) -> bool {
        match self.slots[slot].state {
            Some(_) => lived || self.shared.may_be_lost(),
            None => absent,
        }
    }

    /// What an answer told: a record that may have been lost is.
    fn settle(&mut self, slot: usize, lived: bool) {
        if !lived {
            self.slots[slot].state = None;
        }
    }

    /// Judges what was read of a record of its own.
    fn judge(&mut self, slot: usize, found: Option<&str>, by: &str) {
        let Record { name, state } = self.slots[slot];
        let text = name_text(self.number, name);
        let read = match found.map(|found| (found, number_in(found, &text))) {
            Some((found, None)) => return self.tally.wrong(|| format!("{text} was answered with {}", start(found))),
            Some((_, number)) => number,
            None => None,
        };
        if read != state && !(read.is_none() && self.shared.may_be_lost()) {
            self.tally.misreported(|| format!("a {by} of {text} told {read:?} where {state:?} was"));
        }
        self.slots[slot].state = read;
    }

    /// Leaves a record alone of which it is not known whether this write happened.
    fn doubt(&mut self, slot: usize, other: Option<u64>) {
        // A slot keeps its kind of key.
        let fresh = Record { name: self.slots[slot].name + SLOTS as u64, state: None };
        self.next = self.next.max(fresh.name + 1);
        self.shared.names[self.number * SLOTS + slot].store(fresh.name, std::sync::atomic::Ordering::Relaxed);
        self.doubtful.push((std::mem::replace(&mut self.slots[slot], fresh), other));
    }

    /// Ends when a call is to be cancelled: after so many microseconds, or a few turns of the scheduler, since no timer
    /// comes before a quick answer; or never.
    async fn patience(cancels: bool, by_time: bool, micros: u64) {
        match (cancels, by_time) {
            (false, _) => std::future::pending().await,
            (true, true) => tokio::time::sleep(Duration::from_micros(micros)).await,
            (true, false) => {
                for _ in 0..micros % 8 {
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Makes a call, sometimes cancels it, and counts how it ended.
    async fn ends<T>(&mut self, (what, writes): Verb, call: impl Future<Output = Result<T, Error>>) -> End<T> {
        let began = Instant::now();
        let well = self.shared.well_since().is_some_and(|since| since < began);
        let cancels = self.shared.cancels && self.rng.u8(..10) == 0;
        let patience = Self::patience(cancels, self.rng.bool(), self.rng.u64(..3_000));
        let end = tokio::select! {
            biased;
            answer = call => answer.map_or_else(|error| End::Failed(error.kind()), End::Done),
            () = patience => End::Cancelled,
        };
        self.tally.calls += 1;
        self.tally.slowest = self.tally.slowest.max((began.elapsed(), what));
        self.wait(writes, matches!(end, End::Done(_)), began);
        match &end {
            End::Cancelled => self.tally.cancelled += 1,
            End::Failed(kind) => {
                self.tally.error(*kind, writes);
                // A fault that begins amid a call is none of its own.
                self.tally.errors_when_well += u64::from(well && self.shared.well_since().is_some());
                // Whoever fails fast is asked again a little later.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            End::Done(_) => {}
        }
        end
    }

    /// Measures how long the first answers after a fault take.
    fn wait(&mut self, writes: bool, answered: bool, began: Instant) {
        let (healed, at) = self.shared.healed();
        if healed != self.healed {
            self.healed = healed;
            self.waits = [Some(at); 2];
        }
        let waits = &mut self.waits[usize::from(writes)];
        // An answer to a call that began before may have been there for long.
        if answered && let Some(since) = waits.filter(|since| *since <= began) {
            self.tally.back_after = self.tally.back_after.max(since.elapsed());
            *waits = None;
            if self.waits == [None, None] {
                self.shared.back(self.healed);
            }
        }
    }
}

/// The key of a record. Every fourth has one part alone, and is not indexed.
pub(crate) fn name_of(task: usize, name: u64) -> Key {
    if name % 4 == 3 { key![name_text(task, name)] } else { key!["load", task as u64, "record", name] }
}

pub(crate) fn all_of(task: usize) -> Pattern {
    pattern!["load", task as u64, "record", _]
}

fn name_text(task: usize, name: u64) -> String {
    format!("{task}/{name}")
}

/// A value that names its key and the write it is of.
fn value(name: &str, write: u64, padding: usize) -> String {
    format!("{name}#{write}#{}", "x".repeat(padding))
}

/// The number of the write, where the value names this key.
pub(crate) fn number_in(value: &str, name: &str) -> Option<u64> {
    value.strip_prefix(name)?.strip_prefix('#')?.split('#').next()?.parse().ok()
}

fn start(value: &str) -> &str {
    value.get(..value.len().min(40)).unwrap_or("something else")
}
