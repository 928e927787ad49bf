//! What people see while the store is down.

use std::sync::Arc;

use axum::http::StatusCode;
use larder::ErrorKind;
use larder::testing::{Faulty, ManualClock, Reference};

use super::{Browser, ann, app_on};

#[tokio::test]
async fn down_is_not_signed_out() {
    let faulty = Faulty::new(Reference::new(Arc::new(ManualClock::new())));
    let app = app_on(faulty.clone()).await;
    let mut browser = ann(&app).await;
    let cookie = browser.cookie.clone();

    for kind in [ErrorKind::Unavailable, ErrorKind::Overloaded, ErrorKind::Unknown] {
        faulty.outage(Some(kind));
        for path in ["/", "/devices", "/sign-in"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(page.text.contains("You have not been signed out"), "{path}");
            assert_eq!((page.header("retry-after"), page.header("set-cookie")), ("5", ""), "{path}");
        }
        assert_eq!(browser.post("/devices/end-all", &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(Browser::new(&app).get("/sign-in").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(browser.get("/style.css").await.status, StatusCode::OK);
    }
    faulty.outage(Some(ErrorKind::Denied));
    assert_eq!(browser.get("/").await.status, StatusCode::INTERNAL_SERVER_ERROR);

    faulty.outage(None);
    assert!(browser.is_signed_in().await);
    assert_eq!(browser.cookie, cookie);
}
