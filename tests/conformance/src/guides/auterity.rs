//! "Auterity": a platform with HTTP services.

use radiosonde_metrics::Registry;
use radiosonde_tower::ServerNames;

use crate::guides::doors::serve;
use crate::guides::table::{Door, Kept, counter, histogram};

pub(crate) const GUIDE: &[Door] = &[Door {
    helper: "radiosonde_tower::ServerLayer, buckets",
    make: http,
    metrics: &[
        counter("http_requests_total", &["method", "endpoint", "status"], "", 2.0),
        histogram("http_request_duration_seconds", &["method", "endpoint"], "seconds", 2.0),
    ],
}];

fn http(registry: &Registry) -> Kept {
    serve(registry, ServerNames::classic(), &[0.1, 0.5, 1.0, 2.0, 5.0])
}
