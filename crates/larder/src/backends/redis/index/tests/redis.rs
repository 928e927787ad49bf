//! As much of Redis as the protocol needs.

use std::collections::BTreeMap;

use super::search::{INDEX, NEVER, RECORD, SIBLING};

/// One database. A number stands for a time or a length of time in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Redis {
    pub(super) now: u64,
    values: BTreeMap<&'static str, (Value, Option<u64>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Value {
    Text,
    Set(BTreeMap<&'static str, u64>),
}

impl Redis {
    pub(super) fn at(now: u64) -> Self {
        Self { now, values: BTreeMap::new() }
    }

    pub(super) fn advance(&mut self, by: u64) {
        self.now += by;
        self.values.retain(|_, (_, end)| end.is_none_or(|end| end > self.now));
    }

    pub(super) fn exists(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    pub(super) fn ends(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|(_, end)| end.is_some())
    }

    pub(super) fn score(&self, key: &str, member: &str) -> Option<u64> {
        match self.values.get(key) {
            Some((Value::Set(members), _)) => members.get(member).copied(),
            _ => None,
        }
    }

    /// What a command changes; whether it changed something.
    pub(super) fn run(&mut self, words: &[&str]) -> bool {
        let millis = |text: &str| text.parse::<u64>().unwrap();
        match *words {
            ["SET", key, _, ref options @ ..] => {
                let exists = self.exists(key);
                if (options.contains(&"NX") && exists) || (options.contains(&"XX") && !exists) {
                    return false;
                }
                let ttl = options.iter().position(|option| *option == "PX").map(|at| millis(options[at + 1]));
                self.values.insert(known(key), (Value::Text, ttl.map(|ttl| self.now + ttl)));
                true
            }
            ["UNLINK", key] => self.values.remove(key).is_some(),
            ["PERSIST", key] => self.values.get_mut(key).is_some_and(|(_, end)| end.take().is_some()),
            ["PEXPIRE", key, ttl, ref how @ ..] => {
                let new = self.now + millis(ttl);
                let Some((_, end)) = self.values.get_mut(key) else { return false };
                let is_to = match (how, *end) {
                    ([], _) | (["NX"], None) => true,
                    (["GT"], Some(end)) => new > end,
                    (["NX"], Some(_)) | (["GT"], None) => false,
                    _ => panic!("{how:?}"),
                };
                if is_to {
                    *end = Some(new);
                }
                is_to
            }
            ["ZADD", key, "GT", score, member] => {
                let members = self.members(key);
                let score = millis(score).max(members.get(member).copied().unwrap_or_default());
                members.insert(known(member), score) != Some(score)
            }
            ["ZADD", key, score, member] => {
                self.members(key).insert(known(member), millis(score)) != Some(millis(score))
            }
            ["ZREM", key, member] => self.remove(key, |other, _| other == member),
            ["ZREMRANGEBYSCORE", key, from, to] => {
                let from = if from == "-inf" { 0 } else { millis(from) };
                self.remove(key, |_, score| (from..=millis(to)).contains(&score))
            }
            _ => panic!("{words:?}"),
        }
    }

    fn members(&mut self, key: &str) -> &mut BTreeMap<&'static str, u64> {
        match self.values.entry(known(key)).or_insert((Value::Set(BTreeMap::new()), None)) {
            (Value::Set(members), _) => members,
            (Value::Text, _) => panic!("an index is a sorted set"),
        }
    }

    /// A set without members is no more, and its ttl with it.
    fn remove(&mut self, key: &str, is_to: impl Fn(&str, u64) -> bool) -> bool {
        let Some((Value::Set(members), _)) = self.values.get_mut(key) else { return false };
        let before = members.len();
        members.retain(|member, score| !is_to(member, *score));
        let after = members.len();
        if after == 0 {
            self.values.remove(key);
        }
        after < before
    }
}

/// The name for ever, which is cheap to copy: there are few.
fn known(name: &str) -> &'static str {
    const NAMES: [&str; 6] = [RECORD, SIBLING, INDEX, NEVER, "r", "s"];
    NAMES.into_iter().find(|known| *known == name).unwrap()
}
