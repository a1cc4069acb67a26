use std::fmt;

/// The judgement of a value: usual, anomalous, or not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnomalyState {
    /// Too few values were seen to know what is usual.
    WarmingUp,
    /// The value is as usual.
    Normal,
    /// The value is far from the usual, and has been for long enough.
    Anomalous,
}

impl AnomalyState {
    pub(crate) const ALL: [Self; 3] = [Self::WarmingUp, Self::Normal, Self::Anomalous];

    /// The value of the label `state`: `warming_up`, `normal` or `anomalous`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WarmingUp => "warming_up",
            Self::Normal => "normal",
            Self::Anomalous => "anomalous",
        }
    }
}

impl fmt::Display for AnomalyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of a detector for its last value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnomalyStatus {
    /// The state, with hysteresis.
    pub state: AnomalyState,
    /// How far the value is from the expected one, in deviations; negative if it is below, and from -1,000 to 1,000. 0 while warming up.
    pub score: f64,
    /// The value that was expected; `None` while warming up.
    pub expected: Option<f64>,
}

impl AnomalyStatus {
    pub(crate) const WARMING_UP: Self = Self { state: AnomalyState::WarmingUp, score: 0.0, expected: None };
}
