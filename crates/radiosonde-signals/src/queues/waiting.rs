use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::SpanContext;

use crate::queues::queue_metrics::QueueMetrics;
use crate::queues::queue_refusal::QueueRefusal;

/// A message that waits in a [`Queue`](crate::Queue), or for a place in it; kept with the message.
///
/// Dropped before it was [received](Self::received) or [refused](Self::refused), the message counts as `dropped` if it was in the queue, and
/// as `cancelled` if it was not.
#[must_use = "a message that is dropped at once counts as lost"]
pub struct Waiting {
    metrics: Arc<QueueMetrics>,
    since: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    Over,
}

impl Waiting {
    pub(crate) fn outside(metrics: &Arc<QueueMetrics>) -> Self {
        let since = metrics.depth.clock.monotonic();
        Self { metrics: Arc::clone(metrics), since, state: State::Outside }
    }

    /// The message gets its place in the queue. Its wait began before.
    pub fn enter(&mut self) {
        if self.state == State::Outside {
            self.state = State::Inside;
            self.metrics.depth.enter(self.since);
        }
    }

    /// The message is received: its wait is over. Returns how long it was.
    #[allow(clippy::must_use_candidate, reason = "the wait is recorded in any case")]
    pub fn received(self) -> Duration {
        self.received_in(SpanContext::current().as_ref())
    }

    /// Like [`received`](Self::received), with a span for the exemplar, such as that of the sender.
    #[allow(clippy::must_use_candidate, reason = "the wait is recorded in any case")]
    pub fn received_in(mut self, span: Option<&SpanContext>) -> Duration {
        self.enter();
        self.state = State::Over;
        self.metrics.depth.leave(self.since);
        self.metrics.received.inc();
        let wait = self.metrics.depth.clock.monotonic().saturating_sub(self.since);
        self.metrics.wait.observe_in(wait.as_secs_f64(), span);
        wait
    }

    /// The message did not get into the queue, or is back.
    pub fn refused(mut self, why: QueueRefusal) {
        if self.state == State::Inside {
            self.metrics.depth.leave(self.since);
        }
        self.state = State::Over;
        self.metrics.refused(why);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        match self.state {
            State::Outside => self.metrics.cancelled.inc(),
            State::Inside => {
                self.metrics.depth.leave(self.since);
                self.metrics.dropped.inc();
            }
            State::Over => {}
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("since", &self.since)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
