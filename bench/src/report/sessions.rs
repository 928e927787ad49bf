//! What is said of the sessions layer.

use super::firmness;
use crate::figures::{Figures, Unit};
use crate::table::{Mark, figure, marks, ratios, short, table, thousands};

const GET: &str = "bare get";
const LOAD: &str = "load";
const CROWDS: [&str; 2] = ["Redis, 1 caller", "Redis, 64 callers"];
const LISTING: &str = "listing";

/// The figures as tables, and what they were measured under.
pub fn tables(figures: &Figures) -> String {
    let stated = |fact| figures.stated(fact);
    let count = |fact| thousands(stated(fact).parse().unwrap_or(0.0));
    let mut text = format!(
        "{}; {} allocator, {}; redis-server {} on the same machine, over the loopback. Records of {} bytes, {} of them in \
         memory, the median of {} rounds in turn.\n",
        stated("machine"),
        stated("allocator"),
        stated("date"),
        stated("server"),
        stated("bytes"),
        count("sessions in memory"),
        stated("rounds"),
    );
    text += &format!("\n### A load beside a bare get\n\n{}", loads(figures));
    text += &format!(
        "\n### One user's ten sessions among {}\n\n{}",
        count("sessions"),
        ratios(figures, LISTING, "one load")
    );
    text
}

fn loads(figures: &Figures) -> String {
    let rows: Vec<_> = ["memory"]
        .into_iter()
        .chain(CROWDS)
        .flat_map(|setting| figures.rows(setting).into_iter().map(move |row| (setting, row)))
        .filter_map(|(setting, row)| {
            let unit = figures.unit(setting, row);
            let (get, load) = (figures.median(setting, row, GET)?, figures.median(setting, row, LOAD)?);
            let [get_text, load_text] = [get, load].map(|value| figure(value, unit));
            let more = format!("{:+.0} ns", load - get);
            Some(vec![format!("{setting}: {row}"), get_text, load_text, more, short(load / get)])
        })
        .collect();
    table(&["", GET, LOAD, "difference", "ratio"], &rows)
}

/// The part of the page.
pub(super) fn section(figures: &Figures) -> String {
    let tables = tables(figures);
    let (facts, tables) = tables.split_once("\n\n").unwrap_or(("", &tables));
    format!("{facts}\n\n{HOW}\n{}\n\n{tables}\n### What was promised\n\n{}", firmness(figures), promised(figures))
}

const HOW: &str = "\
*A bare get* is `Store::get` of a session's record with `Raw`, which copies nothing and reads no JSON. *A load* begins with
the cookie's text and ends with a session whose fields are read. Both go over one connection, round by round in turn.
Neither notes a use: that is a write more, once in a touch window. Round trips are counted by a relay before the server,
commands by the server.
";

fn promised(figures: &Figures) -> String {
    let mark = |what: &str, most: &str, value: Option<f64>, unit: Unit, limit: f64| Mark {
        what: what.to_owned(),
        most: most.to_owned(),
        measured: vec![value.map(|value| (figure(value, unit), value <= limit))],
    };
    let more = figures.median("memory", "a load's more", LOAD);
    let over = |setting| figures.median(setting, "a load over a get, round by round", LOAD);
    let trips = figures.median(LISTING, "round trips", "list of ten");
    let all = [
        mark("a load's more than a bare get, memory", "≤ 2 µs", more, Unit::Nanos, 2000.0),
        mark("a load over a bare get, Redis, 1 caller", "≤ 1.15", over(CROWDS[0]), Unit::Count, 1.15),
        mark("a load over a bare get, Redis, 64 callers", "≤ 1.15", over(CROWDS[1]), Unit::Count, 1.15),
        mark("round trips of a list of ten", "≤ 2", trips, Unit::Count, 2.0),
    ];
    marks(&["", "promised", "larder"], &all)
}
