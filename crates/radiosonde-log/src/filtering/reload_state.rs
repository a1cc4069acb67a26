use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use radiosonde_core::{SharedClock, diagnostics, survive};
use tracing_core::dispatcher::{self, Dispatch, WeakDispatch};
use tracing_core::subscriber::NoSubscriber;
use tracing_core::{Level, callsite};

use crate::default_subscriber::is_default;
use crate::filtering::audit::{Audit, Kind};
use crate::filtering::filter_metrics::FilterMetrics;
use crate::filtering::levels::{Active, Change, Levels};

/// State shared by a filter and its handles: the levels in force, and the thread that invalidates `tracing`'s cached interest.
///
/// The thread exists while work or an expiry is pending. Interest is rebuilt only on it, for three reasons. Two concurrent
/// rebuilds could leave the older maximum level behind. The caller may be within an event or the creation of a span, where
/// `tracing` treats a nested question as one without a subscriber, and would turn every callsite off. And a temporary filter
/// must expire without any traffic.
#[derive(Debug)]
pub(crate) struct ReloadState {
    pub(crate) number: u64,
    active: ArcSwap<Active>,
    /// The number of open spans with a level override.
    open: AtomicUsize,
    inner: Mutex<Inner>,
    work: Condvar,
    done: Condvar,
    clock: SharedClock,
    dispatch: OnceLock<WeakDispatch>,
    metrics: FilterMetrics,
}

#[derive(Debug)]
struct Inner {
    levels: Levels,
    /// Changes made, and those of them that are in effect at all callsites.
    made: u64,
    known: u64,
    audits: Vec<Audit>,
    /// The thread, and the process it belongs to: a forked child has none.
    thread: Option<(u32, ThreadId)>,
    /// When the thread wakes; `None` if it waits for a change.
    wakes: Option<Duration>,
    /// When the interest of callsites is rebuilt once more.
    again: Option<Duration>,
}

/// How long a change waits until callsites apply it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Delay of the second rebuild after a change. A callsite that was first hit during the change may have got the old answer,
/// which `tracing` would keep.
const AGAIN: Duration = Duration::from_secs(1);

/// Bounds waits, so that no sum of times overflows.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

impl ReloadState {
    pub(crate) fn new(levels: Levels, clock: SharedClock, metrics: FilterMetrics) -> Self {
        let active = ArcSwap::from_pointee(levels.active());
        let inner =
            Inner { levels, made: 0, known: 0, audits: Vec::new(), thread: None, wakes: None, again: None };
        Self {
            number: next_number(),
            active,
            open: AtomicUsize::new(0),
            inner: Mutex::new(inner),
            work: Condvar::new(),
            done: Condvar::new(),
            clock,
            dispatch: OnceLock::new(),
            metrics,
        }
    }

    pub(crate) fn active(&self) -> Guard<Arc<Active>> {
        self.active.load()
    }

    /// Reads the levels together with the time.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Levels, Duration) -> R) -> R {
        read(&self.lock().levels, self.clock.monotonic())
    }

    /// Sets the subscriber that the filter is part of.
    pub(crate) fn attach(&self, dispatch: &Dispatch) {
        // Weak, or the subscriber would keep itself alive. A subscriber has one dispatch in its lifetime.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    /// Changes the filter, and returns once callsites apply it.
    ///
    /// # Errors
    /// The thread could not be started. Nothing is changed then, since nothing would revert it.
    pub(crate) fn change(
        self: &Arc<Self>,
        edit: impl FnOnce(&mut Levels, Duration) -> Change,
        audit: impl FnOnce(Change) -> Audit,
    ) -> io::Result<()> {
        let mut inner = self.lock();
        self.start(&mut inner)?;
        let change = edit(&mut inner.levels, self.clock.monotonic());
        let audit = audit(change);
        self.metrics.change(audit.kind);
        inner.audits.push(audit);
        self.publish(&mut inner);
        self.wait_until_known(inner);
        Ok(())
    }

    /// Opens an override; returns once callsites apply it, at once if the level is enabled already. `false` if that failed.
    pub(crate) fn open(self: &Arc<Self>, level: Level) -> bool {
        let mut inner = self.lock();
        if let Err(error) = self.start(&mut inner) {
            diagnostics::report(
                "log",
                "levels",
                format_args!("cannot start the thread for a level override: {error}"),
            );
            return false;
        }
        // Relaxed: the span is created on this thread; a thread that receives the span synchronises with it, and so sees
        // this.
        self.open.fetch_add(1, Ordering::Relaxed);
        self.metrics.opened_override();
        if inner.levels.open(level) {
            self.publish(&mut inner);
        }
        self.wait_until_known(inner);
        true
    }

    /// Closes an override.
    pub(crate) fn close(&self, level: Level) {
        // Relaxed: see `open`. Never below zero, or every span would seem to have an override for good.
        let _ = self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| open.checked_sub(1));
        let mut inner = self.lock();
        inner.levels.close(level, self.clock.monotonic());
        // The thread wakes by itself for later expiries.
        let is_too_late = match (inner.levels.next(), inner.wakes) {
            (Some(next), Some(wakes)) => next < wakes,
            (next, _) => next.is_some(),
        };
        if is_too_late {
            self.work.notify_one();
        }
    }

    /// Whether a span with a level override is open.
    pub(crate) fn has_overrides(&self) -> bool {
        // Relaxed: see `open`.
        self.open.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn refused_override(&self) {
        self.metrics.refused_override();
        let message =
            format_args!("invalid span field radiosonde.log: expected error, warn, info, debug or trace");
        diagnostics::report("log", "levels", message);
    }

    /// Makes changes visible to the filter.
    fn publish(&self, inner: &mut Inner) {
        self.active.store(Arc::new(inner.levels.active()));
        inner.made += 1;
        self.work.notify_one();
    }

    /// Waits until callsites apply all changes.
    fn wait_until_known(&self, inner: MutexGuard<'_, Inner>) {
        let made = inner.made;
        // The thread itself would wait for itself.
        if inner.known < made && inner.thread.is_none_or(|(_, id)| id != thread::current().id()) {
            let is_unknown = |inner: &mut Inner| inner.known < made;
            drop(self.done.wait_timeout_while(inner, PATIENCE, is_unknown));
        }
    }

    fn start(self: &Arc<Self>, inner: &mut Inner) -> io::Result<()> {
        let process = std::process::id();
        if inner.thread.is_none_or(|(of, _)| of != process) {
            let this = Arc::clone(self);
            let thread = thread::Builder::new().name("radiosonde-levels".to_owned());
            inner.thread = Some((process, thread.spawn(move || this.keep())?.thread().id()));
        }
        Ok(())
    }

    /// Runs the thread.
    fn keep(&self) {
        let mut inner = self.lock();
        loop {
            let now = self.clock.monotonic();
            if let Some(change) = inner.levels.revert(now) {
                self.metrics.change(Kind::Ended);
                inner.audits.push(Audit::ended(change));
                inner.made += 1;
            }
            if inner.levels.lower(now) {
                inner.made += 1;
            }
            if inner.known < inner.made {
                self.active.store(Arc::new(inner.levels.active()));
                let (made, audits) = (inner.made, std::mem::take(&mut inner.audits));
                drop(inner);
                self.tell(&audits);
                inner = self.lock();
                inner.known = made;
                inner.again = Some(self.clock.monotonic().saturating_add(AGAIN));
                self.done.notify_all();
            } else if inner.again.take_if(|again| *again <= now).is_some() {
                drop(inner);
                self.ask(|| {});
                inner = self.lock();
            } else if inner.levels.is_settled() && inner.again.is_none() {
                inner.thread = None;
                return;
            } else {
                inner.wakes = inner.levels.next().into_iter().chain(inner.again).min();
                let most = inner.wakes.map(|next| next.saturating_sub(now).min(LONGEST_WAIT));
                inner = self.wait(inner, most);
            }
        }
    }

    fn wait<'a>(&self, inner: MutexGuard<'a, Inner>, most: Option<Duration>) -> MutexGuard<'a, Inner> {
        match most {
            Some(most) => self.work.wait_timeout(inner, most).unwrap_or_else(PoisonError::into_inner).0,
            None => self.work.wait(inner).unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Applies changes at all callsites and writes their audit events.
    fn tell(&self, audits: &[Audit]) {
        self.metrics.rebuild();
        if !self.ask(|| audits.iter().for_each(Audit::write)) {
            let message = format_args!("the changed filter is part of no subscriber");
            diagnostics::report("log", "levels", message);
        }
    }

    /// Rebuilds the interest of every callsite, then runs `then` in the filter's subscriber; `false` without one.
    fn ask(&self, then: impl FnOnce()) -> bool {
        let work = || {
            callsite::rebuild_interest_cache();
            then();
        };
        // A rebuild asks other layers about every callsite, and they may panic.
        survive(|| self.within(work)).unwrap_or_else(|| {
            diagnostics::report("log", "levels", format_args!("a layer panicked when the levels changed"));
            true
        })
    }

    /// Runs `work` in the filter's subscriber; `false` without one.
    ///
    /// While a process has one subscriber, `tracing` asks only the thread's default about callsites; on a thread without one
    /// they would all be turned off.
    fn within(&self, work: impl FnOnce()) -> bool {
        match self.dispatch.get().and_then(WeakDispatch::upgrade) {
            Some(dispatch) if is_default(&dispatch) => work(),
            Some(dispatch) => dispatcher::with_default(&dispatch, work),
            None if dispatcher::get_default(|default| default.is::<NoSubscriber>()) => return false,
            None => work(),
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn next_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    // Relaxed: the numbers must differ, and need no order.
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use radiosonde_core::SystemClock;

    use super::*;
    use crate::filtering::filter::LogFilter;

    #[test]
    fn a_forked_child_starts_a_thread_of_its_own() {
        let levels = Levels::new(LogFilter::default(), Duration::ZERO);
        let state = Arc::new(ReloadState::new(levels, Arc::new(SystemClock), FilterMetrics::default()));
        // The state that a child finds: a thread that exists only in its parent.
        let gone = thread::spawn(|| thread::current().id()).join().unwrap();
        state.lock().thread = Some((0, gone));
        assert!(state.open(Level::DEBUG));
        let is_unknown = |inner: &mut Inner| inner.known < inner.made;
        let most = Duration::from_secs(30);
        let (inner, waited) = state.done.wait_timeout_while(state.lock(), most, is_unknown).unwrap();
        assert!(!waited.timed_out(), "the change was not applied");
        assert_eq!(inner.thread.map(|(process, _)| process), Some(std::process::id()));
    }
}
