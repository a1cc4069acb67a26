use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use radiosonde_core::{Outcome, SpanContext};
use radiosonde_metrics::Held;
use tracing::Span;

use crate::Ending;
use crate::access;
use crate::endpoint::Endpoint;
use crate::side::{Role, Side};

/// One request from its call to the end of its response, wherever that happens.
///
/// Moves from the service to the future to the body, and ends exactly once: in [`end`](Self::end), or when it is dropped. Every
/// signal about the request is made there, from the same values.
#[derive(Debug)]
pub(crate) struct Exchange {
    side: Arc<Side>,
    endpoint: Arc<Endpoint>,
    span: Span,
    context: Option<SpanContext>,
    method: &'static str,
    path: Box<str>,
    started: Duration,
    status: Option<StatusCode>,
    /// HEAD has no body to wait for, though its headers speak of one.
    is_head: bool,
    ended: bool,
    _in_flight: Held,
}

/// An exchange as it ended: what the access line says.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) role: Role,
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) endpoint: &'a str,
    /// As in the metrics.
    pub(crate) status: &'a str,
    /// As it was on the wire.
    pub(crate) code: Option<StatusCode>,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
}

impl Exchange {
    pub(crate) fn start(
        side: &Arc<Side>,
        endpoint: Arc<Endpoint>,
        span: Span,
        method: &Method,
        path: &str,
    ) -> Self {
        Self {
            started: side.clock.monotonic(),
            side: Arc::clone(side),
            _in_flight: endpoint.in_flight.hold(),
            endpoint,
            context: radiosonde_trace::context_of(&span),
            span,
            method: bounded(method),
            path: path.into(),
            status: None,
            is_head: method == Method::HEAD,
            ended: false,
        }
    }

    /// The span of the exchange; what belongs to the request runs in it.
    pub(crate) const fn span(&self) -> &Span {
        &self.span
    }

    /// There is a response. `true` if it ends here because no body follows.
    pub(crate) fn head(&mut self, status: StatusCode) -> bool {
        self.status = Some(status);
        let bodiless = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        self.is_head || bodiless.contains(&status)
    }

    pub(crate) fn end(mut self, ending: Ending) {
        self.finish(ending);
    }

    fn finish(&mut self, ending: Ending) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let duration = self.side.clock.monotonic().saturating_sub(self.started);
        let record = Record {
            role: self.side.role,
            method: self.method,
            path: &self.path,
            endpoint: &self.endpoint.name,
            status: status_label(self.side.role, ending, &self.status),
            code: self.status,
            outcome: ending.outcome(self.status),
            duration,
        };
        self.side.requests.with(&[record.method, record.endpoint, record.status]).inc();
        let histogram = self.side.duration.with(&[record.method, record.endpoint]);
        histogram.observe_in(duration.as_secs_f64(), self.context.as_ref());
        self.close_span(ending, &record);
        access::write(&self.span, &record);
    }

    fn close_span(&self, ending: Ending, record: &Record<'_>) {
        if let Some(status) = self.status {
            radiosonde_trace::set_attribute(&self.span, "http.response.status_code", status.as_u16());
        }
        // A server answers for 5xx alone, a client's call has failed from 400 on.
        let blamed = self.status.filter(|status| match self.side.role {
            Role::Server => status.is_server_error(),
            Role::Client => status.is_server_error() || status.is_client_error(),
        });
        let by_status = || blamed.map(|status| status.as_str().to_owned().into());
        let error_type = ending.error_type().map(std::borrow::Cow::Borrowed).or_else(by_status);
        if let Some(error_type) = error_type {
            radiosonde_trace::set_attribute(&self.span, "error.type", error_type);
            // Who goes away has not failed, and neither has the service.
            if record.outcome != Outcome::Aborted {
                radiosonde_trace::set_error(&self.span, "");
            }
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Ending::of_drop(self.status.is_some()));
        }
    }
}

/// The nine methods of RFC 9110 and RFC 5789; anything else is one value, as a client may send any.
pub(crate) fn bounded(method: &Method) -> &'static str {
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

fn status_label(role: Role, ending: Ending, status: &Option<StatusCode>) -> &str {
    match (role, ending, status) {
        (_, Ending::Completed, Some(status)) => status.as_str(),
        // Who wants no more than the status has got it.
        (Role::Client, Ending::AbortedAfterHeaders, Some(status)) => status.as_str(),
        (Role::Server, Ending::AbortedBeforeHeaders | Ending::AbortedAfterHeaders, _) => "499",
        (Role::Server, ..) => "500",
        (Role::Client, Ending::AbortedBeforeHeaders | Ending::AbortedAfterHeaders, _) => "_aborted",
        (Role::Client, ..) => "_error",
    }
}
