//! Requests that share one gathering, each with a deadline.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::{io, mem, thread};

use radiosonde_core::{Clock as _, SystemClock, diagnostics, survive};

/// Makes one answer at a time, on a thread where collectors may block, and gives it to every request that asked for the same before it was
/// begun.
///
/// An answer is thus never older than the request that it goes to: a request that comes while one is being made waits for the next. A
/// request waits until its own deadline at most. The threads exist while something is being made or waited for; one that a collector
/// blocks for ever stays, and nothing is made after it.
pub(crate) struct SingleFlight<Q, A>(Arc<Inner<Q, A>>);

struct Inner<Q, A> {
    make: Box<dyn Fn(&Q) -> A + Send + Sync>,
    state: Mutex<State<Q, A>>,
    /// The deadlines that are to be kept have changed.
    changed: Condvar,
}

struct State<Q, A> {
    /// Answers that are not begun yet.
    open: Vec<Open<Q, A>>,
    /// Whether a thread is making answers.
    makes: bool,
    /// Whether a thread is keeping deadlines.
    keeps_time: bool,
    waiting: Vec<Waiting<Q, A>>,
    next: u64,
}

struct Open<Q, A> {
    answer: Arc<Answer<Q, A>>,
    askers: usize,
    /// Whether it may be begun.
    is_due: bool,
}

struct Waiting<Q, A> {
    flight: u64,
    answer: Arc<Answer<Q, A>>,
    deadline: Duration,
    waker: Waker,
}

struct Answer<Q, A> {
    question: Q,
    /// `None` if making it panicked.
    made: OnceLock<Option<A>>,
    /// Whether a request has got it.
    is_taken: AtomicBool,
}

impl<Q: Send + Sync + 'static, A: Clone + Send + Sync + 'static> SingleFlight<Q, A> {
    pub(crate) fn new(make: impl Fn(&Q) -> A + Send + Sync + 'static) -> Self {
        let (open, waiting) = (Vec::new(), Vec::new());
        let state = State { open, makes: false, keeps_time: false, waiting, next: 0 };
        Self(Arc::new(Inner { make: Box::new(make), state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Asks, and waits for as long as `patience`.
    pub(crate) fn ask(&self, question: Q, patience: Duration) -> Flight<Q, A>
    where
        Q: PartialEq,
    {
        let mut state = self.0.lock();
        let id = state.next;
        state.next += 1;
        let known = state.open.iter_mut().find(|open| open.answer.question == question);
        let answer = if let Some(open) = known {
            open.askers += 1;
            Arc::clone(&open.answer)
        } else {
            let (made, is_taken) = (OnceLock::new(), AtomicBool::new(false));
            let answer = Arc::new(Answer { question, made, is_taken });
            state.open.push(Open { answer: Arc::clone(&answer), askers: 1, is_due: false });
            answer
        };
        drop(state);
        let deadline = SystemClock.monotonic().saturating_add(patience);
        Flight { inner: Arc::clone(&self.0), answer, id, deadline, has_yielded: false }
    }
}

/// Why a request gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    /// Its deadline passed first.
    Late,
    /// Making the answer panicked, or there was no thread for it.
    Failed,
}

/// A request that has asked, until it is dropped.
pub(crate) struct Flight<Q, A> {
    inner: Arc<Inner<Q, A>>,
    answer: Arc<Answer<Q, A>>,
    id: u64,
    /// By the monotonic clock.
    deadline: Duration,
    has_yielded: bool,
}

impl<Q: Send + Sync + 'static, A: Clone + Send + Sync + 'static> Flight<Q, A> {
    pub(crate) fn question(&self) -> &Q {
        &self.answer.question
    }

    /// The answer, and whether this request is the first to get it.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(A, bool), Missed>> {
        if !self.has_yielded {
            // On a runtime of one thread, other requests that have arrived are read only if the thread is given back once.
            self.has_yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let waker = context.waker().clone();
        let mut state = self.inner.lock();
        if let Some(made) = self.answer.made.get() {
            // Relaxed: it only has to be true for one.
            let is_first = !self.answer.is_taken.swap(true, Ordering::Relaxed);
            return Poll::Ready(made.clone().map(|made| (made, is_first)).ok_or(Missed::Failed));
        }
        if self.deadline <= SystemClock.monotonic() {
            return Poll::Ready(Err(Missed::Late));
        }
        if let Err(error) = self.inner.begin(&mut state, &self.answer) {
            drop(state);
            let message = format_args!("no thread to gather metrics on: {error}");
            diagnostics::report("metrics", "scrape", message);
            return Poll::Ready(Err(Missed::Failed));
        }
        let Self { answer, id, deadline, .. } = self;
        let known = state.waiting.iter_mut().find(|waiting| waiting.flight == *id);
        // Dropped after the lock: a waker is the executor's code.
        let _former = if let Some(waiting) = known {
            Some(mem::replace(&mut waiting.waker, waker))
        } else {
            let answer = Arc::clone(answer);
            state.waiting.push(Waiting { flight: *id, answer, deadline: *deadline, waker });
            self.inner.changed.notify_one();
            None
        };
        drop(state);
        Poll::Pending
    }
}

impl<Q: Send + Sync + 'static, A: Clone + Send + Sync + 'static> Inner<Q, A> {
    /// Has an answer made as soon as those before it are, with threads for that and for deadlines.
    fn begin(self: &Arc<Self>, state: &mut State<Q, A>, answer: &Arc<Answer<Q, A>>) -> io::Result<()> {
        let Some(open) = state.open.iter_mut().find(|open| Arc::ptr_eq(&open.answer, answer)) else {
            // Begun already.
            return Ok(());
        };
        open.is_due = true;
        if !state.keeps_time {
            self.spawn(Self::keep_time)?;
            state.keeps_time = true;
        }
        if !state.makes {
            self.spawn(Self::make)?;
            state.makes = true;
        }
        Ok(())
    }

    fn spawn(self: &Arc<Self>, work: fn(&Self)) -> io::Result<()> {
        let this = Arc::clone(self);
        thread::Builder::new().name("radiosonde-scrape".to_owned()).spawn(move || work(&this)).map(drop)
    }

    /// Makes what is due, one after the other.
    fn make(&self) {
        let mut state = self.lock();
        while let Some(at) = state.open.iter().position(|open| open.is_due) {
            let answer = state.open.remove(at).answer;
            drop(state);
            // Collectors are the user's code, in their destructors too.
            let made = survive(|| (self.make)(&answer.question));
            let _ = answer.made.set(made);
            state = self.wake(self.lock(), |waiting| Arc::ptr_eq(&waiting.answer, &answer));
        }
        state.makes = false;
    }

    /// Wakes each request whose deadline has passed, until none waits.
    fn keep_time(&self) {
        let mut state = self.lock();
        while let Some(next) = state.waiting.iter().map(|waiting| waiting.deadline).min() {
            let now = SystemClock.monotonic();
            state = if next <= now {
                self.wake(state, |waiting| waiting.deadline <= now)
            } else {
                self.changed.wait_timeout(state, next - now).unwrap_or_else(PoisonError::into_inner).0
            };
        }
        state.keeps_time = false;
    }

    /// Wakes these, without the lock.
    fn wake<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<Q, A>>,
        which: impl Fn(&Waiting<Q, A>) -> bool,
    ) -> MutexGuard<'a, State<Q, A>> {
        let (woken, others) = mem::take(&mut state.waiting).into_iter().partition(|waiting| which(waiting));
        state.waiting = others;
        drop(state);
        let woken: Vec<Waiting<Q, A>> = woken;
        for waiting in woken {
            // A waker is the executor's code.
            let _ = survive(|| waiting.waker.wake());
        }
        self.changed.notify_one();
        self.lock()
    }
}

impl<Q, A> Inner<Q, A> {
    fn lock(&self) -> MutexGuard<'_, State<Q, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q, A> Drop for Flight<Q, A> {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        let at = state.waiting.iter().position(|waiting| waiting.flight == self.id);
        let waiting = at.map(|at| state.waiting.swap_remove(at));
        let at = state.open.iter().position(|open| Arc::ptr_eq(&open.answer, &self.answer));
        if let Some(at) = at {
            state.open[at].askers -= 1;
            if state.open[at].askers == 0 {
                state.open.remove(at);
            }
        }
        drop(state);
        if waiting.is_some() {
            self.inner.changed.notify_one();
        }
    }
}

impl<Q, A> fmt::Debug for SingleFlight<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").field("waiting", &self.0.lock().waiting.len()).finish_non_exhaustive()
    }
}

impl<Q, A> fmt::Debug for Flight<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
