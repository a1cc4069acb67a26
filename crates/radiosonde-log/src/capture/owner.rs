use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use crate::capture::captured_line::CapturedLine;
use crate::writing::line::{Line, LineSink};

/// The lines of one capture.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    lines: Mutex<Vec<CapturedLine>>,
}

impl Owner {
    pub(crate) fn lines(&self) -> Vec<CapturedLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn clear(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The thread-locals: the owner of events that are in no span, and the owner of the event being written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CurrentOwner {
    Thread,
    Event,
}

thread_local! {
    static OF_THREAD: RefCell<Option<Arc<Owner>>> = const { RefCell::new(None) };
    static OF_EVENT: RefCell<Option<Arc<Owner>>> = const { RefCell::new(None) };
}

impl CurrentOwner {
    /// The owner; `None` also while the thread exits.
    pub(crate) fn get(self) -> Option<Arc<Owner>> {
        let key = match self {
            Self::Thread => &OF_THREAD,
            Self::Event => &OF_EVENT,
        };
        key.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// Sets the owner until the guard is dropped.
    pub(crate) fn hold(self, owner: Option<Arc<Owner>>) -> OwnerGuard {
        OwnerGuard { current: self, before: self.replace(owner) }
    }

    fn replace(self, owner: Option<Arc<Owner>>) -> Option<Arc<Owner>> {
        let key = match self {
            Self::Thread => &OF_THREAD,
            Self::Event => &OF_EVENT,
        };
        key.try_with(|current| current.replace(owner)).ok().flatten()
    }
}

/// Restores the former owner.
#[derive(Debug)]
pub(crate) struct OwnerGuard {
    current: CurrentOwner,
    before: Option<Arc<Owner>>,
}

impl Drop for OwnerGuard {
    fn drop(&mut self) {
        let _ = self.current.replace(self.before.take());
    }
}

/// A sink that passes each line to the owner of its event.
#[derive(Debug)]
pub(crate) struct ToOwner;

impl LineSink for ToOwner {
    fn accept(&self, line: &Line<'_>) {
        if let Some(owner) = CurrentOwner::Event.get() {
            let line = CapturedLine::of(line);
            owner.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }
}
