//! The page of all figures, `docs/benchmarks.md`, and the plots on it.

pub mod command;
pub mod disk;
pub mod expiry;
pub mod memory;
pub mod redis;
pub mod sessions;

use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

use crate::figures::{Figures, folder};
use crate::plot::Bars;

/// Writes the page from what the benches saved last; answers where. The page of quick runs lies beside their figures.
pub fn write(quick: bool) -> Result<PathBuf> {
    let load = |bench: &str| {
        let missing = || Error::other(format!("there are no figures of '{bench}': run scripts/bench {bench} first"));
        Figures::load(bench, quick).ok_or_else(missing)
    };
    let (memory, disk, command) = (load("memory")?, load("disk")?, load("command")?);
    let (expiry, redis, sessions) = (load("expiry")?, load("redis")?, load("sessions")?);
    let place = if quick { folder(true) } else { Path::new("docs") };
    let plots = place.join("plots");
    fs::create_dir_all(&plots)?;
    for (name, plot) in memory::plots(&memory).into_iter().chain(disk::plots(&disk)).chain(redis::plots(&redis)) {
        fs::write(plots.join(format!("{name}.svg")), plot.svg())?;
    }
    let page = format!(
        "# Benchmarks\n\n{HEAD}\n## Memory\n\n{}\n### When all records end at once\n\n{}\n## Disk\n\n{}\n## Redis\n\n{}\n## Sessions\n\n{}\n## The command\n\n{}",
        memory::section(&memory),
        expiry::section(&expiry),
        disk::section(&disk),
        redis::section(&redis),
        sessions::section(&sessions),
        command::tables(&command)
    );
    let path = place.join("benchmarks.md");
    fs::write(&path, page)?;
    Ok(path)
}

const HEAD: &str = "\
<!-- Written by scripts/bench: change bench/src/report, not this page. -->

What Larder's backends cost beside what people use otherwise, and where those are better. `scripts/bench all` measures
anew and writes this page, every number of it; it takes some 20 minutes on a quiet machine.

Read the ratios: they hold from machine to machine far better than nanoseconds do. In a table each cell is the ratio to
the candidate that has 1, and in brackets what was measured. A ratio below 1 is less time or less memory; in rows of so
many a second more is better. Differences of a few hundredths are what one run and the next differ by.
";

/// What a figure's reader wants to know of how firm it is.
fn firmness(figures: &Figures) -> String {
    let strays = figures.strays();
    let share = |share: f64| {
        let at = (strays.len().saturating_sub(1) as f64 * share) as usize;
        strays.get(at).map_or(0.0, |stray| (stray * 100.0).ceil())
    };
    format!(
        "Half of all rounds lay within {:.0} % of their row's median, nine in ten within {:.0} %.",
        share(0.5),
        share(0.9)
    )
}

type Plots = Vec<(&'static str, Bars)>;
