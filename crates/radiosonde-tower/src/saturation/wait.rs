use std::cell::Cell;
use std::time::Duration;

use radiosonde_core::SharedClock;
use radiosonde_metrics::{GaugeGuard, Histogram, IntGauge};

/// Where the waits of one limiter are recorded.
#[derive(Debug, Clone)]
pub(crate) struct Waits {
    pub(crate) seconds: Histogram,
    pub(crate) depth: IntGauge,
    pub(crate) clock: SharedClock,
}

impl Waits {
    /// Starts a wait for a place. Nothing waits below a layer that sheds what is not ready at once.
    pub(crate) fn start(&self) -> Option<Wait> {
        let may_wait = !SHEDS.try_with(Cell::get).unwrap_or(false);
        may_wait.then(|| self.begin())
    }

    /// Starts a wait in the queue.
    pub(crate) fn enqueue(&self) -> Wait {
        self.begin().enqueue()
    }

    /// Records a request that did not wait.
    pub(crate) fn skip(&self) {
        self.seconds.observe(0.0);
    }

    fn begin(&self) -> Wait {
        Wait { since: self.clock.monotonic(), seen_in: self.clone(), queued: None }
    }
}

/// Records, when it is dropped, how long it lived: a wait counts even if the caller gave up.
#[derive(Debug)]
pub(crate) struct Wait {
    since: Duration,
    seen_in: Waits,
    queued: Option<GaugeGuard>,
}

impl Wait {
    /// The same wait, counted in the depth of the queue.
    pub(crate) fn enqueue(mut self) -> Self {
        self.queued = Some(self.seen_in.depth.hold());
        self
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let waited = self.seen_in.clock.monotonic().saturating_sub(self.since);
        self.seen_in.seconds.observe_duration(waited);
    }
}

thread_local! {
    /// Whether this thread is asking a service that is not waited for.
    static SHEDS: Cell<bool> = const { Cell::new(false) };
}

/// Asks a service whether it is ready, for a caller that does not wait if it is not.
pub(crate) fn without_waiting<R>(ask: impl FnOnce() -> R) -> R {
    /// Restores the value, even after a panic.
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            // An error: the thread exits, and nothing asks any more.
            let _ = SHEDS.try_with(|sheds| sheds.set(self.0));
        }
    }

    let _restore = Restore(SHEDS.try_with(|sheds| sheds.replace(true)).unwrap_or(false));
    ask()
}
