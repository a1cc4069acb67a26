use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::spans::encoded_span::EncodedSpan;
use crate::spans::finished_span::FinishedSpan;
use crate::spans::span_sink::SpanSink;

/// Keeps finished spans in memory, for tests.
///
/// # Shape
/// Clones share the spans. Unbounded: not for production.
#[derive(Debug, Clone, Default)]
pub struct CaptureSpans {
    spans: Arc<Mutex<Vec<FinishedSpan>>>,
}

impl CaptureSpans {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The spans so far, in the order they ended.
    #[must_use]
    pub fn spans(&self) -> Vec<FinishedSpan> {
        self.lock().clone()
    }

    /// Removes and returns the spans so far.
    #[must_use]
    pub fn take(&self) -> Vec<FinishedSpan> {
        std::mem::take(&mut self.lock())
    }

    /// The first span with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<FinishedSpan> {
        self.lock().iter().find(|span| span.name == name).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FinishedSpan>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanSink for CaptureSpans {
    fn accept(&self, span: EncodedSpan) {
        self.lock().push(span.decode());
    }
}
