use radiosonde_core::Level;

use crate::schemas::layout::{Layout, Module, Reserved, reserved, text};
use crate::schemas::reserved_key::{Origin, ValueRule};
use crate::schemas::settings::SchemaSettings;

pub(super) fn layout(settings: &SchemaSettings) -> Layout {
    let rest = settings.metadata.as_deref().unwrap_or("metadata");
    let service = text(settings.resource.service_name());
    Layout {
        start: "{\"timestamp\":\"".to_owned(),
        prefixes: Level::ALL
            .map(|level| format!("\",\"level\":\"{}\",\"service\":{service}", level.name(settings.names))),
        suffixes: suffixes(),
        module: Module { in_prefix: true, before: ",\"module\":\"", after: "\"" },
        reserved_keys: [
            &[
                reserved("message", ValueRule::Text, &["message"]),
                reserved("correlation_id", ValueRule::Text, &["correlation_id"]),
                reserved("request_id", ValueRule::Text, &["request_id"]),
                reserved("user_id", ValueRule::Text, &["user_id"]),
                reserved("method", ValueRule::Text, &["method", "http.request.method"]),
                reserved("path", ValueRule::Text, &["path", "url.path"]),
                reserved("status", ValueRule::Integer, &["status", "http.response.status_code"]),
                reserved("duration_ms", ValueRule::Number, &["duration_ms"]),
            ][..],
            &metric(),
        ]
        .concat(),
        trace_id: ",\"trace_id\":\"".to_owned(),
        span_id: "\",\"span_id\":\"".to_owned(),
        span_ends: std::array::from_fn(|_| "\"".to_owned()),
        truncated: ",\"truncated\":true".to_owned(),
        rest: rest.to_owned(),
        rest_of_metrics: "labels".to_owned(),
        own_keys: &[
            "timestamp", "level", "service", "module", "trace_id", "span_id", "truncated", "type", "labels",
        ],
        ..Layout::default()
    }
}

/// The `type` of each kind of line, if its keys do not show it.
pub(super) fn suffixes() -> [String; Origin::COUNT] {
    let mut suffixes = <[String; Origin::COUNT]>::default();
    suffixes[Origin::Audit as usize] = ",\"type\":\"audit\"".to_owned();
    suffixes[Origin::Metric as usize] = ",\"type\":\"metric\"".to_owned();
    suffixes
}

/// The reserved keys for the name and the value of a metric.
pub(super) fn metric() -> [Reserved; 2] {
    [
        reserved("metric", ValueRule::Text, &["metric"]).only(Origin::Metric),
        reserved("value", ValueRule::Measure, &["value"]).only(Origin::Metric),
    ]
}
