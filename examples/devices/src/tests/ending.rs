//! How sessions end, and that they stay ended.

use std::time::Duration;

use axum::http::StatusCode;

use super::{Browser, ann, app, bob};

#[tokio::test]
async fn a_list_shows_each_device_and_marks_this_one() {
    let app = app().await;
    let (mut here, _there, _bob) = (ann(&app).await, ann(&app).await, bob(&app).await);
    let text = here.get("/devices").await.text;
    assert_eq!(text.matches("Firefox on Linux<").count(), 3, "two names, and one on the button: {text}");
    assert_eq!(text.matches("This device").count(), 1);
    assert_eq!(text.matches("127.0.0.1").count(), 2);
    assert_eq!(text.matches("in 7 days").count(), 2);
}

#[tokio::test]
async fn one_device_signs_out_another() {
    let app = app().await;
    let (mut here, mut there) = (ann(&app).await, ann(&app).await);
    let others = here.others().await;
    assert_eq!(others.len(), 1);
    assert_eq!(here.post(&format!("/devices/{}/end", others[0]), &[]).await.location(), "/devices?ended=1");
    assert!(!there.is_signed_in().await && here.is_signed_in().await);
    assert_eq!(here.post(&format!("/devices/{}/end", others[0]), &[]).await.location(), "/devices?ended=0");
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let app = app().await;
    let (mut here, mut other, mut bob) = (ann(&app).await, ann(&app).await, bob(&app).await);
    let hers = here.others().await;
    assert_eq!(bob.post(&format!("/devices/{}/end", hers[0]), &[]).await.location(), "/devices?ended=0");
    assert_eq!(bob.post("/devices/no-id/end", &[]).await.status, StatusCode::NOT_FOUND);
    assert!(other.is_signed_in().await);
}

#[tokio::test]
async fn the_others_end_and_this_one_stays() {
    let app = app().await;
    let (mut here, mut there, mut bob) = (ann(&app).await, ann(&app).await, bob(&app).await);
    assert_eq!(here.post("/devices/end-others", &[]).await.location(), "/devices?ended=1");
    assert!(here.is_signed_in().await && !there.is_signed_in().await && bob.is_signed_in().await);
}

#[tokio::test]
async fn all_end_everywhere() {
    let app = app().await;
    let (mut here, mut there) = (ann(&app).await, ann(&app).await);
    let stolen = here.cookie.clone();
    assert_eq!(there.post("/devices/end-all", &[]).await.location(), "/sign-in");
    assert_eq!(there.cookie, None);
    assert!(!here.is_signed_in().await);
    let mut thief = Browser::new(&app);
    thief.cookie = stolen;
    assert!(!thief.is_signed_in().await);
}

#[tokio::test]
async fn signing_out_ends_this_one_alone() {
    let app = app().await;
    let (mut here, mut there) = (ann(&app).await, ann(&app).await);
    let kept = here.cookie.clone();
    assert_eq!(here.post("/sign-out", &[]).await.location(), "/sign-in");
    assert_eq!(here.cookie, None);
    here.cookie = kept;
    assert!(!here.is_signed_in().await && there.is_signed_in().await);
}

#[tokio::test(start_paused = true)]
async fn a_slow_request_that_saves_after_the_end_brings_nothing_back() {
    let app = app().await;
    let (mut here, mut there) = (ann(&app).await, ann(&app).await);
    let slow = tokio::spawn(async move {
        let page = there.post("/slow-save?seconds=2", &[]).await;
        (there, page)
    });
    // The clock stands still but for who waits for it: the slow request has loaded its session by now.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(here.post("/devices/end-others", &[]).await.location(), "/devices?ended=1");
    let (mut there, page) = slow.await.unwrap();
    assert_eq!(page.status, StatusCode::GONE);
    assert!(!there.is_signed_in().await);
    assert_eq!(here.others().await.len(), 0);

    let page = here.post("/slow-save?seconds=2", &[]).await;
    assert_eq!(page.location(), "/", "whoever lives is saved");
    assert!(here.get("/").await.text.contains("<span id=\"saves\">1</span>"));
}

#[tokio::test]
async fn a_new_password_ends_the_others_and_gives_this_one_a_new_bearer() {
    let app = app().await;
    let (mut here, mut there) = (ann(&app).await, ann(&app).await);
    let before = here.cookie.clone();
    let change = |current, new| [("current", current), ("new", new)];

    let page = here.post("/password", &change("not hers", "quince-jelly-2026")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = here.post("/password", &change("plum-jam-2026", "short")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(there.is_signed_in().await);

    let page = here.post("/password", &change("plum-jam-2026", "quince-jelly-2026")).await;
    assert_eq!(page.location(), "/devices?password=changed&ended=1");
    assert_ne!(here.cookie, before);
    assert!(here.is_signed_in().await && !there.is_signed_in().await);
    assert_eq!(there.sign_in("ann", "plum-jam-2026").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(there.sign_in("ann", "quince-jelly-2026").await.location(), "/");
}
