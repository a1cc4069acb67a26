/// On which side of the expected value a value can be an anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnomalyDirection {
    /// Above it, such as for a latency.
    Above,
    /// Below it, such as for sales.
    Below,
    /// Both.
    Both,
}

impl AnomalyDirection {
    /// How far a score is away in this direction.
    pub(crate) const fn distance(self, score: f64) -> f64 {
        match self {
            Self::Above => score,
            Self::Below => -score,
            Self::Both => score.abs(),
        }
    }
}
