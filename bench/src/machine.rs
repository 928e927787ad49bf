//! The machine a bench runs on: its kind, its clocks, the memory a process holds, and the versions of what is measured.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// The kind of machine: processor, cores, memory, system.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next());
    let gibibytes = kibibytes.and_then(|number| number.parse::<f64>().ok()).map_or(0.0, |number| number / 1048576.0);
    let (model, architecture) = (model.unwrap_or("unknown CPU"), std::env::consts::ARCH);
    format!("{model} ({architecture}), {cores} cores, {gibibytes:.0} GiB, {}", std::env::consts::OS)
}

/// The allocator of these benches, that which the system's C library brings.
pub fn allocator() -> &'static str {
    if cfg!(target_env = "gnu") { "glibc's" } else { "the system's" }
}

/// Today in UTC, as `2026-11-26`.
pub fn date() -> String {
    date_of(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400)
}

/// The date of a day, counted from the first of 1970.
fn date_of(days: u64) -> String {
    // Years are counted from a first of March, so that a leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

/// The version of a package that these benches are built with; the newest where there are several.
pub fn version_of(package: &str) -> &'static str {
    static LOCKED: &str = include_str!("../Cargo.lock");
    let head = format!("name = \"{package}\"");
    let versions = LOCKED.split("[[package]]").filter(|entry| entry.lines().any(|line| line == head));
    let version = |entry: &'static str| entry.lines().find_map(|line| line.strip_prefix("version = \""));
    versions.filter_map(version).last().map_or("?", |version| version.trim_end_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates_over_leap_years_and_ends_of_years() {
        let days = [0, 11_016, 11_017, 19_722, 19_723, 20_783];
        let dates = ["1970-01-01", "2000-02-29", "2000-03-01", "2023-12-31", "2024-01-01", "2026-11-26"];
        assert_eq!(days.map(date_of), dates);
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        assert!(version_of("moka").starts_with("0."));
        assert_eq!(version_of("no such package"), "?");
    }
}
