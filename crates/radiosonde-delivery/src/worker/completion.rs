use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use radiosonde_core::{Clock, SystemClock};

/// A value that the delivery thread sets once, for tasks of any runtime and for blocked threads.
#[derive(Debug)]
pub(crate) struct Completion<T> {
    slot: Arc<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    state: Mutex<State<T>>,
    set: Condvar,
}

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    waiting: Vec<Waker>,
}

impl<T> Clone for Completion<T> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot) }
    }
}

impl<T: Clone> Completion<T> {
    pub(crate) fn new() -> Self {
        let state = State { value: None, waiting: Vec::new() };
        Self { slot: Arc::new(Slot { state: Mutex::new(state), set: Condvar::new() }) }
    }

    /// Sets the value, unless there is one, and wakes all waiters.
    pub(crate) fn complete(&self, value: T) {
        let waiting = {
            let mut state = self.lock();
            state.value.get_or_insert(value);
            std::mem::take(&mut state.waiting)
        };
        self.slot.set.notify_all();
        for waker in waiting {
            waker.wake();
        }
    }

    /// Blocks this thread until the value is set; `None` after `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> Option<T> {
        let start = SystemClock.monotonic();
        let mut state = self.lock();
        loop {
            if let Some(value) = &state.value {
                return Some(value.clone());
            }
            let left = timeout.saturating_sub(SystemClock.monotonic().saturating_sub(start));
            if left.is_zero() {
                return None;
            }
            state = self.slot.set.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.slot.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Future for Completion<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.lock();
        if let Some(value) = &state.value {
            return Poll::Ready(value.clone());
        }
        let waker = context.waker();
        if !state.waiting.iter().any(|known| known.will_wake(waker)) {
            state.waiting.push(waker.clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_stays_and_wakes_waiting_threads() {
        let completion = Completion::new();
        let waiting = completion.clone();
        let thread = std::thread::spawn(move || waiting.wait(Duration::from_secs(10)));
        completion.complete(1);
        completion.complete(2);
        assert_eq!(thread.join().unwrap(), Some(1));
        assert_eq!(completion.wait(Duration::ZERO), Some(1));
    }

    #[test]
    fn waiting_ends_at_the_timeout() {
        assert_eq!(Completion::<u8>::new().wait(Duration::from_millis(1)), None);
    }
}
