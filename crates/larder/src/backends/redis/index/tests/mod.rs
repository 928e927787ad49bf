//! The index's six invariants, each against a protocol that is broken on purpose.

#![allow(clippy::unwrap_used, clippy::panic)]

mod redis;
mod search;

use super::*;
use search::{Client, ENDLESS, MISSING, Protocol, RECORD, SIBLING_UNLISTED, UNLISTED, ours, search};

const SHORT: Ttl = Ttl::After(Duration::from_secs(1));
const LONG: Ttl = Ttl::After(Duration::from_secs(36_000));

fn put_for(ttl: Ttl, clock: i64, options: &[&'static str]) -> Client {
    let lives = match ttl {
        SHORT => &["PX", "1000"][..],
        Ttl::After(_) => &["PX", "36000000"],
        Ttl::Never => &[],
    };
    Client::Put { ttl, clock, command: [&["SET", RECORD, "v"], lives, options].concat() }
}

fn touch_for(ttl: Ttl) -> Client {
    let command = match ttl {
        SHORT => vec!["PEXPIRE", RECORD, "1000"],
        Ttl::After(_) => vec!["PEXPIRE", RECORD, "36000000"],
        Ttl::Never => vec!["PERSIST", RECORD],
    };
    Client::Put { ttl, clock: 0, command }
}

/// Longer than the short record, its entry's slack and the grace of what is trimmed.
const BEYOND_SLACK: Client = Client::Time(Duration::from_secs(20 * 60));

/// Three puts and two deletes, expiry, and a listing. One writer's clock is ten minutes slow, one's a little fast.
fn of_records_that_end() -> Vec<Client> {
    vec![
        put_for(LONG, 30, &[]),
        put_for(SHORT, -600, &[]),
        put_for(SHORT, 0, &["NX"]),
        Client::Delete,
        Client::Delete,
        BEYOND_SLACK,
        Client::Trim,
        Client::All,
    ]
}

/// The same for records that never end, among one that does, with a sweep.
fn of_records_that_never_end() -> Vec<Client> {
    vec![
        put_for(Ttl::Never, 0, &[]),
        put_for(Ttl::Never, 0, &["NX"]),
        put_for(LONG, 0, &["NX"]),
        Client::Delete,
        Client::Delete,
        Client::Sweep,
        Client::All,
    ]
}

/// A touch writes the index as a put does, and its record only if that is there.
fn of_touches() -> Vec<Client> {
    vec![
        put_for(SHORT, 0, &[]),
        touch_for(LONG),
        touch_for(Ttl::Never),
        Client::Delete,
        BEYOND_SLACK,
        Client::Trim,
        Client::Sweep,
        Client::All,
    ]
}

/// Where a sweep takes part and the index lies apart, a record is listed from the end of its put.
fn listed_after_the_put(protocol: Protocol) -> Protocol {
    Protocol { at_once: false, ..protocol }
}

fn holds(protocol: Protocol, clients: &[Client]) {
    let states = search(protocol, clients).unwrap_or_else(|lost| panic!("{lost}"));
    assert!(states > 500, "{states} states are not all");
}

/// The search finds what a broken protocol does wrong.
fn finds(wrong: &str, protocol: Protocol, clients: &[Client]) {
    assert_eq!(search(protocol, clients), Err(wrong));
}

#[test]
fn in_one_slot_no_living_record_is_missing_from_a_listing() {
    for clients in [of_records_that_end(), of_records_that_never_end(), of_touches()] {
        holds(ours(Slot::One), &clients);
    }
}

#[test]
fn in_several_slots_no_living_record_that_ends_is_missing_from_a_listing() {
    holds(ours(Slot::Split), &of_records_that_end());
}

#[test]
fn in_several_slots_no_living_record_that_never_ends_is_missing_from_a_listing() {
    holds(listed_after_the_put(ours(Slot::Split)), &of_records_that_never_end());
    holds(listed_after_the_put(ours(Slot::Split)), &of_touches());
}

/// The same plan with other steps.
fn changed(plan: Plan, change: impl Fn(Step) -> Vec<Step>) -> Plan {
    let group = |group: Group| Group(group.0.into_iter().flat_map(&change).collect());
    Plan(plan.0.into_iter().map(|round| round.into_iter().map(group).collect()).collect())
}

/// Invariant 1: the index is written before the record, and where they lie apart again after it.
#[test]
fn half_of_a_split_put_loses_records() {
    let split = ours(Slot::Split);
    let before = Protocol {
        put: |entries, ttl, now, token, slot| Plan(put(entries, ttl, now, token, slot).0[..2].to_vec()),
        ..listed_after_the_put(split)
    };
    finds(UNLISTED, before, &of_records_that_never_end());
    let after = |entries: &[Entry], ttl, now, token, slot| Plan(put(entries, ttl, now, token, slot).0[1..].to_vec());
    finds(UNLISTED, Protocol { put: after, ..split }, &of_records_that_end());
}

/// Invariant 1: a score only rises, also for the sake of a put whose condition will not hold.
#[test]
fn a_score_that_falls_loses_records() {
    for slot in [Slot::One, Slot::Split] {
        let falling = Protocol {
            put: |entries, ttl, now, token, slot| {
                changed(put(entries, ttl, now, token, slot), |step| match step {
                    Step::Raise { index, member, score } => vec![Step::Renew { index, member, score }],
                    step => vec![step],
                })
            },
            ..ours(slot)
        };
        finds(UNLISTED, falling, &of_records_that_end());
    }
}

/// Invariants 1 and 3: an entry goes after its record, in the same step or by its score.
#[test]
fn an_entry_removed_apart_from_its_record_loses_records() {
    let removes = |entries: &[Entry], _| {
        let Plan(rounds) = delete(entries, Slot::One);
        let steps = rounds.concat().into_iter().flat_map(|group| group.0);
        Plan(steps.map(|step| vec![Group(vec![step])]).collect())
    };
    for slot in [Slot::One, Slot::Split] {
        finds(UNLISTED, Protocol { delete: removes, ..ours(slot) }, &of_records_that_end());
        let looks = Protocol { delete: removes, looks_again: true, ..listed_after_the_put(ours(slot)) };
        finds(UNLISTED, looks, &of_records_that_never_end());
    }
}

/// Invariant 3: what is missing at one moment may have been written at the next.
#[test]
fn an_entry_removed_because_its_record_was_missing_loses_records() {
    for slot in [Slot::One, Slot::Split] {
        let on_miss = Protocol { removes_on_miss: true, ..listed_after_the_put(ours(slot)) };
        finds(UNLISTED, on_miss, &of_records_that_end());
        finds(UNLISTED, on_miss, &of_records_that_never_end());
        let by_name = Protocol { sweeps_by_score: false, ..listed_after_the_put(ours(slot)) };
        finds(UNLISTED, by_name, &of_records_that_never_end());
    }
    let once = Protocol {
        put: |entries, ttl, now, token, slot| {
            let Plan(mut rounds) = put(entries, ttl, now, token, slot);
            rounds[2] = rounds[0].clone();
            Plan(rounds)
        },
        ..listed_after_the_put(ours(Slot::Split))
    };
    finds(UNLISTED, once, &of_records_that_never_end());
}

/// Invariant 4: an index outlives its longest member, and ends.
#[test]
fn an_index_with_another_ttl_loses_records_or_never_ends() {
    for slot in [Slot::One, Slot::Split] {
        // As Pow does.
        finds(SIBLING_UNLISTED, Protocol { last_ttl_wins: true, ..ours(slot) }, &of_records_that_end());
        let never_prolonged = Protocol {
            put: |entries, ttl, now, token, slot| {
                changed(put(entries, ttl, now, token, slot), |step| match step {
                    Step::Prolong { .. } => vec![],
                    step => vec![step],
                })
            },
            alone: true,
            ..ours(slot)
        };
        finds(UNLISTED, never_prolonged, &of_records_that_end());
        let never_given = Protocol {
            put: |entries, ttl, now, token, slot| {
                changed(put(entries, ttl, now, token, slot), |step| match step {
                    Step::Keep { .. } => vec![],
                    step => vec![step],
                })
            },
            alone: true,
            ..ours(slot)
        };
        finds(ENDLESS, never_given, &of_records_that_end());
    }
}

/// Invariant 4: whether a record has moved is known only when its condition has been judged.
#[test]
fn an_entry_that_moves_between_the_indexes_loses_records() {
    for slot in [Slot::One, Slot::Split] {
        let moving = Protocol {
            put: |entries, ttl, now, token, slot| {
                let never = entries[0].never.clone().unwrap();
                changed(put(entries, ttl, now, token, slot), |step| match step {
                    Step::Raise { ref member, .. } => {
                        vec![Step::Remove { index: never.clone(), member: member.clone() }, step]
                    }
                    step => vec![step],
                })
            },
            ..listed_after_the_put(ours(slot))
        };
        finds(MISSING, moving, &of_records_that_never_end());
    }
}

/// Invariant 5: a clock that is off by less than the slack changes nothing, one that is off by more does.
#[test]
fn a_score_leaves_room_for_a_clock_that_is_misjudged() {
    for (clock, lost) in [(-50, false), (50, false), (-900, false), (-1200, true)] {
        let clients = [put_for(LONG, clock, &[]), Client::Time(Duration::from_secs(35_990)), Client::Trim, Client::All];
        assert_eq!(search(ours(Slot::One), &clients).is_err(), lost, "{clock} s");
    }
}

#[test]
fn a_record_without_entries_is_one_command() {
    let plan = put(&[], LONG, Moment::since_start(Duration::ZERO), Token::of(0), Slot::Split);
    assert!(plan == Plan(vec![vec![Group(vec![Step::Record])]]));
    assert!(plan == delete(&[], Slot::Split) && plan == delete(&[], Slot::One));
}

/// An index that is written to for ever would keep an entry of every record there has been.
#[test]
fn a_share_of_the_puts_trims_the_index() {
    let entry =
        |never: Option<&'static str>| Entry { index: "i".into(), never: never.map(Into::into), member: "m".into() };
    let now = Moment::since_start(Duration::from_secs(1_700_000_000));
    let trims = |entry: Entry, random: u64| {
        let Plan(rounds) = put(&[entry], LONG, now, Token::of(random), Slot::One);
        rounds[0][0].0.contains(&trim(&"i".into(), now))
    };
    let count = (0..256_u64).filter(|random| trims(entry(Some("n")), random << 12)).count();
    assert_eq!(count, 16);
    assert!((0..256_u64).all(|random| trims(entry(None), random << 12)), "as Pow does");
}

#[test]
fn tokens_are_scores_that_a_double_holds() {
    for random in [0, 1, 4096, u64::MAX] {
        let token = Token::of(random);
        for score in [token.0, token.again().0] {
            assert_eq!(score as f64 as u64, score);
            assert!(Score::parse(score.to_string().as_bytes()) == Some(Score(score)));
        }
        assert_ne!(token.0, token.again().0);
    }
    assert!(Token::of(1 << 63).0 != Token::of(0).0 && Score::parse(b"1.5e3").is_none() && Score::parse(b"").is_none());
}
