use std::sync::Arc;
use std::time::Duration;

use radiosonde_appender::{CLOSE_WITHIN, Output, ReentrancyGuard, WriterReport};
use radiosonde_core::{Clock as _, SystemClock};

use crate::writing::outputs::Outputs;
use crate::writing::suppression::Suppression;

/// Flushes the writers and sinks of a [`JsonLayer`](crate::JsonLayer), which itself is moved into the subscriber.
///
/// Cheap to clone; all clones belong to the same layer. Created by [`JsonLayer::handle`](crate::JsonLayer::handle).
///
/// ```
/// use std::time::Duration;
/// use radiosonde_appender::QueueOptions;
/// use radiosonde_core::Resource;
/// use radiosonde_log::{JsonLayer, Writer};
/// use radiosonde_testkit::SharedBuffer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let buffer = SharedBuffer::new();
/// let writer = Writer::new("buffer", buffer.clone()).queue(QueueOptions::new());
/// let layer = JsonLayer::builder(&Resource::new("orders")).writer(writer).build()?;
/// let logs = layer.handle();
/// let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
///
/// tracing::info!("hi");
/// assert!(logs.flush(Duration::from_secs(5)));
/// assert_eq!(buffer.lines().len(), 1);
/// assert_eq!(logs.report()[0].written, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogHandle {
    outputs: Arc<Outputs>,
    /// The limits, and the lines they suppressed.
    suppression: Arc<Suppression>,
}

/// The outputs of a running layer; they close when it is dropped.
#[derive(Debug)]
pub(crate) struct OpenOutputs(LogHandle);

impl OpenOutputs {
    pub(crate) fn new(outputs: Outputs, suppression: Suppression) -> Self {
        Self(LogHandle { outputs: Arc::new(outputs), suppression: Arc::new(suppression) })
    }

    pub(crate) fn handle(&self) -> &LogHandle {
        &self.0
    }

    pub(crate) fn suppression(&self) -> &Suppression {
        &self.0.suppression
    }

    /// Writes the announcements of suppressed lines that are due.
    #[inline]
    pub(crate) fn announce(&self) {
        self.0.suppression.announce(&self.0.outputs, false);
    }
}

impl std::ops::Deref for OpenOutputs {
    type Target = Outputs;

    fn deref(&self) -> &Outputs {
        &self.0.outputs
    }
}

impl Drop for OpenOutputs {
    fn drop(&mut self) {
        let left = remaining(CLOSE_WITHIN);
        self.0.close(CLOSE_WITHIN);
        if let Some(_guard) = ReentrancyGuard::enter() {
            for sink in &self.sinks {
                sink.flush(left());
            }
        }
    }
}

impl LogHandle {
    /// Waits until every earlier line is written by the writers and settled by the sinks, at most about this long.
    ///
    /// False if lines are still pending then, and at once on a thread that a writer or sink is using, since it would wait
    /// for itself. Lines that an output could not write are counted, and do not affect the result.
    #[allow(clippy::must_use_candidate, reason = "it flushes whether or not the result is used")]
    pub fn flush(&self, deadline: Duration) -> bool {
        self.suppression.announce(&self.outputs, true);
        let Some(_guard) = ReentrancyGuard::enter() else { return false };
        let left = remaining(deadline);
        let begun: Vec<_> =
            self.outputs().filter_map(|output| Some((output, output.begin_flush()?))).collect();
        let outputs =
            begun.into_iter().map(|(output, target)| output.wait_for_flush(target, left())).fold(true, all);
        self.outputs.sinks.iter().map(|sink| sink.flush(left())).fold(outputs, all)
    }

    /// Empties the queues of the writers and ends their threads, within about this long. Sinks are closed by their
    /// deliveries.
    ///
    /// Later lines are written directly, on the thread that logs. Lines still queued when the time is over are dropped and
    /// counted as `shutdown`, and so are later lines while their writer hangs; this is then false. Dropping the layer does
    /// the same, within two seconds.
    #[allow(clippy::must_use_candidate, reason = "it closes whether or not the result is used")]
    pub fn close(&self, deadline: Duration) -> bool {
        self.begin_close();
        let left = remaining(deadline);
        // A thread that a writer is using would wait for itself.
        !ReentrancyGuard::is_active()
            && self.outputs().map(|output| output.wait_for_close(left())).fold(true, all)
    }

    /// Begins [`close`](Self::close) without waiting.
    pub fn begin_close(&self) {
        self.suppression.announce(&self.outputs, true);
        self.outputs().for_each(Output::begin_close);
    }

    /// What happened to the lines of each writer that has a queue. Sinks have their own reports.
    #[must_use]
    pub fn report(&self) -> Vec<WriterReport> {
        self.outputs().filter_map(Output::report).collect()
    }

    fn outputs(&self) -> impl Iterator<Item = &Output> {
        self.outputs.writers.iter().map(|styled| &styled.output)
    }
}

fn all(sum: bool, one: bool) -> bool {
    sum && one
}

/// The time left of a duration, measured in the real time of waiting threads.
fn remaining(deadline: Duration) -> impl Fn() -> Duration {
    let end = SystemClock.monotonic().saturating_add(deadline);
    move || end.saturating_sub(SystemClock.monotonic())
}
