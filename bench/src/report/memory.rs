//! What is said of the memory backend.

use super::{Plots, firmness};
use crate::figures::{Figures, Unit};
use crate::plot::{Bar, Bars, Group};
use crate::table::{Mark, figure, marks, ratios, short, table, thousands, where_peers_are_better};

const BASE: &str = "dashmap";
const OURS: [&str; 2] = ["larder", "larder, through Store"];
const MAIN: &str = "300 B, 1 thread";

/// The figures as tables, and what they were measured under.
pub fn tables(figures: &Figures) -> String {
    let stated = |fact| figures.stated(fact);
    let number = |fact| thousands(stated(fact).parse().unwrap_or(0.0));
    let mut text = format!(
        "{}; {} allocator, {}. {} records under names of {} bytes, {} a user; CPU time an operation, the median of {} \
         rounds in turn.\n",
        stated("machine"),
        stated("allocator"),
        stated("date"),
        number("records"),
        stated("key bytes"),
        stated("records a user"),
        stated("rounds"),
    );
    for setting in figures.settings() {
        text += &format!("\n### {}\n\n{}", heading(setting), ratios(figures, setting, BASE));
    }
    text
}

fn heading(setting: &str) -> String {
    let (size, threads) = setting.split_once(" B, ").unwrap_or((setting, ""));
    format!("Values of {size} bytes, {threads}")
}

/// The part of the page.
pub(super) fn section(figures: &Figures) -> String {
    let peers: Vec<&str> = figures.candidates(MAIN).into_iter().filter(|name| !OURS.contains(name)).collect();
    let stated = |fact| figures.stated(fact);
    let ets = match stated("OTP") {
        "" => "ETS was left out.".to_owned(),
        release => format!(
            "ETS is a `set` of OTP {release} with both concurrency options and keys as lists, as Pow's EtsCache has them; \
             \
             its values are searched for a byte that they lack, which reads them whole; its bytes are told beyond the same \
             payload as all others'."
        ),
    };
    let tables = tables(figures);
    let (facts, tables) = tables.split_once("\n\n").unwrap_or(("", &tables));
    format!(
        "{facts}\n\n{HOW}\ndashmap {}, hashbrown {} behind 64 `RwLock`s, quick_cache {}, moka {} with a ttl for each entry. \
         {ets} {}\n\n\
         ![CPU time of get, refresh and their mix beside dashmap](plots/memory-time.svg)\n\n\
         ![Bytes a record beyond its name and value](plots/memory-bytes.svg)\n\n\
         ![Time to list ten among all records](plots/memory-all.svg)\n\n\
         ![Nanoseconds of the mix by size of value](plots/memory-sizes.svg)\n\n\
         {tables}\n\
         ### What was promised\n\n{}\n\
         ### Where a peer is better\n\n{}\n\
         ### What `Store` adds\n\n\
         `Store` checks limits, runs the codec (here `Raw`, which copies nothing) and calls the backend through `dyn`, a \
         boxed future each time.\n\n{}",
        stated("dashmap"),
        stated("hashbrown"),
        stated("quick_cache"),
        stated("moka"),
        firmness(figures),
        promised(figures),
        where_peers_are_better(figures, &figures.settings(), &peers, &REASONS),
        added(figures),
    )
}

const HOW: &str = "\
Each candidate lives in a process of its own and is measured in turn, round after round. All keep the same names and
values with a deadline each, judge it by the same precise clock on every read, and read every byte of what they got. A
value comes in a new buffer, made in the time that is measured; names are made ahead, outside of it. `larder` is `Memory`
itself, its gets by `get_now`; `larder, through Store` is a `Store<Bytes>` with `Raw` over it. With two threads, both
begin each 256 operations together; CPU time is that of both, and what both do in a second stands below it. A round
makes half as many gets or refreshes as there are records, a quarter in the smaller tables.

*All of 10* lists the ten sessions of one user among all, another user's each time, by chance, and reads their values. A
round makes a twentieth as many listings as there are records, which read as many records as its gets do; candidates
without an order look at every record for one listing, and make two a round. *A record that expires*: a twentieth of the
records is put for a second; it is the process's CPU time from then until they are gone, by each. Larder and moka find
them by timers; the others have none and look at all records, so their figure is
twenty times that of a look. *Bytes over payload* is resident memory after filling, less names and values.
";

/// Why a peer may well be better in a row.
const REASONS: [(&str, &str); 3] = [
    ("new key", " A new record is entered into the order and given a timer, which a plain map does not do."),
    ("delete", " A record leaves the order, too, which a plain map does not keep."),
    ("bytes over payload", " A plain map keeps neither order nor timers; Larder's are in its figure."),
];

fn promised(figures: &Figures) -> String {
    let median = |row: &str, candidate: &str| figures.median(MAIN, row, candidate);
    let beside = |row: &str, most: f64, peer: &str| Mark {
        what: row.to_owned(),
        most: format!("≤ {most} of {peer}"),
        measured: OURS
            .map(|ours| {
                let ratio = median(row, ours)? / median(row, peer)?;
                Some((short(ratio), ratio <= most))
            })
            .into(),
    };
    let plain = |row: &str, most: f64, unit: Unit| Mark {
        what: row.to_owned(),
        most: format!("≤ {}", figure(most, unit)),
        measured: OURS.map(|ours| median(row, ours).map(|value| (figure(value, unit), value <= most))).into(),
    };
    let all = [
        beside("get, uniform", 0.9, "dashmap"),
        beside("get, zipf", 0.9, "dashmap"),
        beside("get, uniform", 0.45, "moka"),
        beside("get, zipf", 0.45, "moka"),
        beside("refresh, uniform", 1.0, "dashmap"),
        beside("refresh, zipf", 1.0, "dashmap"),
        beside("90 get / 10 refresh, zipf", 0.85, "dashmap"),
        plain("all of 10", 4000.0, Unit::Nanos),
        plain("bytes over payload", 110.0, Unit::Bytes),
    ];
    marks(&[&["", "promised"], &OURS[..]].concat(), &all)
}

fn added(figures: &Figures) -> String {
    let rows = figures.rows(MAIN).into_iter().filter_map(|row| {
        let unit = figures.unit(MAIN, row);
        let [direct, through] = OURS.map(|ours| figures.median(MAIN, row, ours));
        let (direct, through) = (direct?, through?);
        let more = format!("{:+.0}{}", through - direct, if unit == Unit::Nanos { " ns" } else { " B" });
        Some(vec![row.to_owned(), figure(direct, unit), figure(through, unit), more, short(through / direct)])
    });
    table(&["", "`Memory`", "through `Store`", "difference", "ratio"], &rows.collect::<Vec<_>>())
}

pub(super) fn plots(figures: &Figures) -> Plots {
    let every = figures.candidates(MAIN);
    let bars = |setting: &str, row: &str, base: Option<&str>| -> Vec<Bar> {
        let base = base.and_then(|base| figures.median(setting, row, base)).unwrap_or(1.0);
        let unit = figures.unit(setting, row);
        let bar = |candidate: &&str| {
            let value = figures.median(setting, row, candidate)?;
            let text = if base == 1.0 {
                figure(value, unit)
            } else {
                format!("{} ({})", short(value / base), figure(value, unit))
            };
            Some(Bar { name: (*candidate).to_owned(), value: value / base, text })
        };
        every.iter().filter_map(bar).collect()
    };
    let group = |name: &str, bars: Vec<Bar>| Group { name: name.to_owned(), bars };
    let time = Bars {
        title: "Memory: CPU time an operation, popular records more often".to_owned(),
        axis: "ratio to dashmap, less is better".to_owned(),
        logarithmic: false,
        line: Some(1.0),
        groups: ["get, zipf", "refresh, zipf", "90 get / 10 refresh, zipf"]
            .map(|row| group(row, bars(MAIN, row, Some(BASE))))
            .into(),
    };
    let bytes = Bars {
        title: "Memory: bytes a record beyond its name and value".to_owned(),
        axis: "bytes of resident memory, values of 300 bytes, less is better".to_owned(),
        logarithmic: false,
        line: None,
        groups: vec![group("", bars(MAIN, "bytes over payload", None))],
    };
    let in_micros = bars(MAIN, "all of 10", None).into_iter().map(|bar| Bar { value: bar.value / 1e3, ..bar });
    let all = Bars {
        title: "Memory: the ten sessions of one user among all records".to_owned(),
        axis: "microseconds, each step ten times the one before, less is better".to_owned(),
        logarithmic: true,
        line: None,
        groups: vec![group("", in_micros.collect())],
    };
    let sizes = Bars {
        title: "Memory: nine gets and one refresh, by size of value".to_owned(),
        axis: "CPU nanoseconds an operation, less is better".to_owned(),
        logarithmic: false,
        line: None,
        groups: ["100 B, 1 thread", MAIN, "1000 B, 1 thread", "300 B, 2 threads"]
            .into_iter()
            .map(|setting| group(&heading(setting), bars(setting, "90 get / 10 refresh, zipf", None)))
            .filter(|group| !group.bars.is_empty())
            .collect(),
    };
    vec![("memory-time", time), ("memory-bytes", bytes), ("memory-all", all), ("memory-sizes", sizes)]
}
