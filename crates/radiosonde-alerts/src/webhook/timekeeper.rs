use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;
use std::{fmt, io, mem, thread};

use radiosonde_core::{Clock as _, SystemClock, survive};

/// Ends futures at their deadlines, on any runtime: a thread of its own wakes them, and exists only while one waits.
#[derive(Clone, Default)]
pub(super) struct Timekeeper(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A deadline was added or removed.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    next_id: u64,
    has_thread: bool,
}

struct Waiting {
    id: u64,
    deadline: Duration,
    waker: Waker,
}

/// Why a future has no output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// The deadline passed first.
    Passed,
    /// No thread can be started.
    NoThread,
}

impl Timekeeper {
    /// The deadline that is this far away.
    pub(super) fn after(wait: Duration) -> Duration {
        SystemClock.monotonic().saturating_add(wait)
    }

    /// Whether the deadline has passed.
    pub(super) fn has_passed(deadline: Duration) -> bool {
        SystemClock.monotonic() >= deadline
    }

    /// The output of a future, if it is ready before the deadline. It is polled at least once.
    pub(super) async fn until<F: Future>(&self, deadline: Duration, future: F) -> Result<F::Output, Late> {
        let mut future = pin!(future);
        let mut alarm = Alarm { shared: &self.0, id: None };
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if Self::has_passed(deadline) {
                return Poll::Ready(Err(Late::Passed));
            }
            match alarm.set(deadline, context.waker().clone()) {
                Ok(()) => Poll::Pending,
                Err(_) => Poll::Ready(Err(Late::NoThread)),
            }
        })
        .await
    }
}

/// Wakes a task at its deadline, unless it is dropped before.
struct Alarm<'a> {
    shared: &'a Arc<Shared>,
    id: Option<u64>,
}

impl Alarm<'_> {
    fn set(&mut self, deadline: Duration, waker: Waker) -> io::Result<()> {
        let mut state = self.shared.lock();
        let known = self.id.and_then(|id| state.waiting.iter_mut().find(|waiting| waiting.id == id));
        // Dropped after the lock: a waker is the executor's code.
        let _former = if let Some(waiting) = known {
            Some(mem::replace(&mut waiting.waker, waker))
        } else {
            if !state.has_thread {
                let shared = Arc::clone(self.shared);
                let name = "radiosonde-webhook".to_owned();
                thread::Builder::new().name(name).spawn(move || shared.keep_time())?;
                state.has_thread = true;
            }
            let id = state.next_id;
            state.next_id += 1;
            state.waiting.push(Waiting { id, deadline, waker });
            self.id = Some(id);
            self.shared.changed.notify_one();
            None
        };
        drop(state);
        Ok(())
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut state = self.shared.lock();
        let at = state.waiting.iter().position(|waiting| waiting.id == id);
        let waiting = at.map(|at| state.waiting.swap_remove(at));
        drop(state);
        if waiting.is_some() {
            self.shared.changed.notify_one();
        }
    }
}

impl Shared {
    /// Wakes each task at its deadline, until none waits.
    fn keep_time(&self) {
        let mut state = self.lock();
        while let Some(next) = state.waiting.iter().map(|waiting| waiting.deadline).min() {
            let now = SystemClock.monotonic();
            if next > now {
                let waited = self.changed.wait_timeout(state, next - now);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let woken: Vec<_> = state.waiting.extract_if(.., |waiting| waiting.deadline <= now).collect();
            drop(state);
            for waiting in woken {
                // A waker is the executor's code.
                let _ = survive(|| waiting.waker.wake());
            }
            state = self.lock();
        }
        state.has_thread = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Timekeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timekeeper").field("waiting", &self.0.lock().waiting.len()).finish()
    }
}
