//! An application with actix-identity.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_identity::{Identity, IdentityMiddleware};
use actix_session::storage::SessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Cookie, Key};
use actix_web::dev::Service;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, body, web};

async fn login(request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    match Identity::login(&request.extensions(), id.into_inner()) {
        Ok(_) => HttpResponse::Ok().body("signed in"),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn logout(user: Identity) -> &'static str {
    user.logout();
    "signed out"
}

async fn who(user: Option<Identity>) -> String {
    user.and_then(|user| user.id().ok()).unwrap_or_else(|| "nobody".to_owned())
}

async fn count(session: Session) -> HttpResponse {
    let visits = session.get::<u64>("visits").ok().flatten().unwrap_or(0) + 1;
    match session.insert("visits", visits) {
        Ok(()) => HttpResponse::Ok().body(visits.to_string()),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

type Served = (Option<Cookie<'static>>, u16, String);
type Serve = Rc<dyn Fn(String, Option<Cookie<'static>>) -> Pin<Box<dyn Future<Output = Served>>>>;

/// A client of the application over a store.
#[derive(Clone)]
pub struct Client {
    serve: Serve,
    pub cookie: Option<Cookie<'static>>,
}

impl Client {
    pub async fn new(store: impl SessionStore + 'static) -> Self {
        let middleware = SessionMiddleware::builder(store, Key::from(&[7; 64])).cookie_secure(false).build();
        let app = App::new()
            .route("/who", web::get().to(who))
            .route("/login/{id}", web::get().to(login))
            .route("/logout", web::get().to(logout))
            .route("/count", web::get().to(count))
            .wrap(IdentityMiddleware::default())
            .wrap(middleware);
        let service = Rc::new(init_service(app).await);
        let serve: Serve = Rc::new(move |path, cookie| {
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
                let status = response.status().as_u16();
                let body = body::to_bytes(response.into_body()).await.unwrap_or_default();
                (cookie, status, String::from_utf8_lossy(&body).into_owned())
            })
        });
        Self { serve, cookie: None }
    }

    /// The status and the body.
    pub async fn ask(&mut self, path: &str) -> (u16, String) {
        let (cookie, status, body) = (self.serve)(path.to_owned(), self.cookie.clone()).await;
        if let Some(cookie) = cookie {
            self.cookie = (!cookie.value().is_empty()).then_some(cookie);
        }
        (status, body)
    }
}
