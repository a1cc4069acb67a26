//! "Aetherra": an assistant with a memory, plugins and a self-improvement, under a namespace.

use radiosonde_metrics::{LabelValue, Labels, Registry};
use radiosonde_signals::{
    BusinessMetric, ConnectionNames, Connections, Operation, OperationNames, Worker, WorkerNames,
};
use radiosonde_tower::ServerNames;

use crate::guides::doors::serve;
use crate::guides::table::{Door, Kept, counter, gauge, histogram, summary};

pub(crate) const GUIDE: &[Door] = &[
    Door {
        helper: "radiosonde_tower::ServerLayer, ServerNames::prefix, duration, errors",
        make: http,
        metrics: &[
            counter("aetherra_api_requests_total", &["method", "endpoint", "status"], "", 2.0),
            counter("aetherra_api_errors_total", &["endpoint"], "", 1.0),
            histogram(
                "aetherra_request_duration_seconds",
                &["+method: as the counter of requests", "endpoint"],
                "seconds",
                2.0,
            ),
        ],
    },
    Door {
        // No set has quantiles: those of several processes cannot be combined.
        helper: "radiosonde_metrics::Registry::summary",
        make: response_time,
        metrics: &[summary("aetherra_response_time", &["quantile=0.5|0.95|0.99"], "seconds", 1.0)],
    },
    Door {
        helper: "radiosonde_signals::Worker, WorkerNames::subsystem, namespace",
        make: self_improvement,
        metrics: &[
            counter("aetherra_self_improvement_tasks_total", &["status=success|error"], "", 1.0),
            gauge("aetherra_self_improvement_active_tasks", &[], "", 1.0),
            histogram("aetherra_self_improvement_task_duration", &[], "seconds", 1.0),
        ],
    },
    Door {
        // A number of the application's own, from which no other signal follows.
        helper: "radiosonde_signals::BusinessMetric, namespace",
        make: learning_score,
        metrics: &[gauge("aetherra_self_improvement_learning_score", &[], "", 0.8)],
    },
    Door {
        helper: "radiosonde_signals::Operation, OperationNames::per_operation, namespace",
        make: operation,
        metrics: &[
            counter("aetherra_memory_query_total", &["status=success|error"], "", 1.0),
            histogram("aetherra_memory_query_duration_seconds", &[], "seconds", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Connections, ConnectionNames::unlabelled, namespace, max",
        make: connections,
        metrics: &[
            gauge("aetherra_active_connections", &[], "", 1.0),
            gauge("aetherra_max_connections", &[], "", 100.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Operation, OperationNames::without_unit",
        make: operation_without_unit,
        metrics: &[histogram("aetherra_memory_query_duration", &[], "seconds", 1.0)],
    },
    Door {
        helper: "radiosonde_signals::BusinessMetric, namespace",
        make: memory,
        metrics: &[
            counter("aetherra_memory_events_total", &["type"], "", 128.0),
            gauge("aetherra_memory_bytes", &["type"], "bytes", 4096.0),
            gauge("aetherra_memory_storage_bytes", &[], "bytes", 8192.0),
            gauge("aetherra_memory_healthy", &[], "", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_metrics::Registry::state_set_by",
        make: states,
        metrics: &[
            gauge("aetherra_homeostasis_status", &["status=active|inactive"], "", 1.0),
            gauge("aetherra_service_healthy", &["status=active|inactive"], "", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Operation, OperationNames::with_failed",
        make: plugin,
        metrics: &[counter("aetherra_plugin_executions_total", &["status=success|failed"], "", 2.0)],
    },
];

fn http(registry: &Registry) -> Kept {
    let names = ServerNames::classic().prefix("aetherra_api");
    let names = names.duration("aetherra_request_duration_seconds").errors("aetherra_api_errors_total");
    serve(registry, names, &[0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0])
}

fn response_time(registry: &Registry) -> Kept {
    let summary =
        registry.summary("aetherra_response_time", "Time from a request to its response, in seconds.");
    summary.quantiles(&[0.5, 0.95, 0.99]).build().unwrap().observe(0.12);
    Box::new(())
}

fn self_improvement(registry: &Registry) -> Kept {
    let learner = Worker::builder("learner").registry(registry).namespace("aetherra");
    let learner = learner.names(WorkerNames::subsystem("self_improvement")).build().unwrap();
    learner.task("retrain").run_infallible(|| ());
    Box::new(learner.task("retrain").track())
}

fn learning_score(registry: &Registry) -> Kept {
    let score = BusinessMetric::gauge("self_improvement_learning_score", "Score of the last training.");
    score.namespace("aetherra").registry(registry).build().unwrap().set(0.8);
    Box::new(())
}

fn operation(registry: &Registry) -> Kept {
    let query = Operation::builder("memory_query").registry(registry).namespace("aetherra");
    query.names(OperationNames::per_operation()).build().unwrap().track().complete();
    Box::new(())
}

fn connections(registry: &Registry) -> Kept {
    let api = Connections::builder("api").names(ConnectionNames::unlabelled()).namespace("aetherra");
    let api = api.max(100).registry(registry).build().unwrap();
    Box::new(api.open())
}

fn operation_without_unit(registry: &Registry) -> Kept {
    let query = Operation::builder("memory_query").registry(registry).namespace("aetherra");
    query.names(OperationNames::per_operation().without_unit()).build().unwrap().track().complete();
    Box::new(())
}

#[derive(Labels)]
struct Kind<'a> {
    #[label(rename = "type")]
    kind: &'a str,
}

#[derive(LabelValue)]
#[allow(dead_code, reason = "the state that does not hold is exposed as well")]
enum Status {
    Active,
    Inactive,
}

fn memory(registry: &Registry) -> Kept {
    let gauge = |name, help| BusinessMetric::gauge(name, help).namespace("aetherra").registry(registry);
    let events = BusinessMetric::counter("memory_events_total", "Events in the memory.");
    let events = events.namespace("aetherra").registry(registry).family().unwrap();
    events.with(&Kind { kind: "user_interaction" }).inc_by(128);
    let bytes = gauge("memory_bytes", "Size of the memory, by type.").unit("bytes").family().unwrap();
    bytes.with(&Kind { kind: "events" }).set(4096.0);
    let storage = gauge("memory_storage_bytes", "Size of the memory's storage.").unit("bytes");
    storage.build().unwrap().set(8192.0);
    gauge("memory_healthy", "Whether the memory works: 1 or 0.").build().unwrap().set(1.0);
    Box::new(())
}

fn states(registry: &Registry) -> Kept {
    for (name, help) in [
        ("aetherra_homeostasis_status", "State of the homeostasis."),
        ("aetherra_service_healthy", "State of the service."),
    ] {
        registry.state_set_by(name, "status", help).unwrap().set(Status::Active);
    }
    Box::new(())
}

fn plugin(registry: &Registry) -> Kept {
    let names = OperationNames::per_operation().with_failed();
    let plugin = Operation::builder("plugin_executions").names(names).namespace("aetherra");
    let plugin = plugin.registry(registry).build().unwrap();
    plugin.track().complete();
    assert!(plugin.run(|| "no plugin".parse::<u32>()).is_err());
    Box::new(())
}
