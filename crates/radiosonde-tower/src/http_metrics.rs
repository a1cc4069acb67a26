use std::sync::Arc;

use radiosonde_core::SharedClock;
use radiosonde_metrics::{Counter, DynFamily, Histogram, RegisterError, Registry};

use crate::endpoint::Endpoints;

/// The side of an exchange that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Server,
    Client,
}

/// The metrics of one layer, and its clock.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    pub(crate) role: Role,
    pub(crate) clock: SharedClock,
    pub(crate) endpoints: Arc<Endpoints>,
    /// By method, endpoint or server, and status.
    pub(crate) requests: DynFamily<Counter>,
    /// By method and endpoint or server.
    pub(crate) duration: DynFamily<Histogram>,
}

impl HttpMetrics {
    pub(crate) fn new(
        role: Role,
        registry: &Registry,
        clock: SharedClock,
        endpoints: usize,
    ) -> Result<Self, RegisterError> {
        let (endpoint, requests, duration, in_flight) = match role {
            Role::Server => (
                "endpoint",
                registry
                    .counter("http_requests_total", "HTTP requests served, by method, endpoint and status."),
                registry.histogram(
                    "http_request_duration_seconds",
                    "Time from the arrival of a request to the end of its response body.",
                ),
                registry.int_gauge("http_requests_in_flight", "HTTP requests in progress."),
            ),
            Role::Client => (
                "server",
                registry.counter(
                    "http_client_requests_total",
                    "HTTP requests sent, by method, server and status.",
                ),
                registry.histogram(
                    "http_client_request_duration_seconds",
                    "Time from sending a request to the end of its response body.",
                ),
                registry
                    .int_gauge("http_client_requests_in_flight", "HTTP requests sent and not yet complete."),
            ),
        };
        let in_flight = in_flight.max_series(SERIES).labels(&[endpoint])?;
        Ok(Self {
            role,
            clock,
            requests: requests.max_series(SERIES).labels(&["method", endpoint, "status"])?,
            duration: duration.unit("seconds").max_series(SERIES).labels(&["method", endpoint])?,
            endpoints: Arc::new(Endpoints::new(endpoints, in_flight)),
        })
    }
}

/// Room for every endpoint with a few methods and statuses each; the limit of endpoints is reached first.
const SERIES: usize = 5000;
