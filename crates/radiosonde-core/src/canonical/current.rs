//! The record that is current on this thread.

use std::cell::RefCell;
use std::mem;

use crate::canonical::record::CanonicalRecord;
use crate::canonical::spans;

thread_local! {
    static CURRENT: RefCell<CanonicalSlot> = const { RefCell::new(CanonicalSlot(Slot::None)) };
}

/// A unit of work's place for its [`CanonicalRecord`], which it makes current while a part of it runs.
///
/// # Cost
/// Entering moves the record to a thread-local and back: no reference is counted.
///
/// ```
/// use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot};
///
/// let mut slot = CanonicalSlot::new(CanonicalRecord::new());
/// slot.in_scope(|| assert!(CanonicalRecord::current().is_some()));
/// assert!(CanonicalRecord::current().is_none());
/// ```
#[derive(Debug, Default)]
pub struct CanonicalSlot(Slot);

#[derive(Debug, Default)]
enum Slot {
    /// The annotations of the unit are those of the unit around it.
    #[default]
    None,
    /// The unit has a record as soon as it is annotated, unless it is within another unit.
    Vacant,
    Filled(CanonicalRecord),
}

impl CanonicalSlot {
    /// For a unit with a record of its own, such as a request.
    #[must_use]
    pub const fn new(record: CanonicalRecord) -> Self {
        Self(Slot::Filled(record))
    }

    /// For a unit whose annotations are those of the unit around it.
    #[must_use]
    pub const fn none() -> Self {
        Self(Slot::None)
    }

    /// For a unit that has a record of its own only outside other units, and only once it is annotated.
    #[must_use]
    pub const fn vacant() -> Self {
        Self(Slot::Vacant)
    }

    /// The unit's own record.
    #[must_use]
    pub const fn record(&self) -> Option<&CanonicalRecord> {
        match &self.0 {
            Slot::Filled(record) => Some(record),
            Slot::None | Slot::Vacant => None,
        }
    }

    /// Takes the unit's own record.
    #[must_use]
    pub fn take(&mut self) -> Option<CanonicalRecord> {
        match mem::take(&mut self.0) {
            Slot::Filled(record) => Some(record),
            Slot::None | Slot::Vacant => None,
        }
    }

    /// Runs a part of the unit while its record is current. Within [`CanonicalRecord::with_current`], it is not made current.
    #[inline]
    pub fn in_scope<R>(&mut self, part: impl FnOnce() -> R) -> R {
        let _entered = Entered::new(self);
        part()
    }

    /// Exchanges the slot and the current one; false if the slot gives way to that of a unit around it.
    fn enter(&mut self) -> bool {
        if matches!(self.0, Slot::None) {
            return false;
        }
        let enter = |current: &RefCell<Self>| {
            let Ok(mut current) = current.try_borrow_mut() else { return false };
            let enters = !matches!(self.0, Slot::Vacant) || matches!(current.0, Slot::None);
            if enters {
                mem::swap(&mut *current, self);
            }
            enters
        };
        // Gone while the thread exits.
        CURRENT.try_with(enter).unwrap_or(false)
    }
}

/// While it is entered, the slot holds the one that was current before.
struct Entered<'s> {
    slot: &'s mut CanonicalSlot,
    is_entered: bool,
}

impl<'s> Entered<'s> {
    #[inline]
    fn new(slot: &'s mut CanonicalSlot) -> Self {
        let is_entered = slot.enter();
        Self { slot, is_entered }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if self.is_entered {
            let _ = CURRENT.try_with(|current| {
                if let Ok(mut current) = current.try_borrow_mut() {
                    mem::swap(&mut *current, self.slot);
                }
            });
        }
    }
}

impl CanonicalRecord {
    /// The record of the unit of work that this thread is in: that of the innermost [`CanonicalSlot`], otherwise that of the
    /// innermost span. It may have ended.
    ///
    /// # Cost
    /// One thread-local read and one counted reference.
    #[must_use]
    pub fn current() -> Option<Self> {
        Self::of_thread().or_else(spans::find)
    }

    /// The record of the innermost [`CanonicalSlot`] of this thread, for layers that keep it with their spans.
    #[inline]
    #[must_use]
    pub fn of_thread() -> Option<Self> {
        let record = CURRENT.try_with(|current| current.try_borrow().ok()?.record().cloned());
        record.ok().flatten()
    }

    /// Calls `read` with the [current](Self::current) record, if any, without counting a reference.
    pub fn with_current<R>(read: impl FnOnce(&Self) -> R) -> Option<R> {
        let mut read = Some(read);
        let returned = CURRENT.try_with(|current| {
            let current = current.try_borrow().ok()?;
            current.record().and_then(|record| Some(read.take()?(record)))
        });
        returned.ok().flatten().or_else(|| {
            let read = read?;
            spans::find().map(|record| read(&record))
        })
    }
}

/// Like [`CanonicalRecord::with_current`], but fills a vacant slot.
pub(crate) fn with_current_to_annotate<R>(annotate: impl FnOnce(&CanonicalRecord) -> R) -> Option<R> {
    let mut annotate = Some(annotate);
    let returned = CanonicalRecord::with_current(|record| annotate.take().map(|annotate| annotate(record)));
    returned.flatten().or_else(|| {
        let annotate = annotate?;
        let record = fill()?;
        Some(annotate(&record))
    })
}

fn fill() -> Option<CanonicalRecord> {
    let fill = |current: &RefCell<CanonicalSlot>| {
        let mut current =
            current.try_borrow_mut().ok().filter(|current| matches!(current.0, Slot::Vacant))?;
        let record = CanonicalRecord::new();
        *current = CanonicalSlot::new(record.clone());
        Some(record)
    };
    CURRENT.try_with(fill).ok().flatten()
}
