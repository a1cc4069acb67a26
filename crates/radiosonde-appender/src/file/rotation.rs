use std::time::{SystemTime, UNIX_EPOCH};

/// When a log file is rotated by time, in UTC. The first line of a new minute, hour or day goes to a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Rotation {
    /// Never by time.
    #[default]
    Never,
    /// Every minute.
    Minutely,
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
}

impl Rotation {
    /// Whether the period that contains `then` is over at `now`. A clock that is set back ends no period.
    pub(crate) fn is_due(self, then: SystemTime, now: SystemTime) -> bool {
        let seconds = match self {
            Self::Never => return false,
            Self::Minutely => 60,
            Self::Hourly => 3600,
            Self::Daily => 86_400,
        };
        // A time before 1970 comes from a clock that is not set; it counts as 1970.
        let period =
            |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / seconds);
        period(now) > period(then)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_period_ends_on_its_last_second() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        for (rotation, seconds) in
            [(Rotation::Minutely, 60), (Rotation::Hourly, 3600), (Rotation::Daily, 86_400)]
        {
            assert!(!rotation.is_due(at(0), at(seconds - 1)), "{rotation:?}");
            assert!(rotation.is_due(at(seconds - 1), at(seconds)), "{rotation:?}");
            assert!(!rotation.is_due(at(seconds), at(seconds - 1)), "{rotation:?} with the clock set back");
        }
        assert!(!Rotation::Never.is_due(at(0), at(1 << 40)));
        assert!(!Rotation::Daily.is_due(UNIX_EPOCH - Duration::from_secs(1), at(0)));
    }
}
