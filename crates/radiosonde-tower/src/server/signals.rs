use std::ops::BitOr;

/// A set of the signals that a request leaves.
///
/// ```
/// use radiosonde_tower::Signals;
///
/// let quiet = Signals::SPAN | Signals::LINE;
/// assert!(quiet.contains(Signals::LINE) && !quiet.contains(Signals::METRICS));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signals(u8);

impl Signals {
    /// No signal.
    pub const NONE: Self = Self(0);
    /// Counters, histograms and gauges.
    pub const METRICS: Self = Self(1);
    /// The span.
    pub const SPAN: Self = Self(2);
    /// The access line.
    pub const LINE: Self = Self(4);
    /// All of them.
    pub const ALL: Self = Self(7);

    /// Whether all signals of another set are in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set without the signals of another one.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOr for Signals {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}
