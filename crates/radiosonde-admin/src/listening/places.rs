use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a connection may go without its first request before it counts as idle.
const SILENT_FOR: Duration = Duration::from_secs(1);

/// Room for a number of connections. Where there is none for a new one, the one that has been idle for longest is told to give way.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    state: Mutex<State>,
    /// A place became free, or its connection idle or busy. The accepting task alone waits for it.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    taken: Vec<Taken>,
    next: u64,
}

#[derive(Debug)]
struct Taken {
    id: u64,
    phase: Phase,
    is_told: bool,
    gives_way: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its first request is awaited.
    New,
    /// A request is being answered.
    Busy,
    /// The answer is made, but not all of it is sent.
    Answered,
    /// The next request is awaited; larger for one that became idle later.
    Idle(u64),
}

impl Places {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, state: Mutex::default(), changed: Notify::new() })
    }

    /// Waits for a place, for one connection at a time.
    pub(crate) async fn take(self: &Arc<Self>) -> Place {
        loop {
            if let Some(place) = self.try_take() {
                return place;
            }
            self.changed.notified().await;
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.lock();
        if state.taken.len() < self.most {
            let id = state.number();
            let gives_way = Arc::new(Notify::new());
            let shared = Arc::clone(&gives_way);
            state.taken.push(Taken { id, phase: Phase::New, is_told: false, gives_way });
            return Some(Place { places: Arc::clone(self), id, gives_way: shared });
        }
        let since = |taken: &Taken| match taken.phase {
            Phase::Idle(since) => Some(since),
            _ => None,
        };
        // One that was told and is idle goes at once.
        if !state.taken.iter().any(|taken| taken.is_told && since(taken).is_some()) {
            let idle = state.taken.iter_mut().filter(|taken| since(taken).is_some());
            if let Some(longest) = idle.min_by_key(|taken| since(taken)) {
                longest.is_told = true;
                longest.gives_way.notify_one();
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

/// The place of one connection, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    id: u64,
    gives_way: Arc<Notify>,
}

impl Place {
    /// A request has arrived.
    pub(crate) fn busy(&self) {
        self.enter(Phase::Busy, |_| true);
    }

    /// Its answer is made.
    pub(crate) fn answered(&self) {
        self.enter(Phase::Answered, |_| true);
    }

    /// Everything that was made is sent.
    pub(crate) fn flushed(&self) {
        let since = self.places.lock().number();
        self.enter(Phase::Idle(since), |phase| phase == Phase::Answered);
    }

    /// Returns when the connection is to end for another, once it is idle.
    pub(crate) async fn gives_way(&self) {
        if timeout(SILENT_FOR, self.gives_way.notified()).await.is_err() {
            let since = self.places.lock().number();
            self.enter(Phase::Idle(since), |phase| phase == Phase::New);
            self.gives_way.notified().await;
        }
    }

    /// Whether no request is being answered.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.places.lock();
        state.taken.iter().any(|taken| taken.id == self.id && matches!(taken.phase, Phase::Idle(_)))
    }

    fn enter(&self, phase: Phase, from: impl Fn(Phase) -> bool) {
        let mut state = self.places.lock();
        let own = state.taken.iter_mut().find(|taken| taken.id == self.id);
        let Some(own) = own.filter(|own| from(own.phase)) else { return };
        own.phase = phase;
        drop(state);
        self.places.changed.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().taken.retain(|taken| taken.id != self.id);
        self.places.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_told(place: &Place) -> bool {
        place.places.lock().taken.iter().any(|taken| taken.id == place.id && taken.is_told)
    }

    fn idle(place: &Place) {
        place.busy();
        place.answered();
        place.flushed();
    }

    #[test]
    fn the_connection_that_has_been_idle_for_longest_gives_way() {
        let places = Places::new(3);
        let [first, second, third] = [(); 3].map(|()| places.try_take().unwrap());
        assert!(places.try_take().is_none());
        assert!(![&first, &second, &third].map(is_told).contains(&true), "their requests may be on the way");
        idle(&second);
        idle(&first);
        first.busy();
        idle(&third);
        idle(&first);
        assert!(places.try_take().is_none() && places.try_take().is_none());
        assert_eq!([&first, &second, &third].map(is_told), [false, true, false], "one for one");
        second.busy();
        assert!(places.try_take().is_none());
        assert_eq!([&first, &second, &third].map(is_told), [false, true, true], "a request came first");
        drop(third);
        assert!(places.try_take().is_some());
    }

    #[test]
    fn a_flush_before_the_answer_does_not_make_a_connection_idle() {
        let places = Places::new(1);
        let place = places.try_take().unwrap();
        place.flushed();
        place.busy();
        place.flushed();
        assert!(places.try_take().is_none() && !is_told(&place));
        place.answered();
        place.flushed();
        assert!(places.try_take().is_none() && is_told(&place));
    }
}
