//! Figures: what was measured, in lines that a program can read again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// All that one bench measured, and the facts it was measured under.
#[derive(Default)]
pub struct Figures {
    facts: Vec<(String, String)>,
    figures: Vec<Figure>,
}

/// One thing that was measured, round after round.
pub struct Figure {
    /// Under what it was measured: sizes and threads.
    pub setting: String,
    /// What was measured.
    pub row: String,
    /// Who was measured.
    pub candidate: String,
    /// In what.
    pub unit: Unit,
    /// What each round gave.
    pub rounds: Vec<f64>,
}

impl Figures {
    /// States a fact.
    pub fn fact(&mut self, name: &str, value: impl ToString) {
        self.facts.push((name.to_owned(), value.to_string()));
    }

    /// A fact, empty where it was not stated.
    pub fn stated(&self, name: &str) -> &str {
        self.facts.iter().find(|(fact, _)| fact == name).map_or("", |(_, value)| value)
    }

    /// Adds what was measured.
    pub fn add(&mut self, setting: &str, row: &str, candidate: &str, unit: Unit, rounds: Vec<f64>) {
        let [setting, row, candidate] = [setting, row, candidate].map(str::to_owned);
        self.figures.push(Figure { setting, row, candidate, unit, rounds });
    }

    /// The settings, in the order they were added.
    pub fn settings(&self) -> Vec<&str> {
        distinct(self.figures.iter().map(|figure| figure.setting.as_str()))
    }

    /// The rows of a setting.
    pub fn rows(&self, setting: &str) -> Vec<&str> {
        distinct(self.figures.iter().filter(|figure| figure.setting == setting).map(|figure| figure.row.as_str()))
    }

    /// Who was measured under a setting.
    pub fn candidates(&self, setting: &str) -> Vec<&str> {
        distinct(self.figures.iter().filter(|figure| figure.setting == setting).map(|figure| figure.candidate.as_str()))
    }

    /// In what a row is told.
    pub fn unit(&self, setting: &str, row: &str) -> Unit {
        let is_it = |figure: &&Figure| figure.setting == setting && figure.row == row;
        self.figures.iter().find(is_it).map_or(Unit::Nanos, |figure| figure.unit)
    }

    /// The middle of what the rounds gave, if this was measured.
    pub fn median(&self, setting: &str, row: &str, candidate: &str) -> Option<f64> {
        let is_it = |figure: &&Figure| figure.setting == setting && figure.row == row && figure.candidate == candidate;
        self.figures.iter().find(is_it).map(|figure| median(figure.rounds.clone()))
    }

    /// How far each round strayed from its row's median, as shares of it, the least first.
    pub(crate) fn strays(&self) -> Vec<f64> {
        let of = |figure: &Figure| {
            let middle = median(figure.rounds.clone());
            figure.rounds.iter().map(move |round| (round / middle - 1.0).abs()).collect::<Vec<_>>()
        };
        let several = self.figures.iter().filter(|figure| figure.rounds.len() > 1);
        let mut strays: Vec<f64> = several.flat_map(of).filter(|stray| stray.is_finite()).collect();
        strays.sort_by(f64::total_cmp);
        strays
    }

    /// Writes the figures where [`Figures::load`] finds them; answers where.
    pub fn save(&self, bench: &str, quick: bool) -> io::Result<PathBuf> {
        let path = file_of(bench, quick);
        let facts = self.facts.iter().map(|(name, value)| format!("fact\t{name}\t{value}\n"));
        let figures = self.figures.iter().map(|Figure { setting, row, candidate, unit, rounds }| {
            let rounds: Vec<String> = rounds.iter().map(f64::to_string).collect();
            format!("figure\t{setting}\t{row}\t{candidate}\t{}\t{}\n", unit.word(), rounds.join("\t"))
        });
        fs::create_dir_all(folder(quick))?;
        fs::write(&path, facts.chain(figures).collect::<String>())?;
        Ok(path)
    }

    /// Reads the figures of a bench, if it has been run.
    pub fn load(bench: &str, quick: bool) -> Option<Self> {
        let text = fs::read_to_string(file_of(bench, quick)).ok()?;
        let mut figures = Self::default();
        for line in text.lines() {
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["fact", name, value] => figures.fact(name, value),
                ["figure", setting, row, candidate, unit, ref rounds @ ..] => {
                    let rounds = rounds.iter().filter_map(|round| round.parse().ok()).collect();
                    figures.add(setting, row, candidate, Unit::of(unit)?, rounds);
                }
                _ => {}
            }
        }
        Some(figures)
    }
}

/// What a figure is told in.
#[derive(Clone, Copy, PartialEq)]
pub enum Unit {
    /// Nanoseconds.
    Nanos,
    /// Bytes.
    Bytes,
    /// Mebibytes.
    Mebibytes,
    /// So many a second: the only one of which more is better.
    PerSecond,
    /// A plain count.
    Count,
}

impl Unit {
    const WORDS: [(&str, Self); 5] = [
        ("ns", Self::Nanos),
        ("B", Self::Bytes),
        ("MiB", Self::Mebibytes),
        ("/s", Self::PerSecond),
        ("count", Self::Count),
    ];

    fn of(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(name, _)| *name == word).map(|(_, unit)| unit)
    }

    fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, unit)| *unit == self).map_or("", |(word, _)| word)
    }

    /// Whether the first figure is better than the second.
    pub fn is_better(self, first: f64, second: f64) -> bool {
        if self == Self::PerSecond { first > second } else { first < second }
    }
}

fn distinct<'f>(names: impl Iterator<Item = &'f str>) -> Vec<&'f str> {
    let mut seen = Vec::new();
    names.for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name)
        }
    });
    seen
}

/// Where results lie. Those of quick runs lie apart: they only show that a bench runs.
pub(crate) fn folder(quick: bool) -> &'static Path {
    Path::new(if quick { "bench/results/quick" } else { "bench/results" })
}

fn file_of(bench: &str, quick: bool) -> PathBuf {
    folder(quick).join(format!("{bench}.tsv"))
}

/// The middle one of measured values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
