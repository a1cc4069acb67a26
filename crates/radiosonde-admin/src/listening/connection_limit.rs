use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a connection may go without its first request before it counts as idle.
const SILENT_FOR: Duration = Duration::from_secs(1);

/// A fixed number of connections at a time. At the limit, a new one has the longest idle one closed.
#[derive(Debug)]
pub(crate) struct ConnectionLimit {
    max: usize,
    state: Mutex<State>,
    /// A permit was dropped, or its connection became idle or busy. Only the accepting task waits for it.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    held: Vec<Held>,
    next: u64,
}

#[derive(Debug)]
struct Held {
    id: u64,
    phase: Phase,
    is_asked: bool,
    close: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It waits for its first request.
    New,
    /// A request is being answered.
    Busy,
    /// The response is made, but not yet sent as a whole.
    Answered,
    /// It waits for the next request. The number is larger for one that became idle later.
    Idle(u64),
}

impl ConnectionLimit {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, state: Mutex::default(), changed: Notify::new() })
    }

    /// Waits for a permit, for one connection at a time.
    pub(crate) async fn acquire(self: &Arc<Self>) -> ConnectionPermit {
        loop {
            if let Some(permit) = self.try_acquire() {
                return permit;
            }
            self.changed.notified().await;
        }
    }

    fn try_acquire(self: &Arc<Self>) -> Option<ConnectionPermit> {
        let mut state = self.lock();
        if state.held.len() < self.max {
            let id = state.number();
            let close = Arc::new(Notify::new());
            let shared = Arc::clone(&close);
            state.held.push(Held { id, phase: Phase::New, is_asked: false, close });
            return Some(ConnectionPermit { limit: Arc::clone(self), id, close: shared });
        }
        let since = |held: &Held| match held.phase {
            Phase::Idle(since) => Some(since),
            _ => None,
        };
        // An idle one that was asked closes at once.
        if !state.held.iter().any(|held| held.is_asked && since(held).is_some()) {
            let idle = state.held.iter_mut().filter(|held| since(held).is_some());
            if let Some(longest) = idle.min_by_key(|held| since(held)) {
                longest.is_asked = true;
                longest.close.notify_one();
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// The right of one connection to be open, until dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    limit: Arc<ConnectionLimit>,
    id: u64,
    close: Arc<Notify>,
}

impl ConnectionPermit {
    /// A request has arrived.
    pub(crate) fn busy(&self) {
        self.enter(Phase::Busy, |_| true);
    }

    /// Its response is made.
    pub(crate) fn answered(&self) {
        self.enter(Phase::Answered, |_| true);
    }

    /// The response is sent as a whole.
    pub(crate) fn flushed(&self) {
        let since = self.limit.lock().number();
        self.enter(Phase::Idle(since), |phase| phase == Phase::Answered);
    }

    /// Returns when the connection, being idle, has to close for another.
    pub(crate) async fn asked_to_close(&self) {
        if timeout(SILENT_FOR, self.close.notified()).await.is_err() {
            let since = self.limit.lock().number();
            self.enter(Phase::Idle(since), |phase| phase == Phase::New);
            self.close.notified().await;
        }
    }

    /// Whether no request is being answered.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.limit.lock();
        state.held.iter().any(|held| held.id == self.id && matches!(held.phase, Phase::Idle(_)))
    }

    fn enter(&self, phase: Phase, from: impl Fn(Phase) -> bool) {
        let mut state = self.limit.lock();
        let own = state.held.iter_mut().find(|held| held.id == self.id);
        let Some(own) = own.filter(|own| from(own.phase)) else { return };
        own.phase = phase;
        drop(state);
        self.limit.changed.notify_one();
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limit.lock().held.retain(|held| held.id != self.id);
        self.limit.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_asked(permit: &ConnectionPermit) -> bool {
        permit.limit.lock().held.iter().any(|held| held.id == permit.id && held.is_asked)
    }

    fn idle(permit: &ConnectionPermit) {
        permit.busy();
        permit.answered();
        permit.flushed();
    }

    #[test]
    fn the_connection_that_has_been_idle_for_longest_closes() {
        let limit = ConnectionLimit::new(3);
        let [first, second, third] = [(); 3].map(|()| limit.try_acquire().unwrap());
        assert!(limit.try_acquire().is_none());
        assert!(![&first, &second, &third].map(is_asked).contains(&true), "their requests may be on the way");
        idle(&second);
        idle(&first);
        first.busy();
        idle(&third);
        idle(&first);
        assert!(limit.try_acquire().is_none() && limit.try_acquire().is_none());
        assert_eq!([&first, &second, &third].map(is_asked), [false, true, false], "one for one");
        second.busy();
        assert!(limit.try_acquire().is_none());
        assert_eq!([&first, &second, &third].map(is_asked), [false, true, true], "a request came first");
        drop(third);
        assert!(limit.try_acquire().is_some());
    }

    #[test]
    fn a_flush_before_the_answer_does_not_make_a_connection_idle() {
        let limit = ConnectionLimit::new(1);
        let permit = limit.try_acquire().unwrap();
        permit.flushed();
        permit.busy();
        permit.flushed();
        assert!(limit.try_acquire().is_none() && !is_asked(&permit));
        permit.answered();
        permit.flushed();
        assert!(limit.try_acquire().is_none() && is_asked(&permit));
    }
}
