/// Logs the value of a metric, for stores that make numbers of lines.
///
/// Takes a name, a value (whatever [`f64::from`] takes) and labels as fields of `tracing`, and before them `level:` with one
/// of `tracing`'s levels; by default INFO. The target is [`METRIC_TARGET`](crate::METRIC_TARGET), so that a filter can tell
/// `radiosonde::metric=off`. What is scraped needs no line: this is for values that belong to one event.
///
/// # Shape
/// The name is the line's `metric` (and its `message`), the value its `value`, `null` if it is not finite; `type` is
/// `"metric"`. The labels are under `labels`, in place of `metadata`, whatever they are called: a label `method` does not move to the
/// top of the line, and hides a span's field of that name. Fields of the spans around are there too, except those with a key at the
/// top, such as `request_id`. With
/// [`Profile::Ecs`](crate::Profile::Ecs) name, value and type are `metric.name`, `metric.value` and `event.kind`.
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
