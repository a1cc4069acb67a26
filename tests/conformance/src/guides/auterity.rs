//! "Auterity": a platform with HTTP services.

use radiosonde_metrics::{Labels, Registry};
use radiosonde_signals::{Operation, OperationNames};
use radiosonde_tower::ServerNames;

use crate::guides::doors::serve;
use crate::guides::table::{Door, Kept, counter, histogram};

pub(crate) const GUIDE: &[Door] = &[
    Door {
        helper: "radiosonde_tower::ServerLayer, buckets",
        make: http,
        metrics: &[
            counter("http_requests_total", &["method", "endpoint", "status"], "", 2.0),
            histogram("http_request_duration_seconds", &["method", "endpoint"], "seconds", 2.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::OperationFamily, OperationNames::without_unit",
        make: operation,
        metrics: &[histogram("operation_duration", &["operation", "endpoint"], "", 1.0)],
    },
];

#[derive(Labels)]
struct Endpoint<'a> {
    endpoint: &'a str,
}

fn operation(registry: &Registry) -> Kept {
    let names = OperationNames::shared().without_unit();
    let processing = Operation::builder("request_processing").registry(registry).names(names);
    processing.family().unwrap().with(&Endpoint { endpoint: "/orders" }).track().complete();
    Box::new(())
}

fn http(registry: &Registry) -> Kept {
    serve(registry, ServerNames::classic(), &[0.1, 0.5, 1.0, 2.0, 5.0])
}
