use std::time::Duration;

/// When a job was due, began and succeeded. All times are of the monotonic clock.
#[derive(Debug)]
pub(crate) struct Schedule {
    every: Duration,
    grace: Duration,
    /// The last start, or the declaration.
    started: Duration,
    /// The last success, or the declaration.
    succeeded: Duration,
    /// Runs counted as missed since the last start.
    missed: u64,
}

impl Schedule {
    pub(crate) const fn new(every: Duration, grace: Duration, declared: Duration) -> Self {
        Self { every, grace, started: declared, succeeded: declared, missed: 0 }
    }

    /// Notes a start; returns the runs missed until then that are not counted yet.
    pub(crate) fn start(&mut self, now: Duration) -> u64 {
        let missed = self.miss(now);
        (self.started, self.missed) = (now, 0);
        missed
    }

    pub(crate) const fn succeed(&mut self, now: Duration) {
        self.succeeded = now;
    }

    /// The runs that are missed and not counted yet: those due since the last start, whose grace is over. Counts them.
    pub(crate) fn miss(&mut self, now: Duration) -> u64 {
        let late = now.saturating_sub(self.started).saturating_sub(self.grace).as_nanos();
        let missed = late.saturating_sub(1).checked_div(self.every.as_nanos()).unwrap_or_default();
        let missed = u64::try_from(missed).unwrap_or(u64::MAX);
        let new = missed.saturating_sub(self.missed);
        self.missed += new;
        new
    }

    pub(crate) fn is_overdue(&self, now: Duration) -> bool {
        now.saturating_sub(self.succeeded) > self.every.saturating_add(self.grace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_run_is_missed_once_its_grace_is_over() {
        let mut schedule = Schedule::new(seconds(60), seconds(10), seconds(100));
        let missed = [160, 170].map(|now| schedule.miss(seconds(now)));
        assert_eq!(missed, [0, 0]);
        assert_eq!(schedule.miss(seconds(170) + Duration::from_nanos(1)), 1);
        assert_eq!(schedule.miss(seconds(230)), 0, "it counts once");
        assert_eq!(schedule.miss(seconds(351)), 3);
    }

    #[test]
    fn the_next_run_is_due_an_interval_after_a_start() {
        let mut schedule = Schedule::new(seconds(60), seconds(10), seconds(0));
        assert_eq!(schedule.start(seconds(65)), 0, "late within its grace");
        assert_eq!(schedule.miss(seconds(135)), 0);
        assert_eq!(schedule.start(seconds(200)), 2);
        assert_eq!(schedule.miss(seconds(271)), 1);
    }

    #[test]
    fn a_job_is_overdue_by_its_last_success() {
        let mut schedule = Schedule::new(seconds(60), seconds(10), seconds(5));
        assert!(!schedule.is_overdue(seconds(75)) && schedule.is_overdue(seconds(76)));
        schedule.start(seconds(76));
        assert!(schedule.is_overdue(seconds(77)), "it only began");
        schedule.succeed(seconds(80));
        assert!(!schedule.is_overdue(seconds(150)) && schedule.is_overdue(seconds(151)));
    }

    #[test]
    fn a_job_without_an_interval_misses_nothing() {
        assert_eq!(Schedule::new(seconds(0), seconds(0), seconds(0)).miss(seconds(9)), 0);
    }
}
