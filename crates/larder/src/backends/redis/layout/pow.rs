//! Pow's layout, byte for byte: every part is its external term format in base64.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::term::{Otp, Term, View};

use super::{ELSEWHERE, Foreign, MISSPELT, OPAQUE, Spelled};

const MAP: Foreign = "holds a map of two or more pairs, which Erlang writes in no fixed order";

pub(super) fn spell(otp: Otp, space: &Namespace, key: &Key) -> Result<Spelled> {
    let parts = key.parts();
    parts
        .iter()
        .try_for_each(check)
        .map_err(|what| Error::invalid(format!("a key in Pow's layout cannot be one that {what}")))?;
    let primary = prefix(otp, space, &parts)?;
    let may_differ = has_atom(space.as_bytes()) || has_atom(key.as_bytes());
    let twin = if may_differ { Some(prefix(other(otp), space, &parts)?) } else { None };
    Ok(Spelled { twin: twin.filter(|twin| *twin != primary), primary })
}

/// A namespace and the parts behind it, which have been checked.
pub(super) fn prefix(otp: Otp, space: &Namespace, parts: &[Term]) -> Result<Vec<u8>> {
    let space = space.term();
    check(&space).map_err(|what| Error::invalid(format!("a namespace in Pow's layout cannot be one that {what}")))?;
    let mut out = segment(&space, otp)?;
    for part in parts {
        out.push(':');
        out.push_str(&segment(part, otp)?);
    }
    Ok(out.into_bytes())
}

/// The other way in which Erlang has written atoms.
pub(super) fn other(otp: Otp) -> Otp {
    match otp {
        Otp::Otp25 => Otp::Otp26,
        Otp::Otp26 => Otp::Otp25,
    }
}

pub(super) fn read(space: &Namespace, stored: &[u8]) -> Result<Key, Foreign> {
    // Whoever wrote it wrote all its atoms in one way.
    let mut ways = [Otp::Otp25, Otp::Otp26].to_vec();
    let mut rest = stored.split(|byte| *byte == b':');
    let space = space.term();
    let head = rest.next().unwrap_or_default();
    ways.retain(|otp| segment(&space, *otp).is_ok_and(|segment| segment.as_bytes() == head));
    if ways.is_empty() {
        return Err(ELSEWHERE);
    }
    let mut parts = Vec::new();
    for stored in rest {
        let part = read_part(stored)?;
        ways.retain(|otp| segment(&part, *otp).is_ok_and(|segment| segment.as_bytes() == stored));
        if ways.is_empty() {
            return Err(MISSPELT);
        }
        parts.push(part);
    }
    Key::new(parts).map_err(|_| MISSPELT)
}

fn read_part(segment: &[u8]) -> Result<Term, Foreign> {
    const VERSION: u8 = 131;
    const COMPRESSED: u8 = 80;
    // Strict: no padding, and no bits that count for nothing.
    let bytes = URL_SAFE_NO_PAD.decode(segment).map_err(|_| MISSPELT)?;
    if bytes.starts_with(&[VERSION, COMPRESSED]) {
        return Err(MISSPELT);
    }
    let part = Term::from_etf(&bytes).map_err(|_| MISSPELT)?;
    check(&part)?;
    Ok(part)
}

fn segment(term: &Term, otp: Otp) -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(term.to_etf(otp)?))
}

/// Whether a term has bytes by which it can be found again.
pub(super) fn check(term: &Term) -> Result<(), Foreign> {
    let mut rest = vec![term];
    while let Some(term) = rest.pop() {
        match term.view() {
            View::Opaque(_) => return Err(OPAQUE),
            View::Map(keys, _) if keys.len() > 1 => return Err(MAP),
            View::Map(keys, values) => rest.extend(keys.iter().chain(values)),
            View::Tuple(elements) => rest.extend(elements),
            View::List(elements, tail) => rest.extend(elements.iter().chain(tail)),
            View::Integer(_) | View::Big(_) | View::Float(_) | View::Atom(_) | View::Bits(..) => {}
        }
    }
    Ok(())
}

/// Whether order-preserving bytes may hold an atom: every atom begins with this byte there.
fn has_atom(ordered: &[u8]) -> bool {
    ordered.contains(&0xA0)
}
