use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_metrics::{DynFamily, IntGauge};

/// The capacity of a queue, which may become known after the queue is declared.
pub(crate) struct Capacity {
    queue: Cow<'static, str>,
    /// Without a series before the capacity is known.
    gauge: DynFamily<IntGauge>,
    messages: Mutex<Messages>,
    is_known: AtomicBool,
}

/// How many can wait.
#[derive(Default)]
struct Messages {
    set: u64,
    /// In all parts together.
    added: u64,
}

impl Capacity {
    pub(crate) fn new(queue: Cow<'static, str>, gauge: DynFamily<IntGauge>) -> Self {
        Self { queue, gauge, messages: Mutex::default(), is_known: AtomicBool::new(false) }
    }

    pub(crate) fn set(&self, capacity: u64) {
        self.change(|messages| messages.set = capacity);
    }

    pub(crate) fn add(self: &Arc<Self>, messages: u64) -> AddedCapacity {
        self.change(|known| known.added = known.added.saturating_add(messages));
        AddedCapacity { capacity: Arc::clone(self), messages }
    }

    fn change(&self, change: impl FnOnce(&mut Messages)) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut messages);
        let capacity = if messages.added > 0 { messages.added } else { messages.set };
        self.gauge.with(&[&self.queue]).set(i64::try_from(capacity).unwrap_or(i64::MAX));
        // Relaxed: no memory depends on it.
        self.is_known.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_known(&self) -> bool {
        // Relaxed: as above.
        self.is_known.load(Ordering::Relaxed)
    }
}

/// The capacity of a part of a [`Queue`](crate::Queue), such as one of several channels; taken away when it is dropped.
#[must_use = "the capacity is taken away when this is dropped"]
pub struct AddedCapacity {
    capacity: Arc<Capacity>,
    messages: u64,
}

impl Drop for AddedCapacity {
    fn drop(&mut self) {
        self.capacity.change(|known| known.added = known.added.saturating_sub(self.messages));
    }
}

impl fmt::Debug for AddedCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddedCapacity").field("messages", &self.messages).finish_non_exhaustive()
    }
}
