//! The metrics of five monitoring guides come from ready helpers: names, types, labels and units are compared item by item.
//!
//! The tables, to be held beside the guides, are in `src/guides`.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use conformance::guides::GUIDES;

#[track_caller]
fn compare(name: &str) {
    let guide = GUIDES.iter().find(|guide| guide.name == name).unwrap();
    let differences = guide.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_metric_of_auterity_comes_from_a_ready_door() {
    compare("auterity");
}

#[test]
fn every_metric_of_valtronics_comes_from_a_ready_door() {
    compare("valtronics");
}

#[test]
fn every_metric_of_autoserve_comes_from_a_ready_door() {
    compare("autoserve");
}

#[test]
fn every_metric_of_the_shop_comes_from_a_ready_door() {
    compare("shop");
}

#[test]
fn every_metric_of_aetherra_comes_from_a_ready_door() {
    compare("aetherra");
}

/// The names as the guides have them, in their order. `memory_query_*` stands for the names that one of them makes of each operation.
const NAMES: [(&str, &[&str]); 5] = [
    (
        "auterity",
        &[
            "http_requests_total",
            "http_request_duration_seconds",
            "memory_usage_bytes",
            "cpu_usage",
            "operation_duration",
            "error_counter",
            "test_counter",
        ],
    ),
    (
        "valtronics",
        &[
            "valtronics_devices_total",
            "valtronics_telemetry_points_total",
            "valtronics_alerts_total",
            "valtronics_api_requests_total",
            "valtronics_api_request_duration_seconds",
            "valtronics_database_connections",
            "valtronics_mqtt_messages_total",
            "valtronics_system_health_score",
        ],
    ),
    (
        "autoserve",
        &[
            "http_requests_total",
            "http_request_duration_seconds",
            "http_requests_in_flight",
            "db_connections_active",
            "db_connections_idle",
            "db_connections_max",
            "db_query_duration_seconds",
            "tasks_created_total",
            "tasks_completed_total",
            "tasks_failed_total",
            "user_registrations_total",
            "task_processing_seconds",
            "active_sessions",
            "celery_tasks_total",
            "celery_task_duration_seconds",
            "celery_workers_active",
            "celery_queue_depth",
            "data_records_processed_total",
            "data_processing_errors_total",
            "worker_memory_usage_bytes",
            "scaling_decisions_total",
            "scaling_prediction_accuracy",
            "model_inference_duration_seconds",
            "model_last_training_timestamp",
        ],
    ),
    (
        "shop",
        &[
            "http_requests_total",
            "http_request_duration_seconds",
            "http_requests_in_flight",
            "active_connections",
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_open_fds",
            "database_connections_total",
            "database_connections_active",
            "database_query_duration_seconds",
            "cache_hits_total",
            "cache_misses_total",
            "orders_created_total",
            "payments_processed_total",
            "user_signups_total",
        ],
    ),
    (
        "aetherra",
        &[
            "aetherra_api_requests_total",
            "aetherra_api_errors_total",
            "aetherra_request_duration_seconds",
            "aetherra_active_connections",
            "aetherra_max_connections",
            "aetherra_memory_bytes",
            "aetherra_memory_events_total",
            "aetherra_memory_storage_bytes",
            "aetherra_memory_query_duration",
            "aetherra_memory_healthy",
            "aetherra_homeostasis_status",
            "aetherra_service_healthy",
            "aetherra_plugin_executions_total",
            "aetherra_self_improvement_tasks_total",
            "aetherra_self_improvement_active_tasks",
            "aetherra_self_improvement_task_duration",
            "aetherra_self_improvement_learning_score",
            "aetherra_response_time",
            "aetherra_memory_query_total",
            "aetherra_memory_query_duration_seconds",
        ],
    ),
];

#[test]
fn the_tables_have_the_names_of_the_guides() {
    for ((name, expected), guide) in NAMES.iter().zip(&GUIDES) {
        let (mut expected, mut actual) = (expected.to_vec(), guide.names().collect::<Vec<_>>());
        expected.sort_unstable();
        actual.sort_unstable();
        assert_eq!((*name, expected), (guide.name, actual));
    }
}
