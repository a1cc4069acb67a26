use radiosonde_core::Level;

use crate::schemas::layout::{Layout, Module, Reserved, reserved, text};
use crate::schemas::settings::SchemaSettings;
use crate::schemas::slot::{Kind, Origin};

pub(super) fn layout(settings: &SchemaSettings) -> Layout {
    let rest = settings.metadata.as_deref().unwrap_or("metadata");
    let service = text(settings.resource.service_name());
    Layout {
        start: "{\"timestamp\":\"".to_owned(),
        heads: Level::ALL
            .map(|level| format!("\",\"level\":\"{}\",\"service\":{service}", level.name(settings.names))),
        feet: feet(),
        module: Module { in_head: true, before: ",\"module\":\"", after: "\"" },
        slots: [
            &[
                reserved("message", Kind::Text, &["message"]),
                reserved("correlation_id", Kind::Text, &["correlation_id"]),
                reserved("request_id", Kind::Text, &["request_id"]),
                reserved("user_id", Kind::Text, &["user_id"]),
                reserved("method", Kind::Text, &["method", "http.request.method"]),
                reserved("path", Kind::Text, &["path", "url.path"]),
                reserved("status", Kind::Integer, &["status", "http.response.status_code"]),
                reserved("duration_ms", Kind::Number, &["duration_ms"]),
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
            "timestamp",
            "level",
            "service",
            "module",
            "trace_id",
            "span_id",
            "truncated",
            "type",
            "labels",
        ],
        ..Layout::default()
    }
}

/// What kind of line it is, where that is not told by its keys.
pub(super) fn feet() -> [String; Origin::COUNT] {
    let mut feet = <[String; Origin::COUNT]>::default();
    feet[Origin::Audit as usize] = ",\"type\":\"audit\"".to_owned();
    feet[Origin::Metric as usize] = ",\"type\":\"metric\"".to_owned();
    feet
}

/// The name and the value of a metric.
pub(super) fn metric() -> [Reserved; 2] {
    [
        reserved("metric", Kind::Text, &["metric"]).only(Origin::Metric),
        reserved("value", Kind::Measure, &["value"]).only(Origin::Metric),
    ]
}
