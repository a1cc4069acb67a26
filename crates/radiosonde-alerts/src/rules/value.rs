use std::time::Duration;

use radiosonde_metrics::model::Kind;
use radiosonde_signals::{Series, Work};

use crate::rules::invalid_alert_rule::InvalidAlertRuleKind;

/// A number that a rule computes from metrics at each evaluation.
///
/// An anomaly detector watches a [`Measure`](radiosonde_signals::Measure) instead: that one is of the time since the last evaluation, and a value
/// of a window of any length, so that its alert does not come and go with each evaluation.
///
/// # Shape
/// Of all series together, or [`by`](Self::by) the values of a label. Without data, such as a ratio without traffic or gauges that have no series
/// or are not numbers, there is no number, and alerts stay as they are. By a label, the alert of a value that no series has any more is resolved.
///
/// Increases are those of Prometheus' `increase`, of each series, without extrapolation: a counter that starts again at zero costs nothing, and a
/// new series counts in full. Windows fill from the first evaluation on.
///
/// # Limits
/// A value with a window keeps it for 1,000 values of a label. More are counted in `radiosonde_alerts_refused_total{reason="max_values"}`, reported in
/// [`diagnostics`](radiosonde_core::diagnostics), and not computed.
#[must_use = "a value is compared by a `Condition`"]
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Value {
    /// The metrics, and what is computed of them.
    pub source: ValueSource,
    /// The label of which each value has a number of its own.
    pub by: Option<String>,
}

/// What a [`Value`] is computed of. Each has a constructor that explains it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ValueSource {
    /// [`Value::sum`], [`Value::highest`] and [`Value::lowest`].
    Gauge(Series, GaugeMerge),
    /// [`Value::share`]: the part, and all of it.
    Share(Series, Series),
    /// [`Value::saturation`].
    Saturation(Work),
    /// [`Value::age`].
    Age(Series),
    /// [`Value::increase`].
    Increase(Series, Duration),
    /// [`Value::rate`].
    Rate(Series, Duration),
    /// [`Value::ratio`].
    Ratio {
        /// The part.
        bad: Series,
        /// All of it.
        all: Series,
        /// The time in which both have grown.
        window: Duration,
    },
    /// [`Value::error_ratio`].
    ErrorRatio(Work, Duration),
    /// [`Value::quantile`].
    Quantile {
        /// From 0 to 1.
        quantile: f64,
        /// The histograms.
        of: Series,
        /// The time of the observations.
        window: Duration,
    },
}

/// The way in which several gauges become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaugeMerge {
    /// Their sum.
    Sum,
    /// The highest.
    Highest,
    /// The lowest.
    Lowest,
}

impl Value {
    const fn new(source: ValueSource) -> Self {
        Self { source, by: None }
    }

    /// The sum of gauges.
    pub const fn sum(gauges: Series) -> Self {
        Self::new(ValueSource::Gauge(gauges, GaugeMerge::Sum))
    }

    /// The highest of gauges.
    pub const fn highest(gauges: Series) -> Self {
        Self::new(ValueSource::Gauge(gauges, GaugeMerge::Highest))
    }

    /// The lowest of gauges.
    pub const fn lowest(gauges: Series) -> Self {
        Self::new(ValueSource::Gauge(gauges, GaugeMerge::Lowest))
    }

    /// The sum of some gauges as a share of the sum of others, such as devices that are offline of all: 1 is all.
    pub const fn share(part: Series, all: Series) -> Self {
        Self::new(ValueSource::Share(part, all))
    }

    /// How full the work's resource is, by its golden signals: 1 is full. Of several, the fullest.
    pub const fn saturation(work: Work) -> Self {
        Self::new(ValueSource::Saturation(work))
    }

    /// The seconds since the Unix time in a gauge; of several gauges, the oldest. A gauge at 0 was never set, and does not count.
    pub const fn age(timestamps: Series) -> Self {
        Self::new(ValueSource::Age(timestamps))
    }

    /// How far counters went up in a window. A histogram stands for its count.
    ///
    /// [`Condition::below`](crate::Condition::below) compares it once the window has been observed in full.
    pub const fn increase(counters: Series, window: Duration) -> Self {
        Self::new(ValueSource::Increase(counters, window))
    }

    /// How far counters go up per second, on average over a window, or over what has been observed of it since the first evaluation. So it is a
    /// number from the second evaluation on; an alert about a low rate needs a [`hold`](crate::AlertRule::hold) as long as the start takes.
    pub const fn rate(counters: Series, window: Duration) -> Self {
        Self::new(ValueSource::Rate(counters, window))
    }

    /// The increase of some counters as a share of the increase of others. 0 if the former have no series, and no number without an increase of
    /// the latter.
    pub const fn ratio(bad: Series, all: Series, window: Duration) -> Self {
        Self::new(ValueSource::Ratio { bad, all, window })
    }

    /// The share of work that failed in a window, by its golden signals: 0.05 is 5 %. Signals without a count of errors or of traffic do not count.
    pub const fn error_ratio(work: Work, window: Duration) -> Self {
        Self::new(ValueSource::ErrorRatio(work, window))
    }

    /// A quantile, such as 0.95, of the observations of histograms in a window; within a bucket it is interpolated, as Prometheus does.
    pub const fn quantile(quantile: f64, histograms: Series, window: Duration) -> Self {
        Self::new(ValueSource::Quantile { quantile, of: histograms, window })
    }

    /// A number for each value of this label, which becomes a label of the alert. Series without the label count as one more.
    pub fn by(self, label: impl Into<String>) -> Self {
        Self { by: Some(label.into()), ..self }
    }

    /// Refuses what cannot be computed, or does not mean anything.
    pub(crate) fn check(&self) -> Result<(), InvalidAlertRuleKind> {
        match &self.source {
            ValueSource::Gauge(series, _) | ValueSource::Age(series) => check_gauge(series),
            ValueSource::Share(part, all) => check_gauge(part).and_then(|()| check_gauge(all)),
            ValueSource::Saturation(_) => Ok(()),
            ValueSource::Increase(series, window) | ValueSource::Rate(series, window) => {
                check_events(series).and_then(|()| check_window(*window))
            }
            ValueSource::Ratio { bad, all, window } => {
                check_events(bad).and_then(|()| check_events(all)).and_then(|()| check_window(*window))
            }
            ValueSource::ErrorRatio(_, window) => check_window(*window),
            ValueSource::Quantile { quantile, of, window } => {
                if !(0.0..=1.0).contains(quantile) {
                    return Err(InvalidAlertRuleKind::Quantile(*quantile));
                }
                if of.kind() != Kind::Histogram {
                    return Err(InvalidAlertRuleKind::NotAHistogram(of.metric().to_owned(), of.kind()));
                }
                check_window(*window)
            }
        }
    }

    /// The metrics that have to exist, as far as they are known by name.
    pub(crate) fn metrics(&self) -> Vec<&Series> {
        match &self.source {
            ValueSource::Gauge(series, _) | ValueSource::Age(series) => vec![series],
            ValueSource::Increase(series, _) | ValueSource::Rate(series, _) => vec![series],
            ValueSource::Quantile { of, .. } => vec![of],
            ValueSource::Share(part, all) | ValueSource::Ratio { bad: part, all, .. } => vec![part, all],
            ValueSource::Saturation(_) | ValueSource::ErrorRatio(..) => Vec::new(),
        }
    }
}

fn check_gauge(series: &Series) -> Result<(), InvalidAlertRuleKind> {
    match series.kind() {
        Kind::Gauge | Kind::Unknown | Kind::StateSet | Kind::Info => Ok(()),
        // The guides' `counter > 0` fires until the process ends.
        Kind::Counter => Err(InvalidAlertRuleKind::PlainCounter(series.metric().to_owned())),
        other => Err(InvalidAlertRuleKind::NotAGauge(series.metric().to_owned(), other)),
    }
}

fn check_events(series: &Series) -> Result<(), InvalidAlertRuleKind> {
    match series.kind() {
        Kind::Counter | Kind::Histogram | Kind::Summary | Kind::Unknown => Ok(()),
        other => Err(InvalidAlertRuleKind::NotACounter(series.metric().to_owned(), other)),
    }
}

fn check_window(window: Duration) -> Result<(), InvalidAlertRuleKind> {
    if window.is_zero() { Err(InvalidAlertRuleKind::Window) } else { Ok(()) }
}
