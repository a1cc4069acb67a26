use radiosonde_core::Level;

use crate::schemas::layout::{Layout, Module, reserved, text};
use crate::schemas::reserved_key::{Origin, ValueRule};
use crate::schemas::settings::SchemaSettings;

pub(super) fn layout(settings: &SchemaSettings) -> Layout {
    let resource: Vec<String> =
        settings.resource.iter().map(|(key, value)| format!("{}:{}", text(key), text(value))).collect();
    let resource = resource.join(",");
    let prefix = |level: Level| {
        let (name, number) = (level.name(settings.names), severity(level));
        format!("\",\"severity_text\":\"{name}\",\"severity_number\":{number},\"resource\":{{{resource}}}")
    };
    let mut suffixes = <[String; Origin::COUNT]>::default();
    for (origin, name) in [(Origin::Access, "access"), (Origin::Audit, "audit"), (Origin::Metric, "metric")] {
        suffixes[origin as usize] = format!(",\"event_name\":\"radiosonde.{name}\"");
    }
    Layout {
        start: "{\"timestamp\":\"".to_owned(),
        prefixes: Level::ALL.map(prefix),
        suffixes,
        module: Module { in_prefix: true, before: ",\"scope\":{\"name\":\"", after: "\"}" },
        reserved_keys: vec![
            reserved("body", ValueRule::Text, &["message"]),
            reserved("correlation_id", ValueRule::Text, &["correlation_id"]).among_the_rest(),
            reserved("request_id", ValueRule::Text, &["request_id"]).among_the_rest(),
            reserved("user.id", ValueRule::Text, &["user_id", "user.id"]).among_the_rest(),
            reserved("http.request.method", ValueRule::Text, &["method", "http.request.method"])
                .among_the_rest(),
            reserved("url.path", ValueRule::Text, &["path", "url.path"]).among_the_rest(),
            reserved("http.response.status_code", ValueRule::Long, &["status", "http.response.status_code"])
                .among_the_rest(),
            reserved("duration_ms", ValueRule::Number, &["duration_ms"]).among_the_rest(),
            reserved("exception", ValueRule::Error("stacktrace"), &["error", "err", "exception"])
                .among_the_rest(),
        ],
        trace_id: ",\"trace_id\":\"".to_owned(),
        span_id: "\",\"span_id\":\"".to_owned(),
        span_ends: std::array::from_fn(|flags| format!("\",\"trace_flags\":\"{flags:02x}\"")),
        truncated: ",\"truncated\":true".to_owned(),
        rest: "attributes".to_owned(),
        rest_of_metrics: "attributes".to_owned(),
        own_keys: &[
            "timestamp", "severity_text", "severity_number", "resource", "scope", "event_name", "trace_id",
            "span_id", "trace_flags", "truncated",
        ],
        ..Layout::default()
    }
}

/// The first of the four numbers of each level.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>
const fn severity(level: Level) -> u8 {
    level as u8 * 4 + 1
}
