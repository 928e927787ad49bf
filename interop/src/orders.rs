//! The order of terms and keys: Erlang's, made strict.

use std::cmp::Ordering;

use larder::{Key, Term};

use crate::{Result, elements, hex};

pub fn check(answer: &[Term]) -> Result<usize> {
    for pair in answer {
        let [one, other, plainly, verdict] = elements(pair)?;
        let [strictly, how] = elements(verdict)?;
        let (one_bytes, other_bytes) = (one.as_bytes().unwrap_or_default(), other.as_bytes().unwrap_or_default());
        let (one, other) = (Term::from_etf(one_bytes)?, Term::from_etf(other_bytes)?);
        let wrong = |what: &str| {
            let (one, other) = (format!("{one} {}", hex(one_bytes)), format!("{other} {}", hex(other_bytes)));
            Err(format!("{what}\n{one}\n{other}").into())
        };
        let strictly = ordering(strictly)?;
        // Where Erlang does not take a number for its equal, it has the last word about the strict order too.
        if how.as_atom() != Some("tie") && ordering(plainly)? != strictly {
            return wrong("Erlang contradicts itself");
        }
        if one.cmp(&other) != strictly || other.cmp(&one) != strictly.reverse() || (one == other) != strictly.is_eq() {
            return wrong("terms stand in another order");
        }
        if Key::new([&one])?.cmp(&Key::new([&other])?) != strictly {
            return wrong("keys of one part stand in another order");
        }
        // What follows a part must not decide before the part does.
        let (first, second) = (Key::new([&one, &other])?, Key::new([&other, &one])?);
        if first.cmp(&second) != strictly {
            return wrong("keys of two parts stand in another order");
        }
    }
    Ok(answer.len())
}

fn ordering(sign: &Term) -> Result<Ordering> {
    Ok(sign.as_i64().ok_or("a sign is an integer")?.cmp(&0))
}
