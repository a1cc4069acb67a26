use std::time::Duration;

use radiosonde_core::{Clock as _, SystemClock};

use crate::compat::histogram::Histogram;

/// Observes its lifetime, in seconds, when it is dropped.
#[must_use = "the time is observed when this is dropped"]
#[derive(Debug)]
pub struct HistogramTimer {
    /// `None` once it has been stopped.
    histogram: Option<Histogram>,
    start: Duration,
}

impl Histogram {
    /// Observes the seconds from now until the timer is dropped.
    pub fn start_timer(&self) -> HistogramTimer {
        HistogramTimer::start(self.clone())
    }

    /// Observes the duration of `f` in seconds.
    pub fn observe_closure_duration<F: FnOnce() -> T, T>(&self, f: F) -> T {
        let timer = self.start_timer();
        let result = f();
        timer.observe_duration();
        result
    }
}

impl HistogramTimer {
    fn start(histogram: Histogram) -> Self {
        Self { histogram: Some(histogram), start: SystemClock.monotonic() }
    }

    /// Stops the timer and observes the duration.
    pub fn observe_duration(self) {
        self.stop_and_record();
    }

    /// Stops the timer, observes the duration, and returns it in seconds.
    #[allow(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn stop_and_record(mut self) -> f64 {
        self.stop(true)
    }

    /// Stops the timer without observing, and returns the duration in seconds.
    #[allow(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn stop_and_discard(mut self) -> f64 {
        self.stop(false)
    }

    fn stop(&mut self, record: bool) -> f64 {
        let seconds = SystemClock.monotonic().saturating_sub(self.start).as_secs_f64();
        if let Some(histogram) = self.histogram.take().filter(|_| record) {
            histogram.observe(seconds);
        }
        seconds
    }
}

impl Drop for HistogramTimer {
    fn drop(&mut self) {
        self.stop(true);
    }
}
