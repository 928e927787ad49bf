//! A file a page: its handlers first, then what it looks like.

pub mod admin;
pub mod devices;
pub mod home;
pub mod password;
pub mod sign_in;

use axum::http::header;
use axum::response::IntoResponse;

use crate::failure::Failure;

pub async fn not_found() -> Failure {
    Failure::NotFound
}

pub async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("../style.css"))
}

pub async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("../icon.svg"))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text)
}
