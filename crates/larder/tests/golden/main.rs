//! What Pow wrote and how Erlang read it, line by line; the README beside the data describes it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod all;
mod etf;
mod literal;

use larder::Term;
use peak_alloc::PeakAlloc;
use serde_json::Value;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The lines of one kind, or of all for "".
fn lines(kind: &str) -> Vec<Value> {
    let lines: Vec<Value> = include_str!("pow.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| kind.is_empty() || line["kind"] == kind)
        .collect();
    assert!(!lines.is_empty());
    lines
}

fn hex(digits: &Value) -> Vec<u8> {
    let digits = digits.as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The term that tagged JSON describes; none for what belongs to one node.
fn term(tagged: &Value) -> Option<Term> {
    let terms = |list: &Value| -> Option<Vec<Term>> { list.as_array().unwrap().iter().map(term).collect() };
    let value = &tagged["v"];
    Some(match tagged["t"].as_str().unwrap() {
        "atom" => Term::atom(value.as_str().unwrap()).unwrap(),
        "int" => value.as_str().unwrap().parse().unwrap(),
        "float" => {
            let bits = u64::from_str_radix(tagged["bits"].as_str().unwrap(), 16).unwrap();
            Term::float(f64::from_bits(bits)).unwrap()
        }
        "bin" => hex(&tagged["hex"]).into(),
        "bits" => {
            let bits = tagged["bits"].as_u64().unwrap() as usize;
            Term::bitstring(&hex(&tagged["hex"]), bits).unwrap()
        }
        "tuple" => Term::tuple(terms(value)?),
        "list" => {
            let times = tagged["repeat"].as_u64().unwrap_or(1) as usize;
            let elements = vec![terms(value)?; times].concat();
            match tagged.get("tail") {
                Some(tail) => Term::improper(elements, term(tail)?),
                None => Term::list(elements),
            }
        }
        "map" => {
            let pairs: Option<Vec<(Term, Term)>> =
                value.as_array().unwrap().iter().map(|pair| Some((term(&pair[0])?, term(&pair[1])?))).collect();
            Term::map(pairs?)
        }
        _ => return None,
    })
}

/// Calls with every text and the term it stands for, wherever they are in a line.
fn each_text(line: &Value, check: &mut impl FnMut(&str, &Value)) {
    match line {
        Value::Object(fields) => {
            if let (Some(Value::String(text)), Some(tagged)) = (fields.get("inspect"), fields.get("term")) {
                check(text, tagged);
            }
            fields.values().for_each(|field| each_text(field, check));
        }
        Value::Array(items) => items.iter().for_each(|item| each_text(item, check)),
        _ => {}
    }
}
