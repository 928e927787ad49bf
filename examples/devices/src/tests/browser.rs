//! A browser without a window: it keeps cookies, and fills in forms with what they hold already.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt;

pub(super) struct Browser {
    app: Router,
    /// Name and value of the one cookie there is.
    pub cookie: Option<String>,
    /// The token of the form seen last.
    pub token: String,
}

pub(super) struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Browser {
    pub fn new(app: &Router) -> Self {
        Self { app: app.clone(), cookie: None, token: String::new() }
    }

    pub async fn signed_in(app: &Router, name: &str, password: &str) -> Self {
        let mut browser = Self::new(app);
        assert_eq!(browser.sign_in(name, password).await.location(), "/");
        browser.get("/devices").await;
        browser
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        self.get("/sign-in").await;
        self.post("/sign-in", &[("name", name), ("password", password)]).await
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, String::new()).await
    }

    /// Posts a form with the token of the page seen last.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        let token = self.token.clone();
        fields.push(("csrf", &token));
        self.post_bare(path, &fields).await
    }

    /// Posts a form with these fields and no other.
    pub async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.send(Method::POST, path, body).await
    }

    pub async fn is_signed_in(&mut self) -> bool {
        self.get("/devices").await.status == StatusCode::OK
    }

    /// The ids of the other devices that the list offers to sign out.
    pub async fn others(&mut self) -> Vec<String> {
        let text = self.get("/devices").await.text;
        text.split("action=\"/devices/")
            .skip(1)
            .filter_map(|rest| rest.split_once("/end\""))
            .map(|(id, _)| id.into())
            .collect()
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Page {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request = request.header(header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0");
        request = request.extension(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 1234))));
        let response = self.app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(set) = parts.headers.get(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap();
        if let Some((_, rest)) = text.split_once("name=\"csrf\" value=\"") {
            self.token = rest.split('"').next().unwrap().into();
        }
        Page { status: parts.status, headers: parts.headers, text }
    }
}

impl Page {
    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
