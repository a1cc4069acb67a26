use std::fmt;

use crate::level_counts::LevelCounts;

/// The health of a service, judged by its lines.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServiceHealth {
    /// The service's name.
    pub service: String,
    /// Percentage of lines that are not errors, 0 to 100; 100 without lines.
    pub score: f64,
    /// The number of lines.
    pub lines: u64,
    /// The share of lines that are ERROR or FATAL, 0 to 1.
    pub error_rate: f64,
    /// The status for the score.
    pub status: HealthStatus,
}

impl ServiceHealth {
    #[allow(clippy::cast_precision_loss, reason = "a rate; 2^53 lines are out of reach")]
    pub(crate) fn of(service: &str, counts: LevelCounts) -> Self {
        let (lines, errors) = (counts.total(), counts.errors());
        let error_rate = if lines == 0 { 0.0 } else { errors as f64 / lines as f64 };
        let score = 100.0 - 100.0 * error_rate;
        Self { service: service.to_owned(), score, lines, error_rate, status: HealthStatus::of(score) }
    }
}

/// `orders: healthy, 97.5 of 100 (400 lines)`
impl fmt::Display for ServiceHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, score, lines, status, .. } = self;
        write!(f, "{service}: {status}, {score:.1} of 100 ({lines} lines)")
    }
}

/// The status that a score stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthStatus {
    /// Above 80.
    Healthy,
    /// Above 60, to 80.
    Degraded,
    /// 60 or less.
    Unhealthy,
}

impl HealthStatus {
    pub(crate) fn of(score: f64) -> Self {
        match score {
            _ if score > 80.0 => Self::Healthy,
            _ if score > 60.0 => Self::Degraded,
            _ => Self::Unhealthy,
        }
    }

    /// The status in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_borders_belong_to_the_worse() {
        let cases = [(100.0, "healthy"), (80.1, "healthy"), (80.0, "degraded"), (60.0, "unhealthy")];
        for (score, expected) in cases {
            assert_eq!(HealthStatus::of(score).name(), expected, "{score}");
        }
        assert_eq!(ServiceHealth::of("idle", LevelCounts::default()).status, HealthStatus::Healthy);
    }
}
