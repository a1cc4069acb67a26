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
use crate::options::sink_options::SinkOptions;
use crate::runtime_thread;

/// The bounded store between a [`Queue`](crate::Queue)'s clones and its sink's task.
pub(crate) struct Buffer<T> {
    options: SinkOptions,
    metrics: SinkMetrics,
    state: Mutex<State<T>>,
    /// For the sink's task: there is something to look at.
    wake: Notify,
    /// For flushes: items were settled.
    settled: Notify,
    /// For blocked threads: items were settled, or no more are taken.
    changed: Condvar,
}

struct State<T> {
    queued: RankedQueue<T>,
    /// What is in flight came no earlier than this, and before all that is queued.
    in_flight_from: u64,
    admission: Admission,
    totals: Totals,
    /// Everything accepted before this is sent without waiting for company.
    flush_to: u64,
    closed: bool,
    /// Nobody will send what is left.
    ended: bool,
}

impl<T> State<T> {
    fn is_in_flight(&self) -> bool {
        self.admission.held().items > self.queued.load().items
    }

    /// How many of the accepted items, from the first on, have been delivered or dropped.
    ///
    /// One that made room for others may have been settled before its turn.
    fn settled(&self) -> u64 {
        if self.is_in_flight() {
            self.in_flight_from
        } else {
            self.queued.oldest().map_or(self.totals.accepted(), |queued| queued.at)
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
    /// Something is there, but not a full batch, and nobody is in a hurry.
    Filling,
    Empty,
    Finished,
}

impl<T> Buffer<T> {
    pub(crate) fn new(options: SinkOptions, metrics: SinkMetrics) -> Self {
        let state = State {
            queued: RankedQueue::new(),
            in_flight_from: 0,
            admission: Admission::new(Load { items: options.max_items, bytes: options.max_bytes }),
            totals: Totals::default(),
            flush_to: 0,
            closed: false,
            ended: false,
        };
        let (wake, settled, changed) = (Notify::new(), Notify::new(), Condvar::new());
        Self { options, metrics, state: Mutex::new(state), wake, settled, changed }
    }

    pub(crate) const fn options(&self) -> &SinkOptions {
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
            // An item's destructor is not ours to run under the lock.
            drop(state);
            drop((item, evicted));
            return Err(dropped);
        }
        let wake = state.queued.load().items == 0 || !self.is_full(&state);
        let at = state.totals.accepted();
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

    /// Does what is decided about an item that does not fit; the reason if there is no room all the same.
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

    /// Sends what is there without waiting for company; how far has to be settled for that.
    fn begin_flush(&self) -> u64 {
        let target = {
            let mut state = self.lock();
            state.flush_to = state.totals.accepted();
            state.flush_to
        };
        self.wake.notify_one();
        target
    }

    /// Sends what is there without waiting for company, and blocks until it is settled; false if it is not in time.
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

    /// Counts an item that never came here.
    pub(crate) fn refuse(&self, reason: &'static str) -> Dropped {
        self.count_refusal(&mut self.lock(), reason)
    }

    fn count_refusal(&self, state: &mut State<T>, reason: &'static str) -> Dropped {
        state.totals.refuse(reason);
        self.metrics.produced.inc();
        self.metrics.drop_for(reason, 1);
        Dropped::new(self.options.name, reason)
    }

    /// The next batch, when it is full, old enough or wanted at once; `None` when the queue is closed and empty.
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
                    // Either way the queue is looked at again.
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
        let wanted = state.closed || state.settled() < state.flush_to;
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
        if let Some((_, first)) = batch.sizes.first() {
            state.in_flight_from = *first;
        }
        if state.queued.load().items == 0 {
            // What a bad hour made it grow to is given back.
            state.queued.shrink_to(self.options.batch_items);
        }
        batch
    }

    /// Ends the life of a batch of which `dropped` items were dropped for `reason`.
    pub(crate) fn settle(&self, batch: Batch<T>, dropped: u64, reason: &'static str) {
        let items = batch.items.len() as u64;
        let dropped = dropped.min(items);
        let mut state = self.lock();
        state.admission.settle(batch.load());
        state.totals.settle(items, dropped, reason);
        if let Some((_, last)) = batch.sizes.last() {
            state.in_flight_from = last + 1;
        }
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

/// A buffer whatever it holds, as the delivery sees it.
pub(crate) trait AnyBuffer: Send + Sync {
    fn name(&self) -> &'static str;
    /// Refuses what comes from now on; what is there is still sent.
    fn close(&self);
    fn report(&self) -> SinkReport;
    /// Sends what is there without waiting for company; the number to ask [`is_settled`](Self::is_settled) about.
    fn flush(&self) -> u64;
    fn is_settled(&self, target: u64) -> bool;
    fn settled(&self) -> &Notify;
    /// Frees what is left; it stays counted as left, and nobody waits for it any more.
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
            // From now on what is queued counts as in flight.
            state.in_flight_from = state.settled();
            std::mem::replace(&mut state.queued, RankedQueue::new())
        };
        self.changed.notify_all();
        drop(queued);
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_core::Level;
    use radiosonde_metrics::Registry;

    use super::*;
    use crate::accounting::self_metrics::SelfMetrics;

    #[test]
    fn what_goes_before_its_turn_is_not_settled_before_what_is_older_and_stays() {
        let metrics = SelfMetrics::new(&Registry::new()).unwrap().of("x");
        let buffer = Buffer::new(SinkOptions::new("x").max_items(3).batch_items(1), metrics);
        let push = |level| {
            buffer.push((), 1, Rank::of(level), Overflow::DropOldest).unwrap();
        };
        let send = || match buffer.step(true) {
            Step::Send(batch) => batch,
            _ => panic!("something is queued"),
        };
        push(Level::Info);
        let first = send();
        push(Level::Error);
        let target = AnyBuffer::flush(&buffer);
        for _ in 0..5 {
            push(Level::Info);
        }
        assert_eq!(buffer.report().dropped(), 4);
        buffer.settle(first, 0, "");
        assert!(!buffer.is_settled(target), "the error is queued");
        let error = send();
        assert!(!buffer.is_settled(target), "the error is in flight");
        buffer.settle(error, 0, "");
        assert!(buffer.is_settled(target));
        assert!(!buffer.is_settled(AnyBuffer::flush(&buffer)), "the last line is queued");
    }
}
