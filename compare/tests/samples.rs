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

    /// What it answers to paths, and to forms that are posted, each with whether a cookie is held then.
    fn transcript(&self, asked: &[(&str, Option<&[(&str, &str)]>)]) -> Vec<(u16, String, bool)> {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.build().into();
        let (mut cookie, mut said) = (None::<String>, Vec::new());
        for (path, form) in asked {
            let (url, sent) = (format!("http://127.0.0.1:{}{path}", self.port), cookie.as_deref().unwrap_or_default());
            let answer = match form {
                None => agent.get(&url).header("cookie", sent).call(),
                Some(form) => agent.post(&url).header("cookie", sent).send_form(form.iter().copied()),
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

/// The lines in which a sample's text and ours differ: theirs, ours.
fn difference(name: &str) -> Vec<(String, String)> {
    let read = |kind: &str| std::fs::read_to_string(format!("{}/{name}-{kind}.rs", env!("SAMPLES"))).unwrap();
    let (published, changed) = (read("published"), read("changed"));
    assert_eq!(published.lines().count(), changed.lines().count());
    let pairs = published.lines().zip(changed.lines()).filter(|(theirs, ours)| theirs != ours);
    pairs.map(|(theirs, ours)| (theirs.trim().to_owned(), ours.trim().to_owned())).collect()
}

/// Shows the line in which they differ, which must be the only one and the store's.
fn assert_one_line(name: &str) {
    let difference = difference(name);
    for (theirs, ours) in &difference {
        eprintln!("{name}\n- {theirs}\n+ {ours}");
    }
    assert!(difference.len() == 1 && difference[0].0.contains("Store::default()"), "one line, of the store");
}

#[test]
fn the_published_sample_of_actix_identity_behaves_as_over_its_own_store() {
    assert_one_line("identity");
    let (get, post) = (None, Some(&[][..]));
    let asked = [("/", get), ("/login", post), ("/", get), ("/login", post), ("/", get), ("/logout", post), ("/", get)];
    let ours = Sample::start(env!("CARGO_BIN_EXE_identity_changed")).transcript(&asked);
    assert_eq!(ours, Sample::start(env!("CARGO_BIN_EXE_identity_published")).transcript(&asked));
    assert_eq!(ours[2], (200, "Welcome! User1".to_owned(), true));
}

#[test]
fn the_documented_application_of_axum_login_behaves_as_over_its_own_store() {
    assert_one_line("login");
    let form = |user| Some(user);
    let asked = [
        ("/protected", None),
        ("/login", None),
        ("/login", form(&[("user_id", "41")][..])),
        ("/protected", None),
        ("/login", form(&[("user_id", "42")])),
        ("/protected", None),
        ("/login", form(&[("user_id", "42")])),
        ("/protected", None),
    ];
    let ours = Sample::start(env!("CARGO_BIN_EXE_login_changed")).transcript(&asked);
    assert_eq!(ours, Sample::start(env!("CARGO_BIN_EXE_login_published")).transcript(&asked));
    assert_eq!((ours[0].0, ours[2].0, ours[3].0), (307, 401, 307));
    assert_eq!(ours[5], (200, "Gotta be logged in to see me!".to_owned(), true));
}

#[test]
fn the_published_sample_of_tower_sessions_behaves_as_over_its_own_store() {
    assert_one_line("counter");
    let asked = [("/", None); 4];
    let ours = Sample::start(env!("CARGO_BIN_EXE_counter_changed")).transcript(&asked);
    assert_eq!(ours, Sample::start(env!("CARGO_BIN_EXE_counter_published")).transcript(&asked));
    assert_eq!(ours[3], (200, "Current count: 3".to_owned(), true));
}
