//! Tables in Markdown, and numbers as people read them.

use crate::figures::{Figures, Unit};

/// A table: its head, and its rows.
pub(crate) fn table<T: AsRef<str>>(head: &[T], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.iter().map(AsRef::as_ref).collect());
    text += &line(head.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "--:" }).collect());
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// A figure in words, in the unit that suits it.
pub(crate) fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanos if value < 1e4 => format!("{value:.0} ns"),
        Unit::Nanos if value < 1e6 => format!("{} µs", short(value / 1e3)),
        Unit::Nanos if value < 1e9 => format!("{} ms", short(value / 1e6)),
        Unit::Nanos => format!("{} s", short(value / 1e9)),
        Unit::Bytes => format!("{} B", thousands(value)),
        Unit::Mebibytes => format!("{} MiB", short(value)),
        Unit::PerSecond if value < 1e6 => format!("{}/s", thousands(value)),
        Unit::PerSecond => format!("{} M/s", short(value / 1e6)),
        Unit::Count => short(value),
    }
}

/// One setting of figures as a table: to each candidate its ratio to one of them, and in brackets what was measured.
pub(crate) fn ratios(figures: &Figures, setting: &str, base: &str) -> String {
    let candidates = figures.candidates(setting);
    let head: Vec<&str> = [""].into_iter().chain(candidates.iter().copied()).collect();
    let row = |name: &&str| {
        let beside = figures.median(setting, name, base);
        let cell = |candidate: &&str| {
            let Some(value) = figures.median(setting, name, candidate) else { return "–".to_owned() };
            let text = figure(value, figures.unit(setting, name));
            match beside {
                Some(_) if *candidate == base => format!("1 ({text})"),
                Some(beside) => format!("{} ({text})", short(value / beside)),
                None => text,
            }
        };
        [(*name).to_owned()].into_iter().chain(candidates.iter().map(cell)).collect()
    };
    table(&head, &figures.rows(setting).iter().map(row).collect::<Vec<_>>())
}

/// A sentence for every row in which a peer is better than the first candidate, with a reason where there is one.
pub(crate) fn where_peers_are_better(
    figures: &Figures,
    settings: &[&str],
    peers: &[&str],
    reasons: &[(&str, &str)],
) -> String {
    let mut text = String::new();
    for setting in settings {
        for row in figures.rows(setting) {
            let unit = figures.unit(setting, row);
            let Some(ours) = figures.median(setting, row, "larder") else { continue };
            let better = |peer: &&str| {
                let theirs = figures.median(setting, row, peer)?;
                let share = short(theirs / ours);
                unit.is_better(theirs, ours).then(|| format!("{peer} ({}, {share} of Larder's)", figure(theirs, unit)))
            };
            let better: Vec<String> = peers.iter().filter_map(better).collect();
            if better.is_empty() {
                continue;
            }
            let reason = reasons.iter().find(|(of, _)| *of == row).map_or("", |(_, reason)| reason);
            let (verb, place) =
                (if better.len() == 1 { "is" } else { "are" }, if setting.is_empty() { "" } else { ", " });
            text += &format!("- **{row}**{place}{setting}: {} {verb} better.{reason}\n", listed(&better));
        }
    }
    if text.is_empty() { "None in this run.\n".to_owned() } else { text }
}

/// What was promised of a figure.
pub(crate) struct Mark {
    pub(crate) what: String,
    pub(crate) most: String,
    /// What was measured, and whether it is met; none where it was not measured.
    pub(crate) measured: Vec<Option<(String, bool)>>,
}

/// Marks as a table; in bold what misses them.
pub(crate) fn marks(head: &[&str], marks: &[Mark]) -> String {
    let cell = |measured: &Option<(String, bool)>| match measured {
        None => "–".to_owned(),
        Some((text, true)) => format!("{text}, met"),
        Some((text, false)) => format!("**{text}, missed**"),
    };
    let row = |mark: &Mark| {
        let words = [mark.what.clone(), mark.most.clone()].into_iter();
        words.chain(mark.measured.iter().map(cell)).collect()
    };
    table(head, &marks.iter().map(row).collect::<Vec<_>>())
}

/// A number to about three digits.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        size if size > 0.0 && size < 0.0005 => "< 0.001".to_owned(),
        size if size < 0.095 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        size if size < 10_000.0 => format!("{value:.0}"),
        _ => thousands(value),
    }
}

/// A whole number with its thousands apart.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Names in a row, as a sentence has them.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [name] => name.clone(),
        [names @ .., last] => format!("{} and {last}", names.join(", ")),
    }
}
