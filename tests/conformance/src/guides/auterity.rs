//! "Auterity": a platform with HTTP services.

use radiosonde_metrics::{Labels, Registry};
use radiosonde_resources::{ResourceMonitor, ResourceNames};
use radiosonde_signals::{BusinessMetric, Operation, OperationNames};
use radiosonde_tower::ServerNames;

use crate::guides::doors::serve;
use crate::guides::table::{Door, Kept, SOME, counter, gauge, histogram};

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
        metrics: &[histogram("operation_duration", &["operation", "endpoint"], "seconds", 1.0)],
    },
    Door {
        helper: "radiosonde_signals::BusinessMetric, unconventional_name",
        make: counters,
        metrics: &[counter("error_counter", &["type"], "", 1.0), counter("test_counter", &["test"], "", 1.0)],
    },
    Door {
        helper: "radiosonde_resources::ResourceMonitor, ResourceNames::usage",
        make: resources,
        metrics: &[
            gauge("memory_usage_bytes", &["service", "type=used|available"], "bytes", SOME),
            gauge("cpu_usage", &["type=used|idle"], "percent", 100.0),
        ],
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

#[derive(Labels)]
struct Error<'a> {
    #[label(rename = "type")]
    kind: &'a str,
}

#[derive(Labels)]
struct Test<'a> {
    test: &'a str,
}

fn counters(registry: &Registry) -> Kept {
    let counter = |name| BusinessMetric::counter(name, "Events.").unconventional_name().registry(registry);
    counter("error_counter").family().unwrap().with(&Error { kind: "KeyError" }).inc();
    counter("test_counter").family().unwrap().with(&Test { test: "true" }).inc();
    Box::new(())
}

fn resources(registry: &Registry) -> Kept {
    let monitor = ResourceMonitor::builder().names(ResourceNames::usage("orders"));
    Box::new(monitor.registry(registry).build().unwrap())
}
