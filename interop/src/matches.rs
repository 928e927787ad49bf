//! Which keys a pattern matches: those that the head of a match specification does.

use larder::{Key, Pattern, Term};

use crate::{Result, elements};

pub fn check(answer: &[Term]) -> Result<usize> {
    let mut counted = 0;
    for line in answer {
        let [asked, matched] = elements(line)?;
        let asked = Term::from_etf(asked.as_bytes().unwrap_or_default())?;
        let [pattern, keys] = elements(&asked)?;
        let keys = keys.as_list().ok_or("keys are a list")?;
        let ours = Pattern::from_term(pattern);
        let Some(matched) = matched.as_list() else {
            if ours.is_ok() {
                return Err(format!("Erlang refuses {pattern}, we do not").into());
            }
            counted += 1;
            continue;
        };
        let ours = ours.map_err(|error| format!("we refuse {pattern}, Erlang does not: {error}"))?;
        for (parts, matched) in keys.iter().zip(matched) {
            let key = Key::new(parts.as_list().ok_or("a key is a list")?)?;
            if Some(ours.matches(&key)) != matched.as_bool() {
                return Err(format!("matching {parts} by {pattern}, Erlang says {matched}").into());
            }
            counted += 1;
        }
    }
    Ok(counted)
}
