use std::collections::HashMap;

use radiosonde_core::TraceId;

use crate::spans::encoded_span::EncodedSpan;

/// A part of the traces of a tail.
#[derive(Debug, Default)]
pub(crate) struct TailShard {
    traces: HashMap<TraceId, Trace>,
    bytes: usize,
    /// The number given to the latest trace.
    made: u64,
}

#[derive(Debug)]
struct Trace {
    /// The oldest has the lowest.
    number: u64,
    /// How many of its spans are open in this process.
    open: usize,
    is_kept: bool,
    spans: Vec<EncodedSpan>,
}

/// What becomes of spans when one ends. They are dropped by the caller, without the lock.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// To be passed on.
    pub(crate) kept: Vec<EncodedSpan>,
    /// Without room.
    pub(crate) gone: Vec<EncodedSpan>,
}

impl TailShard {
    /// Returns the spans that had to go.
    pub(crate) fn open(&mut self, id: TraceId, max_traces: usize) -> Vec<EncodedSpan> {
        let mut gone = Vec::new();
        if let Some(trace) = self.traces.get_mut(&id) {
            trace.open += 1;
            return gone;
        }
        if self.traces.len() >= max_traces.max(1) {
            gone = self.evict_oldest();
        }
        self.made += 1;
        self.traces.insert(id, Trace { number: self.made, open: 1, is_kept: false, spans: Vec::new() });
        gone
    }

    /// Returns the spans of a trace that ended without mattering.
    pub(crate) fn close(&mut self, id: TraceId) -> Vec<EncodedSpan> {
        let Some(trace) = self.traces.get_mut(&id) else { return Vec::new() };
        trace.open = trace.open.saturating_sub(1);
        if trace.open > 0 {
            return Vec::new();
        }
        let ended = self.traces.remove(&id).map(|trace| trace.spans).unwrap_or_default();
        self.bytes -= size(&ended);
        ended
    }

    pub(crate) fn end(&mut self, span: EncodedSpan, matters: bool, max_bytes: usize) -> Ended {
        let id = span.context().trace_id();
        let mut ended = Ended::default();
        match self.traces.get_mut(&id) {
            Some(trace) if trace.is_kept || matters => {
                trace.is_kept = true;
                ended.kept = std::mem::take(&mut trace.spans);
                self.bytes -= size(&ended.kept);
                ended.kept.push(span);
            }
            Some(trace) => {
                self.bytes += span.size();
                trace.spans.push(span);
            }
            // Its trace had to go: what is left of it is better than nothing.
            None if matters => ended.kept.push(span),
            None => ended.gone.push(span),
        }
        // Spans of a trace that ended are dropped, not lost.
        drop(self.close(id));
        while self.bytes > max_bytes && !self.traces.is_empty() {
            ended.gone.extend(self.evict_oldest());
        }
        ended
    }

    fn evict_oldest(&mut self) -> Vec<EncodedSpan> {
        let oldest = self.traces.iter().min_by_key(|(_, trace)| trace.number).map(|(id, _)| *id);
        let spans =
            oldest.and_then(|id| self.traces.remove(&id)).map(|trace| trace.spans).unwrap_or_default();
        self.bytes -= size(&spans);
        spans
    }

    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.traces.len(), self.bytes)
    }
}

fn size(spans: &[EncodedSpan]) -> usize {
    spans.iter().map(EncodedSpan::size).sum()
}
