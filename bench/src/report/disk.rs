//! What is said of the disk backend.

use super::{Plots, firmness};
use crate::figures::{Figures, Unit};
use crate::plot::{Bar, Bars, Group};
use crate::table::{Mark, figure, marks, ratios, short, thousands, where_peers_are_better};

const BASE: &str = "redb";
const PEERS: [&str; 3] = [BASE, "redb exclusive", "SQLite"];

/// The figures as tables, and what they were measured under.
pub fn tables(figures: &Figures) -> String {
    let stated = |fact| figures.stated(fact);
    format!(
        "{}; {} allocator, {}; files on {}. {} records with values of {} bytes and a deadline each, keys of {} bytes.\n\n{}",
        stated("machine"),
        stated("allocator"),
        stated("date"),
        stated("file system"),
        thousands(stated("records").parse().unwrap_or(0.0)),
        stated("value bytes"),
        stated("key bytes"),
        ratios(figures, "", BASE)
    )
}

/// The part of the page.
pub(super) fn section(figures: &Figures) -> String {
    let stated = |fact| figures.stated(fact);
    let tables = tables(figures);
    let (facts, table) = tables.split_once("\n\n").unwrap_or(("", &tables));
    format!(
        "{facts}\n\nredb {} is used as Larder uses it: the same two tables (records; deadlines in order), the same mode, in \
         which another process may read, two-phase commits with quick repair. `redb exclusive` is its usual mode. SQLite {} \
         has one table with an index over deadlines, WAL and `synchronous=FULL`. All have a cache of {} MiB.\n\n{HOW}\n{}\n\n\
         ![What the disk backend takes beside redb and SQLite](plots/disk.svg)\n\n{table}\n\
         ### What was promised\n\n{}\n### Where a peer is better\n\n{}",
        stated("redb"),
        stated("SQLite"),
        stated("cache"),
        firmness(figures),
        promised(figures),
        where_peers_are_better(figures, &[""], &PEERS, &REASONS),
    )
}

const HOW: &str = "\
Puts are told by the wall's clock, since they wait for the disk; half of them are of new keys. Gets are told in CPU time
of one thread, values copied out. For the rows of writers, every store has one thread that takes all puts that wait into
one commit: Larder's is its own, the peers are given one by the bench. Expired records are removed by order of their
deadlines, 1,000 a commit. What was compacted is by `sweep(Compact)`, redb's `compact`, and SQLite's `VACUUM`.
";

/// Why a peer may well be better in a row.
const REASONS: [(&str, &str); 3] = [
    (
        "durable put, p50",
        " SQLite appends to a log and syncs once; redb's two-phase commit writes pages and syncs twice.",
    ),
    (
        "get, in one transaction",
        " Larder shares the last commit's transaction among its readers, so its figure is that of the row above; beyond \
         the bare lookup it encodes the key, asks the clock and checks a checksum.",
    ),
    ("open and get one", " Larder's threads are started, and it looks for what a crash may have left."),
];

fn promised(figures: &Figures) -> String {
    let median = |row: &str, candidate: &str| figures.median("", row, candidate);
    let ratio = |row: &str, of: Option<f64>| Some(median(row, "larder")? / of?);
    let most = |row: &str, unit: Unit, most: f64, promise: &str| Mark {
        what: row.to_owned(),
        most: promise.to_owned(),
        measured: vec![median(row, "larder").map(|value| (figure(value, unit), value <= most))],
    };
    let get = ratio("get", median("get", BASE));
    let many = ratio("durable puts, 64 writers", median("durable puts, 1 writer", "larder"));
    let all = [
        Mark {
            what: "get".to_owned(),
            most: "≤ 1.5 of redb".to_owned(),
            measured: vec![get.map(|ratio| (short(ratio), ratio <= 1.5))],
        },
        Mark {
            what: "durable puts, 64 writers".to_owned(),
            most: "≥ 6 × one".to_owned(),
            measured: vec![many.map(|ratio| (format!("{ratio:.1} ×"), ratio >= 6.0))],
        },
        most("size, all expired and compacted", Unit::Mebibytes, 1.0, "≤ 1 MiB"),
        most("open and get one", Unit::Nanos, 50e6, "≤ 50 ms"),
    ];
    marks(&["", "promised", "larder"], &all)
}

pub(super) fn plots(figures: &Figures) -> Plots {
    let rows = ["durable put, p50", "get", "an expired record removed", "open and get one"];
    let group = |row: &str| {
        let base = figures.median("", row, BASE).unwrap_or(1.0);
        let bar = |name: &str| {
            let value = figures.median("", row, name)?;
            let text = format!("{} ({})", short(value / base), figure(value, figures.unit("", row)));
            Some(Bar { name: name.to_owned(), value: value / base, text })
        };
        let bars = figures.candidates("").into_iter().filter_map(bar).collect();
        Group { name: row.to_owned(), bars }
    };
    let plot = Bars {
        title: "Disk: time beside redb in the same mode".to_owned(),
        axis: "ratio to redb, less is better".to_owned(),
        logarithmic: false,
        line: Some(1.0),
        groups: rows.map(group).into(),
    };
    vec![("disk", plot)]
}
