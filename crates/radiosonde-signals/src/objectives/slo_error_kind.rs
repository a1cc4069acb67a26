use std::time::Duration;

use radiosonde_metrics::RegisterError;
use radiosonde_metrics::model::Kind;

/// Why an objective was refused. The text names what to change.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Objectives, Slo, SloErrorKind, Work};
///
/// let slo = Slo::availability("model", 90.0, Work::model("fraud"));
/// let refused = Objectives::of(&Registry::new()).declare(slo).unwrap_err();
/// assert_eq!(*refused.kind(), SloErrorKind::Unreachable { target: 90.0, factor: 14.4 });
/// assert_eq!(
///     refused.kind().to_string(),
///     "14.4 x 10 % of budget is 144 %, which bad events cannot exceed: \
///      expected a target above 93.06 %, or windows with a factor below 10",
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SloErrorKind {
    /// The target is not a percentage that leaves an error budget.
    Target(f64),
    /// The target is a ratio, such as 0.999.
    Ratio(f64),
    /// The name is empty, too long, or has characters that the names of alerts cannot have.
    Name,
    /// The period is too short or too long.
    Period(Duration),
    /// The least number of bad events is not a number from 0 on.
    MinBadEvents(f64),
    /// The expected traffic is not a number above 0.
    ExpectedTraffic(f64),
    /// Traffic was declared of an objective that counts time.
    TrafficOfTime(f64),
    /// At the declared traffic, the error budget of the period is less than one event.
    Budget {
        /// The target in percent.
        target: f64,
        /// The expected events of a period.
        events: f64,
        /// The period.
        period: Duration,
    },
    /// A window of an alert has no length.
    EmptyWindow,
    /// The short window of an alert is longer than its long one.
    ShortWindow {
        /// The short window.
        short: Duration,
        /// The long window.
        long: Duration,
    },
    /// The long window of an alert is longer than the period.
    LongWindow {
        /// The long window.
        long: Duration,
        /// The period.
        period: Duration,
    },
    /// The factor of an alert is not a number above 0.
    Factor(f64),
    /// The factor of an alert times the error budget is 100 % or more: all events could be bad without it.
    Unreachable {
        /// The target in percent.
        target: f64,
        /// The factor.
        factor: f64,
    },
    /// The threshold of the latency is too short or too long.
    Threshold(Duration),
    /// The bound of the gauge, the lowest rate or the highest age is not one.
    Bound(f64),
    /// Another objective of the registry has the name.
    Duplicate,
    /// Another objective has another target for the availability of the same work.
    Availability {
        /// The work.
        work: String,
        /// The target.
        target: f64,
        /// The other objective.
        other: String,
        /// Its target.
        other_target: f64,
    },
    /// Another objective has another target for the same threshold of the latency of the same work.
    Latency {
        /// The work.
        work: String,
        /// The threshold.
        threshold: Duration,
        /// The target.
        target: f64,
        /// The other objective.
        other: String,
        /// Its target.
        other_target: f64,
    },
    /// An objective for a latency that holds whenever one with a shorter threshold does.
    NeverBinding {
        /// The name of the one that always holds.
        implied: String,
        /// Its target.
        implied_target: f64,
        /// Its threshold.
        implied_threshold: Duration,
        /// The name of the one with the shorter threshold.
        by: String,
        /// Its target.
        target: f64,
        /// Its threshold.
        threshold: Duration,
    },
    /// Another objective has another target for the same events, or for the same bound of the same series.
    TwoTargets {
        /// What the target is of.
        what: String,
        /// The target.
        target: f64,
        /// The other objective.
        other: String,
        /// Its target.
        other_target: f64,
    },
    /// An objective for a bound that holds whenever one with a stricter bound of the same series does.
    NeverBindingBound {
        /// The name of the one that always holds.
        implied: String,
        /// Its target.
        implied_target: f64,
        /// Its bound.
        implied_bound: String,
        /// The name of the one with the stricter bound.
        by: String,
        /// Its target.
        target: f64,
        /// Its bound.
        bound: String,
    },
    /// Another objective has a bound of the same gauge that holds for no value within this one, and the targets together are above
    /// 100 %.
    NoCommonValue {
        /// The bound.
        bound: String,
        /// The target.
        target: f64,
        /// The other objective.
        other: String,
        /// Its bound.
        other_bound: String,
        /// Its target.
        other_target: f64,
    },
    /// The work has no latency.
    NoLatency {
        /// The work.
        work: String,
    },
    /// The work does not count errors, or does not count its traffic.
    NoErrors {
        /// The work.
        work: String,
    },
    /// The work has no items.
    NoItems {
        /// The work.
        work: String,
    },
    /// The histogram was declared without the threshold as a bucket.
    NoBucket {
        /// The histogram.
        metric: String,
        /// The threshold in seconds.
        threshold: f64,
        /// Its buckets.
        buckets: Vec<f64>,
    },
    /// A metric does not have the label.
    NoLabel {
        /// The metric.
        metric: String,
        /// The label.
        label: String,
        /// The labels that it has.
        labels: Vec<String>,
    },
    /// A metric is not of the kind that the objective counts.
    MetricKind {
        /// The metric.
        metric: String,
        /// Its kind.
        kind: Kind,
        /// The kinds that the objective can count.
        expected: &'static str,
    },
    /// The registry has another metric with a name of the metrics of objectives.
    Metric(RegisterError),
    /// The registry has as many objectives as it may have, or the objective has more pairs of windows.
    TooMany {
        /// The things of which there are too many.
        what: &'static str,
        /// Their limit.
        most: usize,
    },
    /// The levels of a row of a table are not ordered from the strictest to the loosest.
    Levels {
        /// Target, warning and critical.
        levels: [String; 3],
    },
}
