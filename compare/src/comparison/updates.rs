//! Two requests of one session at once, each of which changes a field of its own.

use super::app::App;
use super::contender::Contender;

/// Sessions that are changed side by side.
const SESSIONS: usize = 20;

/// So many updates in pairs: both requests of a pair have read the session before either writes. Answers how many of
/// them were not there afterwards.
pub async fn lost(contender: &Contender, updates: usize) -> usize {
    let pairs = (updates / 2).div_ceil(SESSIONS);
    let session = |number| actix_web::rt::spawn(lost_of(contender.app.clone(), number, pairs));
    let sessions: Vec<_> = (1..=SESSIONS as u64).map(session).collect();
    let mut lost = 0;
    for session in sessions {
        lost += session.await.expect("every request is answered");
    }
    lost
}

async fn lost_of(app: App, session: u64, pairs: usize) -> usize {
    let mut client = app.client();
    client.must(&format!("/login/{session}")).await;
    let mut lost = 0;
    for pair in 1..=pairs {
        let (mut one, mut other) = (client.clone(), client.clone());
        let path = |field: char| format!("/set/{field}/{pair}?at={session}&times=1");
        let (one_path, other_path) = (path('a'), path('b'));
        tokio::join!(one.must(&one_path), other.must(&other_path));
        let shown = client.shown().await;
        lost += usize::from(shown["a"] != pair) + usize::from(shown["b"] != pair);
    }
    lost
}
