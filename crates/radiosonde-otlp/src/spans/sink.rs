use std::fmt;

use radiosonde_delivery::{Queue, SinkReport};
use radiosonde_trace::{EncodedSpan, SpanSink};

/// Sends finished spans by OTLP.
///
/// # Shape
/// Cheap to clone; all clones are the same sink.
///
/// # Cost
/// [`accept`](SpanSink::accept) moves the span to a queue, without an allocation once the queue has grown; see [`Queue`]. The
/// delivery thread copies its bytes to a request.
#[derive(Clone)]
pub struct OtlpSpans {
    queue: Queue<EncodedSpan>,
}

impl OtlpSpans {
    pub(crate) const fn new(queue: Queue<EncodedSpan>) -> Self {
        Self { queue }
    }

    /// The counts of spans so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }
}

impl SpanSink for OtlpSpans {
    fn accept(&self, span: EncodedSpan) {
        let size = span.size();
        // The queue has counted a refusal.
        let _ = self.queue.push(span, size);
    }
}

impl fmt::Debug for OtlpSpans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpSpans").field("report", &self.report()).finish_non_exhaustive()
    }
}
