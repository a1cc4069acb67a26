//! The formats that this process propagates.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::propagation::propagators::Propagators;

static PROPAGATORS: AtomicU32 = AtomicU32::new(Propagators::W3C.to_bits());

#[inline]
pub(crate) fn get() -> Propagators {
    // Relaxed: the number guards no other data, and is set while a process starts.
    Propagators::from_bits(PROPAGATORS.load(Ordering::Relaxed))
}

pub(crate) fn set(propagators: Propagators) {
    // Relaxed: see `get`.
    PROPAGATORS.store(propagators.to_bits(), Ordering::Relaxed);
}
