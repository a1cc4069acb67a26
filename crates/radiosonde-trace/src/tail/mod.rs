//! The local tail: traces that were not sampled, kept until it is known whether they matter.

mod slow_names;
mod tail_options;
mod tail_shard;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use radiosonde_core::TraceId;

use crate::spans::encoded_span::EncodedSpan;
use crate::tail::slow_names::SlowNames;
pub use crate::tail::tail_options::TailOptions;
use crate::tail::tail_shard::{Ended, TailShard};

/// A power of two, so that threads in different traces rarely contend for a lock.
const SHARDS: usize = 16;

/// The unsampled traces that have spans open in this process.
#[derive(Debug)]
pub(crate) struct Tail {
    shards: [Mutex<TailShard>; SHARDS],
    slower_than: Option<Duration>,
    slow_names: Option<SlowNames>,
    /// Of one shard.
    max_bytes: usize,
    max_traces: usize,
}

impl Tail {
    pub(crate) fn new(options: &TailOptions) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            slower_than: options.slower_than,
            slow_names: options.slower_than_p99.then(SlowNames::default),
            max_bytes: options.max_bytes() / SHARDS,
            max_traces: options.max_traces() / SHARDS,
        }
    }

    fn shard(&self, trace: TraceId) -> &Mutex<TailShard> {
        &self.shards[usize::from(trace.to_bytes()[15]) % SHARDS]
    }

    /// A span of this trace was made. Returns the number of spans that had to go for it.
    pub(crate) fn opened(&self, trace: TraceId) -> usize {
        let gone = self.with(trace, |shard| shard.open(trace, self.max_traces));
        gone.len()
    }

    /// A span of this trace turned out to belong to another one.
    pub(crate) fn closed(&self, trace: TraceId) {
        drop(self.with(trace, |shard| shard.close(trace)));
    }

    /// A span ended. It is passed on with those of its trace, at once or later, if the trace is kept. Returns the number of
    /// spans that had to go for it.
    pub(crate) fn ended(&self, span: EncodedSpan, keep: bool, mut pass: impl FnMut(EncodedSpan)) -> usize {
        let matters = keep || span.is_error() || self.is_slow(&span);
        let trace = span.context().trace_id();
        let Ended { kept, gone } = self.with(trace, |shard| shard.end(span, matters, self.max_bytes));
        // The sinks' code, and the pool's, run without the lock.
        kept.into_iter().for_each(&mut pass);
        gone.len()
    }

    fn is_slow(&self, span: &EncodedSpan) -> bool {
        let is_slow = self.slower_than.is_some_and(|limit| span.took() > limit);
        let is_slow_for_its_name = |names: &SlowNames| span.is_local_root() && names.is_slow(span);
        // Every root counts for its name, whatever the fixed limit.
        self.slow_names.as_ref().is_some_and(is_slow_for_its_name) || is_slow
    }

    fn with<R>(&self, trace: TraceId, work: impl FnOnce(&mut TailShard) -> R) -> R {
        work(&mut self.shard(trace).lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
