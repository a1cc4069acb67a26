//! Whether this process propagates trace context.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_ON: AtomicBool = AtomicBool::new(true);

pub(crate) fn is_on() -> bool {
    // Relaxed: the flag guards no other data, and is set while a process starts.
    IS_ON.load(Ordering::Relaxed)
}

pub(crate) fn switch(is_on: bool) {
    // Relaxed: see `is_on`.
    IS_ON.store(is_on, Ordering::Relaxed);
}
