use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::book::notice::Notice;

/// A bounded queue of notices. Adding to it never waits.
#[derive(Debug)]
pub(crate) struct NoticeQueue {
    inner: Mutex<Inner>,
    changed: Condvar,
    most: usize,
}

#[derive(Debug, Default)]
struct Inner {
    notices: VecDeque<Notice>,
    is_closed: bool,
}

impl NoticeQueue {
    pub(crate) fn new(most: usize) -> Self {
        Self { inner: Mutex::default(), changed: Condvar::new(), most: most.max(1) }
    }

    /// Whether there was room. A closed queue has no room.
    pub(crate) fn push(&self, notice: Notice) -> bool {
        let mut inner = self.lock();
        let has_room = !inner.is_closed && inner.notices.len() < self.most;
        if has_room {
            inner.notices.push_back(notice);
            self.changed.notify_one();
        }
        has_room
    }

    /// The next notice, if there is one.
    pub(crate) fn try_pop(&self) -> Option<Notice> {
        self.lock().notices.pop_front()
    }

    /// Waits for the next notice; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<Notice> {
        let mut inner = self.lock();
        loop {
            if let Some(notice) = inner.notices.pop_front() {
                return Some(notice);
            }
            if inner.is_closed {
                return None;
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more notices; those in the queue are still to be handled.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Closes the queue and empties it. Returns how many notices are lost.
    pub(crate) fn abandon(&self) -> usize {
        let mut inner = self.lock();
        inner.is_closed = true;
        let lost = std::mem::take(&mut inner.notices);
        drop(inner);
        self.changed.notify_all();
        lost.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
