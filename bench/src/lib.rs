//! What all benches share: CPU time, the machine's kind, tables, and who is asked for how often.

pub mod expiry;

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The CPU time this thread has taken.
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The CPU time this process has taken, all of its threads together.
pub fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The bytes of memory this process holds; 0 where the system does not tell.
pub fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// The kind of machine, for the head of a table.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{} ({}), {cores} cores, {}", model.unwrap_or("unknown CPU"), std::env::consts::ARCH, std::env::consts::OS)
}

/// The middle one of measured values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A table in Markdown.
pub fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head) + &line(&vec!["---".to_owned(); head.len()]);
    for row in rows {
        text += &line(row);
    }
    text
}

/// Random numbers that are the same in every run.
pub struct Random(u64);

impl Random {
    /// The numbers that follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of 64 bits (splitmix64).
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// One from 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Whom people ask for: the few again and again. Zipf's law with exponent 0.99, as in YCSB, over `count` items that are
/// popular in no order.
pub struct Zipf {
    count: usize,
    total: f64,
    eta: f64,
}

const EXPONENT: f64 = 0.99;

impl Zipf {
    /// The choice among so many.
    pub fn new(count: usize) -> Self {
        let zeta = |count: usize| (1..=count).map(|rank| (rank as f64).powf(-EXPONENT)).sum::<f64>();
        let total = zeta(count);
        let eta = (1.0 - (2.0 / count as f64).powf(1.0 - EXPONENT)) / (1.0 - zeta(2) / total);
        Self { count, total, eta }
    }

    /// Whom somebody asks for.
    pub fn choose(&self, random: &mut Random) -> usize {
        let unit = random.unit();
        let scaled = unit * self.total;
        let rank = if scaled < 1.0 {
            0
        } else if scaled < 1.0 + 0.5f64.powf(EXPONENT) {
            1
        } else {
            (self.count as f64 * (self.eta * unit - self.eta + 1.0).powf(1.0 / (1.0 - EXPONENT))) as usize
        };
        shuffled(rank.min(self.count - 1), self.count)
    }
}

/// The place of an item in an order that is the same in every run and has no pattern that a cache could learn.
pub fn shuffled(item: usize, count: usize) -> usize {
    // A prime above every count measured here, so that no two items share a place.
    const PRIME: u128 = 982_451_653;
    ((item as u128 * PRIME + 7) % count as u128) as usize
}
