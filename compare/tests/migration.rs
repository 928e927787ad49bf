//! Sessions that the published Redis stores wrote are found by our adapters, and nobody is signed out.
//!
//! Runs the command `larder`: scripts/compare builds it and names it in LARDER.

use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use actix_session::storage::RedisSessionStore;
use larder_compare::{actix, axum};
use larder_test_redis::Server;
use tower_sessions_redis_store::{RedisStore, fred::prelude::*};

fn copy(server: &Server, format: &str, to: &str, more: &[&str]) -> Output {
    let program = std::env::var("LARDER").expect("LARDER names the command");
    let from = server.url_with("/0");
    let mut command = Command::new(program);
    command.args(["copy", "--from", &from, "--from-format", format, "--to", to]).args(more).output().unwrap()
}

fn told(output: Output) -> String {
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_out_who_had_a_session_of_tower_sessions_redis_store() {
    let server = Server::start();
    let pool = Pool::new(Config::from_url(&server.url()).unwrap(), None, None, None, 1).unwrap();
    pool.init().await.unwrap();
    let old = axum::app(RedisStore::new(pool));
    let mut clients = Vec::new();
    for user in [41, 42, 42] {
        let mut client = axum::Client::new(old.clone());
        client.ask(&format!("/login/{user}")).await;
        client.ask("/count").await;
        clients.push((user, client));
    }
    server.command(&["SET", "some other key", "of somebody"]);

    let new = server.url_with("/0?namespace=myapp");
    assert!(told(copy(&server, "tower-sessions-redis", &new, &[])).contains("read 3, written 3, expired 0, refused 0"));
    let sessions = larder_tower_sessions::SessionStore::new(larder::open(&new).await.unwrap()).index_axum_login();
    let app = axum::app(sessions.clone());
    for (user, client) in &mut clients {
        client.app = app.clone();
        assert_eq!(client.ask("/me").await, (200, user.to_string()));
        assert_eq!(client.ask("/count").await.1, "2");
    }
    let listed = sessions.of(42).list().await.unwrap();
    assert_eq!(listed.len(), 2);
    let two_weeks = Duration::from_secs(14 * 24 * 3600);
    for session in listed {
        let remains = session.expires.duration_since(SystemTime::now()).unwrap();
        assert!(remains <= two_weeks && remains > two_weeks - Duration::from_secs(60), "{remains:?}");
    }
    // What has ended does not come back by a second copy, unless somebody insists.
    assert_eq!(sessions.of(42).revoke_all().await.unwrap(), 2);
    assert_eq!(copy(&server, "tower-sessions-redis", &new, &[]).status.code(), Some(2));
    assert_eq!(clients[1].1.ask("/who").await.1, "nobody");
    assert!(
        told(copy(&server, "tower-sessions-redis", &new, &["--again"]))
            .contains("written 2, expired 0, refused 0, kept 1")
    );
}

#[actix_web::test]
async fn nobody_is_signed_out_who_had_a_session_of_actix_sessions_redis_store() {
    let server = Server::start();
    let old = RedisSessionStore::builder(server.url()).cache_keygen(|key| format!("app*:{key}")).build().await.unwrap();
    let mut client = actix::Client::new(old).await;
    client.ask("/login/42").await;
    client.ask("/count").await;

    let folder = std::env::temp_dir().join(format!("larder-compare-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let new = format!("disk:{}", folder.join("new.larder").display());
    let more = ["--prefix", "app*:"];
    assert!(told(copy(&server, "actix-session", &new, &more)).contains("read 1, written 1, expired 0, refused 0"));
    let sessions = larder_actix_session::SessionStore::new(larder::open(&new).await.unwrap()).index_actix_identity();
    let mut moved = actix::Client::new(sessions.clone()).await;
    moved.cookie = client.cookie.clone();
    assert_eq!(moved.ask("/who").await, (200, "42".to_owned()));
    assert_eq!(moved.ask("/count").await.1, "2");
    assert_eq!(sessions.of(42).revoke_all().await.unwrap(), 1);
    assert_eq!(moved.ask("/who").await.1, "nobody");
    std::fs::remove_dir_all(folder).unwrap();
}
