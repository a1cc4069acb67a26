use std::time::Duration;

/// Keeps unsampled traces that turn out to matter: the local tail.
///
/// # Shape
/// The spans of an unsampled trace are kept in memory while one of them is open in this process. Once one of them is marked
/// as failed, lasts too long, or is [marked](crate::keep), all of them are passed to the sinks, and so are those that follow.
/// Otherwise they are dropped when the last one ends.
///
/// # Limits
/// Only this process' part of a trace is kept: other services were told that it is not sampled, and keep theirs by a tail of
/// their own.
///
/// The memory of the spans that wait is bounded for all traces together; one trace may use all of it. If it is full, the spans
/// of the oldest trace with any are evicted and counted as `radiosonde_trace_dropped_total{reason="tail_full"}`. If that trace
/// turns out to matter later, the spans that ended since are passed to the sinks, and so are those that follow. Besides, each
/// trace with an open span takes about fifty bytes.
///
/// # Cost
/// An unsampled span costs as much as a sampled one and two locks, at its start and at its end; a lock is shared by a sixteenth
/// of the traces. While the memory is full, each end takes one more, for the whole process; so does each local root with
/// [`slower_than_p99`](Self::slower_than_p99).
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::Resource;
/// use radiosonde_trace::{CaptureSpans, Sampler, TailOptions, TracePipeline};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let spans = CaptureSpans::new();
/// let pipeline = TracePipeline::builder(&Resource::new("orders"))
///     .sampler(Sampler::parent_based_ratio(0.0)?)
///     .tail(TailOptions::new().slower_than(Duration::from_secs(1)))
///     .sink(spans.clone())
///     .build()?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
///     tracing::info_span!("dull").in_scope(|| ());
///     tracing::info_span!("request").in_scope(|| {
///         tracing::info_span!("query").in_scope(|| tracing::error!("no connection"));
///     });
/// });
/// let names: Vec<_> = spans.take().into_iter().map(|span| span.name).collect();
/// assert_eq!(names, ["query", "request"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
#[must_use = "it is an option of a pipeline"]
pub struct TailOptions {
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "radiosonde_core::deserialize::optional_duration")
    )]
    pub(crate) slower_than: Option<Duration>,
    pub(crate) slower_than_p99: bool,
    max_bytes: Option<usize>,
    max_traces: Option<usize>,
}

impl TailOptions {
    /// Keeps traces with a failed span, and those marked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also keeps traces with a span that lasts longer.
    pub const fn slower_than(mut self, limit: Duration) -> Self {
        self.slower_than = Some(limit);
        self
    }

    /// Also keeps traces whose first span in this process lasts longer than 99 of 100 of its name. The first thousand spans of
    /// a name, and those of the 513th name, are not judged.
    pub const fn slower_than_p99(mut self) -> Self {
        self.slower_than_p99 = true;
        self
    }

    /// The most memory for spans that wait, of all traces together; default: 16 MiB.
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// The most traces with spans that wait; default: 16384.
    pub const fn max_traces(mut self, traces: usize) -> Self {
        self.max_traces = Some(traces);
        self
    }

    pub(crate) fn byte_limit(&self) -> usize {
        self.max_bytes.unwrap_or(16 * 1024 * 1024)
    }

    pub(crate) fn trace_limit(&self) -> usize {
        self.max_traces.unwrap_or(16 * 1024)
    }
}
