/// The state of a [`Component`](crate::Component), by its score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentState {
    /// It works: a score above 80.
    Healthy,
    /// It works in part: a score above 60.
    Degraded,
    /// It does not work: any lower score.
    Unhealthy,
}

impl ComponentState {
    /// All states, from the best to the worst.
    pub const ALL: [Self; 3] = [Self::Healthy, Self::Degraded, Self::Unhealthy];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    pub(crate) fn of_score(score: f64) -> Self {
        match score {
            _ if score > 80.0 => Self::Healthy,
            _ if score > 60.0 => Self::Degraded,
            _ => Self::Unhealthy,
        }
    }

    /// The highest score with this state declared.
    pub(crate) const fn cap(self) -> f64 {
        match self {
            Self::Healthy => 100.0,
            Self::Degraded => 80.0,
            Self::Unhealthy => 0.0,
        }
    }
}
