/// Whether a value is as it usually is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnomalyState {
    /// Too few values were seen to know what is usual.
    WarmingUp,
    /// The value is as usual.
    Normal,
    /// The value is far from the usual, and has been for long enough.
    Anomalous,
}

/// What a detector found in the last value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnomalyStatus {
    /// The state, with hysteresis.
    pub state: AnomalyState,
    /// How far the value is from the expected one, in deviations; negative if it is below. 0 while warming up.
    pub score: f64,
}
