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
        Self { kind, name: name.into(), latency: None, traffic: None, errors: None, saturation: None }
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

    /// The same signals under a name, of the series with this label only.
    pub(crate) fn named(self, name: impl Into<String>, label: Option<(&str, &str)>) -> Self {
        let only = |series: Series| match label {
            Some((label, value)) => series.with(label, value),
            None => series,
        };
        let limit =
            |limit| if let Limit::Metric(series) = limit { Limit::Metric(only(series)) } else { limit };
        Self {
            kind: self.kind,
            name: name.into(),
            latency: self.latency.map(only),
            traffic: self.traffic.map(only),
            errors: self.errors.map(only),
            saturation: self
                .saturation
                .map(|of| Saturation { in_use: only(of.in_use), limit: limit(of.limit) }),
        }
    }

    /// Lists the signals among those of the registry, in place of signals with the same kind and name.
    pub fn declare(&self, registry: &Registry) {
        let declared = registry.attachment::<Declared>();
        let mut all = declared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |other: &&mut Self| (other.kind, &other.name) == (self.kind, &self.name);
        match all.iter_mut().find(is_same) {
            Some(former) => former.clone_from(self),
            None => all.push(self.clone()),
        }
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

    /// The share in use: 1 is full. `None` if the limit is unknown or 0, and if a counter is in use by its rate, which one snapshot does
    /// not have.
    #[must_use]
    pub fn share(&self, snapshot: &Snapshot) -> Option<f64> {
        let limit = self.limit.value(snapshot)?;
        let is_rate = self.in_use.kind() == Kind::Counter;
        (limit > 0.0 && !is_rate).then(|| self.in_use.sum(snapshot) / limit)
    }
}

impl Limit {
    /// The limit in a snapshot; `None` if it is unknown.
    #[must_use]
    pub fn value(&self, snapshot: &Snapshot) -> Option<f64> {
        match self {
            Self::Metric(series) => Some(series.sum(snapshot)),
            Self::Fixed(limit) => Some(*limit),
            Self::Unknown => None,
        }
    }
}

/// The signals of a registry.
#[derive(Default)]
struct Declared(Mutex<Vec<GoldenSignals>>);

#[cfg(test)]
mod tests {
    use super::*;

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
