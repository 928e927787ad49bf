//! A term as JSON that says of everything what it is, for programs that know no Elixir.
//!
//! `{"t":"atom","v":"ok"}`, `{"t":"int","v":"1"}`, `{"t":"float","bits":"3ff0000000000000"}`, `{"t":"bin","hex":"6162"}`,
//! `{"t":"bits","bits":3,"hex":"a0"}`, `{"t":"tuple","v":[…]}`, `{"t":"list","v":[…],"tail":…}`,
//! `{"t":"map","v":[[key,value],…]}`.

use std::fmt::Write as _;

use larder::Term;

use crate::hex;
use crate::line::write_text;

/// What is still to be written: terms wait in a list of work, for they may be nested deeper than a stack is.
enum Rest<'a> {
    Term(&'a Term),
    Text(&'static str),
}

/// Writes a term.
pub(crate) fn write(term: &Term) -> String {
    let mut out = String::new();
    let mut rest = vec![Rest::Term(term)];
    while let Some(next) = rest.pop() {
        match next {
            Rest::Text(text) => out.push_str(text),
            Rest::Term(term) => write_one(term, &mut rest, &mut out),
        }
    }
    out
}

fn write_one<'a>(term: &'a Term, rest: &mut Vec<Rest<'a>>, out: &mut String) {
    if let Some(name) = term.as_atom() {
        out.push_str(r#"{"t":"atom","v":"#);
        write_text(name, out);
        out.push('}');
    } else if let Some(float) = term.as_f64() {
        let _ = write!(out, r#"{{"t":"float","bits":"{:016x}"}}"#, float.to_bits());
    } else if let Some(bytes) = term.as_bytes() {
        let _ = write!(out, r#"{{"t":"bin","hex":"{}"}}"#, hex::encode(bytes));
    } else if let Some((bytes, bits)) = term.as_bits() {
        let _ = write!(out, r#"{{"t":"bits","bits":{bits},"hex":"{}"}}"#, hex::encode(bytes));
    } else if let Some(elements) = term.as_tuple() {
        out.push_str(r#"{"t":"tuple","v":["#);
        rest.push(Rest::Text("]}"));
        push_all(elements, rest);
    } else if let Some(elements) = term.as_list() {
        out.push_str(r#"{"t":"list","v":["#);
        rest.push(Rest::Text("]}"));
        push_all(elements, rest);
    } else if let Some((elements, tail)) = term.as_improper() {
        out.push_str(r#"{"t":"list","v":["#);
        rest.extend([Rest::Text("}"), Rest::Term(tail), Rest::Text(r#"],"tail":"#)]);
        push_all(elements, rest);
    } else if let Some(pairs) = term.as_map() {
        out.push_str(r#"{"t":"map","v":["#);
        rest.push(Rest::Text("]}"));
        let pairs: Vec<_> = pairs.collect();
        for (index, (key, value)) in pairs.into_iter().enumerate().rev() {
            rest.extend([Rest::Text("]"), Rest::Term(value), Rest::Text(","), Rest::Term(key), Rest::Text("[")]);
            if index > 0 {
                rest.push(Rest::Text(","));
            }
        }
    } else if term.has_opaque() {
        let _ = write!(out, r#"{{"t":"{}"}}"#, term.kind());
    } else {
        let _ = write!(out, r#"{{"t":"int","v":"{term}"}}"#);
    }
}

fn push_all<'a>(terms: &'a [Term], rest: &mut Vec<Rest<'a>>) {
    for (index, term) in terms.iter().enumerate().rev() {
        rest.push(Rest::Term(term));
        if index > 0 {
            rest.push(Rest::Text(","));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_says_what_it_is() {
        for (literal, tagged) in [
            (":ok", r#"{"t":"atom","v":"ok"}"#),
            ("-18446744073709551616", r#"{"t":"int","v":"-18446744073709551616"}"#),
            ("1.0", r#"{"t":"float","bits":"3ff0000000000000"}"#),
            ("\"ab\"", r#"{"t":"bin","hex":"6162"}"#),
            ("<<5::size(3)>>", r#"{"t":"bits","bits":3,"hex":"a0"}"#),
            ("{}", r#"{"t":"tuple","v":[]}"#),
            ("[1, 2 | 3]", r#"{"t":"list","v":[{"t":"int","v":"1"},{"t":"int","v":"2"}],"tail":{"t":"int","v":"3"}}"#),
            (
                "%{1 => [], 2 => {3}}",
                r#"{"t":"map","v":[[{"t":"int","v":"1"},{"t":"list","v":[]}],[{"t":"int","v":"2"},{"t":"tuple","v":[{"t":"int","v":"3"}]}]]}"#,
            ),
        ] {
            assert_eq!(write(&literal.parse().unwrap()), tagged);
        }
    }
}
