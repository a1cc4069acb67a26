use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::{Outcome, SharedClock};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::{Counter, DynFamily, Gauge, IntGauge};

use crate::operations::work_metrics::WatchWork;
use crate::recording::ended::Ended;
use crate::scheduling::schedule::Schedule;

/// Notes when the runs of a job begin and end.
pub(crate) struct Runs {
    pub(crate) job: String,
    pub(crate) clock: SharedClock,
    /// Without a series until there is a time.
    pub(crate) last_start: DynFamily<Gauge>,
    pub(crate) last_success: DynFamily<Gauge>,
    pub(crate) overlaps: Counter,
    pub(crate) scheduled: Option<Scheduled>,
    pub(crate) running: Mutex<u64>,
}

/// What a declared interval adds.
#[derive(Debug)]
pub(crate) struct Scheduled {
    pub(crate) schedule: Mutex<Schedule>,
    pub(crate) overdue: IntGauge,
    pub(crate) missed: Counter,
}

impl Runs {
    /// The clock's times. It is code of others, so it is asked before anything is locked or counted.
    fn times(&self) -> (SystemTime, Duration) {
        (self.clock.now(), self.clock.monotonic())
    }

    fn stamp(&self, gauge: &DynFamily<Gauge>, at: SystemTime) {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        gauge.with(&[&self.job]).set(since.as_secs_f64());
    }

    fn running(&self) -> MutexGuard<'_, u64> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scheduled {
    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WatchWork for Runs {
    fn begun(&self) {
        let (at, now) = self.times();
        self.stamp(&self.last_start, at);
        let mut running = self.running();
        *running += 1;
        if *running > 1 {
            self.overlaps.inc();
        }
        drop(running);
        if let Some(scheduled) = &self.scheduled {
            scheduled.missed.inc_by(scheduled.schedule().start(now));
        }
    }

    fn ended(&self, ended: &Ended) {
        *self.running() -= 1;
        if ended.outcome() != Outcome::Completed {
            return;
        }
        let (at, now) = self.times();
        self.stamp(&self.last_success, at);
        if let Some(scheduled) = &self.scheduled {
            scheduled.schedule().succeed(now);
        }
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs").field("job", &self.job).finish_non_exhaustive()
    }
}

/// Sets what depends on the time of the scrape.
pub(crate) struct AtScrape(pub(crate) Arc<Runs>);

impl Collector for AtScrape {
    fn collect(&self, _: &mut Collection) {
        let Some(scheduled) = &self.0.scheduled else { return };
        let now = self.0.clock.monotonic();
        let mut schedule = scheduled.schedule();
        scheduled.missed.inc_by(schedule.miss(now));
        scheduled.overdue.set(i64::from(schedule.is_overdue(now)));
    }
}
