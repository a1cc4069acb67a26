//! The local tail: traces that were not sampled, kept until it is known whether they matter.

mod slow_names;
mod tail_budget;
mod tail_options;
mod tail_shard;
mod waiting_spans;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use radiosonde_core::TraceId;

use crate::spans::encoded_span::EncodedSpan;
use crate::tail::slow_names::SlowNames;
use crate::tail::tail_budget::TailBudget;
pub use crate::tail::tail_options::TailOptions;
use crate::tail::tail_shard::{Ended, TailShard};

/// A power of two, so that threads in different traces rarely contend for a lock.
const SHARDS: usize = 16;

/// The unsampled traces that have spans open in this process.
#[derive(Debug)]
pub(crate) struct Tail {
    shards: [TailShard; SHARDS],
    budget: TailBudget,
    /// The number given to the latest trace.
    latest: AtomicU64,
    /// Locked while spans are evicted, so that two threads do not make the same room twice. Taken before a shard's lock.
    evicting: Mutex<()>,
    slower_than: Option<Duration>,
    slow_names: Option<SlowNames>,
}

impl Tail {
    pub(crate) fn new(options: &TailOptions) -> Self {
        Self {
            shards: std::array::from_fn(|_| TailShard::default()),
            budget: TailBudget::new(options.byte_limit(), options.trace_limit()),
            latest: AtomicU64::new(0),
            evicting: Mutex::new(()),
            slower_than: options.slower_than,
            slow_names: options.slower_than_p99.then(SlowNames::default),
        }
    }

    fn shard(&self, trace: TraceId) -> &TailShard {
        &self.shards[usize::from(trace.to_bytes()[15]) % SHARDS]
    }

    /// A span of this trace was made.
    pub(crate) fn opened(&self, trace: TraceId) {
        // Relaxed: only the order of the numbers matters.
        let number = || self.latest.fetch_add(1, Ordering::Relaxed);
        self.shard(trace).with(|traces| traces.open(trace, number));
    }

    /// A span of this trace turned out to belong to another one.
    pub(crate) fn closed(&self, trace: TraceId) {
        drop(self.shard(trace).with(|traces| traces.close(trace, &self.budget)));
    }

    /// A span ended. It is passed on with those of its trace, at once or later, if the trace is kept. Returns the number of
    /// spans that had to go for it.
    pub(crate) fn ended(&self, span: EncodedSpan, keep: bool, pass: impl FnMut(EncodedSpan)) -> usize {
        let matters = keep || span.is_error() || self.is_slow(&span);
        let shard = self.shard(span.context().trace_id());
        // The sinks' code, and the pool's, run without the lock.
        match shard.with(|traces| traces.end(span, matters, &self.budget)) {
            Ended::Held => self.make_room(),
            Ended::Kept(held, span) => {
                held.into_iter().chain([span]).for_each(pass);
                0
            }
            Ended::Unwanted(held, span) => {
                drop((held, span));
                0
            }
            Ended::Unknown(span) => {
                drop(span);
                1
            }
        }
    }

    /// Evicts the spans of the oldest traces until the rest is within the bounds. Returns how many.
    fn make_room(&self) -> usize {
        if !self.budget.is_exceeded() {
            return 0;
        }
        // Dropped after the lock is released.
        let mut evicted = Vec::new();
        let _lock = self.evicting.lock().unwrap_or_else(PoisonError::into_inner);
        while self.budget.is_exceeded() {
            let oldest = self.shards.iter().filter_map(|shard| Some((shard.oldest()?, shard)));
            // `None`: another thread holds the excess, and makes room for it after this one.
            let Some((_, shard)) = oldest.min_by_key(|(number, _)| *number) else { break };
            evicted.push(shard.with(|traces| traces.evict_oldest(&self.budget)));
        }
        evicted.iter().map(Vec::len).sum()
    }

    fn is_slow(&self, span: &EncodedSpan) -> bool {
        let is_slow = self.slower_than.is_some_and(|limit| span.took() > limit);
        let is_slow_for_its_name = |names: &SlowNames| span.is_local_root() && names.is_slow(span);
        // Every root counts for its name, whatever the fixed limit.
        self.slow_names.as_ref().is_some_and(is_slow_for_its_name) || is_slow
    }
}

#[cfg(test)]
mod tests;
