//! Every order in which the steps of several clients can happen, on the model of a server.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::redis::Redis;
use super::*;

pub(super) const RECORD: &str = "ns:a:r";
/// A record beside it that lives throughout, under the same index.
pub(super) const SIBLING: &str = "ns:a:s";
pub(super) const INDEX: &str = "i:ns:a";
pub(super) const NEVER: &str = "n:ns:a";
const START: u64 = 1_700_000_000_000;
const LONG: Duration = Duration::from_secs(36_000);

// What can go wrong.
pub(super) const MISSING: &str = "a record that lived throughout a listing is missing from it";
pub(super) const UNLISTED: &str = "a living record stands in no index";
pub(super) const SIBLING_UNLISTED: &str = "a living record's sibling stands in no index";
pub(super) const ENDLESS: &str = "an index of what ends never ends";

/// What one client does, step by step.
#[derive(Clone, PartialEq)]
pub(super) enum Client {
    /// A put, or a touch, by a clock that is so many seconds off, with the record's own command.
    Put {
        ttl: Ttl,
        clock: i64,
        command: Vec<&'static str>,
    },
    Delete,
    /// Time passes; never while a put is under way, which ends long before the slack does.
    Time(Duration),
    Trim,
    /// Removes the entry of a record that never ends and is gone.
    Sweep,
    /// A listing, which reads the indexes one by one and then the record.
    All,
}

/// The protocol, or one that is broken on purpose.
#[derive(Clone, Copy)]
pub(super) struct Protocol {
    pub(super) slot: Slot,
    pub(super) put: fn(&[Entry], Ttl, Moment, Token, Slot) -> Plan,
    pub(super) delete: fn(&[Entry], Slot) -> Plan,
    /// Whether the sweep removes by the score it has read, and not by the member's name.
    pub(super) sweeps_by_score: bool,
    /// Whether a listing removes what it does not find.
    pub(super) removes_on_miss: bool,
    /// Whether a delete looks for the record after it has removed its entry, and puts it back.
    pub(super) looks_again: bool,
    /// Whether PEXPIRE is sent without NX and GT.
    pub(super) last_ttl_wins: bool,
    /// Whether no sibling stands in the index.
    pub(super) alone: bool,
    /// Whether a record is listed from the moment it is written, and not only from the end of its put.
    pub(super) at_once: bool,
}

pub(super) const fn ours(slot: Slot) -> Protocol {
    Protocol {
        slot,
        put,
        delete,
        sweeps_by_score: true,
        removes_on_miss: false,
        looks_again: false,
        last_ttl_wins: false,
        alone: false,
        at_once: true,
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    redis: Redis,
    /// How many steps each client has done.
    done: Vec<usize>,
    /// When each client began.
    began: Vec<u64>,
    /// What the sweep has read.
    seen: Option<u64>,
    /// Whether the listing has met the record in an index, and whether that has lived since the listing began.
    listed: bool,
    lived: bool,
    /// The puts that have written the record since it was last absent, a bit each.
    writers: u8,
}

/// Who takes part, and in how many steps each.
struct Search<'a> {
    protocol: Protocol,
    clients: &'a [Client],
    lengths: Vec<usize>,
    /// The plans of each client by the time it began.
    plans: RefCell<Plans>,
}

type Plans = HashMap<(usize, u64), Rc<[Group]>>;

impl Search<'_> {
    fn plan(&self, number: usize, began: u64) -> Rc<[Group]> {
        let plan = || groups(self.protocol, &self.clients[number], began, number).into();
        self.plans.borrow_mut().entry((number, began)).or_insert_with(plan).clone()
    }
}

/// Counts the states that clients can bring about, or says what went wrong in one.
pub(super) fn search(protocol: Protocol, clients: &[Client]) -> Result<usize, &'static str> {
    let mut redis = Redis::at(START);
    let siblings = if protocol.alone { &[][..] } else { &[entry("s")] };
    for entry in siblings {
        let Plan(rounds) = put(std::slice::from_ref(entry), Ttl::After(LONG), moment(START), Token(0), Slot::One);
        for step in &rounds[0][0].0 {
            run(protocol, &mut redis, step, &["SET", SIBLING, "v", "PX", "36000000"]);
        }
    }
    let start = World {
        redis,
        done: vec![0; clients.len()],
        began: vec![0; clients.len()],
        seen: None,
        listed: false,
        lived: false,
        writers: 0,
    };
    let lengths = clients.iter().map(|client| length(protocol, client)).collect();
    let search = Search { protocol, clients, lengths, plans: RefCell::default() };
    let mut known = HashSet::from([start.clone()]);
    let mut rest = vec![start];
    while let Some(world) = rest.pop() {
        for number in 0..clients.len() {
            if !world.may_go_on(&search, number) {
                continue;
            }
            let mut next = world.clone();
            next.step(&search, number)?;
            next.check(&search)?;
            if !known.contains(&next) {
                known.insert(next.clone());
                rest.push(next);
            }
        }
    }
    Ok(known.len())
}

impl World {
    fn may_go_on(&self, search: &Search<'_>, number: usize) -> bool {
        let Search { clients, lengths, .. } = search;
        let under_way = |number: usize| {
            matches!(clients[number], Client::Put { .. }) && (1..lengths[number]).contains(&self.done[number])
        };
        let is_second = clients[number] == Client::Delete && number > 0 && clients[number - 1] == Client::Delete;
        match clients[number] {
            _ if self.done[number] == lengths[number] => false,
            Client::Time(_) => !(0..clients.len()).any(under_way),
            // Of two that are alike, one may well begin first.
            _ => !is_second || self.done[number - 1] > 0,
        }
    }

    /// One step of one client.
    fn step(&mut self, search: &Search<'_>, number: usize) -> Result<(), &'static str> {
        let Search { protocol, clients, lengths, .. } = search;
        let (protocol, at) = (*protocol, self.done[number]);
        if at == 0 {
            self.began[number] = self.redis.now;
        }
        match &clients[number] {
            Client::Put { command, .. } => {
                for step in &search.plan(number, self.began[number])[at].0 {
                    if run(protocol, &mut self.redis, step, command) && *step == Step::Record && command[0] == "SET" {
                        self.writers |= 1 << number;
                    }
                }
            }
            Client::Delete => match search.plan(number, self.began[number]).get(at) {
                Some(group) => {
                    for step in &group.0 {
                        run(protocol, &mut self.redis, step, &["UNLINK", RECORD]);
                    }
                }
                None => {
                    if self.redis.exists(RECORD) {
                        self.redis.run(&["ZADD", NEVER, "77", "r"]);
                    }
                }
            },
            Client::Time(by) => self.redis.advance(u64::try_from(by.as_millis()).unwrap()),
            Client::Trim => {
                let step = trim(&INDEX.into(), moment(self.redis.now));
                run(protocol, &mut self.redis, &step, &[]);
            }
            Client::Sweep => match at {
                0 => self.seen = self.redis.score(NEVER, "r"),
                1 if self.redis.exists(RECORD) => self.seen = None,
                1 => {}
                _ => {
                    if let Some(score) = self.seen {
                        let step = forget(&NEVER.into(), Score(score));
                        let remove = Step::Remove { index: NEVER.into(), member: "r".into() };
                        run(protocol, &mut self.redis, if protocol.sweeps_by_score { &step } else { &remove }, &[]);
                    }
                }
            },
            Client::All => match at {
                0 => {
                    self.lived = self.is_to_be_listed(search);
                    self.listed = self.redis.score(INDEX, "r").is_some();
                }
                1 => self.listed |= self.redis.score(NEVER, "r").is_some(),
                2 if self.lived && !self.listed => {
                    return Err(MISSING);
                }
                2 => self.listed &= !self.redis.exists(RECORD),
                _ if self.listed => {
                    self.redis.run(&["ZREM", INDEX, "r"]);
                    self.redis.run(&["ZREM", NEVER, "r"]);
                }
                _ => {}
            },
        }
        self.done[number] += 1;
        if self.done[number] == lengths[number] {
            // What no longer matters is forgotten, so that equal states are found equal.
            self.began[number] = 0;
            match clients[number] {
                Client::Sweep => self.seen = None,
                Client::All => (self.listed, self.lived) = (false, false),
                _ => {}
            }
        }
        if !self.redis.exists(RECORD) {
            self.writers = 0;
            self.lived = false;
        }
        Ok(())
    }

    fn is_to_be_listed(&self, search: &Search<'_>) -> bool {
        let is_done = |number: usize| self.done[number] == search.lengths[number];
        let wrote = |number: &usize| self.writers & 1 << number != 0;
        self.redis.exists(RECORD) && (search.protocol.at_once || (0..self.done.len()).filter(wrote).any(is_done))
    }

    fn check(&self, search: &Search<'_>) -> Result<(), &'static str> {
        let is_listed = |member| [INDEX, NEVER].iter().any(|index| self.redis.score(index, member).is_some());
        if self.is_to_be_listed(search) && !is_listed("r") {
            return Err(UNLISTED);
        }
        if self.redis.exists(SIBLING) && !is_listed("s") {
            return Err(SIBLING_UNLISTED);
        }
        if self.redis.exists(INDEX) && !self.redis.ends(INDEX) {
            return Err(ENDLESS);
        }
        Ok(())
    }
}

fn length(protocol: Protocol, client: &Client) -> usize {
    match client {
        Client::Put { .. } => groups(protocol, client, START, 0).len(),
        Client::Delete => groups(protocol, client, START, 0).len() + usize::from(protocol.looks_again),
        Client::Time(_) | Client::Trim => 1,
        Client::Sweep => 3,
        Client::All => 3 + usize::from(protocol.removes_on_miss),
    }
}

/// The groups of a call, of which the first client's trims, each of which happens at once. There is one entry, so that no two stand in one round.
fn groups(protocol: Protocol, client: &Client, began: u64, number: usize) -> Vec<Group> {
    let entries = [entry("r")];
    let plan = match client {
        Client::Put { ttl, clock, .. } => {
            let now = began.checked_add_signed(clock * 1000).unwrap();
            (protocol.put)(&entries, *ttl, moment(now), Token(2 * number as u64), protocol.slot)
        }
        _ => (protocol.delete)(&entries, protocol.slot),
    };
    plan.0.concat()
}

fn run(protocol: Protocol, redis: &mut Redis, step: &Step, record: &[&str]) -> bool {
    if *step == Step::Record {
        return redis.run(record);
    }
    let mut words = Vec::new();
    step.words(|word| words.push(String::from_utf8(word.to_vec()).unwrap()));
    if protocol.last_ttl_wins && words[0] == "PEXPIRE" {
        words.pop();
    }
    redis.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn entry(member: &str) -> Entry {
    Entry { index: INDEX.into(), never: Some(NEVER.into()), member: member.to_owned().into() }
}

fn moment(millis: u64) -> Moment {
    Moment::since_start(Duration::from_millis(millis))
}
