//! A client: a cookie, and requests with it.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use serde_json::Value;

use crate::app::App;

/// A clone has the same cookie, until one of them is given another.
#[derive(Clone)]
pub struct Client {
    pub app: App,
    pub cookie: Option<Cookie<'static>>,
}

impl Client {
    pub async fn ask(&mut self, path: &str) -> (StatusCode, String) {
        let (status, cookie, body) = (self.app)(path.to_owned(), self.cookie.clone()).await;
        if let Some(cookie) = cookie {
            self.cookie = (!cookie.value().is_empty()).then_some(cookie);
        }
        (status, body)
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
