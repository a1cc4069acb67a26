use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_admin::Credentials;
use radiosonde_metrics::{RegisterError, Registry};

use crate::webhook::handler::WebhookHandler;
use crate::webhook::receiver::{Inner, WebhookReceiver};
use crate::webhook::self_metrics::SelfMetrics;
use crate::webhook::timekeeper::Timekeeper;

/// Builder of a [`WebhookReceiver`].
#[must_use]
pub struct WebhookReceiverBuilder<H> {
    handler: H,
    registry: Option<Registry>,
    accepted: Option<Vec<Credentials>>,
    max_body_bytes: usize,
    body_timeout: Duration,
    handler_timeout: Duration,
}

impl<H: WebhookHandler> WebhookReceiverBuilder<H> {
    pub(super) fn new(handler: H) -> Self {
        Self {
            handler,
            registry: None,
            accepted: None,
            max_body_bytes: 1 << 20,
            body_timeout: Duration::from_secs(5),
            handler_timeout: Duration::from_secs(9),
        }
    }

    /// The registry of the self metrics. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Answers only requests with one of these credentials; without any, none at all. Default: all requests.
    pub fn accept_only(mut self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.accepted = Some(credentials.into_iter().collect());
        self
    }

    /// Bound of a body, which is about 1 KiB for each alert. Default: 1 MiB.
    pub const fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// How long a body may take to arrive. Default: 5 s.
    pub const fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// How long the handler may take for all alerts of a message. Default: 9 s, as Alertmanager hangs up after its `group_interval`, but
    /// not before 10 s.
    pub const fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.handler_timeout = timeout;
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`WebhookBuildError`] if the names of the metrics are taken.
    pub fn build(self) -> Result<WebhookReceiver<H>, WebhookBuildError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let metrics = SelfMetrics::new(registry).map_err(WebhookBuildError::Metrics)?;
        let Self { handler, accepted, max_body_bytes, body_timeout, handler_timeout, .. } = self;
        let timekeeper = Timekeeper::default();
        let inner =
            Inner { handler, accepted, max_body_bytes, body_timeout, handler_timeout, timekeeper, metrics };
        Ok(WebhookReceiver { inner: Arc::new(inner) })
    }
}

impl<H> fmt::Debug for WebhookReceiverBuilder<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReceiverBuilder")
            .field("accepted", &self.accepted)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("body_timeout", &self.body_timeout)
            .field("handler_timeout", &self.handler_timeout)
            .finish_non_exhaustive()
    }
}

/// A receiver that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebhookBuildError {
    /// The metrics could not be registered.
    Metrics(RegisterError),
}

impl fmt::Display for WebhookBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metrics(_) => "the metrics of the webhook could not be registered",
        })
    }
}

impl std::error::Error for WebhookBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Metrics(error) => Some(error),
        }
    }
}
