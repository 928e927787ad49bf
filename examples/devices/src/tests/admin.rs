//! What administrators may, and nobody else.

use axum::http::StatusCode;

use super::{Browser, ann, app, bob, carla};

#[tokio::test]
async fn the_pages_of_administrators_are_for_them_alone() {
    let app = app().await;
    let (mut bob, mut ann) = (bob(&app).await, ann(&app).await);
    for path in ["/admin", "/admin/ann"] {
        let page = bob.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(!page.text.contains("Firefox"), "{path}");
    }
    for path in ["/admin/ann/end-all", "/admin/ann/block", "/admin/ann/AAAAAAAAAAAAAAAAAAAAAA/end"] {
        assert_eq!(bob.post(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(ann.is_signed_in().await);
    assert!(!bob.get("/").await.text.contains("/admin"));
    assert!(carla(&app).await.get("/").await.text.contains("/admin"));
}

#[tokio::test]
async fn an_administrator_sees_and_ends_sessions() {
    let app = app().await;
    let (mut one, mut other, mut carla) = (ann(&app).await, ann(&app).await, carla(&app).await);
    assert!(carla.get("/admin").await.text.contains("2 devices"));
    let text = carla.get("/admin/ann").await.text;
    let (_, rest) = text.split_once("action=\"/admin/ann/").unwrap();
    let id = rest.split_once("/end\"").unwrap().0;
    assert_eq!(carla.post(&format!("/admin/ann/{id}/end"), &[]).await.location(), "/admin/ann?ended=1");
    assert!(!one.is_signed_in().await && other.is_signed_in().await);
    assert_eq!(carla.post("/admin/ann/end-all", &[]).await.location(), "/admin/ann?ended=1");
    assert!(!other.is_signed_in().await && carla.is_signed_in().await);
    assert_eq!(carla.get("/admin/nobody").await.status, StatusCode::NOT_FOUND);
    assert_eq!(carla.post("/admin/nobody/block", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_blocked_account_is_out_until_it_is_unblocked() {
    let app = app().await;
    let (mut bob, mut carla) = (bob(&app).await, carla(&app).await);
    assert_eq!(carla.post("/admin/bob/block", &[]).await.location(), "/admin/bob?ended=1");
    assert!(!bob.is_signed_in().await);
    assert_eq!(bob.sign_in("bob", "rye-bread-2026").await.status, StatusCode::FORBIDDEN);
    // Who does not know the password is not told of the block.
    assert_eq!(Browser::new(&app).sign_in("bob", "guess").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(carla.get("/admin/bob").await.text.contains("Unblock"));
    carla.post("/admin/bob/unblock", &[]).await;
    assert_eq!(bob.sign_in("bob", "rye-bread-2026").await.location(), "/");
}

#[tokio::test]
async fn no_administrator_locks_themselves_out() {
    let app = app().await;
    let mut carla = carla(&app).await;
    assert_eq!(carla.post("/admin/carla/block", &[]).await.status, StatusCode::NOT_FOUND);
    assert!(carla.is_signed_in().await);
}
