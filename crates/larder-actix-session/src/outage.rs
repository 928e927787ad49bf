//! What makes a store that is down a 503.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use larder::ErrorKind;

tokio::task_local! {
    static SEEN: Arc<AtomicBool>;
}

/// Notes, for the request that is served here, that the store could not be reached.
pub(crate) fn note(error: &larder::Error) {
    if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::Unknown) {
        // Without the middleware nobody wants to know.
        let _ = SEEN.try_with(|seen| seen.store(true, Relaxed));
    }
}

/// Makes a 500 a 503 where the sessions' store was down, slow to answer or overloaded.
///
/// The session middleware has one answer for every error, an empty 500. Put this outside of it, which is after it:
/// `.wrap(session_middleware).wrap(from_fn(outage))`. A request that was answered otherwise stays as it is.
///
/// # Errors
/// Those of the request.
pub async fn outage<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let seen = Arc::new(AtomicBool::new(false));
    let mut served = SEEN.scope(seen.clone(), next.call(request)).await;
    if !seen.load(Relaxed) {
        return served;
    }
    match &mut served {
        Ok(response) if response.status() == StatusCode::INTERNAL_SERVER_ERROR => {
            *response.response_mut().status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        Err(error) if error.as_response_error().status_code() == StatusCode::INTERNAL_SERVER_ERROR => {
            let answer = HttpResponse::ServiceUnavailable().finish();
            return Err(InternalError::from_response("the store of the sessions is down", answer).into());
        }
        _ => {}
    }
    served
}
