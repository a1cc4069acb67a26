//! The metrics of a request.

use std::sync::Arc;

use radiosonde_core::{Outcome, SpanContext};
use radiosonde_metrics::{Histogram, IntGauge};
use radiosonde_signals::Ended;

use crate::describing::scheme::Scheme;
use crate::grpc::rpc_metrics::EndedRpc;
use crate::measuring::server_endpoint::{StatusKey, StatusSeries};
use crate::measuring::server_families::ServerFamilies;
use crate::measuring::status_text::status_text;
use crate::server::server_request::{ResponseKind, ServerRequest};
use crate::server::signals::Signals;
use crate::server::upgraded_stream::UpgradedStream;

impl ServerRequest {
    /// The `status` label: the response's, unless the outcome hides it from the client.
    pub(crate) fn status_label(&self, ended: &Ended) -> &'static str {
        let status = self.status.map(status_text);
        let answered = || status.unwrap_or("500");
        match ended.outcome() {
            // A client that left a long poll has seen none.
            Outcome::Completed => status.unwrap_or("499"),
            Outcome::TimedOut | Outcome::Shed if self.has_failed_rpc(ended) => "500",
            Outcome::TimedOut | Outcome::Shed => answered(),
            Outcome::Aborted => "499",
            // A status of its own that is an error.
            _ if ended.error_type().is_some() && ended.error_type() == status => answered(),
            _ => "500",
        }
    }

    fn has_failed_rpc(&self, ended: &Ended) -> bool {
        self.rpc.as_ref().is_some_and(|rpc| rpc.status(ended).is_server_error())
    }

    /// `None` if the request is to leave no metrics.
    fn families(&self) -> Option<&ServerFamilies> {
        self.settings.metrics.families.as_ref().filter(|_| self.signals.contains(Signals::METRICS))
    }

    /// The gauge that counts the request while it is in flight.
    fn in_flight(&self, families: &ServerFamilies) -> &IntGauge {
        &self.entered.of_method(families, self.method).in_flight[self.scheme as usize]
    }

    pub(crate) fn count_in(&self) {
        let Some(families) = self.families() else { return };
        match &self.streaming {
            Some(endpoint) => endpoint.once(families).streams.inc(),
            None => self.in_flight(families).inc(),
        }
    }

    /// The request is a stream from now on, and no longer in flight.
    pub(crate) fn begin_stream(&mut self) {
        if let Some(families) = self.families() {
            self.in_flight(families).dec();
            self.endpoint().once(families).streams.inc();
        }
        self.streaming = Some(Arc::clone(self.endpoint()));
    }

    /// The request was declared as a stream, and its connection is upgraded instead.
    pub(crate) fn end_stream(&mut self) {
        let Some(endpoint) = self.streaming.take() else { return };
        if let Some(families) = self.families() {
            endpoint.once(families).streams.dec();
            self.in_flight(families).inc();
        }
    }

    pub(crate) fn count_out(&self, ended: &Ended, exemplar: Option<&SpanContext>) {
        let Some(families) = self.families() else { return };
        let seconds = ended.took().as_secs_f64();
        let status = self.status_label(ended);
        let key = match families.is_otel {
            // The conventions have the status as it was sent, and the failure in the type of the error.
            true => StatusKey {
                status: self.status.map_or("", status_text),
                error_type: ended.error_type().unwrap_or(""),
                scheme: self.scheme,
            },
            false => StatusKey { status, error_type: "", scheme: Scheme::Http },
        };
        let is_answer =
            self.kind == ResponseKind::Answer && self.streaming.is_none() && !self.is_rpc_stream();
        let count = |series: &StatusSeries| {
            if let Some(requests) = &series.requests {
                requests.inc();
            }
            if is_answer {
                series.duration.observe_in(seconds, exemplar);
            }
        };
        self.with_labels(ended, |labels| {
            self.endpoint().of_status(families, self.method, key, labels, count)
        });
        let series = self.endpoint().of_method(families, self.method);
        if let Some((requests, responses)) = &series.sizes {
            // The server does not see the bytes of a request without the header.
            if let Some(bytes) = self.request_bytes {
                observe(requests, bytes);
            }
            observe(responses, self.response_bytes);
        }
        if let (Some(histogram), Some(first_byte)) = (&series.first_byte, self.first_byte) {
            histogram.observe_in(first_byte.as_secs_f64(), exemplar);
        }
        if let (Some(rpc), Some(metrics)) = (&self.rpc, &self.settings.rpc) {
            metrics.record(&EndedRpc {
                path: self.uri.path(),
                has_method: rpc.has_method(),
                status: rpc.status(ended),
                error_type: ended.error_type(),
                messages: rpc.messages(),
                took: ended.took(),
                exemplar,
            });
        }
        self.count_rare(families, ended);
        if self.streaming.is_none() {
            self.in_flight(families).dec();
        }
    }

    /// A gRPC call with more than one answer is a stream, whose duration is not a latency.
    fn is_rpc_stream(&self) -> bool {
        self.rpc.as_ref().is_some_and(|rpc| rpc.messages() > 1)
    }

    fn count_rare(&self, families: &ServerFamilies, ended: &Ended) {
        let once = || self.endpoint().once(families);
        if let Some(endpoint) = &self.streaming {
            endpoint.once(families).streams.dec();
        }
        match (self.kind, &self.connection) {
            (ResponseKind::Upgrade, Some(connection)) => {
                let (settings, endpoint) = (Arc::clone(&self.settings), Arc::clone(self.endpoint()));
                connection.hold(UpgradedStream::new(settings, endpoint, ended.took()));
            }
            // The end is not known without the connection, but the profile has no other series that counts it.
            (ResponseKind::Upgrade, None) if families.is_otel => {
                once().stream_duration.observe(ended.took().as_secs_f64());
            }
            _ if self.streaming.is_some() || self.is_rpc_stream() => {
                once().stream_duration.observe(ended.took().as_secs_f64());
            }
            _ => {}
        }
        if families.errors.is_some()
            && let Some(errors) = &once().errors
            && ended.is_error()
        {
            errors.inc();
        }
        match ended.outcome() {
            Outcome::Aborted => once().aborted[usize::from(self.status.is_some())].inc(),
            Outcome::Panicked => once().panics.inc(),
            _ => {}
        }
    }

    /// Passes on the values of further labels, in the order of their names.
    fn with_labels<R>(&self, ended: &Ended, pass: impl FnOnce(&[&str]) -> R) -> R {
        let annotated = &self.settings.annotated_labels;
        if self.labels.is_empty() && annotated.is_empty() {
            return pass(&[]);
        }
        let values = self.labels.iter().map(|value| &**value);
        let values: Vec<_> = values.chain(annotated.iter().map(|label| label.value(ended))).collect();
        pass(&values)
    }
}

#[allow(clippy::cast_precision_loss, reason = "bytes beyond 2^53 need no exact bucket")]
fn observe(histogram: &Histogram, bytes: u64) {
    // No exemplar: a trace explains a time, not a size.
    histogram.observe_in(bytes as f64, None);
}
