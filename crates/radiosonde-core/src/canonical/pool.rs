//! Units without a record, kept by each thread, so that a new record needs no allocation.

use std::cell::RefCell;
use std::sync::Arc;

use crate::canonical::unit::Unit;

/// How many each thread keeps: about half a kilobyte each, and the buffers.
const KEPT: usize = 64;

thread_local! {
    static POOL: RefCell<Vec<Arc<Unit>>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn take() -> Arc<Unit> {
    let kept = POOL.try_with(|pool| pool.try_borrow_mut().ok()?.pop());
    kept.ok().flatten().unwrap_or_default()
}

/// Keeps a unit to which no handle is left.
pub(crate) fn give_back(unit: Arc<Unit>) {
    // Gone while the thread exits.
    let _ = POOL.try_with(|pool| {
        if let Ok(mut pool) = pool.try_borrow_mut()
            && pool.len() < KEPT
        {
            pool.push(unit);
        }
    });
}
