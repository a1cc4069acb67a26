//! The guide of a shop: gateway, authentication, orders, payments.

use radiosonde_metrics::Registry;
use radiosonde_signals::{BusinessMetric, Cache, ConnectionNames, Connections, DatabaseNames};
use radiosonde_tower::ServerNames;

use crate::guides::doors::{query, serve};
use crate::guides::table::{Door, Kept, SOME, counter, gauge, histogram};

pub(crate) const GUIDE: &[Door] = &[
    Door {
        helper: "radiosonde_tower::ServerLayer, buckets",
        make: http,
        metrics: &[
            counter("http_requests_total", &["method", "endpoint", "status"], "", 2.0),
            histogram("http_request_duration_seconds", &["method", "endpoint"], "seconds", 2.0),
            gauge("http_requests_in_flight", &["+endpoint: as the other metrics of requests"], "", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Cache",
        make: cache,
        metrics: &[
            counter("cache_hits_total", &["+cache: distinguishes caches"], "", 1.0),
            counter("cache_misses_total", &["+cache: distinguishes caches"], "", 2.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Database, DatabaseNames::with_total",
        make: database,
        metrics: &[
            // A gauge, in spite of its name.
            gauge("database_connections_total", &["+pool: distinguishes pools"], "", 5.0),
            gauge("database_connections_active", &["+pool: distinguishes pools"], "", 3.0),
            histogram(
                "database_query_duration_seconds",
                &["+database: distinguishes databases", "+operation: distinguishes queries"],
                "seconds",
                1.0,
            ),
        ],
    },
    Door {
        helper: "radiosonde_metrics::Registry::expose_process",
        make: process,
        metrics: &[
            counter("process_cpu_seconds_total", &[], "seconds", SOME),
            gauge("process_resident_memory_bytes", &[], "bytes", SOME),
            gauge("process_open_fds", &[], "", SOME),
        ],
    },
    Door {
        helper: "radiosonde_signals::Connections, ConnectionNames::unlabelled",
        make: connections,
        metrics: &[gauge("active_connections", &[], "", 1.0)],
    },
    Door {
        helper: "radiosonde_signals::BusinessMetric",
        make: business,
        metrics: &[
            counter("orders_created_total", &[], "", 1.0),
            counter("payments_processed_total", &[], "", 1.0),
            counter("user_signups_total", &[], "", 1.0),
        ],
    },
];

fn http(registry: &Registry) -> Kept {
    serve(registry, ServerNames::classic(), &[0.05, 0.1, 0.2, 0.5, 1.0])
}

fn cache(registry: &Registry) -> Kept {
    let cache = Cache::builder("prices").registry(registry).build().unwrap();
    for found in [None, Some(3), None] {
        cache.get_or_load(|| found, || "3".parse::<u32>()).unwrap();
    }
    Box::new(())
}

fn process(registry: &Registry) -> Kept {
    registry.expose_process();
    Box::new(())
}

fn database(registry: &Registry) -> Kept {
    query(registry, DatabaseNames::with_total(), "")
}

fn connections(registry: &Registry) -> Kept {
    let gateway = Connections::builder("gateway").names(ConnectionNames::unlabelled());
    Box::new(gateway.registry(registry).build().unwrap().open())
}

fn business(registry: &Registry) -> Kept {
    for (name, help) in [
        ("orders_created_total", "Orders created."),
        ("payments_processed_total", "Payments processed."),
        ("user_signups_total", "New users."),
    ] {
        BusinessMetric::counter(name, help).registry(registry).build().unwrap().inc();
    }
    Box::new(())
}
