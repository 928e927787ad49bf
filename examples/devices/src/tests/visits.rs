//! What a session remembers.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::Barrier;

use super::{Browser, ann, app_with};

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_never_lose_a_visit() {
    let folder = tempfile::tempdir().unwrap();
    let disk = format!("disk:{}", folder.path().join("devices.larder").display());
    for store in ["memory:", &disk] {
        let app = app_with(store, false).await;
        let mut browser = ann(&app).await;
        let together = Arc::new(Barrier::new(8));
        let tabs: Vec<_> = (0..8)
            .map(|_| {
                let (app, cookie, together) = (app.clone(), browser.cookie.clone(), Arc::clone(&together));
                tokio::spawn(async move {
                    let mut tab = Browser::new(&app);
                    tab.cookie = cookie;
                    together.wait().await;
                    for _ in 0..25 {
                        assert_eq!(tab.get("/").await.status, StatusCode::OK);
                    }
                })
            })
            .collect();
        for tab in tabs {
            tab.await.unwrap();
        }
        let text = browser.get("/").await.text;
        assert!(text.contains("<strong id=\"visits\">201</strong>"), "{store}: {text}");
    }
}

#[tokio::test]
async fn the_store_holds_no_bearer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("devices.larder");
    let app = app_with(&format!("disk:{}", file.display()), false).await;
    let browser = ann(&app).await;
    let cookie = browser.cookie.unwrap();
    let bearer = cookie.strip_prefix("session=").unwrap().as_bytes();
    let bytes = std::fs::read(file).unwrap();
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(holds(b"Firefox on Linux") && !holds(bearer) && !holds(b"plum-jam-2026"));
    drop(app);
}
