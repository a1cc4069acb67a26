use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::{GoldenSignals, Limit, Match, Series};

use crate::measuring::metric_names::MetricNames;

/// What the golden signals call the requests that a server serves, and those that a client sends.
pub(crate) const SERVER: &str = "http_server";
pub(crate) const CLIENT: &str = "http_client";

/// Declares the golden signals of a server or of a client with these names. Their limit is unknown: that of a server is in the signals of
/// its limiter.
pub(crate) fn declare(
    registry: &Registry,
    kind: &'static str,
    names: &MetricNames,
    item_label: &str,
    in_flight: &str,
    (error_label, errors): (&str, Match),
) {
    let latency = Series::of(registry, &names.histogram(), Kind::Histogram);
    let counter = names.counter().map(|counter| Series::of(registry, &counter, Kind::Counter));
    let traffic = counter.unwrap_or_else(|| latency.clone());
    GoldenSignals::new(kind, &*names.prefix)
        .with_latency(latency)
        .with_errors(traffic.clone().with_match(error_label, errors))
        .with_traffic(traffic)
        .with_item_label(item_label)
        .with_saturation(Series::of(registry, in_flight, Kind::Gauge), Limit::Unknown)
        .declare(registry);
}

/// The values of OpenTelemetry's `error.type` that are errors: all but none and that of a request whose caller went away.
pub(crate) fn error_types() -> (&'static str, Match) {
    ("error_type", Match::NoneOf(vec![String::new(), "aborted".to_owned()]))
}

/// Values that start with one of these.
pub(crate) fn starting_with(starts: &[&str]) -> Match {
    Match::StartsWith(starts.iter().map(|&start| start.to_owned()).collect())
}
