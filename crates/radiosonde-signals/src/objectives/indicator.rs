use std::time::Duration;

use crate::golden::Series;
use crate::objectives::work::Work;

/// The events, or the time, that an objective counts as good and as bad.
///
/// ```
/// use radiosonde_signals::{Indicator, Slo, Work};
///
/// let slo = Slo::availability("orders", 99.9, Work::http_server());
/// assert_eq!(*slo.indicator(), Indicator::Availability(Work::http_server()));
/// assert!(slo.indicator().counts_events());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Indicator {
    /// Of the traffic of the work, the errors are bad.
    Availability(Work),
    /// Of the observations of the work's latency, those above the threshold are bad.
    Latency {
        /// The work.
        work: Work,
        /// The longest time that is good.
        threshold: Duration,
    },
    /// Of these events, some are bad.
    Correctness {
        /// The bad events.
        bad: Series,
        /// All events.
        total: Series,
    },
    /// Time in which the rate of a counter is below a number per second is bad.
    Throughput {
        /// The counter, or a histogram by its count.
        events: Series,
        /// The lowest rate that is good, per second.
        at_least: f64,
    },
    /// Time in which a time in a gauge, in Unix seconds, is longer ago than this is bad.
    Freshness {
        /// The time of the last good update.
        timestamp: Series,
        /// The highest age that is good.
        at_most: Duration,
    },
    /// Time in which a gauge is outside of a bound is bad.
    Gauge {
        /// The gauge: of several series, each has to be within.
        gauge: Series,
        /// What is good.
        bound: Bound,
    },
}

impl Indicator {
    /// Whether it counts events, and not time.
    #[must_use]
    pub const fn counts_events(&self) -> bool {
        matches!(self, Self::Availability(_) | Self::Latency { .. } | Self::Correctness { .. })
    }
}

/// The values of a gauge that are good.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_metrics::model::Kind;
/// use radiosonde_signals::{Bound, Slo, Series};
///
/// let accuracy = Series::of(&Registry::new(), "model_accuracy_ratio", Kind::Gauge);
/// let slo = Slo::gauge("fraud_accurate", 95.0, accuracy, Bound::AtLeast(0.85));
/// assert!(!slo.indicator().counts_events());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// This or lower.
    AtMost(f64),
    /// This or higher.
    AtLeast(f64),
}
