//! How a take, a touch, a delete and a sweep go wrong.

use std::time::Duration;

use bytes::Bytes;
use larder::{Backend, Error, ErrorKind, Key, Limits, Namespace, Put, Result, Sweep, Swept, Ttl, When};
use tokio::task::yield_now;

use crate::broken::{At, Broken};
use crate::defect::Defect;

fn forget(broken: &Broken, at: &At) {
    broken.memory(|memory| {
        if memory.ghosts.remove(at).is_some() {
            memory.deleted.insert(at.clone());
        }
        if broken.is(Defect::KeepsTimersByKeyAlone) {
            memory.timers.retain(|((_, key), _)| *key != at.1);
        }
    });
}

pub(crate) async fn take(broken: &Broken, at: &At) -> Result<Option<Bytes>> {
    let (space, key) = at;
    let taken = match broken.defect {
        Defect::TakesNothingAway => broken.living(at).await.map(|found| found.value),
        Defect::TakesTheExpired => {
            let expired = broken.expired(at).await;
            broken.reference.take(space, key).await?.or(expired)
        }
        Defect::TakesInTwoSteps | Defect::JudgesAndThenWrites => {
            let value = broken.living(at).await.map(|found| found.value);
            yield_now().await;
            broken.reference.delete(space, std::slice::from_ref(key)).await?;
            value
        }
        _ => {
            broken.reference.take(space, key).await.map_err(|error| broken.telling(error, std::slice::from_ref(key)))?
        }
    };
    forget(broken, at);
    Ok(taken)
}

pub(crate) async fn touch(broken: &Broken, space: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
    Limits::default().check_keys(keys).map_err(|error| broken.telling(error, keys))?;
    let reference = &broken.reference;
    let mut lived = Vec::new();
    for key in keys {
        let at = (space.clone(), key.clone());
        let put = |value| Put { key: key.clone(), value, ttl, when: When::Always };
        let one = std::slice::from_ref(key);
        lived.push(match broken.defect {
            Defect::OnlySaysItTouched => broken.living(&at).await.is_some(),
            Defect::OnlyProlongs => match broken.living(&at).await.and_then(|found| found.ttl) {
                Some(left) if left >= ttl => true,
                _ => reference.touch(space, one, ttl).await?[0],
            },
            Defect::TouchCreates => {
                let lives = reference.touch(space, one, ttl).await?[0];
                if !lives {
                    reference.put(space, &[put(Bytes::new())]).await?;
                }
                lives
            }
            Defect::TouchBringsBackTheExpired => {
                if let Some(value) = broken.expired(&at).await {
                    reference.put(space, &[put(value)]).await?;
                }
                reference.touch(space, one, ttl).await?[0]
            }
            Defect::TouchesInTwoSteps => {
                let living = broken.living(&at).await;
                yield_now().await;
                if let Some(found) = &living {
                    reference.put(space, &[put(found.value.clone())]).await?;
                }
                living.is_some()
            }
            _ => reference.touch(space, one, ttl).await?[0],
        });
        broken.memory(|memory| memory.touched.insert(at));
    }
    if broken.is(Defect::AnswersATouchBackwards) {
        lived.reverse();
    }
    Ok(lived)
}

pub(crate) async fn delete(broken: &Broken, space: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
    Limits::default().check_keys(keys).map_err(|error| broken.telling(error, keys))?;
    let reference = &broken.reference;
    let mut lived = Vec::new();
    for key in keys {
        let at = (space.clone(), key.clone());
        let one = std::slice::from_ref(key);
        let expired = broken.expired(&at).await;
        let lives = broken.living(&at).await.is_some();
        if broken.is(Defect::JudgesAndThenWrites) {
            yield_now().await;
        }
        let ended = reference.delete(space, one).await?[0];
        lived.push(match broken.defect {
            Defect::JudgesAndThenWrites => lives,
            Defect::AlwaysSaysItLived => true,
            Defect::FailsToDeleteAgain if !ended => {
                return Err(Error::new(ErrorKind::Unavailable, "there is nothing to delete"));
            }
            Defect::DeletesTheExpired => ended || expired.is_some(),
            Defect::DeletesWhatBeginsAlike => {
                let parts = key.parts();
                let keys = broken.memory(|memory| memory.ghosts.keys().map(|(_, key)| key.clone()).collect::<Vec<_>>());
                let alike: Vec<Key> = keys.into_iter().filter(|other| other.parts().starts_with(&parts)).collect();
                reference.delete(space, &alike).await?;
                ended
            }
            _ => ended,
        });
        forget(broken, &at);
    }
    Ok(lived)
}

pub(crate) async fn sweep(broken: &Broken, what: Sweep) -> Result<Swept> {
    let everything: Vec<(At, Ttl)> =
        broken.memory(|memory| memory.ghosts.iter().map(|(at, ghost)| (at.clone(), ghost.ttl)).collect());
    match broken.defect {
        Defect::SweepsNothing => return Ok(Swept::default()),
        Defect::SweepsWhatWillExpire => {
            for ((space, key), ttl) in everything {
                if ttl < Ttl::After(Duration::from_secs(60)) {
                    broken.reference.delete(&space, &[key]).await?;
                }
            }
        }
        Defect::ForgetsDeadlinesWhenCompacting if what == Sweep::Compact => {
            for ((space, key), _) in everything {
                broken.reference.touch(&space, &[key], Ttl::Never).await?;
            }
        }
        _ => {}
    }
    broken.reference.sweep(what).await
}
