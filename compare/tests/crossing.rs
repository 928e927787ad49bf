//! One principal signs in through both frameworks: axum-login stores 42, actix-identity "42".

use larder_compare::{actix, axum};

#[actix_web::test]
async fn both_frameworks_know_one_principal() {
    let opened = larder::open("memory:").await.unwrap();
    let tower = larder_tower_sessions::SessionStore::new(opened.clone()).index_axum_login();
    let identity = larder_actix_session::SessionStore::new(opened).index_actix_identity();
    let mut one = axum::Client::new(axum::app(tower.clone()));
    let mut other = actix::Client::new(identity.clone()).await;
    one.ask("/login/42").await;
    other.ask("/login/42").await;
    assert_eq!((one.ask("/who").await.1, other.ask("/who").await.1), ("42".to_owned(), "42".to_owned()));
    assert_eq!(tower.of(42).list().await.unwrap().len(), 2);
    assert_eq!(identity.of("42").list().await.unwrap().len(), 2);

    let here: larder_tower_sessions::PublicId = tower.of("42").list().await.unwrap()[0].id;
    assert_eq!(identity.of(42).revoke_others(here).await.unwrap(), 1);
    assert_eq!((one.ask("/who").await.1, other.ask("/who").await.1), ("42".to_owned(), "nobody".to_owned()));
    assert_eq!(identity.of(42).revoke_all().await.unwrap(), 1);
    assert_eq!(one.ask("/who").await.1, "nobody");
}
