//! What is said of the end of records in memory, under two allocators.

use crate::expiry::LATER;
use crate::figures::Figures;
use crate::table::{Mark, figure, marks, short, table, thousands};

/// The allocators it is measured under.
pub const SYSTEM: &str = if cfg!(target_env = "gnu") { "glibc's allocator" } else { "the system's allocator" };
pub const COMMAND: &str = "the command's, mimalloc";

/// What is measured.
pub const IDLE: &str = "CPU time of a sweep with nothing due";
pub const FULL: &str = "CPU time of the sweep that frees all";
pub const BEFORE: &str = "memory held ahead of the first record";
pub const MOST: &str = "memory held at most";
pub const AFTER: &str = "memory held 10 s after all have ended";
pub const COMPACT: &str = "and after `Sweep::Compact`";

const _: () = assert!(LATER.as_secs() == 10, "a row says so");

/// The figures as a table, and what they were measured under.
pub fn tables(figures: &Figures) -> String {
    let share = |row: &str, allocator: &str, of: &str| {
        let (value, whole) = (figures.median("", row, allocator)?, figures.median("", of, allocator)?);
        let text = figure(value, figures.unit("", row));
        Some(if row == of { text } else { format!("{text} ({} %)", short(100.0 * value / whole)) })
    };
    let allocators = [SYSTEM, COMMAND];
    let rows = [(IDLE, FULL), (FULL, FULL), (BEFORE, MOST), (MOST, MOST), (AFTER, MOST), (COMPACT, MOST)];
    let rows = rows.map(|(row, of)| {
        let cells = allocators.map(|allocator| share(row, allocator, of).unwrap_or_default());
        [row.to_owned()].into_iter().chain(cells).collect()
    });
    format!(
        "{}, {}; {} records at once, the median of {} rounds in turn. In brackets the share of the sweep that frees all, \
         or of the memory held at most. The library takes whatever allocator its program has; the command's is mimalloc \
         {}, asked once a second to give back what is not used, by the same code here.\n\n{}",
        figures.stated("machine"),
        figures.stated("date"),
        thousands(figures.stated("records").parse().unwrap_or(0.0)),
        figures.stated("rounds"),
        figures.stated("mimalloc"),
        table(&["", SYSTEM, COMMAND], &rows)
    )
}

/// The part of the page.
pub(super) fn section(figures: &Figures) -> String {
    let mark = |row: &str, of: &str, most: f64, promise: &str| Mark {
        what: row.to_owned(),
        most: promise.to_owned(),
        measured: [SYSTEM, COMMAND]
            .map(|allocator| {
                let share = figures.median("", row, allocator)? / figures.median("", of, allocator)?;
                Some((format!("{} %", short(share * 100.0)), share <= most))
            })
            .into(),
    };
    let all = [
        mark(IDLE, FULL, 0.01, "≤ 1 % of a full sweep"),
        mark(AFTER, MOST, 0.15, "≤ 15 % of the most, in the command"),
    ];
    format!("{}\n{}", tables(figures), marks(&["", "promised", SYSTEM, COMMAND], &all))
}
