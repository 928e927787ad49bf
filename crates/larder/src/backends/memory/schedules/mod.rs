//! What memory promises to calls at once, whoever goes on when: `scripts/shuttle` runs each scenario under many
//! schedules, which shuttle chooses at every lock and every atomic word.
//!
//! Shuttle takes every atomic access for a sequentially consistent one. So what is shown here is shown of the order of
//! steps; that the locks order the words of a record is left to the locks.

mod calls;
mod listings;
mod planted;
mod space;
pub(super) mod stand_ins;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::thread;
use shuttle::{Config, FailurePersistence, Runner};

use super::case::*;
use super::entry::Entry;
use super::*;
use crate::backend::When;
use crate::key;

/// How many preemptions the schedules have that have few: most races need one or two.
const PREEMPTIONS: usize = 3;

/// Runs a scenario under schedules that are all random, and as many that are random but for preempting seldom.
///
/// `LARDER_SCHEDULES` says how many; `LARDER_SCHEDULE` is one that failed, as it was printed, to run alone.
fn check(scenario: impl Fn() + Clone + Send + Sync + 'static) {
    if let Ok(schedule) = std::env::var("LARDER_SCHEDULE") {
        return shuttle::replay(scenario, &schedule);
    }
    let schedules = schedules().div_ceil(2);
    run(RandomScheduler::new(schedules), FailurePersistence::Print, scenario.clone());
    run(PctScheduler::new(PREEMPTIONS, schedules), FailurePersistence::Print, scenario);
}

/// Asserts that a scenario with something broken in it fails under one of as many schedules, or of two thousand.
fn assert_found(scenario: impl Fn() + Clone + Send + Sync + 'static) {
    let quietly = || {
        let schedules = schedules().max(1000);
        run(RandomScheduler::new(schedules), FailurePersistence::None, scenario.clone());
        run(PctScheduler::new(PREEMPTIONS, schedules), FailurePersistence::None, scenario);
    };
    assert!(catch_unwind(AssertUnwindSafe(quietly)).is_err(), "a planted race was not found");
}

fn schedules() -> usize {
    std::env::var("LARDER_SCHEDULES").map_or(200, |number| number.parse().expect("LARDER_SCHEDULES is a number"))
}

fn run(
    scheduler: impl Scheduler + 'static,
    persistence: FailurePersistence,
    scenario: impl Fn() + Send + Sync + 'static,
) {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.failure_persistence = persistence;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(scenario);
}

type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

fn task<'a>(work: impl FnOnce() + Send + 'a) -> Task<'a> {
    Box::new(work)
}

/// Does several things at once, and waits for all.
fn at_once<'a>(tasks: impl IntoIterator<Item = Task<'a>>) {
    thread::scope(|scope| {
        for task in tasks {
            scope.spawn(task);
        }
    });
}

fn put_when(memory: &Memory, key: Key, value: &[u8], ttl: Ttl, when: When) -> bool {
    let put = Put { key, value: Bytes::copy_from_slice(value), ttl, when };
    now(memory.put(&Namespace::default(), &[put])).unwrap().remove(0).unwrap()
}

fn take(memory: &Memory, key: &Key) -> Option<Bytes> {
    now(memory.take(&Namespace::default(), key)).unwrap()
}

fn touch(memory: &Memory, key: Key, ttl: Ttl) -> bool {
    now(memory.touch(&Namespace::default(), &[key], ttl)).unwrap().remove(0)
}

/// Beside what [`assert_agreement`] says: every record that can expire has a timer that comes in time, so that its space
/// is freed and it can be evicted.
fn assert_sound(memory: &Memory) {
    assert_agreement(memory);
    for entry in memory.records.entries() {
        let never = entry.deadline() == crate::ttl::Deadline::NEVER;
        assert!(never || entry.timer().tick() <= entry.deadline_tick(), "a timer comes too late");
        assert!(never || memory.records.is_armed(&entry), "a record has no timer");
    }
}
