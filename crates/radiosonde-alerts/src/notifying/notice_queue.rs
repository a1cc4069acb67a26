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
    /// Whether a [`Turn`] is taken.
    is_at_work: bool,
}

/// The right to call the handlers, which one call at a time has.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    queue: &'a NoticeQueue,
    /// How many more notices there may be in this turn.
    left: usize,
    has_ended: bool,
}

/// A handler that answers each notice with another one must not keep a call for ever.
const MOST_IN_A_TURN: usize = 10_000;

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

    /// The right to call the handlers, unless another call has it: that one takes what is in the queue by now.
    pub(crate) fn turn(&self) -> Option<Turn<'_>> {
        let is_taken = std::mem::replace(&mut self.lock().is_at_work, true);
        (!is_taken).then(|| Turn { queue: self, left: MOST_IN_A_TURN, has_ended: false })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
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

impl Iterator for Turn<'_> {
    type Item = Notice;

    fn next(&mut self) -> Option<Notice> {
        let mut inner = self.queue.lock();
        let goes_on = self.left > 0 && !self.has_ended;
        let notice = if goes_on { inner.notices.pop_front() } else { None };
        match notice {
            Some(_) => self.left -= 1,
            // With the lock: what is pushed from now on finds the turn free.
            None if !self.has_ended => {
                self.has_ended = true;
                inner.is_at_work = false;
            }
            None => {}
        }
        notice
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // It has not if a hook of the process panicked.
        if !self.has_ended {
            self.queue.lock().is_at_work = false;
        }
    }
}
