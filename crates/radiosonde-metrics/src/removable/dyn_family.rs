use std::fmt;
use std::sync::Arc;

use crate::instruments::instrument::Instrument;
use crate::model::label_set::LabelSet;
use crate::removable::data::RemovableData;
use crate::removable::scoped::Scoped;
use crate::storage::values::Texts;

/// Like [`DynFamily`](crate::DynFamily), of series that can be removed.
///
/// Removal, limits and costs are those of [`RemovableFamily`](crate::removable::RemovableFamily).
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// let jobs = registry.counter("jobs_total", "Jobs.").removable().labels(&["tenant", "shard"])?;
/// jobs.with(&["a", "1"]).inc();
/// jobs.with(&["a", "2"]).inc();
/// jobs.with(&["b", "1"]).inc();
/// let removed = jobs.retain(|labels| labels.iter().all(|(name, value)| name != "tenant" || value != "a"));
/// assert_eq!(removed, 2);
/// assert!(jobs.remove(&["b", "1"]) && !jobs.remove(&["b", "1"]));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct RemovableDynFamily<M: Instrument> {
    data: Arc<RemovableData<M>>,
}

impl<M: Instrument> RemovableDynFamily<M> {
    pub(crate) const fn new(data: Arc<RemovableData<M>>) -> Self {
        Self { data }
    }

    /// The instrument for these label values, in the order in which the names were declared; made, at zero, if it is new. To be used on
    /// the spot, or kept for as long as it is in use.
    ///
    /// With another number of values than there are names, the instrument is one that is not exposed, and the look-up is
    /// counted in `radiosonde_metrics_refused_total{family,reason="label_count"}`.
    #[must_use]
    pub fn with(&self, values: &[&str]) -> M {
        M::wrap(self.data.find(&Texts(values)))
    }

    /// The instrument for these label values until the guard is dropped; see
    /// [`RemovableFamily::scoped`](crate::removable::RemovableFamily::scoped).
    pub fn scoped(&self, values: &[&str]) -> Scoped<M> {
        Scoped::new(&self.data, &Texts(values))
    }

    /// Removes the series of these label values; whether there was one.
    #[allow(clippy::must_use_candidate, reason = "most know that there was one")]
    pub fn remove(&self, values: &[&str]) -> bool {
        self.data.remove(&Texts(values))
    }

    /// Removes the series for whose labels `keep` returns `false`. Returns how many.
    ///
    /// `keep` sees the labels as they are exposed, each set once, and may use the family.
    pub fn retain(&self, keep: impl FnMut(&LabelSet) -> bool) -> usize {
        self.data.retain(keep)
    }
}

impl<M: Instrument> Clone for RemovableDynFamily<M> {
    fn clone(&self) -> Self {
        Self { data: Arc::clone(&self.data) }
    }
}

impl<M: Instrument> fmt::Debug for RemovableDynFamily<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemovableDynFamily").field("name", &self.data.shared.name).finish_non_exhaustive()
    }
}
