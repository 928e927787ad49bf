//! How a get goes wrong.

use bytes::Bytes;
use larder::{Backend, Error, ErrorKind, Found, Key, Limits, Namespace, Result, Select, Ttl};
use tokio::task::yield_now;

use crate::broken::{At, Broken};
use crate::defect::Defect;

pub(crate) async fn get(
    broken: &Broken,
    space: &Namespace,
    keys: &[Key],
    select: Select,
) -> Result<Vec<Option<Found>>> {
    if broken.is(Defect::GetsALongKey) && Limits::default().check_keys(keys).is_err() {
        return Ok(vec![None; keys.len()]);
    }
    let damaged = |key: &Key| broken.memory(|memory| memory.damaged.contains(&(space.clone(), key.clone())));
    if keys.iter().any(damaged) {
        return Err(Error::new(ErrorKind::Corrupt, "the stored record is damaged"));
    }
    let mut answers = broken.reference.get(space, keys, select).await?;
    for (key, answer) in keys.iter().zip(&mut answers) {
        let at = (space.clone(), key.clone());
        *answer = one(broken, &at, answer.take(), select).await;
    }
    match broken.defect {
        Defect::AnswersAGetBackwards => answers.reverse(),
        Defect::MixesReplies => {
            broken.memory(|memory| memory.replies.push_back(answers));
            yield_now().await;
            answers = broken.memory(|memory| memory.replies.pop_front()).unwrap_or_default();
        }
        _ => {}
    }
    Ok(answers)
}

async fn one(broken: &Broken, at: &At, found: Option<Found>, select: Select) -> Option<Found> {
    let ghost = |of: fn(&crate::broken::Ghost) -> Ttl| broken.memory(|memory| memory.ghosts.get(at).map(of));
    match broken.defect {
        Defect::ForgetsEverything => None,
        Defect::LosesAKeyOfOnePart if at.1.len() == 1 => None,
        Defect::TakesNothingsForAbsent => {
            found.filter(|found| select == Select::Keys || !found.value.is_empty() && found.value != "null")
        }
        Defect::HidesWhatIsNoNumber => found.filter(|found| select == Select::Keys || is_number(&found.value)),
        Defect::FindsKeysOfTheExpired if select == Select::Keys => {
            let ghost = ghost(|ghost| ghost.ttl);
            ghost.map(|_| Found { value: Bytes::new(), ttl: None })
        }
        Defect::TellsTheTtlGiven => found.map(|found| Found { ttl: found.ttl.and(ghost(|ghost| ghost.ttl)), ..found }),
        Defect::TellsNeverAsACentury => found.map(|found| match found.ttl {
            Some(Ttl::Never) => Found { ttl: Some(Ttl::After(Ttl::MAX)), ..found },
            _ => found,
        }),
        Defect::TellsNoTtl => found.map(|found| Found { ttl: None, ..found }),
        Defect::ProlongsByReading => {
            if let (Some(_), Some(ttl)) = (&found, ghost(|ghost| ghost.ttl)) {
                broken.reference.touch(&at.0, std::slice::from_ref(&at.1), ttl).await.unwrap();
            }
            found
        }
        Defect::ReadsFromAReplica => {
            let before = broken.memory(|memory| memory.ghosts.get_mut(at).and_then(|ghost| ghost.before.take()));
            match before {
                Some(before) => before.map(|value| Found { value, ttl: None }),
                None => found,
            }
        }
        _ => found,
    }
}

pub(crate) fn is_number(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| text.parse::<u64>().is_ok())
}
