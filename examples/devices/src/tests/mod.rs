//! What the application promises, asked without a browser. What needs two real ones is in `browser/`.

mod admin;
mod browser;
mod ending;
mod forms;
mod outage;
mod signing_in;
mod visits;

use axum::Router;
use larder::{Backend, Erased, Opened};

use crate::app::App;

use browser::Browser;

/// The application on a store of its own, with its users.
async fn app() -> Router {
    app_with("memory:", false).await
}

async fn app_with(store: &str, is_https: bool) -> Router {
    open(larder::open(store).await.unwrap(), is_https).await
}

async fn app_on(backend: impl Backend) -> Router {
    open(Opened::new(Erased::new(backend)), false).await
}

async fn open(opened: Opened, is_https: bool) -> Router {
    let app = App::new(opened, is_https, |_| {}).unwrap();
    app.accounts.seed().await.unwrap();
    app.router()
}

async fn ann(app: &Router) -> Browser {
    Browser::signed_in(app, "ann", "plum-jam-2026").await
}

async fn bob(app: &Router) -> Browser {
    Browser::signed_in(app, "bob", "rye-bread-2026").await
}

async fn carla(app: &Router) -> Browser {
    Browser::signed_in(app, "carla", "keeper-of-keys-2026").await
}
