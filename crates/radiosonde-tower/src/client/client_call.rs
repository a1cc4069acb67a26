use std::sync::Arc;

use http::response::Parts;
use http::{Method, Request, StatusCode};
use radiosonde_core::canonical::CanonicalSlot;
use radiosonde_core::{Clock, EndingSpan, Outcome, SpanContext};
use radiosonde_signals::{Ended, UnitOfWork};
use tracing::{Level, Span};

use crate::describing::method::MethodName;
use crate::lifecycle::exchange::{Exchange, Follows};
use crate::measuring::endpoint::Endpoint;
use crate::measuring::http_metrics::HttpMetrics;
use crate::measuring::status_text::status_text;

/// A request to another service as a unit of work.
#[derive(Debug)]
pub struct ClientCall {
    metrics: Arc<HttpMetrics>,
    server: Arc<Endpoint>,
    pub(crate) method: &'static str,
    path: Box<str>,
    status: Option<StatusCode>,
    /// HEAD has no body to wait for, though its headers may announce one.
    is_head: bool,
}

impl ClientCall {
    pub(crate) fn new<Q>(metrics: &Arc<HttpMetrics>, server: Arc<Endpoint>, request: &Request<Q>) -> Self {
        let method = request.method();
        Self {
            metrics: Arc::clone(metrics),
            server,
            method: MethodName::of(method).as_str(),
            path: request.uri().path().into(),
            status: None,
            is_head: method == Method::HEAD,
        }
    }

    fn server(&self) -> &str {
        &self.server.name
    }

    /// The `status` label: the response's, unless the call had none or lost its body.
    fn status_label(&self, ended: &Ended) -> &'static str {
        let status = self.status.map(status_text);
        match ended.outcome() {
            _ if ended.error_type().is_none_or(|error| status == Some(error)) => status.unwrap_or("_OTHER"),
            Outcome::Aborted => "_aborted",
            _ => "_error",
        }
    }
}

impl Exchange for ClientCall {
    fn head(&mut self, _span: &Span, head: &mut Parts) -> Follows {
        self.status = Some(head.status);
        let bodiless = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        if self.is_head || bodiless.contains(&head.status) { Follows::Nothing } else { Follows::Body }
    }

    fn service_error(&self) -> Ended {
        Ended::from(Outcome::Failed).with_error_type("service_error")
    }

    fn body_error(&self) -> Ended {
        Ended::from(Outcome::Failed).with_error_type("body_error")
    }
}

impl UnitOfWork for ClientCall {
    fn clock(&self) -> &dyn Clock {
        &*self.metrics.clock
    }

    fn begin(&self) {
        self.server.in_flight.inc();
    }

    fn canonical(&self) -> CanonicalSlot {
        // What happens during a call belongs to the work that makes it.
        CanonicalSlot::none()
    }

    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>) {
        self.metrics.requests.with(&[self.method, self.server(), self.status_label(ended)]).inc();
        let duration = self.metrics.duration.with(&[self.method, self.server()]);
        duration.observe_in(ended.took().as_secs_f64(), exemplar);
        self.server.in_flight.dec();
    }

    fn adjust(&self, ended: Ended) -> Ended {
        let Some(status) = self.status else { return ended };
        // A caller that drops the body needed only the status, and has it.
        if !matches!(ended.outcome(), Outcome::Completed | Outcome::Aborted) {
            return ended;
        }
        let outcome = if status.is_server_error() { Outcome::Failed } else { Outcome::Completed };
        match status.is_server_error() || status.is_client_error() {
            true => Ended::from(outcome).with_error_type(status_text(status)),
            false => outcome.into(),
        }
    }

    fn describe(&self, span: &dyn EndingSpan) {
        if let Some(status) = self.status {
            span.set_number("http.response.status_code", status.as_u16().into());
        }
    }

    fn line(&self, span: &Span, ended: &Ended) {
        let (method, server, status) = (self.method, self.server(), self.status_label(ended));
        // A macro, because an event's level is part of its callsite.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "radiosonde::client",
                    parent: span,
                    method,
                    path = &*self.path,
                    // As on the wire; absent without a response.
                    status = self.status.map(|status| status.as_u16()),
                    duration_ms = ended.duration_ms(),
                    server,
                    outcome = ended.outcome().as_str(),
                    "{method} {server} {status}",
                )
            };
        }
        match ended.level(Level::DEBUG, Level::WARN) {
            Level::ERROR => line!(error),
            Level::WARN => line!(warn),
            _ => line!(debug),
        }
    }
}
