//! What several tasks did to one key, and whether it can be put in an order.

use std::collections::HashSet;
use std::fmt;

use crate::backend::When;

use super::case::version;

/// What is written: of two sizes, which some backends store in two ways.
const VALUES: [&str; 3] = ["a", "b", "c, which takes more room than the others"];

/// One call on the key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Put(&'static str, When),
    Get,
    Take,
    Touch,
    Delete,
}

impl Operation {
    /// One that is chosen by numbers below others.
    pub(crate) fn chosen(mut below: impl FnMut(usize) -> usize) -> Self {
        let value = VALUES[below(VALUES.len())];
        let swapped = VALUES[below(VALUES.len())];
        match below(9) {
            0 => Self::Put(value, When::Always),
            1 => Self::Put(value, When::Absent),
            2 => Self::Put(value, When::Present),
            3 => Self::Put(value, When::Unchanged(version(swapped))),
            4 => Self::Take,
            5 => Self::Touch,
            6 => Self::Delete,
            _ => Self::Get,
        }
    }

    /// What it answers where this value lives, and what lives after it.
    fn apply(self, living: Option<&'static str>) -> (String, Option<&'static str>) {
        match self {
            Self::Put(value, when) => {
                let holds = match when {
                    When::Always => true,
                    When::Absent => living.is_none(),
                    When::Present => living.is_some(),
                    When::Unchanged(of) => living.is_some_and(|living| version(living) == of),
                };
                (holds.to_string(), if holds { Some(value) } else { living })
            }
            Self::Get => (format!("{living:?}"), living),
            Self::Take => (format!("{living:?}"), None),
            Self::Touch => (living.is_some().to_string(), living),
            Self::Delete => (living.is_some().to_string(), None),
        }
    }
}

/// A call, its answer, and when it began and ended on a line that all tasks share.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    pub(crate) answer: String,
    pub(crate) began: u64,
    pub(crate) ended: u64,
}

#[derive(Default)]
pub(crate) struct History(Vec<Call>);

impl History {
    pub(crate) fn extend(&mut self, calls: Vec<Call>) {
        self.0.extend(calls);
    }

    /// Whether the calls, each at some moment between its beginning and its end, explain all answers: the search of
    /// Wing and Gong, with Lowe's memory of what was tried.
    pub(crate) fn has_an_order(&self) -> bool {
        assert!(self.0.len() < 64, "a set of calls is one number");
        let everyone = (1_u64 << self.0.len()) - 1;
        let mut tried = HashSet::new();
        let mut open = vec![(everyone, None)];
        while let Some((left, living)) = open.pop() {
            if left == 0 {
                return true;
            }
            if !tried.insert((left, living)) {
                continue;
            }
            let waiting = || self.0.iter().enumerate().filter(|(place, _)| left & (1 << place) != 0);
            let first_end = waiting().map(|(_, call)| call.ended).min().unwrap_or(u64::MAX);
            for (place, call) in waiting().filter(|(_, call)| call.began < first_end) {
                let (answer, after) = call.operation.apply(living);
                if answer == call.answer {
                    open.push((left & !(1 << place), after));
                }
            }
        }
        false
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Call { operation, answer, began, ended } in &self.0 {
            writeln!(f, "{began:>6} to {ended:>6}  {operation:?}: {answer}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: Operation, answer: &str, began: u64, ended: u64) -> Call {
        Call { operation, answer: answer.to_owned(), began, ended }
    }

    #[test]
    fn tells_an_order_from_none() {
        let put = Operation::Put("a", When::Always);
        let beside = History(vec![call(put, "true", 0, 3), call(Operation::Get, "None", 1, 2)]);
        assert!(beside.has_an_order(), "a get beside a put may come first");
        let after = History(vec![call(put, "true", 0, 1), call(Operation::Get, "None", 2, 3)]);
        assert!(!after.has_an_order(), "one after it may not");
        let twice = History(vec![
            call(put, "true", 0, 1),
            call(Operation::Take, "Some(\"a\")", 2, 5),
            call(Operation::Take, "Some(\"a\")", 3, 4),
        ]);
        assert!(!twice.has_an_order(), "two takers cannot both win");
    }
}
