use std::fmt;
use std::sync::Arc;

use crate::bounded_format::Formatted;
use crate::canonical::annotation_value::AnnotationValue;
use crate::canonical::annotations::{Annotations, Refused};
use crate::canonical::pool;
use crate::canonical::redaction;
use crate::canonical::repeats::Repeated;
use crate::canonical::unit::Unit;
use crate::outcome::Outcome;
use crate::work_ids::WorkIds;

/// The one record of a unit of work, such as a request, that code anywhere under it can add to.
///
/// # Shape
/// A handle; clones share the record. It holds [`Annotations`], the unit's ids, and a hint about its outcome. Bounded by
/// [`MAX_ANNOTATIONS`], [`MAX_KEY_BYTES`], [`MAX_TEXT_BYTES`] and [`MAX_RECORD_BYTES`]. Annotations are redacted before they
/// are kept; they are added until [`end`](Self::end), and read after it.
///
/// # Cost
/// A new record is taken from a pool of this thread, to which the last handle returns it: no allocation once warm. A clone
/// counts one reference; an annotation takes a lock that is never held while the user's code runs.
///
/// ```
/// use radiosonde_core::WorkIds;
/// use radiosonde_core::canonical::{AnnotationValue, CanonicalRecord};
///
/// let record = CanonicalRecord::new();
/// record.set_work_ids(WorkIds::new(Some(&"req_123".parse().expect("an id")), None));
/// record.annotate("customer.tier", AnnotationValue::Text("gold"))?;
/// record.annotate("cart.items", AnnotationValue::U64(3))?;
/// record.end();
///
/// let annotations = record.annotations().expect("it has ended");
/// assert_eq!(format!("{annotations:?}"), r#"{customer.tier="gold", cart.items=3}"#);
/// assert_eq!(record.work_ids().request_id(), Some("req_123"));
/// # Ok::<(), radiosonde_core::canonical::Refused>(())
/// ```
///
/// [`MAX_ANNOTATIONS`]: crate::canonical::MAX_ANNOTATIONS
/// [`MAX_KEY_BYTES`]: crate::canonical::MAX_KEY_BYTES
/// [`MAX_TEXT_BYTES`]: crate::canonical::MAX_TEXT_BYTES
/// [`MAX_RECORD_BYTES`]: crate::canonical::MAX_RECORD_BYTES
pub struct CanonicalRecord {
    /// `None` only while it is dropped.
    unit: Option<Arc<Unit>>,
}

impl CanonicalRecord {
    /// Creates an empty record.
    #[must_use]
    pub fn new() -> Self {
        Self { unit: Some(pool::take()) }
    }

    /// Sets the request id and the correlation id. The first ones stay.
    pub fn set_work_ids(&self, ids: WorkIds) {
        if let Some(unit) = &self.unit {
            let _ = unit.work_ids.set(ids);
        }
    }

    /// The request id and the correlation id, as far as they are set. They are known also after the end.
    #[must_use]
    pub fn work_ids(&self) -> &WorkIds {
        static NONE: WorkIds = WorkIds::NONE;

        self.unit.as_deref().and_then(|unit| unit.work_ids.get()).unwrap_or(&NONE)
    }

    /// Sets what the outcome is, if the unit ends by itself: [`Outcome::TimedOut`] or [`Outcome::Shed`] for middleware that
    /// answers instead of the service. It changes neither an abort nor a panic. The last hint counts.
    pub fn set_outcome_hint(&self, hint: Option<Outcome>) {
        if let Some(unit) = &self.unit {
            unit.open().hint = hint;
        }
    }

    /// The hint about the outcome.
    #[must_use]
    pub fn outcome_hint(&self) -> Option<Outcome> {
        self.unit.as_deref().and_then(|unit| unit.open().hint)
    }

    /// Adds an annotation, redacted, or replaces the value of its key.
    ///
    /// # Errors
    /// [`Refused`] if the record is full or has ended, or the key is empty or too long.
    pub fn annotate(&self, key: &'static str, value: AnnotationValue<'_>) -> Result<Formatted, Refused> {
        redaction::redacted(key, value, false, |value| self.put(key, value))
    }

    /// Adds an annotation that has been redacted.
    pub(crate) fn put(&self, key: &'static str, value: AnnotationValue<'_>) -> Result<Formatted, Refused> {
        let Some(unit) = &self.unit else { return Err(Refused::Ended) };
        let mut open = unit.open();
        if open.has_ended { Err(Refused::Ended) } else { open.annotations.put(key, value) }
    }

    /// Counts one more of a key; see [`count_repeated`](crate::canonical::count_repeated).
    pub(crate) fn count_repeated(&self, key: usize, limit: u32) -> Option<Repeated> {
        let mut open = self.unit.as_deref()?.open();
        if open.has_ended { None } else { open.repeats.count(key, limit) }
    }

    /// Ends the record: annotations are refused from now on, and can be read.
    pub fn end(&self) {
        let Some(unit) = &self.unit else { return };
        let annotations = {
            let mut open = unit.open();
            if std::mem::replace(&mut open.has_ended, true) {
                return;
            }
            std::mem::take(&mut open.annotations)
        };
        // The first end is the only one.
        let _ = unit.ended.set(annotations);
    }

    /// The annotations, once the record has [ended](Self::end).
    #[must_use]
    pub fn annotations(&self) -> Option<&Annotations> {
        self.unit.as_deref()?.ended.get()
    }
}

impl Default for CanonicalRecord {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for CanonicalRecord {
    fn clone(&self) -> Self {
        Self { unit: self.unit.clone() }
    }
}

impl PartialEq for CanonicalRecord {
    /// Whether both are handles of the same record.
    fn eq(&self, other: &Self) -> bool {
        match (&self.unit, &other.unit) {
            (Some(unit), Some(other)) => Arc::ptr_eq(unit, other),
            _ => false,
        }
    }
}

impl Drop for CanonicalRecord {
    fn drop(&mut self) {
        let Some(mut unit) = self.unit.take() else { return };
        // Two threads that drop the last two handles at once may both see the other's: the memory is freed then.
        if let Some(own) = Arc::get_mut(&mut unit) {
            own.clear();
            pool::give_back(unit);
        }
    }
}

impl fmt::Debug for CanonicalRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CanonicalRecord")
            .field("work_ids", self.work_ids())
            .field("annotations", &self.annotations())
            .finish_non_exhaustive()
    }
}
