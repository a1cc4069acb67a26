use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::families::key::Key;
use crate::{Instrument, LabelSet};

/// One series: what its instrument counts in, its labels as rendered, and its values as looked up.
///
/// Behind the handles of all instruments, and public to their sealed trait only.
#[derive(Debug)]
pub struct Series<C> {
    pub(crate) cell: C,
    pub(crate) labels: LabelSet,
    pub(crate) key: Key,
    /// Milliseconds since 1970: half the size of the type.
    created: u64,
}

impl<C> Series<C> {
    /// The only way to make one, so that every one is in an `Arc`.
    pub(crate) fn new(cell: C, labels: LabelSet, key: Key, created: SystemTime) -> Arc<Self> {
        let since = created.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let created = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Arc::new(Self { cell, labels, key, created })
    }

    /// When it began at zero, to the millisecond. `None` beyond what the system can tell.
    pub(crate) fn created(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.created))
    }
}

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
        #[allow(unsafe_code, reason = "a handle that does not count as a reference")]
        // SAFETY: the pointer is that of an `Arc` which lives for `'a` at least. The copy of the `Arc` made here is never dropped,
        // so it needs no count of its own.
        let handle = unsafe { Arc::from_raw(found.series.as_ptr().cast_const()) };
        Self { handle: ManuallyDrop::new(M::wrap(handle)), family: PhantomData }
    }
}

/// A series that its family keeps in an [`Arc`] for `'a` at least.
pub(crate) struct Found<'a, C> {
    /// From [`Arc::as_ptr`], so that an `Arc` may be made of it again.
    series: NonNull<Series<C>>,
    family: PhantomData<&'a Series<C>>,
}

impl<'a, C> Found<'a, C> {
    pub(crate) fn in_arc(series: &'a Arc<Series<C>>) -> Self {
        #[allow(unsafe_code, reason = "the pointer is wanted, not a reference made of it")]
        // SAFETY: the address in an `Arc` is never null; it lives for `'a`, and so does what it points to.
        unsafe {
            Self::at(NonNull::new_unchecked(Arc::as_ptr(series).cast_mut()))
        }
    }

    /// The series, to be kept beyond `'a`.
    pub(crate) fn to_arc(self) -> Arc<Series<C>> {
        #[allow(unsafe_code, reason = "another reference to a series that is in an `Arc`")]
        // SAFETY: the pointer is that of an `Arc` that lives now. The copy made here is not dropped; its clone is counted.
        let shared = ManuallyDrop::new(unsafe { Arc::from_raw(self.series.as_ptr().cast_const()) });
        Arc::clone(&shared)
    }

    /// # Safety
    /// The pointer is from [`Arc::as_ptr`], and that `Arc` lives for `'a`.
    #[allow(unsafe_code, reason = "whoever calls it knows how long the series lives")]
    pub(crate) const unsafe fn at(series: NonNull<Series<C>>) -> Self {
        Self { series, family: PhantomData }
    }
}

impl<'a, C> Found<'a, C> {
    /// The cell, for as long as the family.
    pub(crate) fn into_cell(self) -> &'a C {
        #[allow(unsafe_code, reason = "a reference that lives as long as the family is borrowed")]
        // SAFETY: it points into an `Arc` that lives for `'a`.
        unsafe {
            &self.series.as_ref().cell
        }
    }
}

impl<C> Clone for Found<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Found<'_, C> {}

impl<C> Deref for Found<'_, C> {
    type Target = Series<C>;

    fn deref(&self) -> &Series<C> {
        #[allow(unsafe_code, reason = "a reference that lives as long as the family is borrowed")]
        // SAFETY: it points into an `Arc` that lives for `'a`.
        unsafe {
            self.series.as_ref()
        }
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
