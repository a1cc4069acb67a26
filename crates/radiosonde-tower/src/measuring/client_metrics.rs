use std::time::Duration;

use radiosonde_core::SpanContext;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, IntGauge, RegisterError, Registry};
use radiosonde_signals::LatencyBuckets;

use crate::measuring::client_names::ClientNames;
use crate::measuring::http_signals::{self, CLIENT, error_types, starting_with};
use crate::measuring::peers::Peer;

/// The metrics of a client.
#[derive(Debug)]
pub(crate) struct ClientMetrics {
    is_otel: bool,
    requests: Option<DynFamily<Counter>>,
    duration: DynFamily<Histogram>,
    in_flight: DynFamily<IntGauge>,
    retries: DynFamily<Counter>,
}

/// The labels of a call that has ended, and its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndedExchange<'a> {
    pub(crate) method: &'static str,
    pub(crate) peer: &'a Peer,
    pub(crate) status: &'static str,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) resend_count: u32,
    pub(crate) took: Duration,
    pub(crate) exemplar: Option<&'a SpanContext>,
}

/// Room for every server with a few methods and statuses each; the limit of servers is reached first.
const SERIES: usize = 5000;

impl ClientMetrics {
    pub(crate) fn new(
        registry: &Registry,
        names: &ClientNames,
        buckets: &Buckets,
    ) -> Result<Self, RegisterError> {
        let (server, peer) = ([&*names.0.label], ["server_address", "server_port"]);
        let (method, status) = if names.0.is_otel {
            ("http_request_method", "http_response_status_code")
        } else {
            ("method", "status")
        };
        let otel = [method, peer[0], peer[1], status, "error_type"];
        let classic = [method, server[0], status];
        let (full, timed, active, by_server): (&[&str], &[&str], &[&str], &[&str]) = match names.0.is_otel {
            true => (&otel, &otel, &otel[..3], &peer),
            false => (&classic, &classic[..2], &server, &server),
        };
        let requests = |name: String| {
            let requests =
                registry.counter(&name, "Number of HTTP requests sent, by method, server and status.");
            requests.max_series(SERIES).labels(full)
        };
        let help = "Duration from sending an HTTP request to the end of its response body.";
        let name = names.0.histogram();
        let thresholds = LatencyBuckets::of(registry, CLIENT).only_of(&*names.0.prefix);
        let duration = thresholds.declare(&name, buckets, |buckets| {
            let duration = registry.histogram(&name, help).unit("seconds").buckets(buckets);
            duration.max_series(SERIES).labels(timed)
        })?;
        let in_flight =
            names.0.with(if names.0.is_otel { "_active_requests" } else { "_requests_in_flight" });
        let errors = match names.0.is_otel {
            // A response with 4xx is an error of the client's call, too, by OpenTelemetry's conventions.
            true => error_types(),
            false => (status, starting_with(&["5", "_error"])),
        };
        http_signals::declare(registry, CLIENT, &names.0, by_server[0], &in_flight, errors);
        let in_flight = registry.int_gauge(&in_flight, "Number of HTTP requests sent and not yet complete.");
        let retries = names.0.with("_retries_total");
        let retries = registry.counter(&retries, "Number of HTTP requests sent again.");
        Ok(Self {
            is_otel: names.0.is_otel,
            requests: names.0.counter().map(requests).transpose()?,
            duration,
            in_flight: in_flight.max_series(SERIES).labels(active)?,
            retries: retries.max_series(SERIES).labels(by_server)?,
        })
    }

    pub(crate) fn begin(&self, method: &'static str, peer: &Peer) {
        self.in_flight(method, peer, IntGauge::inc);
    }

    pub(crate) fn finish(&self, call: &EndedExchange<'_>) {
        let EndedExchange { method, peer, status, error_type, .. } = *call;
        let error_type = error_type.unwrap_or_default();
        let otel = [method, &*peer.address, &*peer.port, status, error_type];
        let classic = [method, &*peer.name, status];
        let (full, timed): (&[&str], &[&str]) = match self.is_otel {
            true => (&otel, &otel),
            false => (&classic, &classic[..2]),
        };
        if let Some(requests) = &self.requests {
            requests.with(full).inc();
        }
        self.duration.with(timed).observe_in(call.took.as_secs_f64(), call.exemplar);
        if call.resend_count > 0 {
            let by_server: &[&str] = match self.is_otel {
                true => &[&peer.address, &peer.port],
                false => &[&peer.name],
            };
            self.retries.with(by_server).inc();
        }
        self.in_flight(method, peer, IntGauge::dec);
    }

    fn in_flight(&self, method: &'static str, peer: &Peer, change: impl FnOnce(&IntGauge)) {
        match self.is_otel {
            true => change(&self.in_flight.with(&[method, &peer.address, &peer.port])),
            false => change(&self.in_flight.with(&[&peer.name])),
        }
    }
}
