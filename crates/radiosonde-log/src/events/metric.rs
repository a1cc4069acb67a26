/// Logs the value of a metric, for stores that derive metrics from lines.
///
/// Takes a name, a value (anything that [`f64::from`] takes) and labels as fields of `tracing`, optionally preceded by
/// `level:` with one of `tracing`'s levels; default: INFO. The target is [`METRIC_TARGET`](crate::METRIC_TARGET), so that
/// `radiosonde::metric=off` disables it. Scraped metrics need no line: this is for values that belong to one event.
///
/// # Shape
/// The name is the line's `metric` and its `message`, the value is its `value`, `null` if it is not finite, and `type` is
/// `"metric"`. The labels are under `labels` instead of `metadata`, whatever their names: a label `method` is not moved to
/// the top level, and hides a span's field with that name. Fields of enclosing spans are included, except those with a
/// reserved key such as `request_id`. With [`Profile::Ecs`](crate::Profile::Ecs), name, value and type are `metric.name`,
/// `metric.value` and `event.kind`.
///
/// ```
/// radiosonde_log::log_metric!("queue_depth", 12, queue = "mail");
/// // {"timestamp":…,"level":"INFO","service":"orders","module":"radiosonde::metric","message":"queue_depth",
/// //  "metric":"queue_depth","value":12.0,"type":"metric","labels":{"queue":"mail"}}
/// radiosonde_log::log_metric!(level: tracing::Level::WARN, "backlog_seconds", 9.5);
/// ```
#[macro_export]
macro_rules! log_metric {
    (level: $level:expr, $name:expr, $value:expr $(, $($labels:tt)*)?) => {
        $crate::__tracing::event!(
            target: $crate::METRIC_TARGET,
            $level,
            message = $name,
            metric = $name,
            value = ::std::primitive::f64::from($value),
            $($($labels)*)?
        )
    };
    ($name:expr, $value:expr $(, $($labels:tt)*)?) => {
        $crate::log_metric!(level: $crate::__tracing::Level::INFO, $name, $value $(, $($labels)*)?)
    };
}
