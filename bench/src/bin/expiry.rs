//! What the end of records costs in CPU time and gives back in memory, under the system's allocator and under jemalloc.
//!
//! A process of its own for each: it puts the records, sweeps while nothing is due, moves the clock beyond every
//! deadline, and leaves the rest to the sweeping thread.

use std::process::Command;

use larder_bench::expiry::{Figures, LATER, figures};
use larder_bench::{machine, median, table};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let records = number("--records", if quick { 100_000 } else { 1_000_000 });
    if arguments.iter().any(|argument| argument == "--figures") {
        return println!("{}", figures(records));
    }
    let rounds = number("--rounds", if quick { 1 } else { 3 });
    let own = std::env::current_exe().expect("this program has a path");
    let of = |program: &mut Command| {
        let output = program.output().expect("the bench is built");
        Figures::parse(&String::from_utf8_lossy(&output.stdout)).expect("the bench tells its figures")
    };
    let (mut system, mut jemalloc) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        system.push(of(Command::new(&own).args(["--figures", "--records", &records.to_string()])));
        let mut other = Command::new(own.with_file_name("expiry-jemalloc"));
        // It keeps what is unused for ten seconds otherwise, which is just when we look.
        jemalloc.push(of(other.arg(records.to_string()).env("_RJEM_MALLOC_CONF", "dirty_decay_ms:1000")));
    }

    println!("{records} records; {}; the median of {rounds} rounds in turn.\n", machine());
    let system_name = if cfg!(target_env = "gnu") { "glibc's allocator" } else { "the system's allocator" };
    let head = ["", system_name, "jemalloc, decay of 1 s"].map(str::to_owned);
    let row = |name: &str, cell: &dyn Fn(&[Figures]) -> String| vec![name.to_owned(), cell(&system), cell(&jemalloc)];
    let of = |figures: &[Figures], figure: fn(&Figures) -> f64| median(figures.iter().map(figure).collect());
    let share = |figures: &[Figures], figure: fn(&Figures) -> f64| {
        let (bytes, peak) = (of(figures, figure), of(figures, |figures| figures.peak));
        format!("{:.0} MB ({:.1} % of the most)", bytes / 1e6, 100.0 * bytes / peak)
    };
    let later = format!("{} s after all have ended", LATER.as_secs());
    let rows = [
        row("CPU time of a sweep with nothing due", &|figures| {
            let (idle, full) = (of(figures, |figures| figures.idle), of(figures, |figures| figures.full));
            format!("{:.1} µs ({:.5} % of the next)", idle / 1e3, 100.0 * idle / full)
        }),
        row("CPU time of the sweep that frees all", &|figures| {
            format!("{:.0} ms", of(figures, |figures| figures.full) / 1e6)
        }),
        row("memory held ahead of the first record", &|figures| share(figures, |figures| figures.before)),
        row("memory held at most", &|figures| share(figures, |figures| figures.peak)),
        row(&later, &|figures| share(figures, |figures| figures.after)),
        row("and after `Sweep::Compact`", &|figures| share(figures, |figures| figures.compact)),
    ];
    println!("{}", table(&head, &rows));
}
