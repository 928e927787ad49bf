//! What is said of the sessions layer.

use super::firmness;
use crate::figures::{Figures, Unit};
use crate::table::{Mark, figure, marks, ratios, short, table, thousands};

/// Who is measured.
pub const BYTES: &str = "get, bytes";
pub const VALUE: &str = "get, a value";
pub const LOAD: &str = "load";

/// Where, and what is told of it besides times.
pub const MEMORY: &str = "memory";
pub const CROWDS: [&str; 2] = ["Redis, 1 caller", "Redis, 64 callers"];
pub const MORE: &str = "a load's more than bytes";
pub const OVER_BYTES: &str = "a load over bytes, round by round";
pub const OVER_VALUE: &str = "a load over a value, round by round";

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
    let rows: Vec<_> = [MEMORY]
        .into_iter()
        .chain(CROWDS)
        .flat_map(|setting| figures.rows(setting).into_iter().map(move |row| (setting, row)))
        .filter_map(|(setting, row)| {
            let unit = figures.unit(setting, row);
            let base = figures.median(setting, row, BYTES)?;
            let cell = |candidate| {
                let value = figures.median(setting, row, candidate).unwrap_or(f64::NAN);
                format!("{} ({})", short(value / base), figure(value, unit))
            };
            Some(vec![format!("{setting}: {row}"), format!("1 ({})", figure(base, unit)), cell(VALUE), cell(LOAD)])
        })
        .collect();
    table(&["", BYTES, VALUE, LOAD], &rows)
}

/// The part of the page.
pub(super) fn section(figures: &Figures) -> String {
    let tables = tables(figures);
    let (facts, tables) = tables.split_once("\n\n").unwrap_or(("", &tables));
    format!("{facts}\n\n{HOW}\n{}\n\n{tables}\n### What was promised\n\n{}", firmness(figures), promised(figures))
}

const HOW: &str = "\
*Bytes* is `Store::get` of a session's record with `Raw`, which copies nothing and reads no JSON; *a value* is `Store::get`
of the same record as a value of a type with the same fields, as an application would keep one of its own. *A load* begins
with the cookie's text and ends with a session whose fields are checked, and become values when the first of them is
asked for, which is not in these rows. All go over one connection, round by round in
turn. No load notes a use here: that is a write more, once in a touch window. Round trips are counted by a relay before the
server, commands by the server.

With one caller the way to the server and back is nearly all of a call. With many on one connection a call costs so little
that what a load does in its own process shows: the bearer's hash, and the check of the record's JSON, which a get of bytes
leaves unread. Under a network's round trip it does not show. What is promised is of one call's time; with 64 callers who
keep both cores busy a load takes more than that, as the table tells.
";

fn promised(figures: &Figures) -> String {
    let mark = |what: String, most: &str, value: Option<f64>, unit: Unit, limit: f64| Mark {
        what,
        most: most.to_owned(),
        measured: vec![value.map(|value| (figure(value, unit), value <= limit))],
    };
    let more = figures.median(MEMORY, MORE, LOAD);
    let trips = figures.median(LISTING, "round trips", "list of ten");
    let mut all = vec![mark(format!("{MORE}, {MEMORY}"), "≤ 2 µs", more, Unit::Nanos, 2000.0)];
    for row in [OVER_BYTES, OVER_VALUE] {
        let over = figures.median(CROWDS[0], row, LOAD);
        let what = format!("{}, {}", row.trim_end_matches(", round by round"), CROWDS[0]);
        all.push(mark(what, "≤ 1.15", over, Unit::Count, 1.15));
    }
    all.push(mark("round trips of a list of ten".to_owned(), "≤ 2", trips, Unit::Count, 2.0));
    marks(&["", "promised", "larder"], &all)
}
