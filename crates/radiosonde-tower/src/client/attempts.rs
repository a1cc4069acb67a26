use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use http::{Extensions, Request};
use tower_layer::Layer;
use tower_service::Service;

/// Makes the [`ClientLayer`](crate::ClientLayer) further in count how often a request is sent.
///
/// A retry layer clones the request before the layers below see it, so the count is stored in the request outside of it:
///
/// ```
/// # use radiosonde_metrics::Registry;
/// use radiosonde_tower::{ClientLayer, CountAttempts};
/// use tower::ServiceBuilder;
/// # use tower::retry::Policy;
/// # #[derive(Clone)]
/// # struct Policied;
/// # impl<E> Policy<http::Request<String>, http::Response<String>, E> for Policied {
/// #     type Future = std::future::Ready<()>;
/// #     fn retry(&mut self, _: &mut http::Request<String>, _: &mut Result<http::Response<String>, E>) -> Option<Self::Future> { None }
/// #     fn clone_request(&mut self, request: &http::Request<String>) -> Option<http::Request<String>> { Some(request.clone()) }
/// # }
/// # let (policy, client) = (Policied, ());
/// # let client_layer = ClientLayer::builder().registry(&Registry::new()).build()?;
/// let client = ServiceBuilder::new()
///     .layer(CountAttempts)
///     .retry(policy)
///     .layer(client_layer)
///     .service(client);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
///
/// Each attempt is a call with its own span, line and series; from the second on, the span has `http.request.resend_count`, and
/// `http_client_retries_total` counts it. The policy's clone of a request must have the same extensions, as
/// [`Request::clone`] does. A `ClientLayer` outside of the retry layer records all attempts as one call.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountAttempts;

/// The service created by [`CountAttempts`].
#[derive(Debug, Clone)]
pub struct AttemptCounter<S>(S);

/// How often a request was sent, shared by its clones.
#[derive(Debug, Clone, Default)]
struct Attempts(Arc<AtomicU32>);

/// How often a request was sent before. Counts it as sent.
pub(crate) fn earlier(extensions: &Extensions) -> u32 {
    // Relaxed: the attempts follow each other, and the number orders nothing else.
    extensions.get::<Attempts>().map_or(0, |attempts| attempts.0.fetch_add(1, Ordering::Relaxed))
}

/// Begins to count, unless a layer outside does.
pub(crate) fn count(extensions: &mut Extensions) {
    extensions.get_or_insert_default::<Attempts>();
}

impl<S> Layer<S> for CountAttempts {
    type Service = AttemptCounter<S>;

    fn layer(&self, inner: S) -> AttemptCounter<S> {
        AttemptCounter(inner)
    }
}

impl<S: Service<Request<Q>>, Q> Service<Request<Q>> for AttemptCounter<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> S::Future {
        count(request.extensions_mut());
        self.0.call(request)
    }
}
