use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::label_set::LabelSet;
use crate::storage::key::Key;

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

    /// The `Arc` without a count of its own: to be used while `'a` lasts, and never dropped.
    #[inline]
    pub(crate) fn uncounted(self) -> ManuallyDrop<Arc<Series<C>>> {
        #[allow(unsafe_code, reason = "a handle that does not count as a reference")]
        // SAFETY: the pointer is that of an `Arc` which lives for `'a` at least. The copy made here is not dropped.
        ManuallyDrop::new(unsafe { Arc::from_raw(self.series.as_ptr().cast_const()) })
    }

    /// The series, to be kept beyond `'a`.
    pub(crate) fn to_arc(self) -> Arc<Series<C>> {
        Arc::clone(&self.uncounted())
    }

    /// # Safety
    /// The pointer is from [`Arc::as_ptr`], and that `Arc` lives for `'a`.
    #[allow(unsafe_code, reason = "the caller knows how long the series lives")]
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
