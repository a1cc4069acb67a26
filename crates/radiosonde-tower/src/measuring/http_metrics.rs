use std::sync::Arc;

use radiosonde_core::SharedClock;
use radiosonde_metrics::{Counter, DynFamily, Histogram, RegisterError, Registry};

use crate::measuring::endpoint::Endpoints;

/// The metrics of one layer, and its clock.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    pub(crate) clock: SharedClock,
    pub(crate) endpoints: Arc<Endpoints>,
    /// By method, endpoint or server, and status.
    pub(crate) requests: DynFamily<Counter>,
    /// By method and endpoint or server.
    pub(crate) duration: DynFamily<Histogram>,
}

impl HttpMetrics {
    pub(crate) fn of_client(registry: &Registry, clock: SharedClock) -> Result<Self, RegisterError> {
        let requests = registry
            .counter("http_client_requests_total", "HTTP requests sent, by method, server and status.");
        let duration = registry.histogram(
            "http_client_request_duration_seconds",
            "Time from sending a request to the end of its response body.",
        );
        let in_flight =
            registry.int_gauge("http_client_requests_in_flight", "HTTP requests sent and not yet complete.");
        let in_flight = in_flight.max_series(SERIES).labels(&["server"])?;
        Ok(Self {
            clock,
            requests: requests.max_series(SERIES).labels(&["method", "server", "status"])?,
            duration: duration.unit("seconds").max_series(SERIES).labels(&["method", "server"])?,
            endpoints: Arc::new(Endpoints::new(SERVERS, in_flight)),
        })
    }
}

/// Further servers share one label value: a client of arbitrary hosts must not create a series for each.
const SERVERS: usize = 100;

/// Room for every endpoint with a few methods and statuses each; the limit of endpoints is reached first.
const SERIES: usize = 5000;
