use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radiosonde_queue::{Admission, Decision, Guarded, Load, Overflow, Rank, Refusal, wait_for_room};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::accounting::dropped::Dropped;
use crate::accounting::report::SinkReport;
use crate::accounting::self_metrics::SinkMetrics;
use crate::accounting::totals::Totals;
use crate::batching::batch::Batch;
use crate::batching::ranked_queue::{Queued, RankedQueue};
use crate::options::sink_options::SinkSettings;
use crate::runtime_thread;

/// The bounded store between a [`Queue`](crate::Queue)'s clones and its sink's task.
pub(crate) struct Buffer<T> {
    options: SinkSettings,
    metrics: SinkMetrics,
    state: Mutex<State<T>>,
    /// Wakes the sink's task.
    wake: Notify,
    /// Notifies flushes that items were settled.
    settled: Notify,
    /// Notifies blocked threads that items were settled or the queue was closed.
    changed: Condvar,
}

struct State<T> {
    queued: RankedQueue<T>,
    /// The number of the first item of each batch in flight, in any order; all queued items have higher numbers.
    in_flight: Vec<u64>,
    admission: Admission,
    totals: Totals,
    /// Items with lower numbers are sent without waiting for a full batch.
    flush_to: u64,
    closed: bool,
    /// The sink's task has ended.
    ended: bool,
}

impl<T> State<T> {
    /// The number of accepted items, counted from the first, that have been delivered or dropped.
    ///
    /// An evicted item may have been settled before older ones.
    fn settled(&self) -> u64 {
        let oldest = || self.queued.oldest().map_or(self.totals.accepted, |queued| queued.at);
        self.in_flight.iter().min().copied().unwrap_or_else(oldest)
    }

    /// Whether a queued item is to be sent without waiting for a full batch.
    fn is_flushing(&self) -> bool {
        self.queued.oldest().is_some_and(|queued| queued.at < self.flush_to)
    }

    /// Removes a batch from those in flight.
    fn land(&mut self, batch: &Batch<T>) {
        if let Some(at) = self.in_flight.iter().position(|first| Some(*first) == batch.first()) {
            self.in_flight.swap_remove(at);
        }
    }
}

impl<T> Guarded for State<T> {
    fn admission(&mut self) -> &mut Admission {
        &mut self.admission
    }

    fn is_open(&self) -> bool {
        !self.closed
    }
}

enum Step<T> {
    Send(Batch<T>),
    /// There are items, but neither a full batch nor a reason to send one early.
    Filling,
    Empty,
    Finished,
}

impl<T> Buffer<T> {
    pub(crate) fn new(options: SinkSettings, metrics: SinkMetrics) -> Self {
        let state = State {
            queued: RankedQueue::new(),
            in_flight: Vec::with_capacity(options.max_in_flight),
            admission: Admission::new(Load { items: options.max_items, bytes: options.max_bytes }),
            totals: Totals::default(),
            flush_to: 0,
            closed: false,
            ended: false,
        };
        let (wake, settled, changed) = (Notify::new(), Notify::new(), Condvar::new());
        Self { options, metrics, state: Mutex::new(state), wake, settled, changed }
    }

    pub(crate) const fn options(&self) -> &SinkSettings {
        &self.options
    }

    pub(crate) const fn metrics(&self) -> &SinkMetrics {
        &self.metrics
    }

    pub(crate) fn push(&self, item: T, size: usize, rank: Rank, overflow: Overflow) -> Result<(), Dropped> {
        let size = size.max(1);
        let state = self.lock();
        let mut evicted = Vec::new();
        let (mut state, room) = if state.closed {
            (state, Err(Refusal::Shutdown))
        } else if state.admission.has_room_for(rank, size) {
            (state, Ok(()))
        } else {
            self.make_room(state, (rank, size), overflow, &mut evicted)
        };
        if let Err(refusal) = room {
            let dropped = self.count_refusal(&mut state, refusal.reason());
            // An item's destructor is user code and must not run under the lock.
            drop(state);
            drop((item, evicted));
            return Err(dropped);
        }
        let wake = state.queued.load().items == 0 || !self.is_full(&state);
        let at = state.totals.accepted;
        state.queued.push(rank, Queued { at, item, size });
        state.admission.accept(size);
        state.totals.accept();
        let wake = wake && (state.queued.load().items == 1 || self.is_full(&state));
        self.metrics.produced.inc();
        self.update_gauges(&state);
        drop(state);
        drop(evicted);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Makes room for an item as the overflow policy decides; the refusal if no room can be made.
    fn make_room<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        (rank, size): (Rank, usize),
        overflow: Overflow,
        evicted: &mut Vec<T>,
    ) -> (MutexGuard<'a, State<T>>, Result<(), Refusal>) {
        let overflow = match overflow {
            // The delivery thread would wait for itself.
            Overflow::Block(_) if runtime_thread::is_current() => Overflow::DropNewest,
            overflow => overflow,
        };
        let can_evict = |needed| state.queued.evictable(rank).covers(needed);
        match state.admission.decide(rank, size, overflow, can_evict) {
            Decision::Accept => (state, Ok(())),
            Decision::Evict => {
                while !state.admission.has_room_for(rank, size)
                    && let Some(oldest) = state.queued.evict(rank)
                {
                    state.admission.release(Load::one(oldest.size));
                    state.totals.evict("evicted");
                    self.metrics.drop_for("evicted", 1);
                    evicted.push(oldest.item);
                }
                (state, Ok(()))
            }
            Decision::Wait(longest) => wait_for_room(state, &self.changed, (rank, size), longest),
            Decision::Refuse(refusal) => (state, Err(refusal)),
        }
    }

    /// Sends all items without waiting for full batches; returns the number of items to settle.
    fn begin_flush(&self) -> u64 {
        let target = {
            let mut state = self.lock();
            state.flush_to = state.totals.accepted;
            state.flush_to
        };
        self.wake.notify_one();
        target
    }

    /// Sends all items without waiting for full batches, and blocks until they are settled; false if not in time.
    pub(crate) fn flush_blocking(&self, longest: Duration) -> bool {
        let target = self.begin_flush();
        let state = self.lock();
        if state.settled() >= target {
            return true;
        }
        if runtime_thread::is_current() {
            return false;
        }
        let waits = |state: &mut State<T>| !state.ended && state.settled() < target;
        let waited = self.changed.wait_timeout_while(state, longest, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0.settled() >= target
    }

    /// Counts an item that was refused before it reached the queue.
    pub(crate) fn refuse(&self, reason: &'static str) -> Dropped {
        self.count_refusal(&mut self.lock(), reason)
    }

    fn count_refusal(&self, state: &mut State<T>, reason: &'static str) -> Dropped {
        state.totals.refuse(reason);
        self.metrics.produced.inc();
        self.metrics.drop_for(reason, 1);
        Dropped { sink: self.options.name, reason }
    }

    /// The next batch, once it is full, old enough or flushed; `None` when the queue is closed and empty.
    pub(crate) async fn next_batch(&self) -> Option<Batch<T>> {
        let mut due: Option<Instant> = None;
        loop {
            let hurry = due.is_some_and(|due| due <= Instant::now());
            match self.step(hurry) {
                Step::Send(batch) => return Some(batch),
                Step::Finished => return None,
                Step::Empty => {
                    due = None;
                    self.wake.notified().await;
                }
                Step::Filling => {
                    let due = *due.get_or_insert_with(|| Instant::now() + self.options.batch_age);
                    // Either way the queue is checked again.
                    let _ = timeout_at(due, self.wake.notified()).await;
                }
            }
        }
    }

    fn step(&self, hurry: bool) -> Step<T> {
        let mut state = self.lock();
        if state.queued.load().items == 0 {
            return if state.closed { Step::Finished } else { Step::Empty };
        }
        let wanted = state.closed || state.is_flushing();
        if hurry || wanted || self.options.batch_age.is_zero() || self.is_full(&state) {
            Step::Send(self.take(&mut state))
        } else {
            Step::Filling
        }
    }

    fn take(&self, state: &mut State<T>) -> Batch<T> {
        let mut batch = Batch { items: Vec::new(), sizes: Vec::new() };
        let mut bytes = 0_usize;
        while batch.items.len() < self.options.batch_items {
            match state.queued.oldest() {
                Some(next) if batch.items.is_empty() || bytes + next.size <= self.options.batch_bytes => {}
                _ => break,
            }
            if let Some(Queued { at, item, size }) = state.queued.pop() {
                bytes += size;
                batch.items.push(item);
                batch.sizes.push((size, at));
            }
        }
        state.in_flight.extend(batch.first());
        if state.queued.load().items == 0 {
            // Frees what a backlog made it grow to.
            state.queued.shrink_to(self.options.batch_items);
        }
        batch
    }

    /// The two halves of a batch in flight, each of which is settled on its own; `None` for the second half of a single item.
    pub(crate) fn split(&self, batch: Batch<T>) -> (Batch<T>, Option<Batch<T>>) {
        if batch.items.len() < 2 {
            return (batch, None);
        }
        let (first, second) = batch.halves();
        self.lock().in_flight.extend(second.first());
        (first, Some(second))
    }

    /// Settles a batch of which `dropped` items were dropped for `reason`.
    pub(crate) fn settle(&self, batch: Batch<T>, dropped: u64, reason: &'static str) {
        let items = batch.items.len() as u64;
        let dropped = dropped.min(items);
        let mut state = self.lock();
        state.admission.settle(batch.load());
        state.totals.settle(items, dropped, reason);
        state.land(&batch);
        self.metrics.delivered.inc_by(items - dropped);
        if dropped > 0 {
            self.metrics.drop_for(reason, dropped);
        }
        self.update_gauges(&state);
        drop(state);
        drop(batch);
        self.settled.notify_waiters();
        self.changed.notify_all();
    }

    pub(crate) fn dropped_for(&self, reason: &str) -> u64 {
        self.lock().totals.dropped_for(reason)
    }

    fn is_full(&self, state: &State<T>) -> bool {
        let Load { items, bytes } = state.queued.load();
        items >= self.options.batch_items || bytes >= self.options.batch_bytes
    }

    fn update_gauges(&self, state: &State<T>) {
        let Load { items, bytes } = state.admission.held();
        self.metrics.queue_items.set(i64::try_from(items).unwrap_or(i64::MAX));
        self.metrics.queue_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A buffer of any item type, as the delivery thread uses it.
pub(crate) trait AnyBuffer: Send + Sync {
    fn name(&self) -> &'static str;
    /// Refuses further items; queued ones are still sent.
    fn close(&self);
    fn report(&self) -> SinkReport;
    /// Sends all items without waiting for full batches; returns the target for [`is_settled`](Self::is_settled).
    fn flush(&self) -> u64;
    fn is_settled(&self, target: u64) -> bool;
    fn settled(&self) -> &Notify;
    /// Frees the remaining items, which stay counted as left, and wakes all waiters.
    fn discard(&self);
}

impl<T: Send> AnyBuffer for Buffer<T> {
    fn name(&self) -> &'static str {
        self.options.name
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
        self.wake.notify_one();
    }

    fn report(&self) -> SinkReport {
        self.lock().totals.report(self.options.name)
    }

    fn flush(&self) -> u64 {
        self.begin_flush()
    }

    fn is_settled(&self, target: u64) -> bool {
        self.lock().settled() >= target
    }

    fn settled(&self) -> &Notify {
        &self.settled
    }

    fn discard(&self) {
        let queued = {
            let mut state = self.lock();
            state.ended = true;
            // From now on the queued items count as in flight.
            let first = state.queued.oldest().map(|queued| queued.at);
            state.in_flight.extend(first);
            std::mem::replace(&mut state.queued, RankedQueue::new())
        };
        self.changed.notify_all();
        drop(queued);
    }
}

#[cfg(test)]
mod tests;
