//! Applications behave the same over our store as over the one they were written for, with only its line changed.

use std::net::TcpListener;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use larder_compare::axum::{Client, app};
use larder_tower_sessions::SessionStore;
use tower_sessions::MemoryStore;

/// What axum-login's application answers, each with whether a cookie is held then.
async fn transcript(mut client: Client) -> Vec<(u16, String, bool)> {
    let mut said = Vec::new();
    for path in [
        "/me",
        "/who",
        "/count",
        "/count",
        "/login/42",
        "/me",
        "/count",
        "/login/99",
        "/who",
        "/login/42",
        "/logout",
        "/me",
        "/count",
    ] {
        let (status, body) = client.ask(path).await;
        said.push((status, body, client.cookie.is_some()));
    }
    said
}

#[tokio::test]
async fn axum_login_behaves_as_over_its_own_store() {
    let sessions = SessionStore::new(larder::open("memory:").await.unwrap()).index_axum_login();
    let ours = transcript(Client::new(app(sessions.clone()))).await;
    assert_eq!(ours, transcript(Client::new(app(MemoryStore::default()))).await);
    assert_eq!(ours[5], (200, "42".to_owned(), true));
    let mut client = Client::new(app(sessions.clone()));
    client.ask("/login/43").await;
    assert_eq!(sessions.of(43).list().await.unwrap().len(), 1);
    assert_eq!(sessions.of(43).revoke_all().await.unwrap(), 1);
    assert_eq!(client.ask("/who").await.1, "nobody");
}

/// A sample that runs until this is dropped.
struct Sample {
    child: Child,
    port: u16,
}

impl Sample {
    fn start(program: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program).env("PORT", port.to_string()).env("RUST_LOG", "off").spawn().unwrap();
        let (sample, until) = (Self { child, port }, Instant::now() + Duration::from_secs(20));
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "it does not start");
            sleep(Duration::from_millis(20));
        }
        sample
    }

    fn transcript(&self) -> Vec<(u16, String, bool)> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let (mut cookie, mut said) = (None::<String>, Vec::new());
        for (verb, path) in [
            ("GET", "/"),
            ("POST", "/login"),
            ("GET", "/"),
            ("POST", "/login"),
            ("GET", "/"),
            ("POST", "/logout"),
            ("GET", "/"),
        ] {
            let url = format!("http://127.0.0.1:{}{path}", self.port);
            let answer = match verb {
                "GET" => agent.get(&url).header("cookie", cookie.as_deref().unwrap_or_default()).call(),
                _ => agent.post(&url).header("cookie", cookie.as_deref().unwrap_or_default()).send_empty(),
            };
            let mut answer = answer.unwrap();
            if let Some(set) = answer.headers().get("set-cookie") {
                let set = set.to_str().unwrap();
                cookie = (!set.contains("Max-Age=0")).then(|| set.split(';').next().unwrap().to_owned());
            }
            let body = answer.body_mut().read_to_string().unwrap();
            said.push((answer.status().as_u16(), body, cookie.is_some()));
        }
        said
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_published_sample_of_actix_identity_behaves_as_over_its_own_store() {
    let ours = Sample::start(env!("CARGO_BIN_EXE_identity_changed")).transcript();
    assert_eq!(ours, Sample::start(env!("CARGO_BIN_EXE_identity_published")).transcript());
    assert_eq!(ours[2], (200, "Welcome! User1".to_owned(), true));
}
