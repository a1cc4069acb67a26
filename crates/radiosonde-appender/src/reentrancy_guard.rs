use std::cell::Cell;

thread_local! {
    // `const` and without a destructor, so that it can be read while the thread exits.
    static IS_ACTIVE: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as passing a line to writers and sinks, which may be foreign code. An event that they emit would wait
/// for the writer's own lock or recurse without end, so callers drop events while a guard is active.
#[derive(Debug)]
pub struct ReentrancyGuard(());

impl ReentrancyGuard {
    /// Enters the guard; `None` if this thread has one already.
    #[inline]
    #[must_use]
    pub fn enter() -> Option<Self> {
        // Not `then_some`: its eagerly built guard would be dropped and end the outer one.
        (!IS_ACTIVE.replace(true)).then(|| Self(()))
    }

    /// Whether this thread has a guard.
    #[inline]
    #[must_use]
    pub fn is_active() -> bool {
        IS_ACTIVE.get()
    }
}

impl Drop for ReentrancyGuard {
    #[inline]
    fn drop(&mut self) {
        IS_ACTIVE.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_refused_and_leaves_the_first_one_on() {
        let first = ReentrancyGuard::enter();
        assert!(first.is_some() && ReentrancyGuard::enter().is_none() && ReentrancyGuard::is_active());
        drop(first);
        assert!(!ReentrancyGuard::is_active() && ReentrancyGuard::enter().is_some());
    }
}
