use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use crate::instruments::instrument::Instrument;
use crate::storage::series::Found;

/// A reference to an instrument of a family, made by a look-up without touching a reference count.
///
/// It borrows the family. To keep the instrument, [`clone`](Clone::clone) it out of the reference, or take the family's
/// [`handle`](crate::Family::handle).
pub struct MetricRef<'a, M: Instrument> {
    handle: ManuallyDrop<M>,
    family: PhantomData<&'a M>,
}

impl<'a, M: Instrument> MetricRef<'a, M> {
    pub(crate) fn new(found: Found<'a, M::Cell>) -> Self {
        // Never dropped: `wrap` only moves the `Arc` into the handle, without code that could panic, and the handle is not dropped.
        let series = ManuallyDrop::into_inner(found.uncounted());
        Self { handle: ManuallyDrop::new(M::wrap(series)), family: PhantomData }
    }
}

impl<M: Instrument> Deref for MetricRef<'_, M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.handle
    }
}

impl<M: Instrument + fmt::Debug> fmt::Debug for MetricRef<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
