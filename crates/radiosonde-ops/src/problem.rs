use std::fmt;

/// A metric that is not what those who query it expect, from [`lint`](crate::lint).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub(crate) metric: Box<str>,
    pub(crate) problem: Problem,
}

/// What is unusual about a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Problem {
    /// There is no help text.
    NoHelp,
    /// A counter whose name does not end in `_total`.
    CounterWithoutTotal,
    /// Something else than a counter whose name ends in `_total`.
    TotalWithoutCounter,
    /// The name ends in what histograms and summaries append.
    ReservedSuffix {
        /// `_bucket`, `_count` or `_sum`.
        suffix: &'static str,
    },
    /// A label that the exposition writes for another kind.
    ReservedLabel {
        /// `le` or `quantile`.
        label: &'static str,
    },
    /// The name has the kind in it.
    KindInName {
        /// Such as `gauge`.
        kind: &'static str,
    },
    /// The name has a colon, which is for recording rules.
    Colon,
    /// The name has an upper-case letter after a lower-case one.
    CamelCase,
    /// A label's name has an upper-case letter after a lower-case one.
    CamelCaseLabel {
        /// The label.
        label: Box<str>,
    },
    /// A unit that is a multiple or a fraction of the one that Prometheus uses, or another.
    Unit {
        /// As it is in the name.
        unit: Box<str>,
        /// What to use.
        base: &'static str,
    },
    /// A unit that is abbreviated.
    Abbreviation {
        /// As it is in the name.
        unit: &'static str,
    },
}

impl Finding {
    /// The metric's name.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// What is unusual about it.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }
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
            Self::KindInName { kind } => write!(f, "the name need not say that it is a {kind}"),
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
