//! What counts as a form of ours, and what browsers are told.

use axum::http::StatusCode;

use super::{Browser, ann, app, app_with, bob};

const FORMS: [&str; 11] = [
    "/sign-out",
    "/slow-save?seconds=0",
    "/devices/AAAAAAAAAAAAAAAAAAAAAA/end",
    "/devices/end-others",
    "/devices/end-all",
    "/password",
    "/admin/ann/end-all",
    "/admin/ann/block",
    "/admin/ann/unblock",
    "/admin/ann/AAAAAAAAAAAAAAAAAAAAAA/end",
    "/no-such-page",
];

#[tokio::test]
async fn a_form_without_the_token_of_its_session_does_nothing() {
    let app = app().await;
    let (mut browser, other) = (ann(&app).await, bob(&app).await);
    let long = "x".repeat(20_000);
    for path in FORMS {
        for fields in [
            vec![],
            vec![("csrf", "")],
            vec![("csrf", other.token.as_str())],
            vec![("csrf", &browser.token.clone()[1..])],
            vec![("csrf", long.as_str())],
            vec![("csrf", "a"), ("csrf", "b")],
        ] {
            let page = browser.post_bare(path, &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn a_form_without_a_session_leads_to_the_page_to_sign_in() {
    let app = app().await;
    for path in FORMS.into_iter().chain(["/sign-in"]) {
        let page = Browser::new(&app).post_bare(path, &[("name", "ann"), ("password", "plum-jam-2026")]).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn signing_in_needs_the_token_too() {
    let mut browser = Browser::new(&app().await);
    browser.get("/sign-in").await;
    let page = browser.post_bare("/sign-in", &[("name", "ann"), ("password", "plum-jam-2026")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_answer_tells_browsers_what_to_refuse() {
    let app = app_with("memory:", true).await;
    let mut browser = ann(&app).await;
    for path in ["/", "/devices", "/password", "/sign-in", "/admin", "/nothing", "/style.css", "/icon.svg"] {
        let page = browser.get(path).await;
        let content = page.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
            assert!(content.contains(part), "{path}: {content}");
        }
        assert!(!content.contains("unsafe"), "{path}: {content}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert!(page.header("strict-transport-security").starts_with("max-age="), "{path}");
        let is_file = path.contains('.');
        assert_eq!(page.header("cache-control"), if is_file { "max-age=300" } else { "no-store" }, "{path}");
        assert!(is_file || !page.text.contains("<script") && !page.text.contains("style="), "{path}");
    }
}
