use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Clock as _, SystemClock};

use crate::limiting::suppression::Suppression;
use crate::writing::delivering::Delivering;
use crate::writing::forward::Forward;
use crate::writing::output::Output;

/// How long a layer that is dropped waits for its queues, and a process that exits.
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Flushes the writers and sinks of a [`JsonLayer`](crate::JsonLayer), which itself disappears in the subscriber.
///
/// Cheap to clone; all clones are about the same layer. From [`JsonLayer::handle`](crate::JsonLayer::handle).
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::Resource;
/// use radiosonde_log::{JsonLayer, QueueOptions, Writer};
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
/// assert_eq!(logs.report()[0].written(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogHandle {
    ways: Arc<Ways>,
}

/// The ways out of a layer.
#[derive(Debug)]
pub(crate) struct Ways {
    pub(crate) outputs: Vec<Arc<Output>>,
    pub(crate) sinks: Vec<Forward>,
    /// What limits keep from them.
    pub(crate) suppression: Suppression,
}

/// The ways out of a layer that is in use; they close when it is dropped.
#[derive(Debug)]
pub(crate) struct OpenWays(LogHandle);

impl OpenWays {
    pub(crate) fn new(outputs: Vec<Arc<Output>>, sinks: Vec<Forward>, suppression: Suppression) -> Self {
        Self(LogHandle { ways: Arc::new(Ways { outputs, sinks, suppression }) })
    }

    pub(crate) fn handle(&self) -> &LogHandle {
        &self.0
    }
}

impl std::ops::Deref for OpenWays {
    type Target = Ways;

    fn deref(&self) -> &Ways {
        &self.0.ways
    }
}

impl Drop for OpenWays {
    fn drop(&mut self) {
        let left = remaining(CLOSE_WITHIN);
        self.0.close(CLOSE_WITHIN);
        if let Some(_delivering) = Delivering::begin() {
            for sink in &self.0.ways.sinks {
                sink.flush(left());
            }
        }
    }
}

impl LogHandle {
    /// Waits until every line logged before is written by the writers and settled by the sinks, at most about this long.
    ///
    /// False if something is still on its way then, and at once on a thread that is being used by a writer or sink: it would wait
    /// for itself. What each could not write is counted, not told here.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
    pub fn flush(&self, deadline: Duration) -> bool {
        self.ways.suppression.announce(&self.ways, true);
        let Some(_delivering) = Delivering::begin() else { return false };
        let left = remaining(deadline);
        let begun: Vec<_> =
            self.ways.outputs.iter().filter_map(|output| Some((output, output.begin_flush()?))).collect();
        let outputs =
            begun.into_iter().map(|(output, target)| output.wait_for_flush(target, left())).fold(true, all);
        self.ways.sinks.iter().map(|sink| sink.flush(left())).fold(outputs, all)
    }

    /// Empties the queues of the writers and ends their threads, within about this long. Sinks end with their deliveries.
    ///
    /// Lines that come later are written directly, on the thread that logs. What a queue still holds when the time is over is
    /// dropped and counted as `shutdown`, and so are lines that come later while its writer hangs. False if so. Dropping the
    /// layer does the same, within two seconds.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
    pub fn close(&self, deadline: Duration) -> bool {
        self.begin_close();
        let left = remaining(deadline);
        // A thread that is being used by a writer would wait for itself.
        !Delivering::is_on()
            && self.ways.outputs.iter().map(|output| output.wait_for_close(left())).fold(true, all)
    }

    /// Begins what [`close`](Self::close) does, without waiting.
    pub fn begin_close(&self) {
        self.ways.suppression.announce(&self.ways, true);
        for output in &self.ways.outputs {
            output.begin_close();
        }
    }

    /// What became of the lines of each writer that has a queue. Sinks have reports of their own.
    #[must_use]
    pub fn report(&self) -> Vec<WriterReport> {
        let of = |output: &Arc<Output>| {
            let (accepted, written, queued) = output.queue()?.totals();
            Some(WriterReport { name: output.name(), accepted, written, queued })
        };
        self.ways.outputs.iter().filter_map(of).collect()
    }
}

fn all(sum: bool, one: bool) -> bool {
    sum && one
}

/// Counts down from a duration, in the time that passes for threads that wait.
pub(crate) fn remaining(deadline: Duration) -> impl Fn() -> Duration {
    let end = SystemClock.monotonic().saturating_add(deadline);
    move || end.saturating_sub(SystemClock.monotonic())
}

/// What became of the lines that a writer's queue took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterReport {
    name: &'static str,
    accepted: u64,
    written: u64,
    queued: usize,
}

impl WriterReport {
    /// The writer.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Lines that the queue took.
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Lines of these that were written.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// Lines of these that wait or are being written. The rest was dropped and is counted by reason in the metrics.
    #[must_use]
    pub const fn queued(&self) -> usize {
        self.queued
    }
}

impl fmt::Display for WriterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, accepted, written, queued } = self;
        write!(f, "{name}: {accepted} lines taken, {written} written, {queued} queued")
    }
}
