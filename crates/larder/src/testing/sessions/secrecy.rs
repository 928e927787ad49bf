//! Promise 5: the bearer is stored nowhere.

use std::collections::HashSet;

use crate::sessions::{Bearer, Sessions};
use crate::testing::Fixture;
use crate::testing::case::ok;
use crate::testing::concurrency::run;

use super::checked;
use super::place::{Place, lives, login};

/// After ten thousand logins no bearer stands in the store, as text, as bytes, in hexadecimal or in the other base64:
/// neither in a record nor, where there is one, in the file.
pub async fn bearers_stand_nowhere_in_a_dump<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let resets = place.sessions.tokens("reset", std::time::Duration::from_secs(600));
    let tasks: Vec<_> = (0..50)
        .map(|task| {
            let (sessions, resets) = (place.sessions.clone(), resets.clone());
            tokio::spawn(async move {
                let mut bearers = Vec::new();
                for round in 0..200 {
                    bearers.push(match round % 40 {
                        39 => ok(resets.issue(&"ann").await, "issue"),
                        _ => login(&sessions, &format!("principal {}", (task * 200 + round) / 8)).await.0,
                    });
                }
                let rotated = ok(sessions.rotate(&bearers[0]).await, "rotate");
                bearers.extend(rotated);
                bearers
            })
        })
        .collect();
    let mut bearers: Vec<Bearer> = Vec::new();
    for task in tasks {
        bearers.extend(run(task).await);
    }
    assert!(bearers.len() > 10_000);
    let mut dump: Vec<u8> = place.dump().await.into_iter().flat_map(|(key, value)| [key, value].concat()).collect();
    assert!(dump.len() > 1_000_000, "there is something to look through");
    if let Some(file) = place.case.info().await.file {
        dump.extend(std::fs::read(file).unwrap_or_else(|error| panic!("the store's file can be read: {error}")));
    }
    let forms = |bearer: &Bearer| {
        let text = bearer.expose();
        let hex: String = bearer.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let other = text.replace('-', "+").replace('_', "/");
        [bearer.as_bytes().to_vec(), hex.to_uppercase().into(), hex.into(), other.into(), text.into()]
    };
    let needles: HashSet<[u8; 16]> =
        bearers.iter().flat_map(forms).filter_map(|form| form.first_chunk().copied()).collect();
    let hits = |dump: &[u8]| dump.windows(16).filter(|window| needles.contains(*window)).count();
    for form in bearers.last().map(forms).into_iter().flatten() {
        assert_eq!(hits(&[&dump[..100], &form].concat()), 1, "what stands there is found");
    }
    assert_eq!(hits(&dump), 0, "a bearer stands in the store");
    checked(format!("{} bearers in five forms in {} bytes of store, 0 found", bearers.len(), dump.len()));
}

/// What the store shows, shown as a bearer, opens nothing: neither a record's name nor a public id.
pub async fn what_is_stored_is_no_bearer<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (_, session) = login(&place.sessions, "ann").await;
    let mut tried = 0;
    for (key, value) in place.dump().await {
        let text: String = [key, value].concat().into_iter().map(char::from).collect();
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_') {
            if let Ok(bearer) = word.parse::<Bearer>() {
                tried += 1;
                assert!(!lives(&place.sessions, &bearer).await, "what is stored opens a session");
            }
        }
    }
    assert!(tried >= 2, "the record's name stands in its key and in the principal's record");
    assert!(session.id().to_string().parse::<Bearer>().is_err());
}

/// With a secret, sessions are found by the keyed hash alone: not without it, not with another, and with an older one
/// only while that is named.
pub async fn secrets_open_what_they_closed<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let secret = |byte: u8| ok(crate::sessions::Secret::new(&[byte; 32]), "it is long enough");
    let with = |secrets: &[u8]| {
        let secrets: Vec<_> = secrets.iter().map(|byte| secret(*byte)).collect();
        place.another_with(|builder| builder.secrets(secrets))
    };
    let (plain, old, new, both) = (&place.sessions, with(&[1]), with(&[2]), with(&[2, 1]));
    let (of_plain, _) = login(plain, "ann").await;
    let (of_old, _) = login(&old, "ann").await;
    let (of_both, _) = login(&both, "ann").await;
    let opens = async |sessions: &Sessions| {
        (lives(sessions, &of_plain).await, lives(sessions, &of_old).await, lives(sessions, &of_both).await)
    };
    assert_eq!(opens(plain).await, (true, false, false));
    assert_eq!(opens(&old).await, (false, true, false));
    assert_eq!(opens(&new).await, (false, false, true), "the newest is the one that is written with");
    assert_eq!(opens(&both).await, (false, true, true), "and the plain hash is never tried");
    let rotated = ok(both.rotate(&of_old).await, "rotate").expect("it lives");
    assert!(lives(&new, &rotated).await, "a rotation brings it to the newest");
    assert!(ok(both.end(&of_both).await, "end") && !lives(&new, &of_both).await);
    assert!(crate::sessions::Secret::new(&[0; 31]).is_err());
}

/// Nothing that sessions hand out shows a bearer, a principal or a field by `Debug`, and no error does.
pub async fn debug_and_errors_show_nothing<F: Fixture>(fixture: F) {
    const CANARY: &str = "canaryYellow7";
    let place = Place::open(fixture).await;
    let new = crate::sessions::New::of(CANARY).device(CANARY).address(CANARY);
    let new = ok(new.field("name", CANARY), "field");
    let mut shown = format!("{new:?}");
    let created = ok(place.sessions.create(new).await, "create");
    shown.push_str(&format!("{created:?}"));
    let (bearer, session) = created.session().expect("nobody refuses");
    let of = place.sessions.of(CANARY);
    shown.push_str(&format!("{bearer:?}{session:?}{of:?}{:?}", place.sessions));
    shown.push_str(&format!("{:?}{:?}", session.fields(), session.principal()));
    shown.push_str(&format!("{:?}", place.told()));
    for error in [
        session.get::<u8>("name").err(),
        CANARY.parse::<Bearer>().err(),
        place.sessions.create(crate::sessions::New::of(CANARY.repeat(5000))).await.err(),
    ] {
        shown.push_str(&format!("{error:?} {}", error.as_ref().map(ToString::to_string).expect("each fails")));
    }
    let token = bearer.expose();
    assert!(!shown.contains(CANARY) && !shown.contains(&token) && !shown.contains(&token[1..]), "{shown}");
}
