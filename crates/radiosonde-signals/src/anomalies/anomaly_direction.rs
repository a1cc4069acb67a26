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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_far_in_its_direction_only() {
        let distances = |score| {
            [AnomalyDirection::Above, AnomalyDirection::Below, AnomalyDirection::Both]
                .map(|to| to.distance(score))
        };
        assert_eq!(distances(3.0), [3.0, -3.0, 3.0]);
        assert_eq!(distances(-2.0), [-2.0, 2.0, 2.0]);
    }
}
