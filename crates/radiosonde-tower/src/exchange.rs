use std::ops::Deref;
use std::sync::Arc;

use http::{Method, Request, StatusCode};
use radiosonde_core::{Clock, EndingSpan, Outcome};
use radiosonde_metrics::{Counter, Histogram, IntGauge};
use radiosonde_signals::{Ended, UnitOfWork};
use tracing::{Level, Span};

use crate::endpoint::Endpoint;
use crate::http_metrics::{HttpMetrics, Role};
use crate::status_text::status_text;

/// A request and its response as a unit of work. Its record moves from the service to the future to the body.
#[derive(Debug)]
pub(crate) struct Exchange {
    metrics: Arc<HttpMetrics>,
    endpoint: Arc<Endpoint>,
    pub(crate) method: &'static str,
    path: Box<str>,
    status: Option<StatusCode>,
    /// HEAD has no body to wait for, though its headers may announce one.
    is_head: bool,
}

impl Exchange {
    pub(crate) fn new<Q>(metrics: &Arc<HttpMetrics>, endpoint: Arc<Endpoint>, request: &Request<Q>) -> Self {
        let method = request.method();
        Self {
            metrics: Arc::clone(metrics),
            endpoint,
            method: bounded(method),
            path: request.uri().path().into(),
            status: None,
            is_head: method == Method::HEAD,
        }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint.name
    }

    /// Records the status of the response; returns whether a body follows.
    pub(crate) fn head(&mut self, status: StatusCode) -> bool {
        self.status = Some(status);
        let bodiless = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        !self.is_head && !bodiless.contains(&status)
    }

    /// The `status` label: the response's, unless the outcome hides it from the other side.
    fn status_label(&self, ended: &Ended) -> &'static str {
        let status = self.status.map(status_text);
        match (self.metrics.role, ended.outcome()) {
            _ if ended.error_type().is_none_or(|error| status == Some(error)) => status.unwrap_or("_OTHER"),
            (Role::Server, Outcome::Aborted) => "499",
            (Role::Server, _) => "500",
            (Role::Client, Outcome::Aborted) => "_aborted",
            (Role::Client, _) => "_error",
        }
    }
}

impl UnitOfWork for Exchange {
    fn clock(&self) -> &dyn Clock {
        &*self.metrics.clock
    }

    fn in_flight(&self) -> &IntGauge {
        &self.endpoint.in_flight
    }

    fn counter(&self, ended: &Ended) -> impl Deref<Target = Counter> {
        self.metrics.requests.with(&[self.method, self.endpoint(), self.status_label(ended)])
    }

    fn duration(&self) -> impl Deref<Target = Histogram> {
        self.metrics.duration.with(&[self.method, self.endpoint()])
    }

    fn adjust(&self, ended: Ended) -> Ended {
        let Some(status) = self.status else { return ended };
        match (self.metrics.role, ended.outcome()) {
            (Role::Server, Outcome::Completed) => {}
            // A caller that drops the body needed only the status, and has it.
            (Role::Client, Outcome::Completed | Outcome::Aborted) => {}
            _ => return ended,
        }
        let outcome = if status.is_server_error() { Outcome::Failed } else { Outcome::Completed };
        // A server is responsible only for 5xx; a client's call has an error from 400 on.
        let is_error =
            status.is_server_error() || (self.metrics.role == Role::Client && status.is_client_error());
        match is_error {
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
        let (method, endpoint, status) = (self.method, self.endpoint(), self.status_label(ended));
        // The server's endpoint is the span's `http.route`, which the line inherits.
        let server = (self.metrics.role == Role::Client).then_some(endpoint);
        // A macro, because an event's level and target are part of its callsite.
        macro_rules! line {
            ($level:ident, $target:literal) => {
                tracing::$level!(
                    target: $target,
                    parent: span,
                    method,
                    path = &*self.path,
                    // As on the wire; absent without a response.
                    status = self.status.map(|status| status.as_u16()),
                    duration_ms = ended.duration_ms(),
                    server,
                    outcome = ended.outcome().as_str(),
                    "{method} {endpoint} {status}",
                )
            };
        }
        match self.metrics.role {
            Role::Server => match ended.level(Level::INFO, Level::ERROR) {
                Level::ERROR => line!(error, "radiosonde::access"),
                Level::WARN => line!(warn, "radiosonde::access"),
                _ => line!(info, "radiosonde::access"),
            },
            Role::Client => match ended.level(Level::DEBUG, Level::WARN) {
                Level::ERROR => line!(error, "radiosonde::client"),
                Level::WARN => line!(warn, "radiosonde::client"),
                _ => line!(debug, "radiosonde::client"),
            },
        }
    }
}

/// The nine methods of RFC 9110 and RFC 5789. All others are one value, because a client may send any text.
fn bounded(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        _ => "_OTHER",
    }
}
