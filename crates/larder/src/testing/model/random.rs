//! Keys, patterns and choices at random, from a seed that can be set.

use std::env;
use std::time::Duration;

use crate::key::Key;
use crate::pattern::{Part, Pattern};
use crate::term::Term;
use crate::ttl::Ttl;

/// A source of random choices that tells its seed, and takes it from `LARDER_SEED` where that is set.
pub(in crate::testing) struct Random {
    seed: u64,
    source: fastrand::Rng,
}

impl Random {
    pub(in crate::testing) fn new() -> Self {
        let set = env::var("LARDER_SEED").ok();
        let set = set.map(|seed| seed.parse().unwrap_or_else(|_| panic!("LARDER_SEED is not a number below 2^64")));
        let seed = set.unwrap_or_else(|| fastrand::u64(..));
        Self { seed, source: fastrand::Rng::with_seed(seed) }
    }

    /// What to print where a check fails.
    pub(in crate::testing) fn seed_line(&self) -> String {
        format!("LARDER_SEED={} shows it again", self.seed)
    }

    pub(in crate::testing) fn below(&mut self, end: usize) -> usize {
        self.source.usize(..end)
    }

    pub(super) fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    pub(super) fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.source.u64(1..=most))
    }

    /// A ttl that ends within what a walk moves the clock by, or long after, or never.
    pub(super) fn ttl(&mut self) -> Ttl {
        match self.below(10) {
            0 => Ttl::Never,
            1..=3 => Ttl::After(super::LONG),
            4 => Ttl::After(Ttl::MIN),
            _ => Ttl::After(self.millis(300)),
        }
    }

    pub(in crate::testing) fn key(&mut self) -> Key {
        let count = 1 + self.below(4);
        let parts: Vec<Term> = (0..count).map(|_| self.part()).collect();
        Key::new(parts).expect("it has a part")
    }

    /// One of few, so that keys resemble each other and patterns find them.
    fn part(&mut self) -> Term {
        let atom = |name: &str| Term::atom(name).expect("a short name is an atom");
        match self.below(12) {
            0..=3 => "a".into(),
            4 | 5 => "b".into(),
            6 => 1.into(),
            7 => Term::float(1.0).expect("it is finite"),
            8 => atom("a"),
            9 => Term::tuple([Term::from("a"), self.small()]),
            10 => Term::list([self.small(), self.small()]),
            _ => Term::map([(atom("a"), self.small())]),
        }
    }

    fn small(&mut self) -> Term {
        Term::from(self.below(2) as u64)
    }

    pub(in crate::testing) fn pattern(&mut self) -> Pattern {
        let count = self.below(4);
        let parts: Vec<Part> = (0..count).map(|_| self.part_of_a_pattern()).collect();
        let rest = count == 0 || self.below(4) == 0;
        Pattern::new(parts, rest).expect("it has a part or a rest")
    }

    fn part_of_a_pattern(&mut self) -> Part {
        let hole = Term::atom("_").expect("a short name is an atom");
        let like = |term: Term| Part::like(&term).expect("no hole stands as a map's key");
        match self.below(14) {
            0..=4 => Part::Any,
            5 | 6 => Part::Variable(1),
            7 => like(Term::tuple([Term::from("a"), hole])),
            8 => like(Term::list([self.small(), hole])),
            9 => like(Term::map(Vec::<(Term, Term)>::new())),
            _ => Part::exactly(self.part()),
        }
    }
}
