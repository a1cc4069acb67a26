use std::fmt;

/// A defect of a query, a rule or a panel, found by a [`Checker`](crate::Checker).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The file, as it was named to the checker.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule, panel or query: `alert HighErrorRate`, `panel "Errors"`.
    pub place: String,
    /// The query; empty if the file itself is at fault.
    pub query: String,
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// What it is.
    pub code: DiagnosticCode,
    /// The defect, and what is expected.
    pub message: String,
    /// A corrected query, where it can be known.
    pub fix: Option<String>,
}

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DiagnosticSeverity {
    /// It works, but probably not as it was meant.
    Warning,
    /// It cannot work.
    Error,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What a [`Diagnostic`] found. The texts are stable: comments that allow it name them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DiagnosticCode {
            $($(#[$doc])* $name,)*
        }

        impl DiagnosticCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The text: `metric-missing`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    /// A file that cannot be read, is too large, or is nested too deeply.
    InvalidFile = "invalid-file",
    /// A query that is not PromQL, is too long, or is nested too deeply.
    InvalidQuery = "invalid-query",
    /// No metric has this name.
    MetricMissing = "metric-missing",
    /// A former name of a metric, without the current one beside it.
    MetricRenamed = "metric-renamed",
    /// The series have no such label.
    LabelMissing = "label-missing",
    /// The label never has this value.
    LabelValue = "label-value",
    /// `rate`, `irate` or `increase` of a gauge.
    RateOfGauge = "rate-of-gauge",
    /// `delta`, `idelta`, `deriv` or `predict_linear` of a counter.
    DeltaOfCounter = "delta-of-counter",
    /// `le` is not the bound of a bucket, or only in another spelling.
    LeNotABucket = "le-not-a-bucket",
    /// No series of one side has the labels of a series of the other side.
    OperandsNeverMatch = "operands-never-match",
    /// Each series is divided by itself.
    DividedByItself = "divided-by-itself",
    /// An alert that fires once a counter was incremented, until the process restarts.
    CounterAboveZero = "counter-above-zero",
    /// A quantile of buckets whose label `le` was aggregated away.
    QuantileWithoutLe = "quantile-without-le",
    /// A quantile of each series, where one of all was probably meant.
    QuantilePerSeries = "quantile-per-series",
    /// Events per second, compared with what is meant as a share.
    RateComparedWithRatio = "rate-compared-with-ratio",
    /// The rate of each series, compared with what is meant for all of them.
    RatePerSeries = "rate-per-series",
    /// A comparison that is never true.
    UnreachableThreshold = "unreachable-threshold",
    /// A template or a legend reads a label that the result does not have.
    TemplateLabel = "template-label",
    /// A filter of LogQL for `key=value` in lines of JSON, which have no such pairs.
    TextFilterOnJson = "text-filter-on-json",
    /// A comment that allows nothing, or that cannot be read.
    UnusedAllow = "unused-allow",
}

impl DiagnosticCode {
    /// The code with this text.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// Lints are warnings.
    pub(crate) const fn severity(self) -> DiagnosticSeverity {
        match self {
            Self::MetricRenamed
            | Self::DeltaOfCounter
            | Self::QuantilePerSeries
            | Self::RateComparedWithRatio
            | Self::RatePerSeries
            | Self::TemplateLabel
            | Self::TextFilterOnJson
            | Self::UnusedAllow => DiagnosticSeverity::Warning,
            _ => DiagnosticSeverity::Error,
        }
    }
}

impl fmt::Display for DiagnosticCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DiagnosticSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Error) { "error" } else { "warning" })
    }
}

/// `rules/api.yml:12: error[metric-missing] alert HighErrorRate: …`, and the fix on a line of its own.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, place, severity, code, message, .. } = self;
        write!(f, "{file}:{line}: {severity}[{code}]")?;
        if !place.is_empty() {
            write!(f, " {place}")?;
        }
        write!(f, ": {message}")?;
        if let Some(fix) = &self.fix {
            write!(f, "\n    fix: {fix}")?;
        }
        Ok(())
    }
}
