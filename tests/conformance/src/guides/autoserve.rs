//! "AutoServe": a backend, its workers, and a model that scales them.

use radiosonde_metrics::{Labels, Registry};
use radiosonde_resources::{ResourceMonitor, ResourceNames};
use radiosonde_signals::{
    BusinessMetric, DataPipeline, DatabaseNames, Model, ModelNames, Queue, Sessions, Worker, WorkerNames,
};
use radiosonde_tower::ServerNames;

use crate::guides::doors::{query, serve};
use crate::guides::table::{Door, Kept, SOME, counter, gauge, histogram};

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
        helper: "radiosonde_signals::Worker, WorkerNames::by_outcome",
        make: tasks,
        metrics: &[
            counter("tasks_created_total", &[], "", 3.0),
            counter("tasks_completed_total", &[], "", 2.0),
            counter("tasks_failed_total", &[], "", 1.0),
            histogram("task_processing_seconds", &[], "seconds", 3.0),
        ],
    },
    Door {
        // The states are Celery's words for the outcomes of a task.
        helper: "radiosonde_signals::Worker, WorkerNames::celery",
        make: celery,
        metrics: &[
            counter("celery_tasks_total", &["task", "state=SUCCESS|FAILURE|REVOKED|REJECTED"], "", 1.0),
            histogram("celery_task_duration_seconds", &["task"], "seconds", 1.0),
            gauge("celery_workers_active", &[], "", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Queue, namespace",
        make: queue,
        metrics: &[gauge("celery_queue_depth", &["queue"], "", 2.0)],
    },
    Door {
        helper: "radiosonde_signals::Database, DatabaseNames::abbreviated",
        make: database,
        metrics: &[
            gauge("db_connections_active", &["+pool: distinguishes pools"], "", 3.0),
            gauge("db_connections_idle", &["+pool: distinguishes pools"], "", 2.0),
            // Its alert has it, its list of metrics does not.
            gauge("db_connections_max", &["+pool: distinguishes pools"], "", 20.0),
            histogram(
                "db_query_duration_seconds",
                &["operation", "+database: distinguishes databases"],
                "seconds",
                1.0,
            ),
        ],
    },
    Door {
        helper: "radiosonde_signals::Sessions, unlabelled",
        make: sessions,
        metrics: &[gauge("active_sessions", &[], "", 1.0)],
    },
    Door {
        helper: "radiosonde_signals::BusinessMetric",
        make: business,
        metrics: &[
            counter("user_registrations_total", &[], "", 1.0),
            counter("scaling_decisions_total", &["action", "service"], "", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::DataPipeline",
        make: data,
        metrics: &[
            counter(
                "data_records_processed_total",
                &["+pipeline: distinguishes pipelines", "+outcome: records that failed are processed, too"],
                "",
                5.0,
            ),
            counter(
                "data_processing_errors_total",
                &["+pipeline: distinguishes pipelines", "+kind: errors are counted by kind"],
                "",
                2.0,
            ),
        ],
    },
    Door {
        helper: "radiosonde_resources::ResourceMonitor, ResourceNames::worker",
        make: worker_memory,
        metrics: &[gauge("worker_memory_usage_bytes", &[], "bytes", SOME)],
    },
    Door {
        helper: "radiosonde_signals::Model, ModelNames::scaling",
        make: model,
        metrics: &[
            gauge("scaling_prediction_accuracy", &["+model: distinguishes models"], "", 0.85),
            histogram("model_inference_duration_seconds", &["+model: distinguishes models"], "seconds", 1.0),
            gauge("model_last_training_timestamp", &["+model: distinguishes models"], "seconds", SOME),
        ],
    },
];

fn http(registry: &Registry) -> Kept {
    serve(registry, ServerNames::classic(), &[0.1, 0.5, 1.0])
}

fn tasks(registry: &Registry) -> Kept {
    let worker = Worker::builder("backend").registry(registry).names(WorkerNames::by_outcome());
    let worker = worker.build().unwrap();
    for outcome in [Ok(()), Ok(()), Err("no route")] {
        worker.created("send_mail");
        let _ = worker.task("send_mail").run(|| outcome);
    }
    Box::new(())
}

fn celery(registry: &Registry) -> Kept {
    let worker = Worker::builder("celery").registry(registry).names(WorkerNames::celery());
    let worker = worker.build().unwrap();
    worker.task("data_processing").run_infallible(|| ());
    Box::new(worker.task("data_processing").track())
}

fn queue(registry: &Registry) -> Kept {
    let queue = Queue::builder("default").registry(registry).namespace("celery").build().unwrap();
    Box::new([queue.enqueue(), queue.enqueue()])
}

fn database(registry: &Registry) -> Kept {
    query(registry, DatabaseNames::abbreviated(), "")
}

fn sessions(registry: &Registry) -> Kept {
    let sessions = Sessions::builder("user").unlabelled().registry(registry).build().unwrap();
    Box::new(sessions.open())
}

#[derive(Labels)]
struct Decision<'a> {
    action: &'a str,
    service: &'a str,
}

fn business(registry: &Registry) -> Kept {
    let counter = |name, help| BusinessMetric::counter(name, help).registry(registry);
    counter("user_registrations_total", "Registered users.").build().unwrap().inc();
    let decisions = counter("scaling_decisions_total", "Decisions to scale.").family().unwrap();
    decisions.with(&Decision { action: "scale_up", service: "backend" }).inc();
    Box::new(())
}

fn data(registry: &Registry) -> Kept {
    let readings = DataPipeline::builder("readings").registry(registry).build().unwrap();
    readings.batch(3).track().complete();
    readings.failed(2, &"malformed");
    Box::new(())
}

fn worker_memory(registry: &Registry) -> Kept {
    let monitor = ResourceMonitor::builder().names(ResourceNames::worker());
    Box::new(monitor.registry(registry).build().unwrap())
}

fn model(registry: &Registry) -> Kept {
    let scaler = Model::builder("scaler").names(ModelNames::scaling()).registry(registry);
    let scaler = scaler.build().unwrap();
    scaler.inference().track().complete();
    scaler.set_accuracy(0.85);
    scaler.trained();
    Box::new(())
}
