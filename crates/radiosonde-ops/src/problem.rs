use std::fmt;

/// A metric with an unusual name or metadata, found by [`lint`](crate::lint).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// The metric's name.
    pub metric: Box<str>,
    /// The problem.
    pub problem: Problem,
}

/// The problem that lint found in a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Problem {
    /// The help text is missing.
    NoHelp,
    /// A counter whose name does not end in `_total`.
    CounterWithoutTotal,
    /// Another kind than a counter whose name ends in `_total`.
    TotalWithoutCounter,
    /// The name ends in a suffix that histograms and summaries append.
    ReservedSuffix {
        /// `_bucket`, `_count` or `_sum`.
        suffix: &'static str,
    },
    /// A label that the exposition adds to another kind.
    ReservedLabel {
        /// `le` or `quantile`.
        label: &'static str,
    },
    /// The name contains the kind.
    KindInName {
        /// Such as `gauge`.
        kind: &'static str,
    },
    /// The name has a colon, which is reserved for recording rules.
    Colon,
    /// The name has an upper-case letter after a lower-case one.
    CamelCase,
    /// A label's name has an upper-case letter after a lower-case one.
    CamelCaseLabel {
        /// The label.
        label: Box<str>,
    },
    /// A unit that is not one of Prometheus' base units.
    Unit {
        /// The unit in the name.
        unit: Box<str>,
        /// The base unit to use.
        base: &'static str,
    },
    /// An abbreviated unit.
    Abbreviation {
        /// The unit in the name.
        unit: &'static str,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.metric, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHelp => f.write_str("no help text"),
            Self::CounterWithoutTotal => f.write_str("a counter's name ends in `_total`"),
            Self::TotalWithoutCounter => f.write_str("only a counter's name ends in `_total`"),
            Self::ReservedSuffix { suffix } => {
                write!(f, "`{suffix}` is what histograms and summaries append to their names")
            }
            Self::ReservedLabel { label } => write!(f, "the label `{label}` is written by the exposition"),
            Self::KindInName { kind } => write!(f, "the name contains the kind {kind}"),
            Self::Colon => f.write_str("colons are for recording rules"),
            Self::CamelCase => f.write_str("names are in snake_case"),
            Self::CamelCaseLabel { label } => {
                write!(f, "the label {label:?} is in camelCase; names are in snake_case")
            }
            Self::Unit { unit, base } => write!(f, "use the base unit `{base}` in place of `{unit}`"),
            Self::Abbreviation { unit } => write!(f, "the unit `{unit}` is abbreviated"),
        }
    }
}
