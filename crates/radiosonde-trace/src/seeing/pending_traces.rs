//! The spans of traces whose local root has not ended yet, within bounds.

use std::collections::HashMap;
use std::time::Duration;

use radiosonde_core::TraceId;

use crate::seeing::waterfall::{Missing, draw};
use crate::spans::encoded_span::EncodedSpan;

/// The bounds of what is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) traces: usize,
    pub(crate) spans_per_trace: usize,
    pub(crate) age: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct PendingTraces {
    traces: HashMap<TraceId, Pending>,
    /// When the oldest one may be due, by the monotonic clock.
    due: Option<Duration>,
    /// Spans of traces that did not fit, since this was last shown.
    refused: u64,
}

/// The spans of a trace so far.
#[derive(Debug)]
pub(crate) struct Pending {
    spans: Vec<EncodedSpan>,
    since: Duration,
    missing: Missing,
}

impl Pending {
    /// Appends the trace.
    pub(crate) fn draw(&self, out: &mut String) {
        let spans: Vec<_> = self.spans.iter().map(EncodedSpan::decode).collect();
        draw(out, &spans, self.missing);
    }
}

impl PendingTraces {
    /// Adds a span, and returns its trace if the span is the local root.
    pub(crate) fn add(&mut self, span: EncodedSpan, bounds: Bounds, now: Duration) -> Option<Pending> {
        let (trace, is_root) = (span.context().trace_id(), span.is_local_root());
        if is_root {
            let mut pending = self.traces.remove(&trace).unwrap_or_else(|| Pending::new(now));
            // Always, as it is the first line. One span beyond the bound.
            pending.spans.push(span);
            pending.missing.root = false;
            return Some(pending);
        }
        if self.traces.len() >= bounds.traces && !self.traces.contains_key(&trace) {
            self.refused += 1;
            return None;
        }
        let pending = self.traces.entry(trace).or_insert_with(|| Pending::new(now));
        if pending.spans.len() < bounds.spans_per_trace {
            pending.spans.push(span);
        } else {
            pending.missing.spans += 1;
        }
        self.due.get_or_insert(now.saturating_add(bounds.age));
        None
    }

    /// Removes the traces that have waited for their root for too long.
    pub(crate) fn take_due(&mut self, bounds: Bounds, now: Duration) -> Vec<Pending> {
        if self.due.is_none_or(|due| now < due) {
            return Vec::new();
        }
        let due = self.traces.extract_if(|_, pending| pending.since.saturating_add(bounds.age) <= now);
        let due = due.map(|(_, pending)| pending).collect();
        self.due = self.traces.values().map(|pending| pending.since.saturating_add(bounds.age)).min();
        in_order(due)
    }

    /// Removes all traces.
    pub(crate) fn take_all(&mut self) -> Vec<Pending> {
        self.due = None;
        in_order(std::mem::take(&mut self.traces).into_values().collect())
    }

    /// The number of spans refused since the last call.
    pub(crate) fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused)
    }
}

impl Pending {
    const fn new(since: Duration) -> Self {
        Self { spans: Vec::new(), since, missing: Missing { spans: 0, root: true } }
    }
}

fn in_order(mut traces: Vec<Pending>) -> Vec<Pending> {
    traces.sort_by_key(|pending| pending.since);
    traces
}
