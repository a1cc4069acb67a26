use radiosonde_core::Level;

use crate::schemas::layout::{Group, Layout, Module, reserved, text};
use crate::schemas::native;
use crate::schemas::reserved_key::{ReservedKey, ValueRule};
use crate::schemas::settings::SchemaSettings;

pub(super) fn layout(settings: &SchemaSettings) -> Layout {
    let resource = &settings.resource;
    let version = resource
        .service_version()
        .map(|version| format!(",\"version\":{}", text(version)))
        .unwrap_or_default();
    let service = format!(",\"serviceContext\":{{\"service\":{}{version}}}", text(resource.service_name()));
    // Without the project, Google's agents that read standard output complete the name themselves.
    let project = settings.project.as_deref().or_else(|| resource.get("cloud.account.id"));
    let traces = project.map(|project| text(&format!("projects/{project}/traces/"))).unwrap_or_default();
    Layout {
        start: "{\"time\":\"".to_owned(),
        prefixes: Level::ALL.map(|level| format!("\",\"severity\":\"{}\"", severity(level))),
        suffixes: native::suffixes().map(|suffix| service.clone() + &suffix),
        module: Module { in_prefix: true, before: ",\"module\":\"", after: "\"" },
        reserved_keys: [
            &[
                reserved("message", ValueRule::Text, &["message"]),
                reserved("correlation_id", ValueRule::Text, &["correlation_id"]),
                reserved("request_id", ValueRule::Text, &["request_id"]),
                reserved("user_id", ValueRule::Text, &["user_id"]),
                reserved("requestMethod", ValueRule::Text, &["method", "http.request.method"]),
                reserved("requestUrl", ValueRule::Text, &["path", "url.path"]),
                reserved("status", ValueRule::Long, &["status", "http.response.status_code"]),
                reserved("duration_ms", ValueRule::Number, &["duration_ms"]),
            ][..],
            &native::metric(),
        ]
        .concat(),
        group: Some(Group {
            open: ",\"httpRequest\":",
            reserved_keys: ReservedKey::METHOD.index()..ReservedKey::DURATION.index(),
            latency: ReservedKey::DURATION.index(),
        }),
        trace_id: format!(",\"logging.googleapis.com/trace\":\"{}", traces.trim_matches('"')),
        span_id: "\",\"logging.googleapis.com/spanId\":\"".to_owned(),
        span_ends: std::array::from_fn(|flags| {
            format!("\",\"logging.googleapis.com/trace_sampled\":{}", flags & 1 == 1)
        }),
        truncated: ",\"truncated\":true".to_owned(),
        rest: settings.metadata.as_deref().unwrap_or("metadata").to_owned(),
        rest_of_metrics: "labels".to_owned(),
        own_keys: &[
            "time",
            "severity",
            "module",
            "httpRequest",
            "serviceContext",
            "type",
            "logging.googleapis.com/trace",
            "logging.googleapis.com/spanId",
            "logging.googleapis.com/trace_sampled",
            "truncated",
            "labels",
        ],
        ..Layout::default()
    }
}

/// # Source
/// <https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity>
const fn severity(level: Level) -> &'static str {
    match level {
        Level::Trace | Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARNING",
        Level::Error => "ERROR",
        Level::Fatal => "CRITICAL",
    }
}
