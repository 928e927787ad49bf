//! An application of a few routes.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, Key};
use actix_web::dev::Service;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{Data, Json, Path};
use actix_web::{App as Actix, HttpResponse, ResponseError, body, web};
use larder_actix_session::{HIDDEN, SessionStore, outage};
use serde_json::Value;

use crate::hold::Hold;

/// Where its slow requests wait.
#[derive(Clone)]
pub struct Holds {
    pub first: Hold,
}

impl Holds {
    pub fn new() -> Self {
        Self { first: Hold::new() }
    }
}

/// How it is set up.
#[derive(Clone, Copy, Default)]
pub struct Setup {
    pub with_outage: bool,
    pub extends_always: bool,
}

/// A status, a cookie that was set (empty: removed), a body.
pub type Answer = (StatusCode, Option<Cookie<'static>>, String);
pub type App = Rc<dyn Fn(String, Option<Cookie<'static>>) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// An application's errors are a 500 to its clients.
#[derive(Debug)]
struct Failed(String);

impl Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ResponseError for Failed {}

fn failed(error: impl Display) -> Failed {
    Failed(error.to_string())
}

type Done<T = &'static str> = Result<T, Failed>;
type Pair = Path<(String, String)>;

async fn show(session: Session) -> Json<BTreeMap<String, Value>> {
    let entries = session.entries();
    let shown = entries.iter().filter(|(name, _)| *name != HIDDEN);
    Json(shown.map(|(name, text)| (name.clone(), serde_json::from_str(text).unwrap())).collect())
}

async fn set(session: Session, pair: Pair) -> Done {
    session.insert(&pair.0, &pair.1).map_err(failed)?;
    Ok("set")
}

async fn remove(session: Session, name: Path<String>) -> Done {
    session.remove(&name).ok_or_else(|| failed("nothing there"))?;
    Ok("removed")
}

async fn clear(session: Session, pair: Pair) -> Done {
    session.clear();
    session.insert(&pair.0, &pair.1).map_err(failed)?;
    Ok("cleared")
}

async fn slow(session: Session, holds: Data<Holds>, pair: Pair) -> Done {
    holds.first.pass().await;
    session.insert(&pair.0, &pair.1).map_err(failed)?;
    Ok("set")
}

async fn login(session: Session, user: Path<u64>) -> Done {
    session.renew();
    session.insert("user", *user).map_err(failed)?;
    Ok("signed in")
}

async fn renew(session: Session, holds: Data<Holds>) -> Done {
    session.renew();
    holds.first.pass().await;
    Ok("renewed")
}

async fn logout(session: Session) -> Done {
    session.purge();
    Ok("signed out")
}

async fn end_others(session: Session, store: Data<SessionStore>) -> Done<String> {
    let user: Option<u64> = session.get("user").map_err(failed)?;
    let of = store.of(user.ok_or_else(|| failed("nobody"))?);
    Ok(of.revoke_others(&session).await.map_err(failed)?.to_string())
}

async fn renew_and_end_others(session: Session, store: Data<SessionStore>) -> Done<String> {
    session.renew();
    end_others(session, store).await
}

async fn id(session: Session, store: Data<SessionStore>) -> Done<String> {
    Ok(store.public_id(&session).ok_or_else(|| failed("no session"))?.to_string())
}

pub async fn app(store: SessionStore, holds: Holds, setup: Setup) -> App {
    let policy = match setup.extends_always {
        true => TtlExtensionPolicy::OnEveryRequest,
        false => TtlExtensionPolicy::OnStateChanges,
    };
    let lifecycle = PersistentSession::default().session_ttl(Duration::hours(1)).session_ttl_extension_policy(policy);
    let middleware = SessionMiddleware::builder(store.clone(), Key::from(&[7; 64]))
        .cookie_secure(false)
        .cookie_content_security(CookieContentSecurity::Signed) // so that the tests see the key
        .session_lifecycle(lifecycle)
        .build();
    let app = Actix::new()
        .app_data(Data::new(holds))
        .app_data(Data::new(store))
        .route("/show", web::get().to(show))
        .route("/set/{name}/{value}", web::get().to(set))
        .route("/remove/{name}", web::get().to(remove))
        .route("/clear/{name}/{value}", web::get().to(clear))
        .route("/slow/{name}/{value}", web::get().to(slow))
        .route("/login/{user}", web::get().to(login))
        .route("/renew", web::get().to(renew))
        .route("/logout", web::get().to(logout))
        .route("/end-others", web::get().to(end_others))
        .route("/renew-and-end-others", web::get().to(renew_and_end_others))
        .route("/id", web::get().to(id))
        .wrap(middleware)
        .wrap(from_fn(move |request, next| async move {
            if setup.with_outage { outage(request, next).await } else { next.call(request).await }
        }));
    let service = Rc::new(init_service(app).await);
    Rc::new(move |path, cookie| {
        let service = service.clone();
        Box::pin(async move {
            let mut request = TestRequest::get().uri(&path);
            if let Some(cookie) = cookie {
                request = request.cookie(cookie);
            }
            let response: HttpResponse = match service.call(request.to_request()).await {
                Ok(response) => response.into_parts().1.map_into_boxed_body(),
                Err(error) => error.error_response(),
            };
            let cookie = response.cookies().find(|cookie| cookie.name() == "id").map(Cookie::into_owned);
            let status = response.status();
            let body = body::to_bytes(response.into_body()).await.unwrap();
            (status, cookie, String::from_utf8(body.to_vec()).unwrap())
        })
    })
}
