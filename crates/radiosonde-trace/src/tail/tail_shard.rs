use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use radiosonde_core::TraceId;

use crate::spans::encoded_span::EncodedSpan;
use crate::tail::tail_budget::TailBudget;
use crate::tail::waiting_spans::WaitingSpans;

/// A part of the traces of a tail, with its lock.
#[derive(Debug)]
pub(crate) struct TailShard {
    traces: Mutex<TailTraces>,
    /// The number of the oldest trace that holds spans, at the latest unlock.
    oldest: AtomicU64,
}

impl Default for TailShard {
    fn default() -> Self {
        Self { traces: Mutex::default(), oldest: AtomicU64::new(u64::MAX) }
    }
}

impl TailShard {
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut TailTraces) -> R) -> R {
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut traces);
        let oldest = traces.waiting.first_key_value().map_or(u64::MAX, |(number, _)| *number);
        // Relaxed: a hint of where to look, which is checked under the lock.
        self.oldest.store(oldest, Ordering::Relaxed);
        result
    }

    /// `None` if no trace holds spans.
    pub(crate) fn oldest(&self) -> Option<u64> {
        // Relaxed: as in `with`.
        Some(self.oldest.load(Ordering::Relaxed)).filter(|oldest| *oldest < u64::MAX)
    }
}

/// Traces with open spans in this process.
#[derive(Debug, Default)]
pub(crate) struct TailTraces {
    /// A trace stays here until its last span ends, even if its spans were evicted: only the count of open spans shows when it
    /// ends, and an error still has to promote the rest of it.
    open: HashMap<TraceId, OpenTrace>,
    /// The spans of the traces that hold any, by the trace's number.
    waiting: BTreeMap<u64, WaitingSpans>,
}

#[derive(Debug)]
struct OpenTrace {
    /// The oldest has the lowest.
    number: u64,
    /// How many of its spans are open in this process.
    open: u32,
    /// Whether it matters. If so, none of its spans waits.
    is_kept: bool,
}

/// What becomes of the spans of a trace when one of them ends.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It is not known yet.
    Held,
    /// The trace matters: these spans, then this one, are passed on.
    Kept(Vec<EncodedSpan>, EncodedSpan),
    /// The trace ended without mattering.
    Unwanted(Vec<EncodedSpan>, EncodedSpan),
    /// The tail knows no such trace.
    Unknown(EncodedSpan),
}

impl TailTraces {
    /// Counts an open span. `number` is called for a new trace.
    pub(crate) fn open(&mut self, id: TraceId, number: impl FnOnce() -> u64) {
        self.open.entry(id).and_modify(|trace| trace.open += 1).or_insert_with(|| OpenTrace {
            number: number(),
            open: 1,
            is_kept: false,
        });
    }

    /// Counts an open span less. Returns the spans of a trace that ended without mattering.
    pub(crate) fn close(&mut self, id: TraceId, budget: &TailBudget) -> Vec<EncodedSpan> {
        let Some(trace) = self.open.get_mut(&id) else { return Vec::new() };
        trace.open -= 1;
        if trace.open > 0 {
            return Vec::new();
        }
        let number = trace.number;
        self.open.remove(&id);
        self.release(number, budget)
    }

    pub(crate) fn end(&mut self, span: EncodedSpan, matters: bool, budget: &TailBudget) -> Ended {
        let id = span.context().trace_id();
        match self.open.get_mut(&id) {
            Some(trace) if trace.is_kept || matters => {
                trace.is_kept = true;
                let number = trace.number;
                let held = self.release(number, budget);
                drop(self.close(id, budget));
                Ended::Kept(held, span)
            }
            Some(trace) if trace.open > 1 => {
                trace.open -= 1;
                self.waiting.entry(trace.number).or_default().push(span, budget);
                Ended::Held
            }
            Some(_) => Ended::Unwanted(self.close(id, budget), span),
            None if matters => Ended::Kept(Vec::new(), span),
            None => Ended::Unknown(span),
        }
    }

    /// Takes the spans of the oldest trace that holds any.
    pub(crate) fn evict_oldest(&mut self, budget: &TailBudget) -> Vec<EncodedSpan> {
        self.waiting.pop_first().map(|(_, spans)| spans.release(budget)).unwrap_or_default()
    }

    fn release(&mut self, number: u64, budget: &TailBudget) -> Vec<EncodedSpan> {
        self.waiting.remove(&number).map(|spans| spans.release(budget)).unwrap_or_default()
    }

    /// How many traces have open spans.
    #[cfg(test)]
    pub(crate) fn open_traces(&self) -> usize {
        self.open.len()
    }

    #[cfg(test)]
    pub(crate) const fn waiting(&self) -> &BTreeMap<u64, WaitingSpans> {
        &self.waiting
    }
}
