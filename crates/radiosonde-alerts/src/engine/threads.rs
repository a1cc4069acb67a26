use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;
use std::{io, process};

use radiosonde_core::{Clock, SystemClock, survive};

use crate::engine::core::Core;

/// The thread that evaluates, and the thread for handlers.
#[derive(Debug)]
pub(crate) struct Threads {
    core: Arc<Core>,
    lives: Arc<Lives>,
    ids: Mutex<Vec<ThreadId>>,
    /// The process that has the threads: a forked child does not.
    process: u32,
}

/// The state of the threads, for them and for their owner.
#[derive(Debug, Default)]
struct Lives {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    stops: bool,
    evaluates: bool,
    hands_over: bool,
}

/// The outcome of a shutdown: whether the threads have ended, and the notices that were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlertEngineShutdown {
    /// Whether both threads have ended. One that is in a rule or a handler that hangs is left.
    pub is_complete: bool,
    /// Notices that handlers did not get.
    pub dropped: usize,
}

/// Ends a thread's life, however it ends.
struct Ends<'a>(&'a Lives, fn(&mut Inner) -> &mut bool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        *(self.1)(&mut self.0.lock()) = false;
        self.0.changed.notify_all();
    }
}

impl Threads {
    pub(crate) fn start(core: &Arc<Core>, interval: Duration) -> io::Result<Self> {
        let lives = Arc::new(Lives::default());
        let ids = Mutex::default();
        // Made first: if the second thread cannot be started, dropping it ends the first.
        let threads = Self { core: Arc::clone(core), lives, ids, process: process::id() };
        threads.spawn("radiosonde-alerting", |inner| &mut inner.hands_over, hand_over)?;
        threads.spawn(
            "radiosonde-alerts",
            |inner| &mut inner.evaluates,
            move |core, lives| {
                evaluate(core, lives, interval);
                // Here and not in `stop`, which may have given up by now. A handler that hangs keeps the registry from no other engine.
                core.release();
            },
        )?;
        Ok(threads)
    }

    fn spawn(
        &self,
        name: &str,
        life: fn(&mut Inner) -> &mut bool,
        run: impl FnOnce(&Core, &Lives) + Send + 'static,
    ) -> io::Result<()> {
        let (core, lives) = (Arc::clone(&self.core), Arc::clone(&self.lives));
        *life(&mut self.lives.lock()) = true;
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let ends = Ends(&lives, life);
            run(&core, &lives);
            // Handlers and rules may be dropped with it, which may take long.
            drop(core);
            drop(ends);
        });
        match thread {
            Ok(thread) => lock(&self.ids).push(thread.thread().id()),
            Err(error) => {
                *life(&mut self.lives.lock()) = false;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether there is a thread that hands alerts over, now and later.
    pub(crate) fn is_handing_over(&self) -> bool {
        // First: in a forked process, the lock may be that of a thread that only the parent has.
        self.process == process::id() && !self.core.queue.is_closed()
    }

    /// Ends both threads within this time: first the evaluation, then the handlers once the queue is empty.
    pub(crate) fn stop(&self, deadline: Duration) -> AlertEngineShutdown {
        if self.process != process::id() {
            // The locks may be those of threads that only the parent has.
            return AlertEngineShutdown { is_complete: true, dropped: 0 };
        }
        let until = SystemClock.monotonic().saturating_add(deadline);
        self.lives.lock().stops = true;
        self.lives.changed.notify_all();
        let is_own = lock(&self.ids).contains(&thread::current().id());
        let waits = |lives: &Lives, runs: fn(&Inner) -> bool| !is_own && lives.wait(runs, until);
        let evaluation_ended = waits(&self.lives, |inner| inner.evaluates);
        self.core.queue.close();
        let handlers_ended = waits(&self.lives, |inner| inner.hands_over);
        let dropped = if handlers_ended { 0 } else { self.core.queue.abandon() };
        self.core.metrics.end();
        self.core.metrics.dropped("shutdown", u64::try_from(dropped).unwrap_or(u64::MAX));
        AlertEngineShutdown { is_complete: evaluation_ended && handlers_ended, dropped }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop(STOPS_WITHIN);
    }
}

/// How long a drop waits for handlers.
const STOPS_WITHIN: Duration = Duration::from_secs(1);

impl Lives {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Waits until a thread no longer runs; `false` at the deadline.
    fn wait(&self, runs: fn(&Inner) -> bool, until: Duration) -> bool {
        let mut inner = self.lock();
        while runs(&inner) {
            let left = until.saturating_sub(SystemClock.monotonic());
            if left.is_zero() {
                return false;
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Waits for this time, or until the threads are to stop; whether they are.
    fn pause(&self, time: Duration) -> bool {
        let until = SystemClock.monotonic().saturating_add(time);
        let mut inner = self.lock();
        while !inner.stops {
            let left = until.saturating_sub(SystemClock.monotonic());
            if left.is_zero() {
                return false;
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

fn evaluate(core: &Core, lives: &Lives, interval: Duration) {
    loop {
        let begun = SystemClock.monotonic();
        let _ = survive(|| core.evaluate_if_needed());
        let took = SystemClock.monotonic().saturating_sub(begun);
        // One that takes longer than the interval must not take all of a CPU.
        if lives.pause(interval.saturating_sub(took).max(interval / 10)) {
            return;
        }
    }
}

fn hand_over(core: &Core, _: &Lives) {
    while let Some(notice) = core.queue.pop() {
        core.hand_over(&notice);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::Registry;

    use crate::book::book::{Book, Limits};
    use crate::engine::claim::Claim;
    use crate::engine::self_metrics::SelfMetrics;
    use crate::notifying::notice_queue::NoticeQueue;

    use super::*;

    #[test]
    fn a_forked_process_hands_nothing_over() {
        let registry = Registry::new();
        let metrics = SelfMetrics::new(&registry).unwrap();
        let limits = Limits { active: 1, history: 1, keep_resolved: Duration::ZERO };
        let (queue, book) = (NoticeQueue::new(1), Book::new(limits));
        let claim = Claim::of(&registry).unwrap();
        let core = Arc::new(Core::new(registry, Arc::new(SystemClock), true, metrics, queue, book, claim));
        let mut threads = Threads::start(&core, Duration::from_secs(3600)).unwrap();
        assert!(threads.is_handing_over());
        let own = std::mem::replace(&mut threads.process, process::id().wrapping_add(1));
        assert!(!threads.is_handing_over());
        threads.process = own;
        assert!(threads.stop(Duration::from_secs(20)).is_complete);
        assert!(!threads.is_handing_over());
    }
}
