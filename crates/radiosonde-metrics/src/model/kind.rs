/// What a family measures, in OpenMetrics' terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Goes up only, and back to zero when the process starts anew.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Quantiles computed by whoever exposes them.
    Summary,
    /// What does not change while the process runs, in labels; its value is 1. The name ends in `_info`.
    Info,
    /// Which of some states there are, each a series with the value 0 or 1 and a label of the family's name.
    StateSet,
    /// Not said.
    Unknown,
}

impl Kind {
    /// What the names of its samples end in, which OpenMetrics leaves away from the family's name; empty for most.
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
