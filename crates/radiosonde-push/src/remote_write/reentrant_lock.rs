use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// A mutex that the thread which holds it may lock again, with a timeout for other threads: user code that runs under it can
/// neither deadlock with itself nor block others forever.
#[derive(Debug, Default)]
pub(crate) struct ReentrantLock {
    holder: Mutex<Option<ThreadId>>,
    released: Condvar,
}

impl ReentrantLock {
    /// Waits for the thread that holds it. `None` after `timeout`.
    pub(crate) fn lock(&self, timeout: Duration) -> Option<ReentrantGuard<'_>> {
        let this = thread::current().id();
        let is_taken = |holder: &mut Option<ThreadId>| holder.is_some_and(|thread| thread != this);
        let waited = self.released.wait_timeout_while(self.state(), timeout, is_taken);
        let (mut holder, result) = waited.unwrap_or_else(PoisonError::into_inner);
        if result.timed_out() {
            return None;
        }
        let is_outermost = holder.replace(this).is_none();
        Some(ReentrantGuard { lock: self, is_outermost })
    }

    fn state(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(crate) struct ReentrantGuard<'a> {
    lock: &'a ReentrantLock,
    is_outermost: bool,
}

impl Drop for ReentrantGuard<'_> {
    fn drop(&mut self) {
        if self.is_outermost {
            *self.lock.state() = None;
            self.lock.released.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_thread_locks_again_and_another_waits_until_the_release() {
        let lock = ReentrantLock::default();
        let outer = lock.lock(LONG).unwrap();
        drop(lock.lock(LONG).unwrap());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| lock.lock(Duration::from_millis(1)).is_none());
            // Joined while `outer` is held; the lock is free afterwards.
            assert!(waiting.join().unwrap());
            scope.spawn(|| drop(lock.lock(LONG).unwrap()));
            drop(outer);
        });
    }
}
