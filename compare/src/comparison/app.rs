//! One application of a few routes, in each framework, and a client of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use actix_session::SessionMiddleware;
use actix_session::config::CookieContentSecurity;
use actix_web::cookie::{Cookie, Key};
use actix_web::dev::Service;
use actix_web::http::header::{COOKIE, SET_COOKIE};
use actix_web::test::{TestRequest, init_service};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Barrier;
use tower::ServiceExt;

/// What a session may hold here.
const FIELDS: [&str; 3] = ["user", "a", "b"];

/// What is answered: a status, the cookie that is set (empty: removed), a body.
type Answer = (u16, Option<String>, String);
type Pending<T> = Pin<Box<dyn Future<Output = T>>>;

/// An application over a store.
#[derive(Clone)]
pub struct App {
    serve: Rc<dyn Fn(String, Option<String>) -> Pending<Answer>>,
    meetings: Meetings,
    key_of: fn(&str) -> String,
}

impl App {
    pub fn client(&self) -> Client {
        Client { app: self.clone(), cookie: None }
    }

    /// Waits for a request that is to meet somebody at a place.
    pub async fn meet(&self, place: u64) {
        self.meetings.pass(place, 1).await;
    }
}

/// Where two wait for each other: requests with one another or with the script, after the session is read and before it
/// is changed.
#[derive(Clone, Default)]
struct Meetings(Arc<Mutex<HashMap<u64, Arc<Barrier>>>>);

impl Meetings {
    async fn pass(&self, place: u64, times: u64) {
        let barrier = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            places.entry(place).or_insert_with(|| Arc::new(Barrier::new(2))).clone()
        };
        for _ in 0..times {
            barrier.wait().await;
        }
    }
}

/// How a path says that a request meets somebody.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Meets {
    at: u64,
    times: u64,
}

/// A browser: a clone is another tab of it, until it is given another cookie.
#[derive(Clone)]
pub struct Client {
    pub app: App,
    pub cookie: Option<String>,
}

impl Client {
    /// The status and the body.
    pub async fn ask(&mut self, path: &str) -> (u16, String) {
        let (status, set, body) = (self.app.serve)(path.to_owned(), self.cookie.clone()).await;
        if let Some(cookie) = set {
            self.cookie = (!cookie.is_empty()).then_some(cookie);
        }
        (status, body)
    }

    /// Asks for what must go well.
    pub async fn must(&mut self, path: &str) -> String {
        let (status, body) = self.ask(path).await;
        assert_eq!(status, 200, "{path}");
        body
    }

    /// What the session holds. What is answered besides is not kept.
    pub async fn shown(&self) -> Value {
        let (status, body) = self.clone().ask("/show").await;
        if status == 200 { serde_json::from_str(&body).expect("it answers JSON") } else { Value::Null }
    }

    /// Whether the application knows its user.
    pub async fn is_signed_in(&self) -> bool {
        self.shown().await.get("user").is_some()
    }

    /// By what the framework asks the store for the session.
    pub fn key(&self) -> String {
        (self.app.key_of)(self.cookie.as_deref().expect("there is a cookie"))
    }
}

/// The cookie that an answer sets: empty where it removes it.
fn cookie(set: Option<&str>) -> Option<String> {
    let (value, rest) = set?.strip_prefix("id=")?.split_once(';')?;
    Some(if rest.contains("Max-Age=0") { String::new() } else { value.to_owned() })
}

mod tower_app {
    use axum::body::{Body, to_bytes};
    use axum::extract::{Path, Query, State};
    use axum::http::{Request, StatusCode};
    use axum::routing::get;
    use axum::{Json, Router};
    use tower_sessions::{Session, SessionManagerLayer, SessionStore};

    use super::*;

    type Done<T = &'static str> = Result<T, StatusCode>;

    fn failed(_: impl Display) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    async fn login(session: Session, Path(user): Path<u64>) -> Done {
        session.insert("user", user).await.map_err(failed)?;
        Ok("signed in")
    }

    async fn show(session: Session) -> Done<Json<BTreeMap<&'static str, Value>>> {
        let mut shown = BTreeMap::new();
        for name in FIELDS {
            if let Some(value) = session.get_value(name).await.map_err(failed)? {
                shown.insert(name, value);
            }
        }
        Ok(Json(shown))
    }

    async fn set(
        session: Session,
        meetings: State<Meetings>,
        Path((name, value)): Path<(String, u64)>,
        Query(Meets { at, times }): Query<Meets>,
    ) -> Done {
        session.get_value(&name).await.map_err(failed)?;
        meetings.pass(at, times).await;
        session.insert(&name, value).await.map_err(failed)?;
        Ok("set")
    }

    async fn end(session: Session) -> Done {
        session.flush().await.map_err(failed)?;
        Ok("signed out")
    }

    /// The application over a store of tower-sessions.
    pub fn app(store: impl SessionStore + Clone) -> App {
        let meetings = Meetings::default();
        let router = Router::new()
            .route("/login/{user}", get(login))
            .route("/show", get(show))
            .route("/set/{name}/{value}", get(set))
            .route("/end", get(end))
            .layer(SessionManagerLayer::new(store).with_secure(false))
            .with_state(meetings.clone());
        let serve = move |path: String, sent: Option<String>| -> Pending<Answer> {
            let router = router.clone();
            Box::pin(async move {
                let mut request = Request::get(path);
                if let Some(sent) = sent {
                    request = request.header("cookie", format!("id={sent}"));
                }
                let request = request.body(Body::empty()).expect("a request");
                let response = router.oneshot(request).await.expect("an answer");
                let set = cookie(response.headers().get("set-cookie").and_then(|set| set.to_str().ok()));
                let status = response.status().as_u16();
                let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
                (status, set, String::from_utf8_lossy(&body).into_owned())
            })
        };
        App { serve: Rc::new(serve), meetings, key_of: str::to_owned }
    }
}

mod actix_app {
    use actix_session::Session;
    use actix_session::storage::SessionStore;
    use actix_web::ResponseError;
    use actix_web::web::{Data, Json, Path, Query};

    use super::*;

    #[derive(Debug)]
    struct Failed(String);

    impl Display for Failed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0)
        }
    }

    impl ResponseError for Failed {}

    type Done<T = &'static str> = Result<T, Failed>;

    fn failed(error: impl Display) -> Failed {
        Failed(error.to_string())
    }

    async fn login(session: Session, user: Path<u64>) -> Done {
        session.insert("user", *user).map_err(failed)?;
        Ok("signed in")
    }

    async fn show(session: Session) -> Done<Json<BTreeMap<&'static str, Value>>> {
        let mut shown = BTreeMap::new();
        for name in FIELDS {
            if let Some(value) = session.get::<Value>(name).map_err(failed)? {
                shown.insert(name, value);
            }
        }
        Ok(Json(shown))
    }

    async fn set(session: Session, meetings: Data<Meetings>, pair: Path<(String, u64)>, meets: Query<Meets>) -> Done {
        meetings.pass(meets.at, meets.times).await;
        session.insert(&pair.0, pair.1).map_err(failed)?;
        Ok("set")
    }

    async fn end(session: Session) -> Done {
        session.purge();
        Ok("signed out")
    }

    /// The application over a store of actix-session. Its cookies are signed and not encrypted, so that the session's
    /// key can be read out of them.
    pub async fn app(store: impl SessionStore + 'static) -> App {
        let meetings = Meetings::default();
        let middleware = SessionMiddleware::builder(store, Key::from(&[7; 64]))
            .cookie_secure(false)
            .cookie_content_security(CookieContentSecurity::Signed)
            .build();
        let app = actix_web::App::new()
            .app_data(Data::new(meetings.clone()))
            .route("/login/{user}", web::get().to(login))
            .route("/show", web::get().to(show))
            .route("/set/{name}/{value}", web::get().to(set))
            .route("/end", web::get().to(end))
            .wrap(middleware);
        let service = Rc::new(init_service(app).await);
        let serve = move |path: String, sent: Option<String>| -> Pending<Answer> {
            let service = service.clone();
            Box::pin(async move {
                let mut request = TestRequest::get().uri(&path);
                if let Some(sent) = sent {
                    request = request.insert_header((COOKIE, format!("id={sent}")));
                }
                let response: HttpResponse = match service.call(request.to_request()).await {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    Err(error) => error.error_response(),
                };
                let set = cookie(response.headers().get(SET_COOKIE).and_then(|set| set.to_str().ok()));
                let status = response.status().as_u16();
                let body = actix_web::body::to_bytes(response.into_body()).await.unwrap_or_default();
                (status, set, String::from_utf8_lossy(&body).into_owned())
            })
        };
        App { serve: Rc::new(serve), meetings, key_of }
    }

    /// A signature of 44 letters stands before it.
    fn key_of(cookie: &str) -> String {
        let cookie = Cookie::parse_encoded(format!("id={cookie}")).expect("it is a cookie");
        cookie.value().get(44..).expect("it is signed").to_owned()
    }
}

pub use actix_app::app as actix;
pub use tower_app::app as tower;
