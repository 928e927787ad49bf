//! How a listing goes wrong.

use bytes::Bytes;
use larder::{
    Backend, Cost, Cursor, Damaged, Error, ErrorKind, Found, Key, Limits, Namespace, Page, Path, Pattern, Record,
    Result, Select, Term,
};

use crate::broken::{Broken, whole_numbers};
use crate::defect::Defect;
use crate::get::is_number;

pub(crate) async fn scan(
    broken: &Broken,
    space: &Namespace,
    pattern: &Pattern,
    select: Select,
    cursor: &Cursor,
    limit: usize,
) -> Result<Page> {
    let cost = Cost { path: Path::Scan, entries: 1, round_trips: 0, hint: None };
    let mut page = Page { records: vec![], damaged: vec![], next: None, cost };
    if let Err(error) = Limits::default().check_pattern(pattern) {
        let key = pattern.point();
        return match broken.defect {
            Defect::ListsByALongPattern => Ok(page),
            _ => Err(broken.telling(error, key.as_slice())),
        };
    }
    page.cost = broken.reference.scan(space, pattern, select, &Cursor::START, 0).await?.cost;
    explain(broken, &mut page.cost);
    if limit == 0 && !broken.is(Defect::ListsWithLimitZero) {
        return Ok(page);
    }
    let mut records = matching(broken, space, pattern, select).await;
    if records.is_empty() && broken.is(Defect::FailsToFindNothing) {
        return Err(Error::new(ErrorKind::Unavailable, "nothing was found"));
    }
    damage(broken, space, pattern, cursor, &mut records, &mut page)?;
    let mut rest = behind(broken, cursor, records)?;
    let limit = limit.max(1);
    if rest.len() > limit {
        let next = rest.split_off(limit);
        page.next = Some(position(broken, cursor, &rest, &next));
    }
    if broken.is(Defect::ListsBackwards) {
        rest.reverse();
    }
    page.records = rest;
    Ok(page)
}

fn explain(broken: &Broken, cost: &mut Cost) {
    match broken.defect {
        Defect::EstimatesNothing => cost.entries = 0,
        Defect::ExplainsByTurns => {
            let turn = broken.memory(|memory| {
                memory.explained += 1;
                memory.explained
            });
            cost.path = if turn.is_multiple_of(2) { Path::Scan } else { Path::Index };
        }
        _ => {}
    }
}

/// All that the backend takes for matches, in key order.
async fn matching(broken: &Broken, space: &Namespace, pattern: &Pattern, select: Select) -> Vec<Record> {
    let select = if broken.is(Defect::ListsKeysAlone) { Select::Keys } else { select };
    let every = Pattern::any();
    let mut records = Vec::new();
    for space in spaces(broken, space) {
        let page = broken.reference.scan(&space, &every, select, &Cursor::START, usize::MAX).await.unwrap();
        records.extend(page.records);
    }
    if broken.is(Defect::ListsTheExpired) {
        let keys = broken.memory(|memory| memory.ghosts.keys().cloned().collect::<Vec<_>>());
        for at in keys.into_iter().filter(|at| at.0 == *space) {
            if let Some(value) = broken.expired(&at).await {
                records.push(Record { key: at.1, found: Found { value, ttl: Some(larder::Ttl::Never) } });
            }
        }
    }
    records.retain(|record| matches(broken.defect, pattern, &record.key));
    match broken.defect {
        Defect::HidesWhatIsNoNumber if select != Select::Keys => {
            records.retain(|record| is_number(&record.found.value));
        }
        Defect::ListsAtomsAsTexts => records.iter_mut().for_each(|record| record.key = atoms_as_texts(&record.key)),
        _ => {}
    }
    records.sort_by(|a, b| a.key.cmp(&b.key));
    records
}

fn spaces(broken: &Broken, space: &Namespace) -> Vec<Namespace> {
    let term = space.term();
    let Some(name) = term.as_text().filter(|_| broken.is(Defect::ListsNamespacesThatBeginAlike)) else {
        return vec![space.clone()];
    };
    let mut spaces: Vec<Namespace> =
        broken.memory(|memory| memory.ghosts.keys().map(|(space, _)| space.clone()).collect());
    spaces.dedup();
    spaces.retain(|other| other.term().as_text().is_some_and(|other| other.starts_with(name)));
    spaces
}

/// The verdict on a key.
fn matches(defect: Defect, pattern: &Pattern, key: &Key) -> bool {
    let parts = key.parts();
    let of = |parts: &[Term]| Key::new(parts.to_vec()).is_ok_and(|key| pattern.matches(&key));
    let longer = [&parts[..], &[Term::nil()]].concat();
    let matches = pattern.matches(key);
    match defect {
        Defect::TakesAPointForABeginning => {
            matches || pattern.point().is_some_and(|point| parts.starts_with(&point.parts()))
        }
        Defect::TakesAHoleForTwoParts => matches || of(&parts[..parts.len() - 1]),
        Defect::IgnoresWhatStandsBehindAHole => {
            let (last, before) = parts.split_last().unwrap();
            matches || (last.as_text().is_some() && of(&[before, &["a".into()]].concat()))
        }
        Defect::WantsARest => matches && !(of(&longer) && key.len() == pattern.len()),
        Defect::TakesAnyForOnePart if pattern.is_empty() => key.len() == 1,
        Defect::BindsByValue => matches || pattern.matches(&whole_numbers(key)),
        Defect::MatchesMapsWhole => matches && !parts.iter().any(|part| part.as_map().is_some_and(|map| map.len() > 1)),
        Defect::TakesAStoredHoleForAHole => match pattern.point().map(|point| Pattern::from_term(&point.term())) {
            Some(Ok(pattern)) => pattern.matches(key),
            _ => matches,
        },
        Defect::OverlooksTuples => matches && !parts.iter().any(|part| part.as_tuple().is_some()),
        _ => matches,
    }
}

fn atoms_as_texts(key: &Key) -> Key {
    let part = |part: Term| match part.as_atom() {
        Some(name) => Term::from(name),
        None => part,
    };
    Key::new(key.parts().into_iter().map(part)).unwrap()
}

fn damage(
    broken: &Broken,
    space: &Namespace,
    pattern: &Pattern,
    cursor: &Cursor,
    records: &mut Vec<Record>,
    page: &mut Page,
) -> Result<()> {
    let damaged = broken.memory(|memory| memory.damaged.clone());
    let before = records.len();
    records.retain(|record| !damaged.contains(&(space.clone(), record.key.clone())));
    if records.len() < before && broken.is(Defect::EndsAListingAtDamage) {
        return Err(Error::new(ErrorKind::Corrupt, "a stored record is damaged"));
    }
    if *cursor == Cursor::START {
        for (_, key) in damaged.into_iter().filter(|(other, key)| other == space && pattern.matches(key)) {
            page.damaged.push(Damaged::new(Bytes::copy_from_slice(key.as_bytes()), Some(key), "damaged on purpose"));
        }
    }
    Ok(())
}

/// What stands behind the cursor.
fn behind(broken: &Broken, cursor: &Cursor, records: Vec<Record>) -> Result<Vec<Record>> {
    let bytes = cursor.as_bytes();
    let after = |position: &[u8], records: Vec<Record>| -> Vec<Record> {
        records.into_iter().filter(|record| record.key.as_bytes() > position).collect()
    };
    Ok(match broken.defect {
        Defect::CountsInsteadOfStanding => {
            let passed = bytes.try_into().map_or(0, u64::from_le_bytes);
            records.into_iter().skip(passed as usize).collect()
        }
        Defect::ListsFromASnapshot => {
            let records = broken.memory(|memory| {
                if bytes.is_empty() {
                    memory.snapshot = records;
                }
                memory.snapshot.clone()
            });
            after(bytes, records)
        }
        Defect::UsesACursorOnce => {
            if !bytes.is_empty() && !broken.memory(|memory| memory.used.insert(bytes.to_vec())) {
                return Err(Error::new(ErrorKind::Invalid, "the cursor is used up"));
            }
            after(bytes, records)
        }
        Defect::KeepsThePositionItself => {
            let position = if bytes.is_empty() { vec![] } else { broken.memory(|memory| memory.position.clone()) };
            after(&position, records)
        }
        _ => after(bytes, records),
    })
}

/// Where the listing goes on after these, with those to come.
fn position(broken: &Broken, from: &Cursor, listed: &[Record], next: &[Record]) -> Cursor {
    let last = listed.last().unwrap().key.as_bytes().to_vec();
    match broken.defect {
        Defect::LosesARecordAtTheSeam => Cursor::new(next[0].key.as_bytes().to_vec()),
        Defect::CountsInsteadOfStanding => {
            let passed = from.as_bytes().try_into().map_or(0, u64::from_le_bytes);
            Cursor::new((passed + listed.len() as u64).to_le_bytes().to_vec())
        }
        Defect::KeepsThePositionItself => {
            broken.memory(|memory| memory.position.clone_from(&last));
            Cursor::new(&b"go on"[..])
        }
        _ => Cursor::new(last),
    }
}
