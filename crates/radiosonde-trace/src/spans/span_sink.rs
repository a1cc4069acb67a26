use std::sync::Arc;

use crate::spans::encoded_span::EncodedSpan;

/// A destination of finished spans.
///
/// Called on the thread on which the span ended, so it must neither block nor wait: it puts the span into a bounded queue
/// and counts what the queue refuses. A panic is caught, counted and reported; the span is lost. A span that ends within
/// [`accept`](Self::accept) is dropped and counted, so that an instrumented sink does not feed itself. No lock of the pipeline
/// is held meanwhile, so events emitted there are added to the current span as usual; the span that ends takes nothing more.
pub trait SpanSink: Send + Sync + 'static {
    /// Accepts a span, or drops it and counts that itself.
    fn accept(&self, span: EncodedSpan);
}

impl<T: SpanSink + ?Sized> SpanSink for Arc<T> {
    fn accept(&self, span: EncodedSpan) {
        T::accept(self, span);
    }
}

impl<T: SpanSink + ?Sized> SpanSink for Box<T> {
    fn accept(&self, span: EncodedSpan) {
        T::accept(self, span);
    }
}
