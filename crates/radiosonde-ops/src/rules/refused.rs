use std::error::Error;
use std::fmt;

/// Something in a catalogue for which no rule can be generated.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateError {
    /// What it is: `objective`, `alert`, `metric` or `label`.
    pub(crate) what: &'static str,
    pub(crate) name: String,
    pub(crate) kind: GenerateErrorKind,
}

/// Why no rule can be generated.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GenerateErrorKind {
    /// The work of an objective or an alert is not declared, or lacks the signal.
    NoSeries,
    /// A factor times the error budget is above 100 %, which bad events cannot exceed.
    Unreachable {
        /// The factor.
        factor: f64,
        /// The error budget.
        budget: f64,
    },
    /// The threshold of a latency is not a bucket of the histogram.
    NotABucket {
        /// The histogram.
        metric: String,
        /// The threshold, in seconds.
        threshold: f64,
    },
    /// The value of an alert is never above its threshold.
    NeverAbove {
        /// The threshold.
        threshold: f64,
        /// The highest possible value: 1 of a ratio, the last bucket of a quantile.
        most: f64,
    },
    /// A count, a share or a time is never below this threshold.
    NeverBelow(f64),
    /// A former name of a metric is the name of another one, or the former name of two.
    FormerName(String),
    /// A label of the service that no series can have, or that rules set themselves.
    Label,
    /// An alert is about an objective that does not exist.
    NoSuchObjective(String),
}

impl GenerateError {
    /// The name of the objective or alert.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why no rule can be generated.
    #[must_use]
    pub const fn kind(&self) -> &GenerateErrorKind {
        &self.kind
    }
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no rule for {} {:?}: {}", self.what, self.name, self.kind)
    }
}

impl fmt::Display for GenerateErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSeries => f.write_str("its work is not declared; expected a catalogue of a program that has declared all of its work"),
            Self::Unreachable { factor, budget } => {
                let (budget, all) = (budget * 100.0, factor * budget * 100.0);
                write!(f, "{factor} x {budget} % of budget is {all} %, which bad events cannot exceed; expected a factor below {}", 100.0 / budget)
            }
            Self::NotABucket { metric, threshold } => {
                write!(f, "{threshold} is not a bucket of {metric}; expected the objective to be declared before its work")
            }
            Self::NeverAbove { threshold, most } => {
                write!(f, "its value is at most {most}, and never above {threshold}; expected a threshold below {most}")
            }
            Self::NeverBelow(threshold) => {
                write!(f, "its value is at least 0, and never below {threshold}; expected a threshold above 0")
            }
            Self::Label => f.write_str(
                "it is no label of a service; expected letters, digits and `_`, and none of the labels that rules set",
            ),
            Self::FormerName(name) => {
                write!(f, "its former name {name:?} is taken; expected a name that no other metric has or had")
            }
            Self::NoSuchObjective(name) => write!(f, "there is no objective {name:?}; expected one of the catalogue"),
        }
    }
}

impl Error for GenerateError {}
