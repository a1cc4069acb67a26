use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::Series;

use crate::rules::finding::Finding;
use crate::rules::invalid_alert_rule::InvalidAlertRuleKind;
use crate::rules::value::Value;

/// A test of metrics, objectives or detectors. There is an alert while it holds.
#[must_use = "a condition is part of an `AlertRule`"]
#[derive(Debug, Clone)]
pub struct Condition(pub(crate) ConditionTest);

/// What a [`Condition`] tests. Each has a constructor that explains it.
#[allow(clippy::large_enum_variant, reason = "there is one for each rule")]
#[derive(Clone)]
#[non_exhaustive]
pub enum ConditionTest {
    /// [`Condition::above`] and [`Condition::below`].
    Compare {
        /// The value.
        value: Value,
        /// Whether it has to be above the threshold, and not below.
        is_above: bool,
        /// The threshold.
        threshold: f64,
    },
    /// [`Condition::absent`].
    Absent(Series),
    /// [`Condition::burning`].
    Burning(String),
    /// [`Condition::budget_below`].
    BudgetBelow(String, f64),
    /// [`Condition::anomalous`].
    Anomalous(String),
    /// [`Condition::when`] and [`Condition::each`].
    Function(Arc<ConditionFunction>),
}

/// A function that finds what to alert on.
pub type ConditionFunction = dyn Fn(&Snapshot) -> Vec<Finding> + Send + Sync;

impl Condition {
    /// The value is above the threshold.
    pub const fn above(value: Value, threshold: f64) -> Self {
        Self(ConditionTest::Compare { value, is_above: true, threshold })
    }

    /// The value is below the threshold. An [increase](Value::increase) is compared once its window has been observed in full.
    pub const fn below(value: Value, threshold: f64) -> Self {
        Self(ConditionTest::Compare { value, is_above: false, threshold })
    }

    /// There is no series of these.
    pub const fn absent(series: Series) -> Self {
        Self(ConditionTest::Absent(series))
    }

    /// The error budget of the objective with this name burns too fast in one of its pairs of windows; the value is the highest burn rate of
    /// the long ones. Alerts of all pairs, one by one, are there without a rule: see
    /// [`AlertEngineBuilder::objective_alerts`](crate::AlertEngineBuilder::objective_alerts).
    pub fn burning(slo: impl Into<String>) -> Self {
        Self(ConditionTest::Burning(slo.into()))
    }

    /// The share of the error budget that is left, by the objective with this name, is below the threshold: 0 is used up.
    pub fn budget_below(slo: impl Into<String>, threshold: f64) -> Self {
        Self(ConditionTest::BudgetBelow(slo.into(), threshold))
    }

    /// The detector with this name finds its value anomalous; the value is its score.
    pub fn anomalous(detector: impl Into<String>) -> Self {
        Self(ConditionTest::Anomalous(detector.into()))
    }

    /// The function returns a value. One that is not a number is no data.
    ///
    /// It is called at each evaluation on the engine's thread. If it panics, alerts of its rule stay as they are.
    pub fn when(function: impl Fn(&Snapshot) -> Option<f64> + Send + Sync + 'static) -> Self {
        Self::each(move |snapshot| function(snapshot).map(Finding::new))
    }

    /// An alert for each finding that the function returns, told apart by their labels. Of several with the same labels, the one with
    /// the highest value counts.
    pub fn each<R: IntoIterator<Item = Finding>>(
        function: impl Fn(&Snapshot) -> R + Send + Sync + 'static,
    ) -> Self {
        Self(ConditionTest::Function(Arc::new(move |snapshot| function(snapshot).into_iter().collect())))
    }

    /// What it tests.
    #[must_use]
    pub const fn test(&self) -> &ConditionTest {
        &self.0
    }

    pub(crate) fn check(&self) -> Result<(), InvalidAlertRuleKind> {
        let threshold = match &self.0 {
            ConditionTest::Compare { value, threshold, .. } => {
                value.check()?;
                *threshold
            }
            ConditionTest::BudgetBelow(_, threshold) => *threshold,
            ConditionTest::Absent(_)
            | ConditionTest::Burning(_)
            | ConditionTest::Anomalous(_)
            | ConditionTest::Function(_) => return Ok(()),
        };
        if threshold.is_nan() { Err(InvalidAlertRuleKind::Threshold(threshold)) } else { Ok(()) }
    }

    /// The label by which its alerts are told apart.
    pub(crate) fn by(&self) -> Option<&str> {
        match &self.0 {
            ConditionTest::Compare { value, .. } => value.by.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Debug for ConditionTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare { value, is_above, threshold } => {
                write!(f, "{value:?} {} {threshold}", if *is_above { ">" } else { "<" })
            }
            Self::Absent(series) => write!(f, "absent({series:?})"),
            Self::Burning(slo) => write!(f, "burning({slo:?})"),
            Self::BudgetBelow(slo, threshold) => write!(f, "budget({slo:?}) < {threshold}"),
            Self::Anomalous(detector) => write!(f, "anomalous({detector:?})"),
            Self::Function(_) => f.write_str("function"),
        }
    }
}
