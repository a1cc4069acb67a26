use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

/// A value that is replaced while others read it. Clones share it.
#[derive(Debug)]
pub(crate) struct Reloadable<S>(Arc<ArcSwap<S>>);

impl<S> Reloadable<S> {
    pub(crate) fn new(initial: S) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(initial)))
    }

    #[inline]
    pub(crate) fn load(&self) -> Guard<Arc<S>> {
        self.0.load()
    }

    pub(crate) fn set(&self, value: S) {
        self.0.store(Arc::new(value));
    }
}

impl<S> Clone for Reloadable<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Equal if both are the same one.
impl<S> PartialEq for Reloadable<S> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
