/// The type of a family, in OpenMetrics' terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Only goes up; a restart of the process resets it to zero.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Quantiles computed by the process that exposes them.
    Summary,
    /// Labels that do not change while the process runs; the value is 1. The name ends in `_info`.
    Info,
    /// States, each a series with the value 0 or 1 and a label called like the family.
    StateSet,
    /// Unspecified.
    Unknown,
}

impl Kind {
    /// The suffix of its samples' names, which OpenMetrics omits from the family's name; empty for most kinds.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            _ => "",
        }
    }

    /// The kind's name in OpenMetrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }
}
