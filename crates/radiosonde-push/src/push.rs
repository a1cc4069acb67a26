use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use radiosonde_delivery::{Delivery, Report, Shutdown, SinkReport};

/// Pushes the metrics of a job that may end before anybody scrapes it, on a delivery thread of its own.
///
/// Started by [`PushgatewayOptions::start`](crate::PushgatewayOptions::start) or
/// [`RemoteWriteOptions::start`](crate::RemoteWriteOptions::start). A program that has a [`Delivery`] already adds a [`Pushgateway`](crate::Pushgateway) or a [`RemoteWrite`](crate::RemoteWrite)
/// to that one instead.
///
/// Without [`finish`](Self::finish) the last values are not pushed.
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

    /// Queues everything as it is now. Never waits: what the queue does not take is counted.
    pub fn push(&self) {
        self.pusher.push();
    }

    /// What became of everything so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.pusher.report()
    }

    /// Pushes the last values, and waits until they and all before them are delivered or dropped, until the deadline at most.
    ///
    /// It begins with the call; the future, of any runtime, only waits.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn finish(self, deadline: Duration) -> Finish {
        self.pusher.push_last();
        Finish { shutdown: self.delivery.shutdown(deadline), _delivery: self.delivery }
    }

    /// [`finish`](Self::finish) for callers that cannot await; blocks this thread.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
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

/// Waits for a [`Push::finish`] and gives its report.
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

/// What a [`Push`] pushes with.
pub(crate) trait Pusher: Send + Sync {
    /// Queues everything as it is now.
    fn push(&self);

    /// Queues everything for the last time.
    fn push_last(&self);

    fn report(&self) -> SinkReport;
}
