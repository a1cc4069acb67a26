use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use radiosonde_delivery::{Delivery, Report, Shutdown, SinkReport};

/// Pushes the metrics of a job that may end before a scrape, on a delivery thread of its own.
///
/// Started by [`PushgatewayOptions::start`](crate::PushgatewayOptions::start) or
/// [`RemoteWriteOptions::start`](crate::RemoteWriteOptions::start). A program with a [`Delivery`] adds a
/// [`Pushgateway`](crate::Pushgateway) or a [`RemoteWrite`](crate::RemoteWrite) to that instead.
///
/// [`finish`](Self::finish) pushes the last values; dropping it does not.
///
/// # Cost
/// [`push`](Self::push) is a scrape; it does not wait for the network.
#[must_use = "the last values are pushed by `finish`"]
pub struct Push {
    delivery: Delivery,
    pusher: Box<dyn Pusher>,
}

impl Push {
    pub(crate) fn new(delivery: Delivery, pusher: impl Pusher + 'static) -> Self {
        Self { delivery, pusher: Box::new(pusher) }
    }

    /// Queues the current values. Does not wait for the network; refused items are counted.
    pub fn push(&self) {
        self.pusher.push();
    }

    /// The counts so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.pusher.report()
    }

    /// Pushes the last values, and waits until all pushes are delivered or dropped, at most until the deadline.
    ///
    /// It begins with the call; the future needs no runtime and only waits.
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn finish(self, deadline: Duration) -> Finish {
        self.pusher.push_last();
        Finish { shutdown: self.delivery.shutdown(deadline), _delivery: self.delivery }
    }

    /// [`finish`](Self::finish) for callers that cannot await; blocks this thread.
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn finish_blocking(self, deadline: Duration) -> Report {
        self.pusher.push_last();
        self.delivery.shutdown_blocking(deadline)
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("report", &self.report()).finish_non_exhaustive()
    }
}

/// Future of a [`Push::finish`]: its report.
#[derive(Debug)]
pub struct Finish {
    shutdown: Shutdown,
    _delivery: Delivery,
}

impl Future for Finish {
    type Output = Report;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Report> {
        Pin::new(&mut self.shutdown).poll(context)
    }
}

/// The sink of a [`Push`].
pub(crate) trait Pusher: Send + Sync {
    /// Queues the current values.
    fn push(&self);

    /// Queues the last values.
    fn push_last(&self);

    fn report(&self) -> SinkReport;
}
