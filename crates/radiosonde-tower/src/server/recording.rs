//! A request as a unit of work.

use std::fmt::Write as _;

use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot};
use radiosonde_core::{Clock, EndingSpan, Outcome, SpanContext, WorkIds};
use radiosonde_signals::{Ended, UnitOfWork};
use radiosonde_trace::RemoteContext;
use tracing::{Level, Span};

use crate::describing::short_text::ShortText;
use crate::grpc::rpc::RpcSide;
use crate::lifecycle::request_outcome::RequestOutcome;
use crate::measuring::status_text::{may_be_of_limiter, status_text};
use crate::server::line_policy::EndedRequest;
use crate::server::server_request::{ResponseKind, ServerRequest};
use crate::server::signals::Signals;

impl ServerRequest {
    fn outcome(&self, ended: &Ended) -> RequestOutcome {
        let is_upgrade = self.kind == ResponseKind::Upgrade;
        RequestOutcome::new(ended.outcome(), ended.error_type(), self.status.is_some(), is_upgrade)
    }

    fn level(&self, ended: &Ended, outcome: RequestOutcome) -> Option<Level> {
        let default = match outcome {
            RequestOutcome::Shed => Level::WARN,
            _ => ended.level(Level::INFO, Level::ERROR),
        };
        let request = EndedRequest {
            method: self.method.as_str(),
            endpoint: &self.endpoint().name,
            path: self.uri.path(),
            status: self.status,
            grpc_status: self.rpc.as_ref().map(|rpc| rpc.status(ended)),
            outcome,
            duration: ended.took(),
            is_stream: self.kind != ResponseKind::Answer || self.streaming.is_some(),
        };
        self.settings.lines.decide(&request, default, &self.settings.sampling)
    }
}

impl UnitOfWork for ServerRequest {
    fn clock(&self) -> &dyn Clock {
        &*self.settings.clock
    }

    fn begin(&self) {
        self.count_in();
    }

    fn around<R>(&self, code: impl FnOnce() -> R) -> R {
        let _entered = self.context.clone().map(RemoteContext::enter);
        code()
    }

    fn canonical(&self) -> CanonicalSlot {
        // Within a layer that records other signals of the same request, the layer that writes the line has the record.
        let has_own = self.signals.contains(Signals::LINE) || CanonicalRecord::of_thread().is_none();
        if has_own { CanonicalSlot::new(CanonicalRecord::new()) } else { CanonicalSlot::none() }
    }

    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>) {
        self.count_out(ended, exemplar);
    }

    fn adjust(&self, ended: Ended) -> Ended {
        if let Some(rpc) = &self.rpc {
            return rpc.adjust(ended, RpcSide::Server);
        }
        // A client that leaves a stream has had all of it that it wanted.
        let has_left = ended.outcome() == Outcome::Aborted && self.streaming.is_some();
        let ended = if has_left { Outcome::Completed.into() } else { ended };
        match self.status {
            // A server is responsible only for 5xx.
            Some(status) if ended.outcome() == Outcome::Completed && status.is_server_error() => {
                Ended::from(Outcome::Failed).with_error_type(status_text(status))
            }
            _ => ended,
        }
    }

    fn takes_hint(&self, ended: &Ended) -> bool {
        // A handler whose own call was refused or took too long may still answer, with success or an error of its own.
        self.status.is_none_or(may_be_of_limiter)
            || self.rpc.as_ref().is_some_and(|rpc| rpc.status(ended).may_be_of_limiter())
    }

    fn describe(&self, span: &dyn EndingSpan) {
        if let Some(status) = self.status {
            span.set_number("http.response.status_code", status.as_u16().into());
        }
    }

    fn line(&self, span: &Span, ended: &Ended) {
        let grpc_status = self.rpc.as_ref().map(|rpc| rpc.status(ended).as_str());
        if let Some(status) = grpc_status {
            radiosonde_trace::describe(span, |span| span.set("rpc.response.status_code", status));
        }
        if !self.signals.contains(Signals::LINE) {
            return;
        }
        let outcome = self.outcome(ended);
        let Some(level) = self.level(ended, outcome) else { return };
        let (method, endpoint, status) =
            (self.method.as_str(), &*self.endpoint().name, self.status_label(ended));
        // Not formatted: half of what the line costs would be for its message.
        let mut message = ShortText::default();
        for part in [method, " ", endpoint, " ", status] {
            // Writing to a text does not fail.
            let _ = message.write_str(part);
        }
        let around = span.is_disabled().then(Span::current);
        // The line inherits those of the request's span.
        let ids = if around.is_some() { &self.ids } else { &WorkIds::NONE };
        let span = around.as_ref().unwrap_or(span);
        // A macro, because an event's level is part of its callsite.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "radiosonde::access",
                    parent: span,
                    message = message.as_str(),
                    method,
                    path = self.uri.path(),
                    // As on the wire; absent without a response.
                    status = self.status.map(|status| status.as_u16()),
                    grpc_status,
                    duration_ms = ended.duration_ms(),
                    ttfb_ms = self.first_byte.map(|took| took.as_micros() as f64 / 1000.0),
                    bytes = self.response_bytes,
                    outcome = outcome.as_str(),
                    request_id = ids.request_id(),
                    correlation_id = ids.correlation_id(),
                    radiosonde.annotations = ended.annotations(),
                )
            };
        }
        match level {
            Level::ERROR => line!(error),
            Level::WARN => line!(warn),
            Level::INFO => line!(info),
            Level::DEBUG => line!(debug),
            Level::TRACE => line!(trace),
        }
    }
}
