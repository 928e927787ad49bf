//! The bytes of terms: what Erlang wrote is read, and written again byte for byte.

use larder::term::Otp;
use larder::{Key, Term};

use crate::oracle::Oracle;
use crate::{Result, atom, elements, hex};

/// Terms without maps: both spellings come back exactly, and all three stand for one term.
pub fn check(answer: &[Term]) -> Result<usize> {
    for spellings in answer {
        let [otp25, otp26, compressed] = spellings_of(spellings)?;
        let term = again(otp25, Otp::Otp25)?;
        if again(otp26, Otp::Otp26)? != term {
            return Err(format!("the spellings are two terms: {} and {}", hex(otp25), hex(otp26)).into());
        }
        if Term::from_etf(compressed)? != term {
            return Err(format!("compressed it is another term: {}", hex(compressed)).into());
        }
        let key = Key::new([&term])?;
        let kept = Key::from_bytes(key.as_bytes().to_vec().into())?;
        if kept != key || kept.parts() != [term] {
            return Err(format!("as the part of a key it is another term: {}", hex(otp25)).into());
        }
    }
    Ok(answer.len())
}

/// Terms that belong to a node: both spellings come back exactly. Their node's name makes them two terms.
pub fn check_opaque(answer: &[Term]) -> Result<usize> {
    for spellings in answer {
        let [otp25, otp26, compressed] = spellings_of(spellings)?;
        again(otp25, Otp::Otp25)?;
        let term = again(otp26, Otp::Otp26)?;
        Term::from_etf(compressed)?;
        if !term.has_opaque() || Key::from_bytes(Key::new([term])?.as_bytes().to_vec().into()).is_ok() {
            return Err(format!("a key takes it: {}", hex(otp26)).into());
        }
    }
    Ok(answer.len())
}

/// Terms with maps, whose pairs have no fixed order: Erlang reads what we write as the term that it wrote.
pub fn check_maps(oracle: &mut Oracle, answer: &[Term]) -> Result<usize> {
    let mut pairs = Vec::new();
    for spellings in answer {
        let [otp25, otp26, compressed] = spellings_of(spellings)?;
        let term = Term::from_etf(otp25)?;
        if Term::from_etf(otp26)? != term || Term::from_etf(compressed)? != term {
            return Err(format!("the spellings are different terms: {} and {}", hex(otp25), hex(otp26)).into());
        }
        for (written, otp) in [(otp25, Otp::Otp25), (otp26, Otp::Otp26)] {
            pairs.push(Term::tuple(vec![written.into(), term.to_etf(otp)?.into()]));
        }
    }
    let same = oracle.ask(Term::tuple(vec![atom("same")?, Term::list(pairs.clone())]))?;
    let same = same.as_list().ok_or("an answer is a list")?;
    for (pair, same) in pairs.iter().zip(same) {
        if same.as_bool() != Some(true) {
            let [theirs, ours] = elements(pair)?;
            let (theirs, ours) = (theirs.as_bytes().unwrap_or_default(), ours.as_bytes().unwrap_or_default());
            return Err(format!("Erlang reads another term: {} from {}", hex(ours), hex(theirs)).into());
        }
    }
    if same.len() != pairs.len() { Err("an answer is missing".into()) } else { Ok(answer.len()) }
}

fn spellings_of(term: &Term) -> Result<[&[u8]; 3]> {
    let [otp25, otp26, compressed] = elements(term)?;
    match (otp25.as_bytes(), otp26.as_bytes(), compressed.as_bytes()) {
        (Some(otp25), Some(otp26), Some(compressed)) => Ok([otp25, otp26, compressed]),
        _ => Err("a spelling is a binary".into()),
    }
}

/// Reads a term and writes it again.
fn again(bytes: &[u8], otp: Otp) -> Result<Term> {
    let term = Term::from_etf(bytes).map_err(|error| format!("{error}: {}", hex(bytes)))?;
    let written = term.to_etf(otp)?;
    if written != bytes {
        return Err(format!("{otp:?} writes {}, we write {}", hex(bytes), hex(&written)).into());
    }
    Ok(term)
}
