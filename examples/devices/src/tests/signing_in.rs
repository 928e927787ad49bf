//! How a session begins.

use std::sync::Arc;

use axum::http::StatusCode;
use larder::testing::{Fault, Faulty, Gate, ManualClock, Reference, Verb};

use super::{Browser, ann, app, app_on, app_with};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let app = app().await;
    let wrong = Browser::new(&app).sign_in("ann", "not hers").await;
    let unknown = Browser::new(&app).sign_in("nobody", "not theirs").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY));
    let without_token =
        |text: &str| text.split("value=\"").map(|part| &part[part.find('"').unwrap_or(0)..]).collect::<String>();
    assert!(wrong.text.contains("do not belong together"));
    assert_eq!(without_token(&wrong.text), without_token(&unknown.text));
}

#[tokio::test]
async fn a_name_that_no_key_can_hold_is_nobodys() {
    let mut browser = Browser::new(&app().await);
    for name in ["", "   ", &"x".repeat(10_000), "\u{0}", "ann\u{1F600}"] {
        assert_eq!(browser.sign_in(name, "plum-jam-2026").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn signing_in_gives_a_new_bearer_and_ends_the_one_before() {
    let app = app().await;
    let mut browser = Browser::new(&app);
    browser.get("/sign-in").await;
    let (visitor, token) = (browser.cookie.clone(), browser.token.clone());
    browser.sign_in("ann", "plum-jam-2026").await;
    assert!(browser.is_signed_in().await);
    assert_ne!(browser.cookie, visitor);
    assert_ne!(browser.token, token);

    // Whoever planted the visitor's bearer has nothing by it.
    let mut planted = Browser::new(&app);
    planted.cookie = visitor;
    assert!(!planted.is_signed_in().await);
    let page = planted.get("/sign-in").await;
    assert!(page.text.contains("Your session has ended"));
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
    let page = Browser::new(&app().await).get("/sign-in").await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("session="), "{cookie}");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "on this machine alone there is no TLS: {cookie}");

    let page = Browser::new(&app_with("memory:", true).await).get("/sign-in").await;
    let cookie = page.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-session=") && cookie.contains("Secure") && !cookie.contains("Domain"),
        "{cookie}"
    );
}

#[tokio::test]
async fn one_device_more_than_allowed_ends_the_oldest() {
    let app = app().await;
    let mut browsers = Vec::new();
    for _ in 0..6 {
        browsers.push(ann(&app).await);
    }
    let mut alive = Vec::new();
    for browser in &mut browsers {
        alive.push(browser.is_signed_in().await);
    }
    assert_eq!(alive, [false, true, true, true, true, true]);
    assert_eq!(browsers[5].others().await.len(), 4);
}

#[tokio::test]
async fn pages_are_for_who_has_signed_in() {
    let app = app().await;
    for path in ["/", "/devices", "/password", "/admin", "/admin/ann"] {
        let page = Browser::new(&app).get(path).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/sign-in"), "{path}");
    }
    assert_eq!(ann(&app).await.get("/sign-in").await.location(), "/");
}

#[tokio::test]
async fn a_sign_in_with_a_password_that_is_changed_meanwhile_ends() {
    let faulty = Faulty::new(Reference::new(Arc::new(ManualClock::new())));
    // Two processes with one store.
    let (one, other) = (app_on(faulty.clone()).await, app_on(faulty.clone()).await);
    let (mut here, mut there) = (ann(&one).await, Browser::new(&other));
    there.get("/sign-in").await;
    // The password is found to be right. Then, about to look what other sessions there are, the sign-in is held up.
    let gate = Gate::new();
    faulty.at(Verb::Get, 3, Fault::Hold(gate.clone()));
    let signing_in = tokio::spawn(async move {
        let page = there.post("/sign-in", &[("name", "ann"), ("password", "plum-jam-2026")]).await;
        (there, page)
    });
    gate.reached().await;
    let page = here.post("/password", &[("current", "plum-jam-2026"), ("new", "quince-jelly-2026")]).await;
    assert_eq!(page.location(), "/devices?password=changed&ended=0");
    gate.open();
    let (mut there, page) = signing_in.await.unwrap();
    assert_eq!((page.status, page.header("set-cookie")), (StatusCode::UNPROCESSABLE_ENTITY, ""));
    assert!(!there.is_signed_in().await);
    assert_eq!(here.others().await.len(), 0);
}
