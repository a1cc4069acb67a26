use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use radiosonde_core::{Outcome, SpanContext, survive};
use radiosonde_metrics::Held;
use radiosonde_trace::EndingSpan;
use tracing::Span;

use crate::Ending;
use crate::access;
use crate::endpoint::Endpoint;
use crate::side::{Role, Side};

/// One request from its call to the end of its response, wherever that happens.
///
/// Moves from the service to the future to the body, and ends exactly once: in [`end`](Self::end), or when it is dropped. Every
/// signal about the request is made there, from the same values. It is kept after its end, because destructors run in its span.
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
    /// Still set after a poll that panicked.
    is_polling: bool,
    in_flight: Option<Held>,
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
    /// `started` is read before the span is made, so that nothing in the span comes after its end.
    pub(crate) fn start<Q>(
        side: &Arc<Side>,
        endpoint: Arc<Endpoint>,
        span: Span,
        started: Duration,
        request: &Request<Q>,
    ) -> Self {
        let method = request.method();
        Self {
            started,
            side: Arc::clone(side),
            in_flight: Some(endpoint.in_flight.hold()),
            endpoint,
            context: radiosonde_trace::context_of(&span),
            span,
            method: bounded(method),
            path: request.uri().path().into(),
            status: None,
            is_head: method == Method::HEAD,
            is_polling: false,
        }
    }

    /// The span of the exchange; what belongs to the request runs in it, destructors included.
    pub(crate) const fn span(&self) -> &Span {
        &self.span
    }

    /// Runs a part of the request in the span. A panic in it is what the exchange ends by.
    pub(crate) fn poll<R>(&mut self, part: impl FnOnce() -> R) -> R {
        self.is_polling = true;
        let polled = self.span.in_scope(part);
        self.is_polling = false;
        polled
    }

    /// There is a response. Returns whether a body follows.
    pub(crate) fn head(&mut self, status: StatusCode) -> bool {
        self.status = Some(status);
        let bodiless = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        !self.is_head && !bodiless.contains(&status)
    }

    /// Ends the exchange, if it has not ended yet.
    pub(crate) fn end(&mut self, ending: Ending) {
        let Some(in_flight) = self.in_flight.take() else { return };
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
        access::write(&self.span, &record);
        radiosonde_trace::end(&self.span, duration, |span| self.describe(span, ending, record.outcome));
        drop(in_flight);
    }

    fn describe(&self, span: &EndingSpan<'_>, ending: Ending, outcome: Outcome) {
        if let Some(status) = self.status {
            span.set_attribute("http.response.status_code", status.as_u16());
        }
        // A server answers for 5xx alone, a client's call has failed from 400 on.
        let blamed = self.status.filter(|status| match self.side.role {
            Role::Server => status.is_server_error(),
            Role::Client => status.is_server_error() || status.is_client_error(),
        });
        let by_status = || blamed.map(|status| status.as_str().to_owned().into());
        let error_type = ending.error_type().map(std::borrow::Cow::Borrowed).or_else(by_status);
        if let Some(error_type) = error_type {
            span.set_attribute("error.type", error_type);
            // Who goes away has not failed, and neither has the service.
            if outcome != Outcome::Aborted {
                span.set_error("");
            }
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let ending = match Ending::of_drop(self.status.is_some()) {
            _ if self.is_polling => Ending::Panicked,
            // A caller that drops the body wanted the status alone, and has it.
            Ending::AbortedAfterHeaders if self.side.role == Role::Client => Ending::Completed,
            ending => ending,
        };
        // This may be an unwinding thread, which a panic of a layer at the access line would abort.
        let _ = survive(|| self.end(ending));
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
        (Role::Server, Ending::AbortedBeforeHeaders | Ending::AbortedAfterHeaders, _) => "499",
        (Role::Server, ..) => "500",
        (Role::Client, Ending::AbortedBeforeHeaders | Ending::AbortedAfterHeaders, _) => "_aborted",
        (Role::Client, ..) => "_error",
    }
}
