//! The signals of a call, all of them from its end.

use radiosonde_core::canonical::CanonicalSlot;
use radiosonde_core::{Clock, EndingSpan, Outcome, SpanContext, survive};
use radiosonde_signals::{Ended, UnitOfWork};
use tracing::{Level, Span};

use crate::client::client_call::ClientCall;
use crate::client::line_level::EndedCall;
use crate::describing::protocol;
use crate::grpc::rpc::RpcSide;
use crate::grpc::rpc_metrics::EndedRpc;
use crate::measuring::client_metrics::EndedExchange;
use crate::measuring::status_text::status_text;
use crate::server::signals::Signals;

impl ClientCall {
    /// The `status` label: the response's, unless the call had none, lost its body or failed by its gRPC status.
    fn status_label(&self, ended: &Ended) -> &'static str {
        let status = self.status.map(status_text);
        match ended.outcome() {
            Outcome::Completed => status.unwrap_or("_OTHER"),
            _ if ended.error_type().is_none_or(|error| status == Some(error)) => status.unwrap_or("_OTHER"),
            Outcome::Aborted => "_aborted",
            _ => "_error",
        }
    }

    fn level(&self, ended: &Ended) -> Option<Level> {
        let call = EndedCall {
            method: self.method.as_str(),
            server: self.server(),
            path: self.uri.path(),
            status: self.status,
            grpc_status: self.rpc.as_ref().map(|rpc| rpc.status(ended)),
            outcome: ended.outcome(),
            duration: ended.took(),
            resend_count: self.resend_count,
            default_level: ended.level(Level::DEBUG, Level::WARN),
        };
        survive(|| self.settings.line_level.line_level(&call)).unwrap_or(Some(call.default_level))
    }
}

impl UnitOfWork for ClientCall {
    fn clock(&self) -> &dyn Clock {
        &*self.settings.clock
    }

    fn begin(&self) {
        if let (Some((metrics, _)), Some(peer)) = (&self.settings.metrics, &self.peer) {
            metrics.begin(self.method.as_str(), peer);
        }
    }

    fn canonical(&self) -> CanonicalSlot {
        // What happens during a call belongs to the work that makes it.
        CanonicalSlot::none()
    }

    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>) {
        let (Some((metrics, rpcs)), Some(peer)) = (&self.settings.metrics, &self.peer) else { return };
        metrics.finish(&EndedExchange {
            method: self.method.as_str(),
            peer,
            status: self.status_label(ended),
            error_type: ended.error_type(),
            resend_count: self.resend_count,
            took: ended.took(),
            exemplar,
        });
        if let Some(rpc) = &self.rpc {
            rpcs.record(&EndedRpc {
                path: self.uri.path(),
                // It is the program that names it.
                has_method: true,
                status: rpc.status(ended),
                error_type: ended.error_type(),
                messages: rpc.messages(),
                took: ended.took(),
                exemplar,
            });
        }
    }

    fn adjust(&self, ended: Ended) -> Ended {
        if let Some(rpc) = &self.rpc {
            return rpc.adjust(ended, RpcSide::Client);
        }
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
        if let Some(version) = self.version.and_then(protocol::version) {
            span.set_text("network.protocol.version", version);
        }
    }

    fn line(&self, span: &Span, ended: &Ended) {
        let grpc_status = self.rpc.as_ref().map(|rpc| rpc.status(ended).as_str());
        if let Some(status) = grpc_status {
            radiosonde_trace::describe(span, |span| span.set("rpc.response.status_code", status));
        }
        if !self.settings.signals.contains(Signals::LINE) {
            return;
        }
        let Some(level) = self.level(ended) else { return };
        let (method, server) = (self.method.as_str(), self.server());
        let status = grpc_status.unwrap_or_else(|| self.status_label(ended));
        let around = span.is_disabled().then(Span::current);
        let span = around.as_ref().unwrap_or(span);
        // A macro, because an event's level is part of its callsite.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "radiosonde::client",
                    parent: span,
                    method,
                    path = self.uri.path(),
                    // As on the wire; absent without a response.
                    status = self.status.map(|status| status.as_u16()),
                    grpc_status,
                    duration_ms = ended.duration_ms(),
                    server,
                    resend_count = (self.resend_count > 0).then_some(self.resend_count),
                    outcome = ended.outcome().as_str(),
                    "{method} {server} {status}",
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
