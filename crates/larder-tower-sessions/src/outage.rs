//! What makes a store that is down a 503.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use larder::{Error, ErrorKind};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static SEEN: Arc<AtomicBool>;
}

/// Notes, for the request that is served here, that the store could not be reached.
#[cfg(any(feature = "v0_14", feature = "v0_15"))]
pub(crate) fn note(error: &Error) {
    if is_outage(error) {
        // Without the layer nobody wants to know.
        let _ = SEEN.try_with(|seen| seen.store(true, Relaxed));
    }
}

fn is_outage(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::Unknown)
}

/// Makes a 500 a 503 where the sessions' store was down, slow to answer or overloaded.
///
/// The session layer has one answer for every error, an empty 500. Put this outside of it:
/// `.layer(session_layer).layer(OutageLayer)`. A request that was answered otherwise stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutageLayer;

/// The service that [`OutageLayer`] makes.
#[derive(Clone, Debug)]
pub struct Outage<S>(S);

impl<S> Layer<S> for OutageLayer {
    type Service = Outage<S>;

    fn layer(&self, service: S) -> Outage<S> {
        Outage(service)
    }
}

impl<S, A, B> Service<Request<A>> for Outage<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let seen = Arc::new(AtomicBool::new(false));
        let served = SEEN.scope(seen.clone(), self.0.call(request));
        Box::pin(async move {
            let mut response = served.await?;
            if seen.load(Relaxed) && response.status() == StatusCode::INTERNAL_SERVER_ERROR {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            Ok(response)
        })
    }
}
