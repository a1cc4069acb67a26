use std::ops::{Add, AddAssign};

/// Events of an objective in a window: how many there were, and how many of them were bad. Of an objective that is measured over time, seconds.
///
/// ```
/// use radiosonde_signals::Counts;
///
/// let day = Counts { total: 900.0, bad: 0.0 } + Counts { total: 100.0, bad: 20.0 };
/// assert_eq!(day.bad_ratio(), Some(0.02));
/// assert_eq!(Counts::default().bad_ratio(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// All events.
    pub total: f64,
    /// Those that the objective counts as bad.
    pub bad: f64,
}

impl Counts {
    /// The share that was bad; `None` without events.
    ///
    /// At most 1: if a counter of bad events was read a moment later than that of all, the difference comes with the next evaluation.
    #[must_use]
    pub fn bad_ratio(self) -> Option<f64> {
        let total = self.total.max(self.bad);
        (total > 0.0).then(|| self.bad / total)
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { total: self.total + other.total, bad: self.bad + other.bad }
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        *self += *other;
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
