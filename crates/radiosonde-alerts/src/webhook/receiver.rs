use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use radiosonde_admin::Credentials;
use tower_service::Service;

use crate::webhook::builder::WebhookReceiverBuilder;
use crate::webhook::dispatching::dispatch;
use crate::webhook::handler::WebhookHandler;
use crate::webhook::message::WebhookMessage;
use crate::webhook::refusal::Refusal;
use crate::webhook::request;
use crate::webhook::self_metrics::SelfMetrics;
use crate::webhook::timekeeper::{Late, Timekeeper};

/// A tower service that receives the webhooks of an Alertmanager and hands each alert to a [`WebhookHandler`].
///
/// # Shape
/// It serves any path, for a body of any type, on any runtime. Cheap to clone; all clones have the same handler. If the server drops
/// the request, as when Alertmanager hangs up, the handler's future is dropped at its next `await`.
///
/// # Errors
/// Alertmanager repeats a message that is answered with 5xx, and drops one that is answered with 4xx. The answers are 200 once all alerts
/// are handled; 400: no webhook message, see [`WebhookMessage::parse`]; 401: missing or unknown credentials; 405: another method than
/// `POST`; 408: a slow body; 413: a large one; 415: another content type than `application/json`; 500: the handler failed or panicked;
/// 503: it took too long, or no thread can be started. Each is counted in `radiosonde_alerts_webhook_requests_total{outcome}`.
///
/// # Examples
/// With axum: `Router::new().route_service("/alerts", receiver)`. In Alertmanager's configuration:
///
/// ```yaml
/// receivers:
///   - name: page
///     webhook_configs:
///       - url: http://orders:8080/alerts
///         http_config: {authorization: {credentials_file: token}}
/// ```
pub struct WebhookReceiver<H> {
    pub(super) inner: Arc<Inner<H>>,
}

pub(super) struct Inner<H> {
    pub(super) handler: H,
    /// `None`: all requests.
    pub(super) accepted: Option<Vec<Credentials>>,
    pub(super) max_body_bytes: usize,
    pub(super) body_timeout: Duration,
    pub(super) handler_timeout: Duration,
    pub(super) timekeeper: Timekeeper,
    pub(super) metrics: SelfMetrics,
}

impl<H: WebhookHandler> WebhookReceiver<H> {
    /// A receiver with the defaults; further settings by the builder's methods.
    pub fn builder(handler: H) -> WebhookReceiverBuilder<H> {
        WebhookReceiverBuilder::new(handler)
    }

    /// The handler.
    #[must_use]
    pub fn handler(&self) -> &H {
        &self.inner.handler
    }
}

impl<H: WebhookHandler> Inner<H> {
    async fn receive<B: Body>(&self, request: Request<B>) -> Result<(), Refusal> {
        let (head, body) = request.into_parts();
        request::check(&head, self.accepted.as_deref(), self.max_body_bytes)?;
        let deadline = Timekeeper::after(self.body_timeout);
        let read = self.timekeeper.until(deadline, request::read(body, self.max_body_bytes, deadline)).await;
        let body = read.map_err(|late| match late {
            Late::Passed => Refusal::BodyTimeout,
            Late::NoThread => Refusal::NoThread,
        })??;
        let message = WebhookMessage::parse(&body).map_err(|error| Refusal::Invalid(error.to_string()))?;
        drop(body);
        let timeout = (&self.timekeeper, self.handler_timeout);
        dispatch(&self.handler, &message, timeout, &self.metrics).await
    }

    async fn answer<B: Body>(&self, request: Request<B>) -> Response<Full<Bytes>> {
        match self.receive(request).await {
            Ok(()) => {
                self.metrics.request("handled");
                Response::new(Full::default())
            }
            Err(refusal) => {
                self.metrics.request(refusal.as_str());
                refusal.response(self.accepted.as_deref().unwrap_or_default())
            }
        }
    }
}

impl<H, B> Service<Request<B>> for WebhookReceiver<H>
where
    H: WebhookHandler,
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = WebhookFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> WebhookFuture {
        let inner = Arc::clone(&self.inner);
        WebhookFuture { answer: Box::pin(async move { inner.answer(request).await }) }
    }
}

/// The response of a [`WebhookReceiver`]; needs no runtime.
#[must_use = "futures do nothing unless polled"]
pub struct WebhookFuture {
    answer: Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>,
}

impl Future for WebhookFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(context).map(Ok)
    }
}

impl fmt::Debug for WebhookFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookFuture").finish_non_exhaustive()
    }
}

impl<H> Clone for WebhookReceiver<H> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<H> fmt::Debug for WebhookReceiver<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReceiver")
            .field("max_body_bytes", &self.inner.max_body_bytes)
            .field("body_timeout", &self.inner.body_timeout)
            .field("handler_timeout", &self.inner.handler_timeout)
            .finish_non_exhaustive()
    }
}
