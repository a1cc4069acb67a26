//! The checks, their last results, and the threads that run them.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::{fmt, io, mem, thread};

use radiosonde_core::{Clock as _, SharedClock, SystemClock, diagnostics, survive};
use radiosonde_signals::SystemHealth;

use crate::health::check::{Check, Probe, Verdict, Work};
use crate::health::report::{CheckReport, HealthReport};
use crate::health::runtime_of_check::RuntimeOfCheck;
use crate::health::self_metrics::SelfMetrics;

/// The state that clones of a [`Health`](crate::Health) share.
///
/// A check runs on a thread of its own, one at a time. Another thread ends the wait for those that are late; it exists while checks
/// run. No lock is held while a check, a gate or a waker runs.
pub(crate) struct Board {
    clock: SharedClock,
    self_metrics: SelfMetrics,
    state: Mutex<State>,
    /// A run began.
    deadlines_changed: Condvar,
}

struct State {
    is_ready: bool,
    entries: Vec<Entry>,
    /// The probes that wait, by number.
    waiting: BTreeMap<u64, Waker>,
    /// The number of the next run or probe.
    next: u64,
    has_timekeeper: bool,
}

struct Entry {
    check: Arc<Check>,
    last: Option<Verdict>,
    run: Option<Running>,
}

/// A run whose thread has not returned.
struct Running {
    number: u64,
    /// By the system's monotonic clock, as threads wait by it.
    deadline: Duration,
    /// Its verdict is that it timed out.
    is_late: bool,
}

impl Entry {
    /// Whether a probe has to wait for a run.
    fn is_due(&self, now: Duration) -> bool {
        let Work::Run { cache_for, .. } = &self.check.work else { return false };
        let is_cached = |last: &Verdict| now.saturating_sub(last.at) < *cache_for;
        self.run.is_none() && !self.last.as_ref().is_some_and(is_cached)
    }
}

impl Board {
    pub(crate) fn new(clock: SharedClock, self_metrics: SelfMetrics) -> Self {
        let (entries, waiting) = (Vec::new(), BTreeMap::new());
        let state = State { is_ready: true, entries, waiting, next: 0, has_timekeeper: false };
        Self { clock, self_metrics, state: Mutex::new(state), deadlines_changed: Condvar::new() }
    }

    /// Adds a check, or puts it in the place of one of the same name, whose run no probe waits for any longer.
    pub(crate) fn declare(&self, check: Check) {
        let entry = Entry { check: Arc::new(check), last: None, run: None };
        let check = Arc::clone(&entry.check);
        let mut state = self.lock();
        let known = state.entries.iter_mut().find(|known| known.check.name == entry.check.name);
        // Dropped after the lock, as it owns the user's closure.
        let former = match known {
            Some(known) => Some(mem::replace(known, entry)),
            None => {
                state.entries.push(entry);
                None
            }
        };
        self.wake(state);
        let was_checked = former.is_some_and(|former| !former.check.is_component());
        if was_checked && check.is_component() {
            self.self_metrics.unchecked(&check.name);
        }
    }

    pub(crate) fn set_scores(&self, system: &SystemHealth) {
        self.self_metrics.set_scores(system);
    }

    pub(crate) fn set_ready(&self, is_ready: bool) {
        self.lock().is_ready = is_ready;
    }

    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        self.lock().entries.iter().map(|entry| Arc::clone(&entry.check.name)).collect()
    }

    /// Starts the checks that are due, and returns the probe's number. The probe waits for runs with lower ones.
    pub(crate) fn begin(self: &Arc<Self>, probe: Probe) -> u64 {
        let now = self.clock.monotonic();
        let mut failed = None;
        let mut state = self.lock();
        let due = state.entries.iter().enumerate();
        let due = due.filter(|(_, entry)| entry.check.probe == probe && entry.is_due(now));
        let due: Vec<_> = due.map(|(at, _)| at).collect();
        for at in due {
            if let Err(error) = self.start(&mut state, at) {
                let failure = Some("there is no thread to run it".into());
                state.entries[at].last = Some(Verdict { failure, took: Duration::ZERO, at: now });
                failed = Some(error);
            }
        }
        let number = state.number();
        drop(state);
        if let Some(error) = failed {
            let message = format_args!("cannot start a thread to run a check on: {error}");
            diagnostics::report("health", "thread", message);
        }
        number
    }

    fn start(self: &Arc<Self>, state: &mut State, at: usize) -> io::Result<()> {
        let check = Arc::clone(&state.entries[at].check);
        let Work::Run { timeout, runtime, .. } = &check.work else { return Ok(()) };
        let deadline = SystemClock.monotonic().saturating_add(*timeout);
        let (number, runtime) = (state.number(), runtime.or_current());
        if !state.has_timekeeper {
            let this = Arc::clone(self);
            spawn(move || this.keep_time())?;
            state.has_timekeeper = true;
        }
        let (this, run) = (Arc::clone(self), Arc::clone(&check));
        spawn(move || this.run(&run, number, deadline, &runtime))?;
        state.entries[at].run = Some(Running { number, deadline, is_late: false });
        self.deadlines_changed.notify_one();
        Ok(())
    }

    /// One run of a check, on its thread.
    fn run(&self, check: &Check, number: u64, deadline: Duration, runtime: &RuntimeOfCheck) {
        let begun = SystemClock.monotonic();
        let failure = {
            let _entered = runtime.enter();
            check.run(deadline)
        };
        let took = SystemClock.monotonic().saturating_sub(begun);
        let is_ok = failure.is_none();
        let verdict = Verdict { failure, took, at: self.clock.monotonic() };
        let mut state = self.lock();
        let entry = state.entries.iter_mut().find(|entry| entry.is_run_by(number));
        let Some(running) = entry.and_then(|entry| {
            let running = entry.run.take()?;
            if !running.is_late {
                entry.last = Some(verdict);
            }
            Some(running)
        }) else {
            // Another check has its name now.
            return self.wake(state);
        };
        drop(state);
        if !running.is_late {
            self.ended(check, is_ok, took);
        }
        // Last, so that a probe that is woken finds the score with this result.
        self.wake(self.lock());
    }

    /// Ends the wait for each run at its deadline, until none is left.
    fn keep_time(&self) {
        let mut state = self.lock();
        loop {
            let deadlines = state.entries.iter().filter_map(|entry| entry.run.as_ref());
            let deadlines = deadlines.filter(|run| !run.is_late).map(|run| run.deadline);
            let Some(next) = deadlines.min() else { break };
            let now = SystemClock.monotonic();
            if next > now {
                let waited = self.deadlines_changed.wait_timeout(state, next - now);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            drop(state);
            let at = self.clock.monotonic();
            state = self.lock();
            let late = state.give_up(now, at);
            drop(state);
            for (check, took) in late {
                self.ended(&check, false, took);
            }
            self.wake(self.lock());
            state = self.lock();
        }
        state.has_timekeeper = false;
    }

    /// Wakes the probes that wait.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        for waker in waiting.into_values() {
            // A waker is the executor's code.
            let _ = survive(|| waker.wake());
        }
    }

    /// The report for a probe, once no run is left that it waits for.
    pub(crate) fn poll(&self, probe: Probe, number: u64, context: &mut Context<'_>) -> Poll<HealthReport> {
        let waker = context.waker().clone();
        let mut state = self.lock();
        let is_awaited = |entry: &Entry| {
            let running = entry.run.as_ref().filter(|run| run.number < number && !run.is_late);
            entry.check.probe == probe && running.is_some()
        };
        if state.entries.iter().any(is_awaited) {
            let _former = state.waiting.insert(number, waker);
            drop(state);
            return Poll::Pending;
        }
        let checks = state.entries.iter().filter(|entry| entry.check.probe == probe);
        let checks: Vec<_> = checks.map(|entry| (Arc::clone(&entry.check), entry.last.clone())).collect();
        let is_ready = state.is_ready || probe == Probe::Liveness;
        drop(state);
        let now = self.clock.monotonic();
        let checks = checks.into_iter().filter_map(|(check, last)| self.report(&check, last, now));
        Poll::Ready(HealthReport::new(is_ready, checks.collect()))
    }

    /// The result of a check; `None` if it was declared after the probe began.
    fn report(&self, check: &Check, last: Option<Verdict>, now: Duration) -> Option<CheckReport> {
        let last = match &check.work {
            Work::Run { .. } => last?,
            Work::Gate(_) => {
                let begun = SystemClock.monotonic();
                let failure = check.run(Duration::ZERO);
                let took = SystemClock.monotonic().saturating_sub(begun);
                self.ended(check, failure.is_none(), took);
                Verdict { failure, took, at: now }
            }
            Work::Component(_) => {
                let failure = check.run(Duration::ZERO);
                self.self_metrics.read(&check.name, failure.is_none());
                Verdict { failure, took: Duration::ZERO, at: now }
            }
        };
        let score = match &check.work {
            Work::Component(component) => Some(component.score()),
            Work::Run { .. } | Work::Gate(_) => self.self_metrics.score(&check.name),
        };
        let (name, age) = (Arc::clone(&check.name), now.saturating_sub(last.at));
        Some(CheckReport { name, failure: last.failure, took: last.took, age, score: score.map(rounded) })
    }

    /// Records the result of a check.
    fn ended(&self, check: &Check, is_ok: bool, took: Duration) {
        self.self_metrics.ended(&check.name, is_ok, took);
        let is_replaced = self
            .lock()
            .entries
            .iter()
            .any(|entry| entry.check.name == check.name && entry.check.is_component());
        // By a component, while the check ran: nothing would ever correct this result.
        if is_replaced {
            self.self_metrics.unchecked(&check.name);
        }
    }

    /// The probe no longer waits.
    pub(crate) fn leave(&self, number: u64) {
        let waker = self.lock().waiting.remove(&number);
        drop(waker);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a score is from 0 to 100")]
fn rounded(score: f64) -> u8 {
    score as u8
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Fails the runs whose deadlines have passed, and returns their checks and timeouts.
    fn give_up(&mut self, now: Duration, at: Duration) -> Vec<(Arc<Check>, Duration)> {
        let mut late = Vec::new();
        for Entry { check, last, run } in &mut self.entries {
            let Some(run) = run.as_mut().filter(|run| !run.is_late && run.deadline <= now) else { continue };
            let Work::Run { timeout, .. } = &check.work else { continue };
            run.is_late = true;
            *last = Some(Verdict { failure: Some(check.timed_out()), took: *timeout, at });
            late.push((Arc::clone(check), *timeout));
        }
        late
    }
}

impl Entry {
    fn is_run_by(&self, number: u64) -> bool {
        self.run.as_ref().is_some_and(|run| run.number == number)
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("radiosonde-check".to_owned()).spawn(run).map(drop)
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("checks", &self.names()).finish_non_exhaustive()
    }
}
