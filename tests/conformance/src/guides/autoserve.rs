//! "AutoServe": a backend, its workers, and a model that scales them.

use radiosonde_metrics::Registry;
use radiosonde_signals::{DatabaseNames, Sessions};
use radiosonde_tower::ServerNames;

use crate::guides::doors::{query, serve};
use crate::guides::table::{Door, Kept, counter, gauge, histogram};

pub(crate) const GUIDE: &[Door] = &[
    Door {
        helper: "radiosonde_tower::ServerLayer",
        make: http,
        metrics: &[
            counter("http_requests_total", &["method", "endpoint", "status"], "", 2.0),
            histogram("http_request_duration_seconds", &["method", "endpoint"], "seconds", 2.0),
            gauge("http_requests_in_flight", &["endpoint"], "", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Database, DatabaseNames::abbreviated",
        make: database,
        metrics: &[
            gauge("db_connections_active", &["+pool"], "", 3.0),
            gauge("db_connections_idle", &["+pool"], "", 2.0),
            // Its alert has it, its list of metrics does not.
            gauge("db_connections_max", &["+pool"], "", 20.0),
            histogram("db_query_duration_seconds", &["operation", "+database"], "seconds", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Sessions, unlabelled",
        make: sessions,
        metrics: &[gauge("active_sessions", &[], "", 1.0)],
    },
];

fn http(registry: &Registry) -> Kept {
    serve(registry, ServerNames::classic(), &[0.1, 0.5, 1.0])
}

fn database(registry: &Registry) -> Kept {
    query(registry, DatabaseNames::abbreviated(), "")
}

fn sessions(registry: &Registry) -> Kept {
    let sessions = Sessions::builder("user").unlabelled().registry(registry).build().unwrap();
    Box::new(sessions.open())
}
