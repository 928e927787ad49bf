//! What is said of the Redis backend.

use super::{Plots, firmness};
use crate::figures::{Figures, Unit};
use crate::plot::{Bar, Bars, Group};
use crate::table::{Mark, figure, marks, ratios, short, thousands, where_peers_are_better};

const BASE: &str = "redis-rs";
const PEERS: [&str; 3] = [BASE, "fred", "redis-benchmark"];
const CROWDS: [&str; 4] = ["1 caller", "8 callers", "64 callers", "512 callers"];
const MANY: &str = "64 callers";

/// The figures as tables, and what they were measured under.
pub fn tables(figures: &Figures) -> String {
    let stated = |fact| figures.stated(fact);
    let mut text = format!(
        "{}; {} allocator, {}; redis-server {} on the same machine, over the loopback. Values of {} bytes, {} calls a \
         round.\n",
        stated("machine"),
        stated("allocator"),
        stated("date"),
        stated("server"),
        stated("value bytes"),
        thousands(stated("calls").parse().unwrap_or(0.0)),
    );
    for crowd in CROWDS {
        text += &format!("\n### {crowd}\n\n{}", ratios(figures, crowd, BASE));
    }
    text += &format!("\n### Listing ten records\n\n{}", ratios(figures, "all of 10", "one get"));
    text += &format!("\n### What the index costs\n\n{}", ratios(figures, "the index", "without an index"));
    text
}

/// The part of the page.
pub(super) fn section(figures: &Figures) -> String {
    let tables = tables(figures);
    let (facts, tables) = tables.split_once("\n\n").unwrap_or(("", &tables));
    format!(
        "{facts}\n\nredis-rs {} is its `MultiplexedConnection` with `TCP_NODELAY`, fred {} one client with it. {HOW}\n{}\n\n\
         ![Calls a second beside redis-rs](plots/redis.svg)\n\n{tables}\n### What was promised\n\n{}\n\
         ### Where a peer is better\n\n{}",
        figures.stated("redis-rs"),
        figures.stated("fred"),
        firmness(figures),
        promised(figures),
        where_peers_are_better(figures, &CROWDS, &PEERS, &[]),
    )
}

const HOW: &str = "\
Each has one connection, and all clients run on the same kind of runtime, a worker for each core, which they share with
the server. Callers call again as soon as they have their answer. `larder` is the backend with its fence, `larder, no fence`
with `fence=false`. redis-benchmark has a connection for each caller, its own event loop, and no ttl in its SET. An
indexed put is a MULTI of ZADD, twice PEXPIRE and SET; redis-rs sends the same. *All of 10* is timed with one caller, by
`Store::all`; `SCAN` is what a pattern that the index does not know costs. Candidates take turns in beginning a round. The
server is in a session of its own, as a service is: Linux shares cores between sessions, and within one between threads. How
many calls a second come of it depends on how long the machine takes to wake a core that sleeps, and strays by as much from
run to run; the CPU that a call takes strays less.
";

fn promised(figures: &Figures) -> String {
    let both = ["larder", "larder, no fence"];
    let share = |setting: &str, row: &str, candidate: &str| {
        Some(figures.median(setting, row, candidate)? / figures.median(setting, row, BASE)?)
    };
    let least = |setting: &str, row: &str, least: f64| Mark {
        what: format!("{row}, {setting}"),
        most: format!("≥ {least} × redis-rs"),
        measured: both
            .map(|candidate| {
                share(setting, row, candidate).map(|share| (format!("{} ×", short(share)), share >= least))
            })
            .into(),
    };
    let most = |row: &str| Mark {
        what: format!("{row}, {MANY}"),
        most: "≤ redis-rs".to_owned(),
        measured: both
            .map(|candidate| share(MANY, row, candidate).map(|share| (format!("{} ×", short(share)), share <= 1.0)))
            .into(),
    };
    let mut all = vec![least(MANY, "get", 2.0), least(MANY, "put", 2.0), least(MANY, "indexed put", 1.8)];
    all.extend(["get", "put", "indexed put"].map(|row| least("1 caller", row, 0.9)));
    all.extend(["get, p99", "put, p99", "indexed put, p99"].map(most));
    for row in figures.rows("all of 10").into_iter().filter(|row| row.ends_with("time")) {
        let ratio = figures.median("all of 10", row, "larder, index").zip(figures.median("all of 10", row, "one get"));
        all.push(Mark {
            what: format!("all of 10, {}", row.trim_end_matches(", time")),
            most: "≤ 10 × one get".to_owned(),
            measured: vec![ratio.map(|(all, get)| (format!("{} ×", short(all / get)), all <= 10.0 * get)), None],
        });
    }
    marks(&["", "promised", both[0], both[1]], &all)
}

pub(super) fn plots(figures: &Figures) -> Plots {
    let group = |crowd: &&str| {
        let base = figures.median(crowd, "get", BASE).unwrap_or(1.0);
        let bar = |name: &str| {
            let value = figures.median(crowd, "get", name)?;
            let text = format!("{} ({})", short(value / base), figure(value, Unit::PerSecond));
            Some(Bar { name: name.to_owned(), value: value / base, text })
        };
        let bars = figures.candidates(crowd).into_iter().filter_map(bar).collect();
        Group { name: format!("get, {crowd}"), bars }
    };
    let plot = Bars {
        title: "Redis: gets a second beside redis-rs".to_owned(),
        axis: "ratio to redis-rs, more is better".to_owned(),
        logarithmic: false,
        line: Some(1.0),
        groups: CROWDS.iter().map(group).collect(),
    };
    vec![("redis", plot)]
}
