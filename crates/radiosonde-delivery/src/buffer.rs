use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::ledger::Ledger;
use crate::meters::SinkMeters;
use crate::{Dropped, SinkOptions, SinkReport};

/// The bounded store between a [`Queue`](crate::Queue)'s clones and its sink's task.
pub(crate) struct Buffer<T> {
    options: SinkOptions,
    meters: SinkMeters,
    state: Mutex<State<T>>,
    /// For the sink's task: there is something to look at.
    wake: Notify,
    /// For flushes: items were settled.
    settled: Notify,
}

struct State<T> {
    queued: VecDeque<(T, usize)>,
    queued_bytes: usize,
    /// Queued and in flight: what the bounds are about, so that a backend that hangs does not double them.
    held_bytes: usize,
    ledger: Ledger,
    /// Everything accepted before this is sent without waiting for company.
    flush_to: u64,
    closed: bool,
}

/// Items on their way, oldest first.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    pub(crate) items: Vec<T>,
    sizes: Vec<usize>,
}

impl<T> Batch<T> {
    /// The two halves, in order. A batch of one is all first half.
    pub(crate) fn halves(mut self) -> (Self, Self) {
        let middle = self.items.len().div_ceil(2);
        let second = Self { items: self.items.split_off(middle), sizes: self.sizes.split_off(middle) };
        (self, second)
    }

    fn bytes(&self) -> usize {
        self.sizes.iter().sum()
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
    pub(crate) fn new(options: SinkOptions, meters: SinkMeters) -> Self {
        let state = State {
            queued: VecDeque::new(),
            queued_bytes: 0,
            held_bytes: 0,
            ledger: Ledger::default(),
            flush_to: 0,
            closed: false,
        };
        Self { options, meters, state: Mutex::new(state), wake: Notify::new(), settled: Notify::new() }
    }

    pub(crate) const fn options(&self) -> &SinkOptions {
        &self.options
    }

    pub(crate) const fn meters(&self) -> &SinkMeters {
        &self.meters
    }

    pub(crate) fn push(&self, item: T, size: usize) -> Result<(), Dropped> {
        let size = size.max(1);
        let options = &self.options;
        let mut state = self.lock();
        let reason = if state.closed {
            Some("shutdown")
        } else if size > options.max_bytes {
            Some("too_large")
        } else if state.ledger.held() >= options.max_items as u64
            || state.held_bytes.saturating_add(size) > options.max_bytes
        {
            Some("queue_full")
        } else {
            None
        };
        if let Some(reason) = reason {
            let dropped = self.count_refusal(&mut state, reason);
            // The item's destructor is not ours to run under the lock.
            drop(state);
            drop(item);
            return Err(dropped);
        }
        let wake = state.queued.is_empty() || !self.is_full(&state);
        state.queued.push_back((item, size));
        state.queued_bytes += size;
        state.held_bytes += size;
        state.ledger.accept();
        let wake = wake && (state.queued.len() == 1 || self.is_full(&state));
        self.meters.produced.inc();
        self.show_level(&state);
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Counts an item that never came here.
    pub(crate) fn refuse(&self, reason: &'static str) -> Dropped {
        self.count_refusal(&mut self.lock(), reason)
    }

    fn count_refusal(&self, state: &mut State<T>, reason: &'static str) -> Dropped {
        state.ledger.refuse(reason);
        self.meters.produced.inc();
        self.meters.drop_for(reason, 1);
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
        if state.queued.is_empty() {
            return if state.closed { Step::Finished } else { Step::Empty };
        }
        let wanted = state.closed || state.ledger.settled() < state.flush_to;
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
            match state.queued.front() {
                Some((_, size)) if batch.items.is_empty() || bytes + size <= self.options.batch_bytes => {}
                _ => break,
            }
            if let Some((item, size)) = state.queued.pop_front() {
                bytes += size;
                batch.items.push(item);
                batch.sizes.push(size);
            }
        }
        state.queued_bytes -= bytes;
        if state.queued.is_empty() {
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
        state.held_bytes -= batch.bytes();
        state.ledger.settle(items, dropped, reason);
        self.meters.delivered.inc_by(items - dropped);
        if dropped > 0 {
            self.meters.drop_for(reason, dropped);
        }
        self.show_level(&state);
        drop(state);
        drop(batch);
        self.settled.notify_waiters();
    }

    pub(crate) fn dropped_for(&self, reason: &str) -> u64 {
        self.lock().ledger.dropped_for(reason)
    }

    fn is_full(&self, state: &State<T>) -> bool {
        state.queued.len() >= self.options.batch_items || state.queued_bytes >= self.options.batch_bytes
    }

    fn show_level(&self, state: &State<T>) {
        self.meters.queue_items.set(i64::try_from(state.ledger.held()).unwrap_or(i64::MAX));
        self.meters.queue_bytes.set(i64::try_from(state.held_bytes).unwrap_or(i64::MAX));
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
    /// Frees what is left; it stays counted as left.
    fn discard(&self);
}

impl<T: Send> AnyBuffer for Buffer<T> {
    fn name(&self) -> &'static str {
        self.options.name
    }

    fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    fn report(&self) -> SinkReport {
        self.lock().ledger.report(self.options.name)
    }

    fn flush(&self) -> u64 {
        let target = {
            let mut state = self.lock();
            state.flush_to = state.ledger.accepted();
            state.flush_to
        };
        self.wake.notify_one();
        target
    }

    fn is_settled(&self, target: u64) -> bool {
        self.lock().ledger.settled() >= target
    }

    fn settled(&self) -> &Notify {
        &self.settled
    }

    fn discard(&self) {
        let queued = std::mem::take(&mut self.lock().queued);
        drop(queued);
    }
}
