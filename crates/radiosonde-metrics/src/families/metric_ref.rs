use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use crate::instruments::instrument::Instrument;
use crate::storage::series::Found;

/// An instrument of a family, lent for as long as the family is borrowed: made by a look-up, without touching a reference count.
///
/// Use it on the spot. To keep the instrument, [`clone`](Clone::clone) it out, or ask the family for its
/// [`handle`](crate::Family::handle).
pub struct Lent<'a, M: Instrument> {
    handle: ManuallyDrop<M>,
    family: PhantomData<&'a M>,
}

impl<'a, M: Instrument> Lent<'a, M> {
    pub(crate) fn new(found: Found<'a, M::Cell>) -> Self {
        let series = ManuallyDrop::into_inner(found.uncounted());
        Self { handle: ManuallyDrop::new(M::wrap(series)), family: PhantomData }
    }
}

impl<M: Instrument> Deref for Lent<'_, M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.handle
    }
}

impl<M: Instrument + fmt::Debug> fmt::Debug for Lent<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
