//! The settings that a size makes necessary.

use crate::constants::{
    JAEGER_TRACES, LINE_QUEUE, LOKI_BYTES_PER_DAY, LOKI_BYTES_PER_SECOND, LOKI_BYTES_PER_STREAM,
    LOKI_STREAMS, MIMIR_SERIES, OUTAGE_SECONDS, PROMETHEUS_BYTES_PER_SERIES, PROMETHEUS_DAYS,
    PROMETHEUS_MEMORY, SPAN_QUEUE, TRACE_DISK, TRACE_SECONDS,
};
use crate::estimate::Estimate;
use crate::options::Options;
use crate::table::{bytes, count, days, seconds};

/// A setting, the size from which it is necessary, and the size here.
struct Need {
    setting: String,
    from: String,
    here: String,
    is_necessary: bool,
}

/// A row for each setting: its name, its threshold, the size here, and `needed` or `not needed`.
pub(crate) fn rows(options: &Options, estimate: &Estimate) -> Vec<[String; 4]> {
    let needs = metrics(options, estimate)
        .into_iter()
        .chain(logs(options, estimate))
        .chain(traces(options, estimate));
    needs
        .map(|Need { setting, from, here, is_necessary }| {
            [setting, from, here, if is_necessary { "**needed**" } else { "not needed" }.to_owned()]
        })
        .collect()
}

fn above(setting: impl Into<String>, here: f64, limit: f64, shown: impl Fn(f64) -> String) -> Need {
    Need {
        setting: setting.into(),
        from: format!("more than {}", shown(limit)),
        here: shown(here),
        is_necessary: here > limit,
    }
}

fn below(setting: impl Into<String>, here: f64, limit: f64, of: &str) -> Need {
    let (from, here_shown) = (format!("{of} for less than {}", seconds(limit)), seconds(here));
    Need { setting: setting.into(), from, here: here_shown, is_necessary: here < limit }
}

fn metrics(options: &Options, estimate: &Estimate) -> Vec<Need> {
    let series = |number: f64| format!("{} series", count(number));
    let kept = options.metrics_days;
    vec![
        Need {
            setting: format!("`--storage.tsdb.retention.time={kept}d`"),
            from: format!("another retention than {}", days(PROMETHEUS_DAYS)),
            here: days(kept),
            is_necessary: kept != PROMETHEUS_DAYS,
        },
        above(
            "more than one Prometheus",
            estimate.series,
            PROMETHEUS_MEMORY / PROMETHEUS_BYTES_PER_SERIES,
            series,
        ),
        above("with Mimir: `max_global_series_per_user`", estimate.series, MIMIR_SERIES, series),
    ]
}

fn logs(options: &Options, estimate: &Estimate) -> Vec<Need> {
    let rate = |rate: f64| format!("{}/s", bytes(rate));
    let a_day = |rate: f64| format!("{} a day", bytes(rate));
    // All lines of one level, and all services alike.
    let stream = estimate.line_bytes / f64::from(options.services);
    let queue = LINE_QUEUE * f64::from(options.instances) / estimate.line_bytes;
    vec![
        above("more than one process of Loki", estimate.line_bytes * 86_400.0, LOKI_BYTES_PER_DAY, a_day),
        above(
            "`ingestion_rate_mb`, `ingestion_burst_size_mb`",
            estimate.line_bytes,
            LOKI_BYTES_PER_SECOND,
            rate,
        ),
        above("`per_stream_rate_limit`", stream, LOKI_BYTES_PER_STREAM, |of| {
            format!("{} a stream", rate(of))
        }),
        above("`max_global_streams_per_user`", estimate.streams, LOKI_STREAMS, |of| {
            format!("{} streams", count(of))
        }),
        below("`RADIOSONDE_LOKI_QUEUE_BYTES`", queue, OUTAGE_SECONDS, "a queue"),
    ]
}

fn traces(options: &Options, estimate: &Estimate) -> Vec<Need> {
    let ratio = (TRACE_DISK / estimate.traces_disk).min(1.0);
    let queue = SPAN_QUEUE * f64::from(options.instances) / f64::from(options.spans);
    vec![
        below(
            "a trace store on disk",
            JAEGER_TRACES / estimate.traces,
            TRACE_SECONDS,
            "100,000 traces in memory",
        ),
        above(
            if ratio < 1.0 { format!("`OTEL_TRACES_SAMPLER_ARG={ratio:.2}`") } else { "sampling".to_owned() },
            estimate.traces_disk,
            TRACE_DISK,
            bytes,
        ),
        below("`OTEL_BSP_MAX_QUEUE_SIZE`", queue, OUTAGE_SECONDS, "a queue"),
    ]
}
