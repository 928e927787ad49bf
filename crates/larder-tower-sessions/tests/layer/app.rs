//! An application of a few routes, for each version of tower-sessions.

use std::collections::HashMap;
use std::fmt::Display;

use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use larder_tower_sessions::{OutageLayer, SessionStore};
use serde_json::Value;

use crate::hold::Hold;

/// Where its slow requests wait.
#[derive(Clone)]
pub struct Holds {
    pub first: Hold,
    pub second: Hold,
}

impl Holds {
    pub fn new() -> Self {
        Self { first: Hold::new(), second: Hold::new() }
    }
}

/// An application's errors are a 500 to its clients.
struct Failed;

impl<E: Display> From<E> for Failed {
    fn from(_: E) -> Self {
        Self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

type Answer<T = &'static str> = Result<T, Failed>;
type Pair = Path<(String, String)>;

macro_rules! app {
    ($name:ident, $tower:ident) => {
        pub fn $name(store: SessionStore, holds: Holds, with_outage_layer: bool) -> Router {
            use $tower::{Expiry, Session, SessionManagerLayer};

            async fn show(session: Session) -> Answer<Json<HashMap<String, Value>>> {
                let mut shown = HashMap::new();
                for name in ["a", "b", "c", "user"].map(str::to_owned).into_iter().chain((0..32).map(|n| n.to_string()))
                {
                    if let Some(value) = session.get_value(&name).await? {
                        shown.insert(name, value);
                    }
                }
                Ok(Json(shown))
            }

            async fn set(session: Session, Path((name, value)): Pair) -> Answer {
                session.insert(&name, value).await?;
                Ok("set")
            }

            async fn remove(session: Session, Path(name): Path<String>) -> Answer {
                session.remove_value(&name).await?;
                Ok("removed")
            }

            async fn clear(session: Session, Path((name, value)): Pair) -> Answer {
                session.clear().await;
                session.insert(&name, value).await?;
                Ok("cleared")
            }

            async fn slow(session: Session, holds: Extension<Holds>, Path((name, value)): Pair) -> Answer {
                session.get_value("a").await?;
                holds.first.pass().await;
                session.insert(&name, value).await?;
                Ok("set")
            }

            async fn login(session: Session, Path(user): Path<u64>) -> Answer {
                session.cycle_id().await?;
                session.insert("user", user).await?;
                Ok("signed in")
            }

            async fn renew(session: Session, holds: Extension<Holds>) -> Answer {
                session.get_value("a").await?;
                holds.first.pass().await;
                session.cycle_id().await?;
                holds.second.pass().await;
                Ok("renewed")
            }

            async fn renew_thrice(session: Session, Path((name, value)): Pair) -> Answer {
                session.cycle_id().await?;
                session.cycle_id().await?;
                session.save().await?;
                session.cycle_id().await?;
                session.insert(&name, value).await?;
                Ok("renewed")
            }

            async fn logout(session: Session) -> Answer {
                session.flush().await?;
                Ok("signed out")
            }

            async fn end_others(session: Session, store: Extension<SessionStore>) -> Answer<String> {
                let user: Option<u64> = session.get("user").await?;
                let ended = store.of(user.ok_or("nobody")?).revoke_others(session.id()).await?;
                Ok(ended.to_string())
            }

            async fn end_others_at_once(session: Session, store: Extension<SessionStore>) -> Answer<String> {
                session.cycle_id().await?;
                let user: Option<u64> = session.get("user").await?;
                let others = store.of(user.ok_or("nobody")?);
                if others.revoke_others(session.id()).await.is_ok() {
                    return Ok("without an id".to_owned());
                }
                session.save().await?;
                Ok(others.revoke_others(session.id()).await?.to_string())
            }

            async fn id(session: Session, store: Extension<SessionStore>) -> Answer<String> {
                Ok(store.public_id(session.id()).await?.ok_or("no session")?.to_string())
            }

            let layer = SessionManagerLayer::new(store.clone())
                .with_secure(false)
                .with_expiry(Expiry::OnInactivity(::time::Duration::hours(1)));
            let app = Router::new()
                .route("/show", get(show))
                .route("/set/{name}/{value}", get(set))
                .route("/remove/{name}", get(remove))
                .route("/clear/{name}/{value}", get(clear))
                .route("/slow/{name}/{value}", get(slow))
                .route("/login/{user}", get(login))
                .route("/renew", get(renew))
                .route("/renew-thrice/{name}/{value}", get(renew_thrice))
                .route("/logout", get(logout))
                .route("/end-others", get(end_others))
                .route("/end-others-at-once", get(end_others_at_once))
                .route("/id", get(id))
                .layer(Extension(holds))
                .layer(Extension(store))
                .layer(layer);
            if with_outage_layer { app.layer(OutageLayer) } else { app }
        }
    };
}

app!(v0_14, tower_sessions_0_14);
app!(v0_15, tower_sessions_0_15);
