//! A client: a cookie, and requests with it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

/// A clone has the same cookie, until one of them is given another.
#[derive(Clone)]
pub struct Client {
    pub app: Router,
    pub cookie: Option<String>,
}

impl Client {
    pub async fn ask(&mut self, path: &str) -> (StatusCode, String) {
        let mut request = Request::get(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, format!("id={cookie}"));
        }
        let response = self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        if let Some(set) = response.headers().get(SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (value, rest) = set.strip_prefix("id=").unwrap().split_once(';').unwrap();
            self.cookie = (!rest.contains("Max-Age=0")).then(|| value.to_owned());
        }
        let status = response.status();
        (status, String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
    }

    /// The body of a request that goes well.
    pub async fn get(&mut self, path: &str) -> String {
        let (status, body) = self.ask(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        body
    }

    /// What the application finds in the session, without what it answers being kept.
    pub async fn shown(&self) -> Value {
        serde_json::from_str(&self.clone().get("/show").await).unwrap()
    }

    pub async fn user(&self) -> Option<u64> {
        self.shown().await.get("user").and_then(Value::as_u64)
    }
}
