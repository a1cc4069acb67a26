use std::future::Future;
use std::time::Duration;

use radiosonde_core::{Clock, SystemClock};

use crate::instruments::histogram::Histogram;

/// Observes, when it is dropped, how many seconds have passed since it was made.
///
/// However the scope is left, by `return`, by `?`, by a panic, it is one observation: from [`Histogram::timer`].
///
/// # Cost
/// Two readings of the clock, about 20 ns each, and one observation; no lock, no allocation.
#[must_use = "the time is observed when this is dropped, which is at once unless it is bound to a name"]
#[derive(Debug)]
pub struct Timer {
    histogram: Option<Histogram>,
    start: Duration,
}

impl Timer {
    /// Observes the duration now, and returns it.
    #[allow(clippy::must_use_candidate, reason = "most only want it observed")]
    pub fn observe(mut self) -> Duration {
        let elapsed = self.elapsed();
        if let Some(histogram) = self.histogram.take() {
            histogram.observe_duration(elapsed);
        }
        elapsed
    }

    /// Observes nothing, for work that should not count: a cache that had it, a request that was not ours.
    #[allow(clippy::must_use_candidate, reason = "most only want it stopped")]
    pub fn stop_and_discard(mut self) -> Duration {
        self.histogram = None;
        self.elapsed()
    }

    /// How long it has been running.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        SystemClock.monotonic().saturating_sub(self.start)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(histogram) = self.histogram.take() {
            histogram.observe_duration(self.elapsed());
        }
    }
}

impl Histogram {
    /// Measures from now until the guard is dropped, in seconds.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let parsing = registry.histogram("parsing_seconds", "Time to parse a document.").build()?;
    /// {
    ///     let _timer = parsing.timer();
    ///     // The work; leaving the scope observes, on the way of an error as well.
    /// }
    /// let took = parsing.timer().observe();
    /// parsing.timer().stop_and_discard();
    /// assert_eq!(parsing.count(), 2);
    /// assert!(parsing.sum() >= took.as_secs_f64());
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub fn timer(&self) -> Timer {
        Timer { histogram: Some(self.clone()), start: SystemClock.monotonic() }
    }

    /// Measures `future`, in seconds, from its first poll until it is ready or dropped, waiting included.
    ///
    /// A future that is never polled is not observed; one that is dropped before it is ready, as by a timeout, is. The
    /// exemplar, if any, is the span that is current when the measurement ends.
    ///
    /// ```
    /// # use radiosonde_metrics::Registry;
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// let registry = Registry::new();
    /// let queries = registry.histogram("query_seconds", "Time of a query.").build()?;
    /// let rows = queries.time(async { 3 }).await;
    /// assert_eq!((rows, queries.count()), (3, 1));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn time<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let histogram = self.clone();
        async move {
            let _timer = Timer { histogram: Some(histogram), start: SystemClock.monotonic() };
            future.await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::registry::Registry;

    fn histogram() -> Histogram {
        Registry::new().histogram("work_seconds", "Work.").build().unwrap()
    }

    #[test]
    fn a_timer_observes_once_what_it_says() {
        let histogram = histogram();
        let took = histogram.timer().observe();
        assert_eq!((histogram.count(), histogram.sum()), (1, took.as_secs_f64()));
        histogram.timer().stop_and_discard();
        assert_eq!(histogram.count(), 1);
    }

    #[test]
    fn a_panic_is_observed_too() {
        let histogram = histogram();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _timer = histogram.timer();
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(caught.is_err());
        assert_eq!(histogram.count(), 1);
    }

    #[test]
    fn a_future_is_measured_from_its_first_poll_to_its_end_or_drop() {
        let histogram = histogram();
        let mut context = Context::from_waker(Waker::noop());
        drop(histogram.time(std::future::pending::<()>()));
        assert_eq!(histogram.count(), 0, "never polled");
        {
            let mut dropped = pin!(histogram.time(std::future::pending::<()>()));
            assert!(dropped.as_mut().poll(&mut context).is_pending());
            assert_eq!(histogram.count(), 0, "still running");
        }
        assert_eq!(histogram.count(), 1, "dropped");
        let mut ready = pin!(histogram.time(std::future::ready(7)));
        assert_eq!(ready.as_mut().poll(&mut context), Poll::Ready(7));
        assert_eq!(histogram.count(), 2, "ready, before it is dropped");
    }
}
