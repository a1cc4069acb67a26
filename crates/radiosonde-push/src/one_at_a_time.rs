use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Lets one thread at a time do something that runs the user's code, without a lock that such code could wait for.
#[derive(Debug, Default)]
pub(crate) struct OneAtATime {
    entered: Mutex<Option<ThreadId>>,
    left: Condvar,
}

impl OneAtATime {
    /// Waits for other threads. The thread that has entered enters again at once. `None` if another thread takes longer than `patience`.
    pub(crate) fn enter(&self, patience: Duration) -> Option<Entered<'_>> {
        let this = thread::current().id();
        let is_taken = |entered: &mut Option<ThreadId>| entered.is_some_and(|thread| thread != this);
        let waited = self.left.wait_timeout_while(self.lock(), patience, is_taken);
        let (mut entered, result) = waited.unwrap_or_else(PoisonError::into_inner);
        if result.timed_out() {
            return None;
        }
        let is_outermost = entered.replace(this).is_none();
        Some(Entered { of: self, is_outermost })
    }

    fn lock(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No other thread enters until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    of: &'a OneAtATime,
    is_outermost: bool,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if self.is_outermost {
            *self.of.lock() = None;
            self.of.left.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_thread_enters_again_and_another_waits_until_it_has_left() {
        let one = OneAtATime::default();
        let outer = one.enter(LONG).unwrap();
        drop(one.enter(LONG).unwrap());
        thread::scope(|scope| {
            let impatient = scope.spawn(|| one.enter(Duration::from_millis(1)).is_none());
            // Joined while `outer` is held: the place is free afterwards.
            assert!(impatient.join().unwrap());
            scope.spawn(|| drop(one.enter(LONG).unwrap()));
            drop(outer);
        });
    }
}
