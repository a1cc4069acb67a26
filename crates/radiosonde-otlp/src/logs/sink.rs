use std::fmt;
use std::time::Duration;

use radiosonde_core::LevelNames;
use radiosonde_delivery::{Queue, SinkReport};
use radiosonde_log::{Line, LineSink};
use radiosonde_queue::OverflowPolicy;

use crate::logs::record::Record;

/// Sends log lines as OTLP log records: to a collector, or to Loki.
///
/// # Shape
/// The body is the message, the fields are typed attributes with their names in the line, and the scope is the line's `module`. Severity numbers are 1, 5, 9, 13, 17 and, for `FATAL`, 21. Cheap to clone; all clones are the same sink.
///
/// # Cost
/// [`accept`](LineSink::accept) encodes the record on the thread that logs, into that thread's buffer, and pushes a copy to a
/// queue, with one allocation; see [`Queue`].
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use radiosonde_core::Resource;
/// use radiosonde_delivery::Delivery;
/// use radiosonde_log::{JsonLayer, Writer};
/// use radiosonde_metrics::Registry;
/// use radiosonde_otlp::OtlpOptions;
/// use radiosonde_testkit::HttpFake;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let collector = HttpFake::start([]); // in its place http://localhost:4318, or http://127.0.0.1:3100/otlp for Loki
///
/// let resource = Resource::new("orders");
/// let delivery = Delivery::builder().registry(&Registry::new()).start()?;
/// let logs = OtlpOptions::new(collector.url()).build_logs(&resource, &delivery)?;
/// let layer = JsonLayer::builder(&resource).registry(&Registry::new()).sink(Arc::new(logs)).build()?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
///     tracing::error!(user_id = "u-1", amount = 9.99, "card declined");
/// });
///
/// let report = delivery.shutdown_blocking(Duration::from_secs(5));
/// assert_eq!(report.to_string(), "otlp_logs: 1 produced, 1 delivered, 0 dropped, 0 left");
/// assert_eq!(collector.requests()[0].path(), "/v1/logs");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/logs/data-model/>
#[derive(Clone)]
pub struct OtlpLogs {
    queue: Queue<Record>,
    names: LevelNames,
    overflow: OverflowPolicy,
}

impl OtlpLogs {
    pub(crate) const fn new(queue: Queue<Record>, names: LevelNames, overflow: OverflowPolicy) -> Self {
        Self { queue, names, overflow }
    }

    /// The counts of lines so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }
}

impl LineSink for OtlpLogs {
    fn accept(&self, line: &Line<'_>) {
        let record = Record::new(line, self.names);
        let size = record.size();
        // The queue has counted a refusal.
        let _ = self.queue.push_or(record, size, line.rank(), self.overflow.of(line.rank()));
    }

    fn flush(&self, deadline: Duration) -> bool {
        self.queue.flush_blocking(deadline)
    }
}

impl fmt::Debug for OtlpLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpLogs").field("report", &self.report()).finish_non_exhaustive()
    }
}
