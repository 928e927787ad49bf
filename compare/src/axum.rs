//! An application with axum-login, as its documentation shows one.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum_login::tower_sessions::{SessionManagerLayer, SessionStore};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId, login_required};
use tower::ServiceExt;

#[derive(Clone, Debug)]
pub struct User {
    pub id: i64,
    password: Vec<u8>,
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.password
    }
}

#[derive(Clone)]
pub struct Users(HashMap<i64, User>);

impl AuthnBackend for Users {
    type User = User;
    type Credentials = i64;
    type Error = Infallible;

    async fn authenticate(&self, id: i64) -> Result<Option<User>, Infallible> {
        self.get_user(&id).await
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, Infallible> {
        Ok(self.0.get(id).cloned())
    }
}

type AuthSession = axum_login::AuthSession<Users>;

async fn login(mut auth: AuthSession, Path(id): Path<i64>) -> Result<&'static str, StatusCode> {
    let user = auth.authenticate(id).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    auth.login(&user).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok("signed in")
}

async fn logout(mut auth: AuthSession) -> Result<&'static str, StatusCode> {
    auth.logout().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok("signed out")
}

async fn me(auth: AuthSession) -> String {
    auth.user.map_or_else(|| "nobody".to_owned(), |user| user.id.to_string())
}

async fn count(auth: AuthSession) -> Result<String, StatusCode> {
    let visits: u64 = auth.session.get("visits").await.ok().flatten().unwrap_or(0) + 1;
    auth.session.insert("visits", visits).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(visits.to_string())
}

/// The application over a store.
pub fn app(store: impl SessionStore + Clone) -> Router {
    let users = (40..50).map(|id| (id, User { id, password: vec![id as u8; 8] })).collect();
    let session_layer = SessionManagerLayer::new(store).with_secure(false);
    let auth_layer = AuthManagerLayerBuilder::new(Users(users), session_layer).build();
    Router::new()
        .route("/me", get(me))
        .route_layer(login_required!(Users, login_url = "/login"))
        .route("/who", get(me))
        .route("/login/{id}", get(login))
        .route("/logout", get(logout))
        .route("/count", get(count))
        .layer(auth_layer)
}

/// A client of it.
#[derive(Clone)]
pub struct Client {
    pub app: Router,
    pub cookie: Option<String>,
}

impl Client {
    pub fn new(app: Router) -> Self {
        Self { app, cookie: None }
    }

    /// The status and the body.
    pub async fn ask(&mut self, path: &str) -> (u16, String) {
        let mut request = Request::get(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, format!("id={cookie}"));
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = self.app.clone().oneshot(request).await.expect("an answer");
        if let Some(set) = response.headers().get(SET_COOKIE) {
            let set = set.to_str().expect("text");
            let (value, rest) = set.strip_prefix("id=").and_then(|set| set.split_once(';')).expect("our cookie");
            self.cookie = (!rest.contains("Max-Age=0")).then(|| value.to_owned());
        }
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("text"))
    }
}
