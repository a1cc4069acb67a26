use radiosonde_core::Level;

use crate::schemas::layout::{Layout, Module, reserved, text};
use crate::schemas::reserved_key::{Origin, ValueRule};
use crate::schemas::settings::SchemaSettings;

/// The version of the schema.
const VERSION: &str = "8.11.0";

pub(super) fn layout(settings: &SchemaSettings) -> Layout {
    Layout {
        start: "{\"@timestamp\":\"".to_owned(),
        prefixes: Level::ALL
            .map(|level| format!("\",\"log.level\":\"{}\"", level.name(settings.names).to_ascii_lowercase())),
        suffixes: suffixes(settings),
        module: Module { in_prefix: false, before: ",\"log.logger\":\"", after: "\"" },
        reserved_keys: vec![
            reserved("message", ValueRule::Text, &["message"]),
            reserved("correlation_id", ValueRule::Text, &["correlation_id"]).among_the_rest(),
            reserved("http.request.id", ValueRule::Text, &["request_id", "http.request.id"]),
            reserved("user.id", ValueRule::Text, &["user_id", "user.id"]),
            reserved("http.request.method", ValueRule::Text, &["method", "http.request.method"]),
            reserved("url.path", ValueRule::Text, &["path", "url.path"]),
            reserved("http.response.status_code", ValueRule::Long, &["status", "http.response.status_code"]),
            reserved("event.duration", ValueRule::Nanoseconds, &["duration_ms"]),
            reserved(
                "error",
                ValueRule::Error("stack_trace"),
                &["error", "err", "error.message", "exception.message"],
            ),
            reserved("error.type", ValueRule::Text, &["error.type", "exception.type"]),
            reserved("event.action", ValueRule::Text, &["event.action"]).also("action", Origin::Audit),
            reserved("event.outcome", ValueRule::Text, &["event.outcome"]).also("outcome", Origin::Audit),
            reserved("user.name", ValueRule::Text, &["user.name"]).also("who", Origin::Audit),
            reserved("metric.name", ValueRule::Text, &["metric"]).only(Origin::Metric),
            reserved("metric.value", ValueRule::Measure, &["value"]).only(Origin::Metric),
        ],
        trace_id: ",\"trace.id\":\"".to_owned(),
        span_id: "\",\"span.id\":\"".to_owned(),
        span_ends: std::array::from_fn(|_| "\"".to_owned()),
        truncated: ",\"log.flags\":[\"truncated\"]".to_owned(),
        rest: "labels".to_owned(),
        rest_of_metrics: "labels".to_owned(),
        rest_are_labels: true,
        own_keys: &[
            "@timestamp",
            "log.level",
            "ecs.version",
            "service.name",
            "service.version",
            "service.environment",
            "event.dataset",
            "event.kind",
            "log.logger",
            "trace.id",
            "span.id",
            "log.flags",
        ],
        ..Layout::default()
    }
}

fn suffixes(settings: &SchemaSettings) -> [String; Origin::COUNT] {
    let resource = &settings.resource;
    let mut service =
        format!(",\"ecs.version\":\"{VERSION}\",\"service.name\":{}", text(resource.service_name()));
    let optional = [("version", resource.service_version()), ("environment", resource.environment())];
    for (key, value) in optional.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        service.push_str(&format!(",\"service.{key}\":{}", text(value)));
    }
    let suffix = |dataset: &str, kind: &str| {
        let dataset = text(&format!("{}.{dataset}", resource.service_name()));
        let kind = if kind.is_empty() { String::new() } else { format!(",\"event.kind\":\"{kind}\"") };
        format!("{service},\"event.dataset\":{dataset}{kind}")
    };
    let mut suffixes: [String; Origin::COUNT] = std::array::from_fn(|_| suffix("log", ""));
    suffixes[Origin::Access as usize] = suffix("access", "event");
    suffixes[Origin::Audit as usize] = suffix("audit", "event");
    suffixes[Origin::Metric as usize] = suffix("metric", "metric");
    suffixes
}
