use std::error::Error;
use std::fmt;

use radiosonde_signals::GoldenSignals;

use crate::catalogue::{Selector, SignalsEntry};
use crate::promql::Scope;

/// The PromQL that reads each of the golden signals of one kind of work.
///
/// # Shape
/// Each query gives one number over all series that Prometheus has of the work, of the last five minutes, unless
/// [`window`](Self::window) is set. Where Prometheus scrapes several services, [`matching`](Self::matching) restricts the query to one.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::{GoldenQueries, NoQuery};
/// use radiosonde_signals::Operation;
///
/// let registry = Registry::new();
/// let price = Operation::in_registry(&registry, "price")?;
/// let queries = GoldenQueries::of(price.signals());
/// assert_eq!(queries.traffic()?, "sum(rate(operation_calls_total{operation=\"price\"}[5m]))");
/// assert_eq!(
///     queries.latency(0.95)?,
///     "histogram_quantile(0.95, sum by (le) (rate(operation_duration_seconds_bucket{operation=\"price\"}[5m])))",
/// );
/// assert_eq!(queries.saturation(), Err(NoQuery::UnknownLimit));
///
/// let of_orders = queries.matching("service", "orders");
/// assert_eq!(of_orders.traffic()?, "sum(rate(operation_calls_total{operation=\"price\",service=\"orders\"}[5m]))");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct GoldenQueries {
    signals: SignalsEntry,
    window: String,
    scope: Scope,
}

/// Why a signal cannot be queried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoQuery {
    /// The work does not have the signal.
    NoSignal,
    /// The limit of what is in use is not known, or always 0.
    UnknownLimit,
}

impl GoldenQueries {
    /// The queries of these signals.
    #[must_use]
    pub fn of(signals: &GoldenSignals) -> Self {
        Self::of_entry(&signals.into())
    }

    /// The queries of the signals of a catalogue.
    #[must_use]
    pub fn of_entry(signals: &SignalsEntry) -> Self {
        Self { signals: signals.clone(), window: "5m".to_owned(), scope: Scope::everything() }
    }

    /// The time over which rates are taken: a duration of PromQL, or a variable of Grafana such as `$__rate_interval`.
    #[must_use]
    pub fn window(self, window: impl Into<String>) -> Self {
        Self { window: window.into(), ..self }
    }

    /// Reads only series whose label has this value, such as `job` or `service`. With several labels, all of them have to match.
    #[must_use]
    pub fn matching(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { scope: self.scope.matching(label, value), ..self }
    }

    /// A quantile of the latency, in seconds; NaN while there is no traffic. A latency that is not a histogram has no quantiles: the
    /// query gives its highest value.
    ///
    /// # Errors
    /// [`NoQuery::NoSignal`].
    pub fn latency(&self, quantile: f64) -> Result<String, NoQuery> {
        let latency = self.signals.latency.as_ref().ok_or(NoQuery::NoSignal)?;
        Ok(self.scope.quantile(quantile, latency, &[], &self.window))
    }

    /// The traffic, per second.
    ///
    /// # Errors
    /// [`NoQuery::NoSignal`].
    pub fn traffic(&self) -> Result<String, NoQuery> {
        let traffic = self.signals.traffic.as_ref().ok_or(NoQuery::NoSignal)?;
        Ok(format!("sum({})", self.now(traffic)))
    }

    /// The share of the traffic that failed, between 0 and 1. It is 0 while nothing has failed or there is no traffic, and has no value
    /// while there are no series of the traffic: then nothing is known.
    ///
    /// # Errors
    /// [`NoQuery::NoSignal`] if either is missing.
    pub fn error_ratio(&self) -> Result<String, NoQuery> {
        let errors = self.signals.errors.as_ref().ok_or(NoQuery::NoSignal)?;
        let traffic = self.traffic()?;
        Ok(format!("sum({}) / ({traffic} > 0) or 0 * {traffic}", self.now(errors)))
    }

    /// What is in use, divided by its limit, of the fullest instance; no value while a limit that is a metric is 0.
    ///
    /// # Errors
    /// [`NoQuery::NoSignal`], and [`NoQuery::UnknownLimit`].
    pub fn saturation(&self) -> Result<String, NoQuery> {
        let saturation = self.signals.saturation.as_ref().ok_or(NoQuery::NoSignal)?;
        self.scope.saturation(saturation, &[], &self.window).ok_or(NoQuery::UnknownLimit)
    }

    fn now(&self, series: &Selector) -> String {
        self.scope.now(series, &self.window)
    }
}

impl fmt::Display for NoQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSignal => "the work does not have this signal",
            Self::UnknownLimit => "the limit is unknown",
        })
    }
}

impl Error for NoQuery {}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::Registry;
    use radiosonde_metrics::model::Kind;
    use radiosonde_signals::{Limit, Operation, Series};

    use super::*;

    fn series(metric: &str, kind: Kind) -> Series {
        Series::of(&Registry::new(), metric, kind)
    }

    fn none() -> GoldenSignals {
        GoldenSignals::new("database", "orders")
    }

    #[test]
    fn the_signals_of_an_operation_are_queried_by_its_label() {
        let registry = Registry::builder().namespace("shop").build().unwrap();
        let charge = Operation::in_registry(&registry, "charge \"card\"").unwrap();
        let queries = GoldenQueries::of(charge.signals()).window("$__rate_interval");
        let calls = r#"sum(rate(shop_operation_calls_total{operation="charge \"card\""}[$__rate_interval]))"#;
        let errors =
            r#"sum(rate(shop_operation_errors_total{operation="charge \"card\""}[$__rate_interval]))"#;
        let buckets =
            r#"rate(shop_operation_duration_seconds_bucket{operation="charge \"card\""}[$__rate_interval])"#;
        let latency = format!("histogram_quantile(0.5, sum by (le) ({buckets}))");
        assert_eq!(queries.latency(0.5), Ok(latency));
        assert_eq!(queries.traffic().as_deref(), Ok(calls));
        assert_eq!(queries.error_ratio(), Ok(format!("{errors} / ({calls} > 0) or 0 * {calls}")));
        assert_eq!(queries.saturation(), Err(NoQuery::UnknownLimit));
    }

    #[test]
    fn saturation_is_in_use_divided_by_the_limit_of_each_instance() {
        let active = series("db_active", Kind::Gauge).with("state", "used");
        let saturation =
            |limit| GoldenQueries::of(&none().with_saturation(active.clone(), limit)).saturation();
        let limit = Limit::Metric(series("db_max", Kind::Gauge));
        let expected =
            "max(sum by (instance) (db_active{state=\"used\"}) / (sum by (instance) (db_max) > 0))";
        assert_eq!(saturation(limit).as_deref(), Ok(expected));
        let expected = "max(sum by (instance) (db_active{state=\"used\"}) / 16)";
        assert_eq!(saturation(Limit::Fixed(16.0)).as_deref(), Ok(expected));
        for none in [0.0, -1.0, f64::NAN] {
            assert_eq!(saturation(Limit::Fixed(none)), Err(NoQuery::UnknownLimit));
        }
        assert_eq!(saturation(Limit::Unknown).unwrap_err().to_string(), "the limit is unknown");
        let used = none().with_saturation(series("busy_seconds_total", Kind::Counter), Limit::Fixed(0.5));
        let expected = "max(sum by (instance) (rate(busy_seconds_total[5m])) / 0.5)";
        assert_eq!(GoldenQueries::of(&used).saturation().as_deref(), Ok(expected));
    }

    #[test]
    fn every_selector_has_the_labels_that_are_to_match() {
        let of = |metric, kind| series(metric, kind).with("queue", "mail");
        let limit = Limit::Metric(series("max", Kind::Gauge));
        let signals = none()
            .with_latency(of("wait_seconds", Kind::Histogram))
            .with_traffic(of("sent_total", Kind::Counter))
            .with_errors(of("lost_total", Kind::Counter))
            .with_saturation(series("depth", Kind::Gauge), limit);
        let of_both =
            |signals| GoldenQueries::of(&signals).matching("job", "shop").matching("service", "a\"b");
        let queries = of_both(signals);
        let (own, given) = (r#"queue="mail""#, r#"job="shop",service="a\"b""#);
        let traffic = format!("sum(rate(sent_total{{{own},{given}}}[5m]))");
        assert_eq!(queries.traffic().as_ref(), Ok(&traffic));
        let errors = format!("sum(rate(lost_total{{{own},{given}}}[5m]))");
        assert_eq!(queries.error_ratio(), Ok(format!("{errors} / ({traffic} > 0) or 0 * {traffic}")));
        let buckets = format!("rate(wait_seconds_bucket{{{own},{given}}}[5m])");
        assert_eq!(queries.latency(0.9), Ok(format!("histogram_quantile(0.9, sum by (le) ({buckets}))")));
        let [depth, max] = ["depth", "max"].map(|metric| format!("sum by (instance) ({metric}{{{given}}})"));
        assert_eq!(queries.saturation(), Ok(format!("max({depth} / ({max} > 0))")));
        let latency = |kind| of_both(none().with_latency(series("lag", kind))).latency(0.5);
        assert_eq!(latency(Kind::Gauge), Ok(format!("max(lag{{{given}}})")));
        assert_eq!(latency(Kind::Summary), Ok(format!("max(lag{{{given},quantile=\"0.5\"}})")));
        let loads = of_both(none().with_traffic(series("load_seconds", Kind::Histogram)));
        assert_eq!(loads.traffic(), Ok(format!("sum(rate(load_seconds_count{{{given}}}[5m]))")));
    }

    #[test]
    fn a_signal_is_queried_by_its_kind_of_metric() {
        let loads = GoldenQueries::of(&none().with_traffic(series("load_seconds", Kind::Histogram)));
        assert_eq!(loads.traffic().as_deref(), Ok("sum(rate(load_seconds_count[5m]))"));
        let online = GoldenQueries::of(&none().with_traffic(series("online", Kind::Gauge)));
        assert_eq!(online.traffic().as_deref(), Ok("sum(online)"));
        let lag = GoldenQueries::of(&none().with_latency(series("lag_seconds", Kind::Gauge)));
        assert_eq!(lag.latency(0.95).as_deref(), Ok("max(lag_seconds)"));
        let summary = series("response_time", Kind::Summary).with("route", "/");
        let response = GoldenQueries::of(&none().with_latency(summary));
        assert_eq!(response.latency(0.95).as_deref(), Ok(r#"max(response_time{route="/",quantile="0.95"})"#));
    }

    #[test]
    fn a_signal_that_the_work_does_not_have_has_no_query() {
        let queries = GoldenQueries::of(&none().with_traffic(series("sales_total", Kind::Counter)));
        let missing = [queries.latency(0.95), queries.error_ratio(), queries.saturation()];
        assert_eq!(missing, [const { Err(NoQuery::NoSignal) }; 3]);
        let no_traffic = GoldenQueries::of(&none().with_errors(series("errors_total", Kind::Counter)));
        assert_eq!(no_traffic.error_ratio(), Err(NoQuery::NoSignal));
    }
}
