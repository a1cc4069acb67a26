use std::sync::{Mutex, PoisonError};

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::Snapshot;

use crate::golden::series::Series;

/// Where the four golden signals of one kind of work are: latency, traffic, errors and saturation.
///
/// # Shape
/// A signal that the work does not have is absent: a counter of sales has traffic only. Every ready set declares its
/// signals with its metrics, and [`GoldenSignals::of`] lists those of a registry, so that a table, a page or a generator can show any
/// service in the same shape.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{GoldenSignals, Operation};
///
/// let registry = Registry::new();
/// let price = Operation::in_registry(&registry, "price_order")?;
/// let failed = price.run(|| "many".parse::<u32>());
/// assert!(failed.is_err());
///
/// let signals = &GoldenSignals::of(&registry)[0];
/// assert_eq!((signals.kind(), signals.name()), ("operation", "price_order"));
/// assert_eq!(signals.latency().unwrap().metric(), "operation_duration_seconds");
/// let now = registry.snapshot();
/// assert_eq!(signals.traffic().unwrap().sum(&now), 1.0);
/// assert_eq!(signals.errors().unwrap().sum(&now), 1.0);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GoldenSignals {
    kind: &'static str,
    name: String,
    latency: Option<Series>,
    traffic: Option<Series>,
    errors: Option<Series>,
    saturation: Option<Saturation>,
    /// The label whose values are the parts of the work.
    item_label: Option<String>,
}

/// How full something is: what is in use, divided by its limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Saturation {
    in_use: Series,
    limit: Limit,
}

/// The limit of something that can be full.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// The value of a metric.
    Metric(Series),
    /// Always the same.
    Fixed(f64),
    /// Not known: the share in use cannot be stated.
    Unknown,
}

impl GoldenSignals {
    /// The signals of a kind of work, such as `database`, with a name, such as that of the database. Each is absent until it is set.
    #[must_use]
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            latency: None,
            traffic: None,
            errors: None,
            saturation: None,
            item_label: None,
        }
    }

    /// Sets the latency: a histogram of seconds.
    #[must_use]
    pub fn with_latency(self, latency: impl Into<Option<Series>>) -> Self {
        Self { latency: latency.into(), ..self }
    }

    /// Sets the traffic: a counter, or a histogram by its count.
    #[must_use]
    pub fn with_traffic(self, traffic: impl Into<Option<Series>>) -> Self {
        Self { traffic: traffic.into(), ..self }
    }

    /// Sets the errors: those of the traffic that failed.
    #[must_use]
    pub fn with_errors(self, errors: impl Into<Option<Series>>) -> Self {
        Self { errors: errors.into(), ..self }
    }

    /// Sets the saturation.
    #[must_use]
    pub fn with_saturation(self, in_use: impl Into<Option<Series>>, limit: Limit) -> Self {
        let saturation = in_use.into().map(|in_use| Saturation { in_use, limit });
        Self { saturation, ..self }
    }

    /// Sets the label whose values are the parts of the work, such as `endpoint` of a server.
    #[must_use]
    pub fn with_item_label(self, label: impl Into<String>) -> Self {
        Self { item_label: Some(label.into()), ..self }
    }

    /// The same signals under a name, of the series with this label only.
    pub(crate) fn named(self, name: impl Into<String>, label: Option<(&str, &str)>) -> Self {
        let only = |series: Series| match label {
            Some((label, value)) => series.with(label, value),
            None => series,
        };
        Self { name: name.into(), ..self.map_series(only) }
    }

    /// The same signals of other series, such as of those with a label.
    pub(crate) fn map_series(self, map: impl Fn(Series) -> Series) -> Self {
        let limit =
            |limit| if let Limit::Metric(series) = limit { Limit::Metric(map(series)) } else { limit };
        let saturation =
            self.saturation.map(|of| Saturation { in_use: map(of.in_use), limit: limit(of.limit) });
        Self {
            latency: self.latency.map(&map),
            traffic: self.traffic.map(&map),
            errors: self.errors.map(&map),
            saturation,
            ..self
        }
    }

    /// Lists the signals among those of the registry, in place of signals with the same kind and name, and of the same metrics as far as
    /// both have them.
    pub fn declare(&self, registry: &Registry) {
        let declared = registry.attachment::<Declared>();
        let mut all = declared.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter_mut().find(|other| other.is_same(self)) {
            Some(former) => former.clone_from(self),
            None => all.push(self.clone()),
        }
    }

    /// Whether these are the signals of the same work, declared again: others of its name have a namespace, or other names of metrics.
    fn is_same(&self, other: &Self) -> bool {
        let mut metrics = self.metrics().into_iter().zip(other.metrics());
        (self.kind, &self.name) == (other.kind, &other.name)
            && metrics.all(|(one, two)| one.is_none() || two.is_none() || one == two)
    }

    fn metrics(&self) -> [Option<&str>; 4] {
        let in_use = self.saturation().map(Saturation::in_use);
        [self.latency(), self.traffic(), self.errors(), in_use].map(|series| series.map(Series::metric))
    }

    /// All signals declared in a registry, by kind and name.
    #[must_use]
    pub fn of(registry: &Registry) -> Vec<Self> {
        let declared = registry.attachment::<Declared>();
        let mut all = declared.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        all
    }

    /// The kind of work: `operation`, `database`, `cache` and so on.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The name, among those of its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long the work takes.
    #[must_use]
    pub const fn latency(&self) -> Option<&Series> {
        self.latency.as_ref()
    }

    /// How much of it there is.
    #[must_use]
    pub const fn traffic(&self) -> Option<&Series> {
        self.traffic.as_ref()
    }

    /// How much of it failed.
    #[must_use]
    pub const fn errors(&self) -> Option<&Series> {
        self.errors.as_ref()
    }

    /// The label whose values are the parts of the work, such as `endpoint` of a server.
    #[must_use]
    pub fn item_label(&self) -> Option<&str> {
        self.item_label.as_deref()
    }

    /// How full it is.
    #[must_use]
    pub const fn saturation(&self) -> Option<&Saturation> {
        self.saturation.as_ref()
    }
}

impl Saturation {
    /// What is in use.
    #[must_use]
    pub const fn in_use(&self) -> &Series {
        &self.in_use
    }

    /// How much there is to use.
    #[must_use]
    pub const fn limit(&self) -> &Limit {
        &self.limit
    }

    /// The share in use: 1 is full. `None` if the limit is unknown or 0, if there is no series of what is in use, and if a counter is in
    /// use by its rate, which one snapshot does not have.
    #[must_use]
    pub fn share(&self, snapshot: &Snapshot) -> Option<f64> {
        let limit = self.limit.value(snapshot)?;
        let in_use = self.in_use.known_sum(snapshot)?;
        let is_rate = self.in_use.kind() == Kind::Counter;
        (limit > 0.0 && !is_rate).then(|| in_use / limit)
    }
}

impl Limit {
    /// The limit in a snapshot; `None` if it is unknown, or its metric has no series.
    #[must_use]
    pub fn value(&self, snapshot: &Snapshot) -> Option<f64> {
        match self {
            Self::Metric(series) => series.known_sum(snapshot),
            Self::Fixed(limit) => Some(*limit),
            Self::Unknown => None,
        }
    }
}

/// The signals of a registry.
#[derive(Default)]
struct Declared(Mutex<Vec<GoldenSignals>>);

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn orders(registry: &Registry, traffic: &str) -> GoldenSignals {
        GoldenSignals::new("operation", "orders").with_traffic(Series::of(registry, traffic, Kind::Counter))
    }

    #[test]
    fn signals_of_one_name_in_two_namespaces_are_both_listed() {
        let registry = Registry::new();
        let [shop, stock] = ["shop_total", "stock_total"].map(|traffic| orders(&registry, traffic));
        shop.declare(&registry);
        stock.declare(&registry);
        shop.declare(&registry);
        assert_eq!(GoldenSignals::of(&registry), [shop, stock]);
    }

    #[test]
    fn signals_of_the_same_traffic_with_another_latency_are_both_listed() {
        let registry = Registry::new();
        let latency = |name| Series::of(&registry, name, Kind::Histogram);
        let orders = ["a_seconds", "a"].map(|name| orders(&registry, "a_total").with_latency(latency(name)));
        orders.iter().for_each(|signals| signals.declare(&registry));
        assert_eq!(GoldenSignals::of(&registry), orders);
    }

    #[test]
    fn signals_that_are_declared_again_replace_the_former() {
        let registry = Registry::new();
        orders(&registry, "a_total").declare(&registry);
        let errors = Series::of(&registry, "a_total", Kind::Counter).with("status", "error");
        let again = orders(&registry, "a_total").with_errors(errors);
        again.declare(&registry);
        assert_eq!(GoldenSignals::of(&registry), [again]);
    }

    #[test]
    fn the_share_in_use_is_unknown_without_a_series_of_it_or_of_its_limit() {
        let registry = Registry::new();
        let series = |name| Series::of(&registry, name, Kind::Gauge);
        let share = |limit: &Limit| {
            let signals = orders(&registry, "a_total").with_saturation(series("used"), limit.clone());
            signals.saturation().and_then(|of| of.share(&registry.snapshot()))
        };
        let limits = [Limit::Fixed(4.0), Limit::Metric(series("max"))];
        assert_eq!(limits.each_ref().map(share), [None, None]);
        registry.gauge("used", "Used.").build().unwrap().set(1.0);
        assert_eq!(limits.each_ref().map(share), [Some(0.25), None]);
        registry.gauge("max", "Most.").build().unwrap().set(2.0);
        assert_eq!(limits.each_ref().map(share), [Some(0.25), Some(0.5)]);
    }

    #[test]
    fn a_counter_in_use_has_no_share_in_one_snapshot() {
        let registry = Registry::new();
        registry.float_counter("busy_seconds_total", "Busy.").build().unwrap().inc_by(3.0);
        registry.gauge("busy", "Busy.").build().unwrap().set(3.0);
        let share = |metric, kind| {
            let in_use = Series::of(&registry, metric, kind);
            let signals = GoldenSignals::new("resource", "cpu").with_saturation(in_use, Limit::Fixed(4.0));
            signals.saturation().unwrap().share(&registry.snapshot())
        };
        assert_eq!(share("busy_seconds_total", Kind::Counter), None);
        assert_eq!(share("busy", Kind::Gauge), Some(0.75));
    }
}
