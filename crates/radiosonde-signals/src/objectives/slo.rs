use std::time::Duration;

use crate::golden::Series;
use crate::objectives::burn_window::BurnWindow;
use crate::objectives::indicator::{Bound, Indicator};
use crate::objectives::work::Work;

/// An objective of a service: which share of its events, or of the time, has to be good over a period.
///
/// # Shape
/// A name, an [`Indicator`], a target in percent and a period; default: 30 days. Plain values, checked by
/// [`Objectives::declare`](crate::Objectives::declare).
///
/// | constructor | counts | bad |
/// |---|---|---|
/// | [`availability`](Self::availability) | the traffic of work | its errors |
/// | [`latency`](Self::latency) | the observations of its latency | those above the threshold |
/// | [`correctness`](Self::correctness) | the events of a counter | those of another counter |
/// | [`throughput`](Self::throughput) | seconds | those in which a counter grew more slowly |
/// | [`freshness`](Self::freshness) | seconds | those in which a time was longer ago |
/// | [`gauge`](Self::gauge) | seconds | those in which a gauge was outside of a bound |
///
/// ```
/// use std::time::Duration;
/// use radiosonde_metrics::Registry;
/// use radiosonde_metrics::model::Kind;
/// use radiosonde_signals::{Bound, Objectives, Operation, Series, Slo, Work};
///
/// let registry = Registry::new();
/// let price = || Work::operation("price_order");
/// let depth = Series::of(&registry, "queue_depth", Kind::Gauge).with("queue", "mail");
/// Objectives::of(&registry).declare_all([
///     Slo::availability("price_available", 99.9, price()).expected_traffic(20.0).owner("team-orders"),
///     Slo::latency("price_fast", 95.0, price(), Duration::from_millis(30)).owner("team-orders"),
///     Slo::gauge("mail_backlog", 99.0, depth, Bound::AtMost(500.0)).runbook("https://runbooks/mail"),
/// ])?;
///
/// // Declared after its objectives, so 30 ms is a bucket.
/// let price = Operation::builder("price_order").registry(&registry).build()?;
/// price.run(|| "42".parse::<u64>())?;
/// assert!(registry.text().contains("operation_duration_seconds_bucket{operation=\"price_order\",le=\"0.03\"}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an objective is declared by `Objectives::declare`"]
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    name: String,
    target: f64,
    indicator: Indicator,
    period: Duration,
    windows: Vec<BurnWindow>,
    min_bad_events: Option<f64>,
    events_per_second: Option<f64>,
    owner: Option<String>,
    runbook: Option<String>,
    /// The name of the row of a table of which it is the warning or the critical level. It is compared with no other objective.
    level_of: Option<String>,
}

const DEFAULT_PERIOD: Duration = Duration::from_secs(30 * 24 * 3600);
const LEAST_BAD_EVENTS: f64 = 5.0;
/// Several evaluations: a single one counts all of the seconds since the one before.
const LEAST_BAD_SECONDS: f64 = 60.0;

impl Slo {
    /// This percentage of the work has to succeed.
    pub fn availability(name: impl Into<String>, percent: f64, work: Work) -> Self {
        Self::new(name.into(), percent, Indicator::Availability(work))
    }

    /// This percentage of the work has to take no longer than `threshold`, which becomes a bucket of the work's histogram.
    pub fn latency(name: impl Into<String>, percent: f64, work: Work, threshold: Duration) -> Self {
        Self::new(name.into(), percent, Indicator::Latency { work, threshold })
    }

    /// This percentage of the events in `total` must not be among those in `bad`, both counters.
    pub fn correctness(name: impl Into<String>, percent: f64, bad: Series, total: Series) -> Self {
        Self::new(name.into(), percent, Indicator::Correctness { bad, total })
    }

    /// For this percentage of the time, a counter has to grow by this number per second.
    pub fn throughput(name: impl Into<String>, percent: f64, events: Series, at_least: f64) -> Self {
        Self::new(name.into(), percent, Indicator::Throughput { events, at_least })
    }

    /// For this percentage of the time, the Unix time in a gauge must not be older than this.
    ///
    /// A gauge that is 0 was never set: for as long as `at_most` after the first evaluation that is unknown, and then bad. So a process that
    /// starts has time for its first update.
    pub fn freshness(name: impl Into<String>, percent: f64, timestamp: Series, at_most: Duration) -> Self {
        Self::new(name.into(), percent, Indicator::Freshness { timestamp, at_most })
    }

    /// For this percentage of the time, a gauge has to be within a bound.
    pub fn gauge(name: impl Into<String>, percent: f64, gauge: Series, bound: Bound) -> Self {
        Self::new(name.into(), percent, Indicator::Gauge { gauge, bound })
    }

    fn new(name: String, target: f64, indicator: Indicator) -> Self {
        Self {
            name,
            target,
            indicator,
            period: DEFAULT_PERIOD,
            windows: BurnWindow::DEFAULT.to_vec(),
            min_bad_events: None,
            events_per_second: None,
            owner: None,
            runbook: None,
            level_of: None,
        }
    }

    /// The period of the error budget; default: 30 days.
    pub const fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// The pairs of windows that alert; default: [`BurnWindow::DEFAULT`].
    pub fn windows(mut self, windows: impl IntoIterator<Item = BurnWindow>) -> Self {
        self.windows = windows.into_iter().collect();
        self
    }

    /// The number of bad events that a long window has to have for an alert; default: 5.
    ///
    /// Of an objective measured over time, seconds; default: 60, or half of a window that is shorter than 2 minutes. An evaluation counts
    /// all seconds since the one before, so fewer are a single sample.
    pub const fn min_bad_events(mut self, events: f64) -> Self {
        self.min_bad_events = Some(events);
        self
    }

    /// The approximate number of events per second. The error budget is then that of at least as many events as the period has.
    pub const fn expected_traffic(mut self, events_per_second: f64) -> Self {
        self.events_per_second = Some(events_per_second);
        self
    }

    /// The team that looks after it: the label `owner` of its alerts.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// The address of a page that explains what to do: the annotation `runbook_url` of its alerts.
    pub fn runbook(mut self, url: impl Into<String>) -> Self {
        self.runbook = Some(url.into());
        self
    }
}

impl Slo {
    /// A level of this row of a table.
    pub(crate) fn level_of(self, row: &str) -> Self {
        Self { level_of: Some(row.to_owned()), ..self }
    }

    pub(crate) const fn is_level(&self) -> bool {
        self.level_of.is_some()
    }

    /// The number of bad events, or seconds, that is enough in a window of this length.
    pub(crate) fn least_bad_in(&self, window: Duration) -> f64 {
        match self.min_bad_events {
            None if !self.indicator.counts_events() => LEAST_BAD_SECONDS.min(window.as_secs_f64() / 2.0),
            _ => self.least_bad_events(),
        }
    }
}

/// The values that it was declared with.
impl Slo {
    /// The name, the label `slo` of its metrics.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The label `slo` of its alerts: its name, or that of the row if it is a level of an [`ObjectiveTable`](crate::ObjectiveTable). So an
    /// inhibition by `slo` leaves the most severe alert of a row.
    #[must_use]
    pub fn alert_label(&self) -> &str {
        self.level_of.as_deref().unwrap_or(&self.name)
    }

    /// The target in percent.
    #[must_use]
    pub const fn target(&self) -> f64 {
        self.target
    }

    /// The share that may be bad: 0.001 for a target of 99.9 %.
    #[must_use]
    pub fn error_budget(&self) -> f64 {
        (100.0 - self.target) / 100.0
    }

    /// The events, or the time, that it counts as good and bad.
    #[must_use]
    pub const fn indicator(&self) -> &Indicator {
        &self.indicator
    }

    /// The period of the error budget.
    #[must_use]
    pub const fn budget_period(&self) -> Duration {
        self.period
    }

    /// The pairs of windows that alert.
    #[must_use]
    pub fn burn_windows(&self) -> &[BurnWindow] {
        &self.windows
    }

    /// The number of bad events, or seconds, that a long window has to have for an alert.
    #[must_use]
    pub const fn least_bad_events(&self) -> f64 {
        match self.min_bad_events {
            Some(events) => events,
            None if self.indicator.counts_events() => LEAST_BAD_EVENTS,
            None => LEAST_BAD_SECONDS,
        }
    }

    /// The approximate number of events per second, if it was declared.
    #[must_use]
    pub const fn events_per_second(&self) -> Option<f64> {
        self.events_per_second
    }

    /// The team that looks after it.
    #[must_use]
    pub fn owned_by(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The address of a page that explains what to do.
    #[must_use]
    pub fn runbook_url(&self) -> Option<&str> {
        self.runbook.as_deref()
    }
}
