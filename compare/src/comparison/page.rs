//! What came of the comparison, as a page.

use std::collections::BTreeMap;

use super::Told;
use super::cost::Each;
use super::revocation::Outcome;

/// The page `docs/comparison.md`.
pub fn page(told: &[Told], updates: usize, redis: &str) -> String {
    let versions: Vec<String> = [
        "tower-sessions",
        "tower-sessions-memory-store",
        "tower-sessions-moka-store",
        "tower-sessions-sqlx-store",
        "tower-sessions-redis-store",
        "actix-session",
    ]
    .map(|package| format!("{package} {}", version_of(package)))
    .into();
    format!(
        "# Beside other session stores\n\n{HEAD}\n{}; redis-server {redis}.\n\n\
         ## A session ends while one of its requests is under way\n\n{ENDS}\n{}\n\
         ## Two requests change different fields\n\n{UPDATES}\n{}\n\
         ## The session's key in the store\n\n{KEY}\n{}\n\
         ## What it costs on Redis\n\n{COST}\n{}\n### What a session takes in Redis\n\n{HELD}\n{}",
        versions.join(", "),
        ends(told),
        lost(told, updates),
        keys(told),
        costs(told),
        held(told),
    )
}

const HEAD: &str = "\
<!-- Written by scripts/compare: change compare/src/comparison, not this page. -->

Every published session store that Larder can stand in for, and Larder, put through one script in one run, each under the
framework's own session layer. `scripts/compare` runs it anew and writes this page, every cell of it.
";

const ENDS: &str = "\
A request has read the session; the session is ended; the request then changes a field, so that its framework saves.
*Signed out*: another tab of the same browser ends it. *Ended everywhere*: all sessions of its user are ended from
elsewhere, which needs a store that knows a user's sessions. *A second process* is asked right after the session was ended,
ahead of the save; it had served the session before.
";

const UPDATES: &str = "\
Pairs of requests of one session, each of which sets a field of its own; both have read the session before either saves.
";

const KEY: &str = "\
Whether that by which the framework asks for a session stands in what the store keeps, after a sign-in. Under tower-sessions
it is the cookie's value unless cookies are signed; under actix-session the cookie holds it, signed or encrypted.
";

const COST: &str = "\
One client after another, each request through the framework's layer. Round trips and bytes are counted by a relay before
the server, commands by the server. Larder costs more where it keeps the promises above: a sign-in enters the session with
its user and makes sure that nothing came between; a save is a compare-and-swap on what was read.
";

const HELD: &str = "\
`MEMORY USAGE` of all keys over the number of sessions, for users of ten sessions each. Larder's has the user's list in it.
";

type Table = (Vec<&'static str>, Vec<Vec<String>>);

fn table((head, rows): Table) -> String {
    let line = |cells: &mut dyn Iterator<Item = &str>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    let mut text = line(&mut head.iter().copied());
    text += &line(&mut head.iter().map(|_| "---"));
    for row in rows {
        text += &line(&mut row.iter().map(String::as_str));
    }
    text
}

/// What became of the sessions that were ended: the same in every run.
pub fn ends(told: &[Told]) -> String {
    let row = |told: &Told| {
        let second = match told.signed_out.second_accepts {
            None => "one process only",
            Some(true) => "**accepts it**",
            Some(false) => "refuses it",
        };
        let revoked = told.revoked.map_or("cannot".to_owned(), became);
        vec![told.name.to_owned(), became(told.signed_out), second.to_owned(), revoked]
    };
    let head = vec!["", "signed out: the session …", "a second process …", "ended everywhere: the session …"];
    table((head, told.iter().map(row).collect()))
}

fn became(outcome: Outcome) -> String {
    let place = match (outcome.is_back, outcome.is_back_renamed) {
        (true, _) => "**comes back**",
        (false, true) => "**comes back under a new key**",
        (false, false) => "stays out",
    };
    match outcome.status {
        200 => place.to_owned(),
        status => format!("{place}, and the request becomes a **{status}**"),
    }
}

fn lost(told: &[Told], updates: usize) -> String {
    let of = format!("lost of {} updates", thousands(updates));
    let row = |told: &Told| format!("| {} | {} |\n", told.name, thousands(told.lost));
    format!("|  | {of} |\n| --- | --: |\n{}", told.iter().map(row).collect::<String>())
}

/// Which stores keep the key of a session as it is: the same in every run.
pub fn keys(told: &[Told]) -> String {
    let row = |told: &Told| {
        let shows = match told.shows_key? {
            true => "**in clear**",
            false => "nowhere",
        };
        Some(vec![told.name.to_owned(), shows.to_owned()])
    };
    table((vec!["", "the key stands …"], told.iter().filter_map(row).collect()))
}

fn costs(told: &[Told]) -> String {
    let on_redis: Vec<_> = told.iter().filter_map(|told| Some((told.name, told.costs.as_ref()?))).collect();
    let mut text = String::new();
    let kinds: [(&str, fn(&Each) -> f64); 4] = [
        ("Round trips", |each| each.trips),
        ("Commands", |each| each.commands),
        ("Bytes to the server", |each| each.sent),
        ("Bytes from the server", |each| each.received),
    ];
    for (kind, of) in kinds {
        let whats: Vec<&str> =
            on_redis.first().map_or(vec![], |(_, costs)| costs.iter().map(|cost| cost.what).collect());
        text += &format!("| {kind} | {} |\n| --- |{}\n", whats.join(" | "), " --: |".repeat(whats.len()));
        for (name, costs) in &on_redis {
            let cells =
                costs.iter().map(|cost| cost.each.as_ref().map_or("cannot".to_owned(), |each| number(of(each))));
            text += &format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "));
        }
        text += "\n";
    }
    text
}

fn held(told: &[Told]) -> String {
    let row = |told: &Told| {
        let (bytes, keys) = told.held?;
        Some(format!("| {} | {} | {} |\n", told.name, number(bytes), number(keys)))
    };
    format!("|  | bytes | keys |\n| --- | --: | --: |\n{}", told.iter().filter_map(row).collect::<String>())
}

fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if value >= 10.0 || rounded.fract() == 0.0 { thousands(value.round() as usize) } else { format!("{rounded:.1}") }
}

fn thousands(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The version of a package that is locked here; the oldest where there are several.
fn version_of(package: &str) -> &'static str {
    static LOCKED: &str = include_str!("../../Cargo.lock");
    let head = format!("name = \"{package}\"");
    let entries = LOCKED.split("[[package]]").filter(|entry| entry.lines().any(|line| line == head));
    let versions: BTreeMap<_, _> = entries
        .filter_map(|entry| entry.lines().find_map(|line| line.strip_prefix("version = \"")))
        .map(|version| (version.split('.').map(|part| part.parse::<u32>().ok()).collect::<Vec<_>>(), version))
        .collect();
    versions.values().next().map_or("?", |version| version.trim_end_matches('"'))
}
