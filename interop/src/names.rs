//! The atoms of values: Erlang takes what we write of a type without making an atom, once it knows the type's names.

use std::collections::BTreeMap;

use larder::term::Otp;
use larder::{Codec, Etf, Term};
use serde::{Deserialize, Serialize};

use crate::oracle::Oracle;
use crate::{Result, atom, elements};

// Names that no Erlang has by itself.
#[derive(Serialize, Deserialize)]
struct Visit {
    larder_visitor: String,
    larder_role: Role,
    larder_note: Option<String>,
    larder_tags: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize, Deserialize)]
enum Role {
    StrangeGuest,
    NamedByLarder(String),
    LarderMember { larder_since: String },
}

const NAMES: [&str; 8] = [
    "larder_visitor",
    "larder_role",
    "larder_note",
    "larder_tags",
    "larder_since",
    "StrangeGuest",
    "NamedByLarder",
    "LarderMember",
];

/// How many values are written.
const VALUES: usize = 3000;

/// Writes values full of texts that no Erlang knows as atoms, and has them read with `safe`.
pub fn check(oracle: &mut Oracle, seed: u64) -> Result<usize> {
    let mut values = Vec::new();
    for number in 0..VALUES {
        let otp = if number % 2 == 0 { Otp::Otp25 } else { Otp::Otp26 };
        values.push(Term::from(&Etf { otp }.encode(&visit(seed, number))?[..]));
    }
    if safely(oracle, &values)?.contains(&true) {
        return Err("Erlang takes atoms that it does not know: this check would find nothing".into());
    }
    let names: Vec<Term> = NAMES.into_iter().map(Term::from).collect();
    oracle.ask(Term::tuple(vec![atom("declare")?, Term::list(names)]))?;
    match safely(oracle, &values)?.iter().position(|taken| !taken) {
        Some(number) => Err(format!("value {number} holds an atom that its type does not name").into()),
        None => Ok(values.len()),
    }
}

fn visit(seed: u64, number: usize) -> Visit {
    let text = |what: &str| format!("stranger_{seed}_{number}_{what}");
    Visit {
        larder_visitor: text("visitor"),
        larder_role: match number % 3 {
            0 => Role::StrangeGuest,
            1 => Role::NamedByLarder(text("name")),
            _ => Role::LarderMember { larder_since: text("since") },
        },
        larder_note: (!number.is_multiple_of(5)).then(|| text("note")),
        larder_tags: [(text("key"), vec![text("value"), "nil".to_owned()])].into(),
    }
}

/// Of each value whether Erlang takes it without a new atom.
fn safely(oracle: &mut Oracle, values: &[Term]) -> Result<Vec<bool>> {
    let answer = oracle.ask(Term::tuple(vec![atom("safe")?, Term::list(values.to_vec())]))?;
    let [taken, made] = elements(&answer)?;
    if made.as_u64() != Some(0) {
        return Err("Erlang has made atoms meanwhile".into());
    }
    let taken = taken.as_list().ok_or("an answer is a list")?;
    Ok(taken.iter().map(|taken| taken.as_bool() == Some(true)).collect())
}
