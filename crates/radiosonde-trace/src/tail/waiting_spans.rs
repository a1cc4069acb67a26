use crate::spans::encoded_span::EncodedSpan;
use crate::tail::tail_budget::TailBudget;

/// The spans of a trace that ended before it is known whether the trace matters.
#[derive(Debug, Default)]
pub(crate) struct WaitingSpans {
    spans: Vec<EncodedSpan>,
    /// Their memory, as the budget counts it.
    bytes: usize,
}

impl WaitingSpans {
    pub(crate) fn push(&mut self, mut span: EncodedSpan, budget: &TailBudget) {
        span.shrink_if_sparse();
        let (is_first, slots) = (self.spans.is_empty(), self.spans.capacity());
        let heap = span.heap_bytes();
        self.spans.push(span);
        let bytes = heap + (self.spans.capacity() - slots) * size_of::<EncodedSpan>();
        self.bytes += bytes;
        budget.take(bytes, is_first);
    }

    /// The spans, which wait no longer.
    pub(crate) fn release(self, budget: &TailBudget) -> Vec<EncodedSpan> {
        if !self.spans.is_empty() {
            budget.give_back(self.bytes);
        }
        self.spans
    }

    #[cfg(test)]
    pub(crate) fn spans(&self) -> &[EncodedSpan] {
        &self.spans
    }

    /// Their memory, measured.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        let heap: usize = self.spans.iter().map(EncodedSpan::heap_bytes).sum();
        heap + self.spans.capacity() * size_of::<EncodedSpan>()
    }
}
