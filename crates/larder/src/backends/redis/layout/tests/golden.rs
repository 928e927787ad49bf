//! The bytes that Pow wrote.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::*;
use crate::backends::redis::index::{self, Slot, Token};
use crate::clock::Moment;

fn lines(kind: &str) -> Vec<Value> {
    let lines: Vec<Value> = include_str!("../../../../../tests/golden/pow.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["kind"] == kind)
        .collect();
    assert!(!lines.is_empty());
    lines
}

fn term(of: &Value) -> Term {
    of["inspect"].as_str().unwrap().parse().unwrap()
}

const WAYS: [(Otp, &str); 2] = [(Otp::Otp25, "otp25"), (Otp::Otp26, "otp26plus")];

#[test]
fn keys_have_pows_bytes_in_both_ways_and_are_read_in_both() {
    let mut two_spellings = 0;
    for line in lines("kv") {
        let id = &line["id"];
        let space = space(term(&line["namespace"]));
        let Ok(key) = Key::from_term(term(&line["key"])) else {
            assert!(term(&line["key"]).is_nil() || term(&line["key"]) == Term::empty_list(), "{id}");
            continue;
        };
        let has_wide_map = key.parts().iter().chain([&space.term()]).any(|part| pow::check(part).is_err());
        for (otp, way) in WAYS {
            let stored = line[way]["redis_key"].as_str().unwrap().as_bytes();
            for layout in LAYOUTS.into_iter().filter(|layout| *layout != Layout::Native) {
                if has_wide_map {
                    assert!(layout.spell(&space, &key).is_err(), "{id}");
                    assert!(layout.read(&space, stored).is_err(), "{id}");
                    continue;
                }
                assert_eq!(layout.read(&space, stored), Ok(key.clone()), "{id}");
                let spelled = layout.spell(&space, &key).unwrap();
                assert!(spellings(&spelled).contains(&stored), "{id}");
                if matches!(layout, Layout::Pow(own) | Layout::PowIndexed(own) if own == otp) {
                    assert!(spelled.primary == stored, "{id}");
                    two_spellings += usize::from(spelled.twin.is_some());
                }
            }
        }
    }
    assert!(two_spellings > 40, "many of the lines have atoms");
}

#[test]
fn a_compressed_part_of_a_key_is_refused() {
    for line in lines("compressed").iter().filter(|line| line["is_compressed"] == true) {
        let digits = line["otp25_value_hex"].as_str().unwrap().as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
        assert!(Term::from_etf(&bytes).is_ok());
        let stored = [b"g20AAAAEdGVzdA:", URL_SAFE_NO_PAD.encode(bytes).as_bytes()].concat();
        assert!(Layout::Pow(Otp::Otp26).read(&space("test"), &stored).is_err());
    }
}

/// The commands of a line, its times replaced by what they stand for.
fn commands(of: &Value) -> Vec<Vec<String>> {
    let word = |word: &Value| word.as_str().unwrap().to_owned();
    of.as_array().unwrap().iter().map(|command| command.as_array().unwrap().iter().map(word).collect()).collect()
}

/// Today's Pow writes ZREMRANGEBYSCORE, ZADD and PEXPIRE for each index, and then SET; ZREM for each, and then DEL. We
/// send the same on the same keys and members in the same order, but for this:
///
/// * ZADD has GT, and PEXPIRE is sent twice, with NX and GT: a shorter record beside a longer one, or beside its own
///   earlier life, takes nothing from the index that the other needs. (Pow's own plain PEXPIRE loses sessions.)
/// * Scores and the index's ttl are a minute longer, and what is removed ended a quarter of an hour ago: clocks are
///   misjudged. A member that stands too long costs one look.
/// * The record is deleted ahead of its entries, not after them, and UNLINK does it; all of it in one MULTI.
#[test]
fn the_index_of_todays_pow_is_written_with_its_commands() {
    for line in lines("index_v1039") {
        let id = &line["id"];
        let space = space(term(&line["namespace"]));
        let key = Key::from_term(term(&line["key"])).unwrap();
        let ttl = Ttl::After(std::time::Duration::from_millis(line["ttl"].as_u64().unwrap()));
        let now = Moment::since_start(std::time::Duration::from_millis(1_700_000_000_000));
        for (otp, way) in WAYS {
            let layout = Layout::PowIndexed(otp);
            let stored = primary(layout, &space, &key);
            let entries = layout.entries(&stored);
            let name = String::from_utf8(stored.clone()).unwrap();

            let mut ours = Vec::new();
            let plan = index::put(&entries, ttl, now, Token::of(u64::MAX), Slot::One);
            ours.extend(plan.0[0][0].0.iter().map(words));
            assert_eq!(ours.pop(), Some(Vec::new()), "the record's own command stands last");
            let minute = |millis: u64, over: u64| (millis + over).to_string();
            let theirs = commands(&line[way]["put_commands"]).into_iter().flat_map(|mut command| match &*command[0] {
                "ZREMRANGEBYSCORE" => {
                    assert_eq!(command.pop().unwrap(), "$NOW", "{id}");
                    command.push((1_700_000_000_000_u64 - 900_000).to_string());
                    vec![command]
                }
                "ZADD" => {
                    assert_eq!(command[2], "$NOW+TTL", "{id}");
                    command[2] = minute(1_700_000_000_000 + 1_800_000, 60_000);
                    command.insert(2, "GT".to_owned());
                    vec![command]
                }
                "PEXPIRE" => {
                    command[2] = minute(command[2].parse().unwrap(), 60_000);
                    ["NX", "GT"].map(|how| [command.clone(), vec![how.to_owned()]].concat()).to_vec()
                }
                "SET" => {
                    assert_eq!((&*command[1], &*command[3]), (&*name, "PX"), "{id}");
                    Vec::new()
                }
                other => panic!("{id}: {other}"),
            });
            assert_eq!(ours, theirs.collect::<Vec<_>>(), "{id}");

            let plan = index::delete(&entries, Slot::One);
            let mut ours: Vec<_> = plan.0[0][0].0.iter().map(words).collect();
            ours.rotate_left(1);
            *ours.last_mut().unwrap() = vec!["DEL".to_owned(), name];
            assert_eq!(ours, commands(&line[way]["delete_commands"]), "{id}");
        }
    }
}

fn words(step: &index::Step) -> Vec<String> {
    let mut words = Vec::new();
    step.words(|word| words.push(String::from_utf8(word.to_vec()).unwrap()));
    words
}
