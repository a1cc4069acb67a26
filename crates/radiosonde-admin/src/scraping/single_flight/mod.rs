//! Requests that share one computation, each with a deadline of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::{fmt, io, mem, thread};

use radiosonde_core::{Clock as _, SystemClock, diagnostics, survive};

/// Computes one value at a time, and shares it among all requests that joined with the same key before the computation started.
///
/// A value is never older than a request that gets it: a request that arrives during a computation waits for the next one. Computations
/// run on a thread where collectors may block; another thread ends requests at their deadlines. Both exist only while requests wait. A
/// collector that blocks for ever keeps its thread, and nothing is computed after it. See `docs/adr/0012-single-flight-of-scrapes.md`.
pub(crate) struct SingleFlight<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    compute: Box<dyn Fn(&K) -> V + Send + Sync>,
    state: Mutex<State<K, V>>,
    /// A deadline was added or removed.
    deadlines_changed: Condvar,
}

struct State<K, V> {
    pending: Vec<Pending<K, V>>,
    waiting: Vec<Waiting<K, V>>,
    has_worker: bool,
    has_timekeeper: bool,
    next_id: u64,
}

/// A flight that has not started.
struct Pending<K, V> {
    flight: Arc<Flight<K, V>>,
    requests: usize,
    /// Whether the worker may start it.
    is_due: bool,
}

struct Waiting<K, V> {
    id: u64,
    flight: Arc<Flight<K, V>>,
    deadline: Duration,
    waker: Waker,
}

/// One computation.
struct Flight<K, V> {
    key: K,
    /// `None` if it panicked.
    value: OnceLock<Option<V>>,
    /// Whether a request has the value.
    is_taken: AtomicBool,
}

/// Why a request gets no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlightError {
    /// Its deadline passed first.
    TimedOut,
    /// The computation panicked, or there was no thread for it.
    Failed,
}

impl<K: Send + Sync + 'static, V: Clone + Send + Sync + 'static> SingleFlight<K, V> {
    pub(crate) fn new(compute: impl Fn(&K) -> V + Send + Sync + 'static) -> Self {
        let (pending, waiting) = (Vec::new(), Vec::new());
        let state = State { pending, waiting, has_worker: false, has_timekeeper: false, next_id: 0 };
        let (compute, state) = (Box::new(compute), Mutex::new(state));
        Self(Arc::new(Inner { compute, state, deadlines_changed: Condvar::new() }))
    }

    /// Joins the next flight with this key, for at most this long.
    pub(crate) fn join(&self, key: K, timeout: Duration) -> FlightRequest<K, V>
    where
        K: PartialEq,
    {
        let mut state = self.0.lock();
        let id = state.next_id;
        state.next_id += 1;
        let known = state.pending.iter_mut().find(|pending| pending.flight.key == key);
        let flight = if let Some(pending) = known {
            pending.requests += 1;
            Arc::clone(&pending.flight)
        } else {
            let (value, is_taken) = (OnceLock::new(), AtomicBool::new(false));
            let flight = Arc::new(Flight { key, value, is_taken });
            state.pending.push(Pending { flight: Arc::clone(&flight), requests: 1, is_due: false });
            flight
        };
        drop(state);
        let deadline = SystemClock.monotonic().saturating_add(timeout);
        FlightRequest { inner: Arc::clone(&self.0), flight, id, deadline, has_yielded: false }
    }
}

/// A request that has joined a flight. Dropping it leaves the flight.
pub(crate) struct FlightRequest<K, V> {
    inner: Arc<Inner<K, V>>,
    flight: Arc<Flight<K, V>>,
    id: u64,
    /// By the monotonic clock.
    deadline: Duration,
    has_yielded: bool,
}

impl<K: Send + Sync + 'static, V: Clone + Send + Sync + 'static> FlightRequest<K, V> {
    pub(crate) fn key(&self) -> &K {
        &self.flight.key
    }

    /// The value, and whether this request is the first to get it.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(V, bool), FlightError>> {
        if !self.has_yielded {
            // A runtime of one thread reads other requests that have arrived only if it gets the thread back once.
            self.has_yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let waker = context.waker().clone();
        let mut state = self.inner.lock();
        if let Some(value) = self.flight.value.get() {
            // Relaxed: one request sees `false`, and nothing else is read by it.
            let is_first = !self.flight.is_taken.swap(true, Ordering::Relaxed);
            return Poll::Ready(value.clone().map(|value| (value, is_first)).ok_or(FlightError::Failed));
        }
        if self.deadline <= SystemClock.monotonic() {
            return Poll::Ready(Err(FlightError::TimedOut));
        }
        if let Err(error) = self.inner.start(&mut state, &self.flight) {
            drop(state);
            let message = format_args!("cannot start a thread to gather metrics on: {error}");
            diagnostics::report("metrics", "scrape", message);
            return Poll::Ready(Err(FlightError::Failed));
        }
        let known = state.waiting.iter_mut().find(|waiting| waiting.id == self.id);
        // Dropped after the lock: a waker is the executor's code.
        let _former = if let Some(waiting) = known {
            Some(mem::replace(&mut waiting.waker, waker))
        } else {
            let (id, flight, deadline) = (self.id, Arc::clone(&self.flight), self.deadline);
            state.waiting.push(Waiting { id, flight, deadline, waker });
            self.inner.deadlines_changed.notify_one();
            None
        };
        drop(state);
        Poll::Pending
    }
}

impl<K: Send + Sync + 'static, V: Clone + Send + Sync + 'static> Inner<K, V> {
    /// Lets a flight start after those before it, and starts the threads that are missing.
    fn start(self: &Arc<Self>, state: &mut State<K, V>, flight: &Arc<Flight<K, V>>) -> io::Result<()> {
        let Some(pending) = state.pending.iter_mut().find(|pending| Arc::ptr_eq(&pending.flight, flight))
        else {
            // It has started.
            return Ok(());
        };
        pending.is_due = true;
        if !state.has_timekeeper {
            self.spawn(Self::keep_time)?;
            state.has_timekeeper = true;
        }
        if !state.has_worker {
            self.spawn(Self::work)?;
            state.has_worker = true;
        }
        Ok(())
    }

    fn spawn(self: &Arc<Self>, run: fn(&Self)) -> io::Result<()> {
        let this = Arc::clone(self);
        thread::Builder::new().name("radiosonde-scrape".to_owned()).spawn(move || run(&this)).map(drop)
    }

    /// Computes what is due, one after the other.
    fn work(&self) {
        let mut state = self.lock();
        while let Some(at) = state.pending.iter().position(|pending| pending.is_due) {
            let flight = state.pending.remove(at).flight;
            drop(state);
            // Collectors are the user's code, in their destructors too.
            let value = survive(|| (self.compute)(&flight.key));
            let _ = flight.value.set(value);
            state = self.wake(self.lock(), |waiting| Arc::ptr_eq(&waiting.flight, &flight));
        }
        state.has_worker = false;
    }

    /// Wakes each request at its deadline, until none waits.
    fn keep_time(&self) {
        let mut state = self.lock();
        while let Some(next) = state.waiting.iter().map(|waiting| waiting.deadline).min() {
            let now = SystemClock.monotonic();
            state = if next <= now {
                self.wake(state, |waiting| waiting.deadline <= now)
            } else {
                let waited = self.deadlines_changed.wait_timeout(state, next - now);
                waited.unwrap_or_else(PoisonError::into_inner).0
            };
        }
        state.has_timekeeper = false;
    }

    /// Wakes these, without the lock.
    fn wake<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<K, V>>,
        which: impl Fn(&Waiting<K, V>) -> bool,
    ) -> MutexGuard<'a, State<K, V>> {
        let woken: Vec<_> = state.waiting.extract_if(.., |waiting| which(waiting)).collect();
        drop(state);
        for waiting in woken {
            // A waker is the executor's code.
            let _ = survive(|| waiting.waker.wake());
        }
        self.deadlines_changed.notify_one();
        self.lock()
    }
}

impl<K, V> Inner<K, V> {
    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Drop for FlightRequest<K, V> {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        let at = state.waiting.iter().position(|waiting| waiting.id == self.id);
        let waiting = at.map(|at| state.waiting.swap_remove(at));
        let at = state.pending.iter().position(|pending| Arc::ptr_eq(&pending.flight, &self.flight));
        if let Some(at) = at {
            state.pending[at].requests -= 1;
            if state.pending[at].requests == 0 {
                state.pending.remove(at);
            }
        }
        drop(state);
        if waiting.is_some() {
            self.inner.deadlines_changed.notify_one();
        }
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").field("waiting", &self.0.lock().waiting.len()).finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for FlightRequest<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightRequest").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
