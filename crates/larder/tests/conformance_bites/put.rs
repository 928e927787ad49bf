//! How a put goes wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use larder::{Backend, Clock, Deadline, Error, ErrorKind, Limits, Namespace, Put, Result, Ttl, Version, When};
use tokio::task::yield_now;

use crate::broken::{At, Broken, Ghost};
use crate::defect::Defect;

const HOUR: Duration = Duration::from_secs(3600);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

pub(crate) async fn put(broken: &Broken, space: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
    if puts.is_empty() && broken.is(Defect::RefusesAnEmptyBatch) {
        return Err(Error::new(ErrorKind::Invalid, "there is nothing to put"));
    }
    let mut changed = Vec::with_capacity(puts.len());
    for put in puts {
        changed.push(one(broken, space, put.clone()).await?);
    }
    let first_ttl = changed.first().map(|put| put.ttl);
    if let (Defect::TakesTheFirstTtlForAll, Some(ttl)) = (broken.defect, first_ttl) {
        changed.iter_mut().for_each(|put| put.ttl = ttl);
    }
    let before = before(broken, space, &changed).await;
    let written = batch(broken, space, &changed).await?;
    for ((put, written), before) in changed.iter().zip(&written).zip(before) {
        let at = (space.clone(), put.key.clone());
        if matches!(written, Ok(true)) {
            remember(broken, &at, put, before);
        } else if put.when == When::Absent && broken.is(Defect::ProlongsWhatIsNotAbsent) {
            broken.reference.touch(space, std::slice::from_ref(&put.key), put.ttl).await?;
        }
    }
    Ok(written)
}

async fn before(broken: &Broken, space: &Namespace, puts: &[Put]) -> Vec<Option<bytes::Bytes>> {
    let mut before = Vec::new();
    for put in puts {
        before.push(broken.living(&(space.clone(), put.key.clone())).await.map(|found| found.value));
    }
    before
}

/// The record as it is really put.
async fn one(broken: &Broken, space: &Namespace, mut put: Put) -> Result<Put> {
    put.key = broken.key(&put.key);
    let at = (space.clone(), put.key.clone());
    let limits = Limits::default();
    match (broken.defect, put.ttl) {
        (Defect::TakesNeverForAnHour, Ttl::Never) => put.ttl = Ttl::After(HOUR),
        (Defect::RoundsATtlDown, Ttl::After(ttl)) => {
            put.ttl = Ttl::After(Duration::from_millis(ttl.as_millis() as u64));
        }
        (Defect::OverflowsALongTtl, Ttl::After(ttl)) if ttl > 50 * YEAR => put.ttl = Ttl::After(Duration::from_secs(1)),
        (Defect::TakesZeroForNever, Ttl::After(ttl)) if ttl.is_zero() || ttl > Ttl::MAX => put.ttl = Ttl::Never,
        (Defect::EndsAMillisecondLate, Ttl::After(ttl)) => put.ttl = Ttl::After(ttl + Duration::from_millis(1)),
        (Defect::KeepsTheOldTtl, _) => {
            let living = broken.living(&at).await;
            put.ttl = living.and_then(|found| found.ttl).unwrap_or(put.ttl);
        }
        (Defect::LeavesTimersBehind, ttl) => {
            let lives = broken.living(&at).await.is_some();
            let deadline = ttl.deadline(broken.clock.monotonic())?;
            broken.memory(|memory| {
                memory.timers.retain(|(other, _)| !lives || *other != at);
                memory.timers.push((at.clone(), deadline));
            });
        }
        (Defect::KeepsTimersByKeyAlone, ttl) => {
            let deadline: Deadline = ttl.deadline(broken.clock.monotonic())?;
            put.ttl = Ttl::Never;
            broken.memory(|memory| {
                memory.timers.retain(|((_, key), _)| *key != at.1);
                memory.timers.push((at.clone(), deadline));
            });
        }
        _ => {}
    }
    match broken.defect {
        Defect::CutsAValueAtNul => {
            let end = put.value.iter().position(|byte| *byte == 0).unwrap_or(put.value.len());
            put.value.truncate(end);
        }
        Defect::CutsALargeValue => put.value.truncate(limits.value_bytes),
        Defect::RefusesTheLargest if put.value.len() >= limits.value_bytes => {
            return Err(Error::new(ErrorKind::Invalid, "a value is smaller than the limit"));
        }
        _ => {}
    }
    put.when = when(broken, &at, put.when).await;
    Ok(put)
}

/// The condition that is really judged.
async fn when(broken: &Broken, at: &At, when: When) -> When {
    let never = When::Unchanged(Version::of(b"a value that nobody puts"));
    let ghost = broken.expired(at).await;
    let remembered =
        |what: fn(&crate::broken::Memory) -> &BTreeSet<At>| broken.memory(|memory| what(memory).contains(at));
    match (broken.defect, when) {
        (Defect::TakesAbsentForAlways, When::Absent) => When::Always,
        (Defect::TakesPresentForAlways, When::Present) => When::Always,
        (Defect::TakesUnchangedForPresent, When::Unchanged(_)) => When::Present,
        (Defect::TakesTheExpiredForPresent, When::Absent) if ghost.is_some() => never,
        (Defect::BringsBackTheDeleted, When::Present) if remembered(|memory| &memory.deleted) => When::Always,
        (Defect::BringsBackTheExpired, When::Present) if ghost.is_some() => When::Always,
        (Defect::ComparesTheExpired, When::Unchanged(version))
            if ghost.is_some_and(|old| Version::of(&old) == version) =>
        {
            When::Always
        }
        (Defect::CountsWritesAsChanges, When::Unchanged(_)) => {
            let writes = broken.memory(|memory| memory.ghosts.get(at).map_or(0, |ghost| ghost.writes));
            if writes > 1 { never } else { when }
        }
        (Defect::CountsATouchAsAChange, When::Unchanged(_)) if remembered(|memory| &memory.touched) => never,
        _ => when,
    }
}

async fn batch(broken: &Broken, space: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
    let mut answers = Vec::new();
    match broken.defect {
        Defect::PutsOneByOne => {
            for put in puts {
                answers.extend(broken.reference.put(space, std::slice::from_ref(put)).await?);
            }
        }
        Defect::PutsInPieces => {
            broken.reference.put(space, &[]).await?;
            for put in puts.iter().rev() {
                answers.extend(broken.reference.put(space, std::slice::from_ref(put)).await?);
                yield_now().await;
            }
            answers.reverse();
        }
        Defect::PutsBackwards => {
            let backwards: Vec<Put> = puts.iter().rev().cloned().collect();
            answers = broken.reference.put(space, &backwards).await?;
            answers.reverse();
        }
        Defect::StopsAtFiveHundred => {
            answers = broken.reference.put(space, &puts[..puts.len().min(500)]).await?;
            answers.resize_with(puts.len(), || Ok(true));
        }
        Defect::AnswersAPutBackwards => {
            answers = broken.reference.put(space, puts).await?;
            answers.reverse();
        }
        Defect::UndoesTheBatch => {
            for put in puts {
                if !holds(broken, space, put).await {
                    return Ok(puts.iter().map(|_| Ok(false)).collect());
                }
            }
            answers = broken.reference.put(space, puts).await?;
        }
        Defect::JudgesAndThenWrites => {
            for put in puts {
                let holds = holds(broken, space, put).await;
                yield_now().await;
                if holds {
                    let put = Put { when: When::Always, ..put.clone() };
                    broken.reference.put(space, &[put]).await?;
                }
                answers.push(Ok(holds));
            }
        }
        _ => answers = broken.reference.put(space, puts).await?,
    }
    Ok(answers)
}

async fn holds(broken: &Broken, space: &Namespace, put: &Put) -> bool {
    let living = broken.living(&(space.clone(), put.key.clone())).await;
    match put.when {
        When::Always => true,
        When::Absent => living.is_none(),
        When::Present => living.is_some(),
        When::Unchanged(version) => living.is_some_and(|found| Version::of(&found.value) == version),
    }
}

fn remember(broken: &Broken, at: &At, put: &Put, before: Option<bytes::Bytes>) {
    broken.memory(|memory| {
        memory.deleted.remove(at);
        memory.touched.remove(at);
        let writes = memory.ghosts.get(at).map_or(0, |ghost| ghost.writes) + 1;
        let ghost = Ghost { value: put.value.clone(), ttl: put.ttl, writes, before: Some(before) };
        memory.ghosts.insert(at.clone(), ghost);
    });
}
