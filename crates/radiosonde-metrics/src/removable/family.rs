use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::families::initialise::{InitialiseError, Nth, each_set};
use crate::families::labels::{Labels, Typed};
use crate::instruments::instrument::Instrument;
use crate::model::label_set::LabelSet;
use crate::removable::data::RemovableData;
use crate::removable::scoped::Scoped;

/// Like [`Family`](crate::Family), of series that can be removed: per connection, per tenant, per partition.
///
/// Made by [`MetricBuilder::removable`](crate::MetricBuilder::removable). Where all series stay, a [`Family`](crate::Family) is cheaper.
///
/// # Shape
/// A removed series is not exposed any more, and its place is free. One that comes back starts at zero, with a new time
/// of creation. A handle that was kept from before goes on working, but what it counts is not exposed; an event that is counted
/// at the very moment of the removal may go with the series. Removed series are counted in
/// `radiosonde_metrics_series_removed_total{family,reason}`; the reason is `removed`, `scope` or `expired`.
///
/// At most [`max_series`](crate::MetricBuilder::max_series) sets have a series, and at most as many removed ones (or 256) are retired,
/// waiting for look-ups to end before they are freed; sets beyond share the overflow series, as in a [`Family`](crate::Family).
///
/// # Cost
/// A look-up is a hash, a probe and a comparison, whatever the labels are, and four atomic operations on memory of this thread or this
/// series. No lock, no allocation but for a set that is new. Removing takes a lock. 60 bytes a series on top of what a
/// [`Family`](crate::Family) needs, and 128 a family for each of twice the processors.
///
/// ```
/// use radiosonde_metrics::{Labels, Registry};
///
/// #[derive(Labels)]
/// struct Tenant<'a> {
///     tenant: &'a str,
/// }
///
/// let registry = Registry::new();
/// let jobs = registry.counter("jobs_total", "Jobs.").removable().family::<Tenant<'_>>()?;
/// jobs.with(&Tenant { tenant: "a" }).inc();
/// jobs.with(&Tenant { tenant: "b" }).inc();
///
/// assert!(jobs.remove(&Tenant { tenant: "a" }));
/// let text = registry.text();
/// assert!(!text.contains("jobs_total{tenant=\"a\"}"));
/// assert!(text.contains("series_removed_total{family=\"jobs_total\",reason=\"removed\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct RemovableFamily<M: Instrument, L> {
    data: Arc<RemovableData<M>>,
    /// Covariant, so that a family kept with `'static` labels is asked with borrowed ones.
    labels: PhantomData<fn() -> L>,
}

impl<M: Instrument, L: Labels> RemovableFamily<M, L> {
    pub(crate) const fn new(data: Arc<RemovableData<M>>) -> Self {
        Self { data, labels: PhantomData }
    }

    /// The instrument for these labels; made, at zero, if it is new. To be used on the spot, or kept for as long as it is in use.
    #[must_use]
    pub fn with(&self, labels: &L) -> M {
        M::wrap(self.data.find(&Typed(labels)))
    }

    /// The instrument for these labels until the guard is dropped, and with the last guard of these labels the series goes: for what
    /// has an end, such as a connection.
    ///
    /// What overflows shares a series, which stays.
    ///
    /// # Cost
    /// A lock here and at the end.
    ///
    /// ```
    /// use radiosonde_metrics::{Labels, Registry};
    ///
    /// #[derive(Labels)]
    /// struct Peer<'a> {
    ///     peer: &'a str,
    /// }
    ///
    /// let registry = Registry::new();
    /// let lag = registry.gauge("lag_seconds", "Lag of a peer.").removable().family::<Peer<'_>>()?;
    /// {
    ///     let connection = lag.scoped(&Peer { peer: "a" });
    ///     connection.set(0.5);
    ///     assert!(registry.text().contains("lag_seconds{peer=\"a\"} 0.5\n"));
    /// }
    /// assert!(!registry.text().contains("lag_seconds{"));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub fn scoped(&self, labels: &L) -> Scoped<M> {
        Scoped::new(&self.data, &Typed(labels))
    }

    /// Removes the series of these labels; whether there was one.
    pub fn remove(&self, labels: &L) -> bool {
        self.data.remove(&Typed(labels))
    }

    /// Removes the series for whose labels `keep` returns `false`. Returns how many.
    ///
    /// `keep` sees the labels as they are exposed, each set once, and may use the family.
    pub fn retain(&self, keep: impl FnMut(&LabelSet) -> bool) -> usize {
        self.data.retain(keep)
    }

    /// Makes the series of every set, at zero; see [`Family::initialise`](crate::Family::initialise).
    ///
    /// # Errors
    /// [`InitialiseError`], as there.
    pub fn initialise(&self) -> Result<(), InitialiseError> {
        each_set::<L>(&self.data.shared, |index| self.data.publish(&Nth::<L>(index, PhantomData)))
    }
}

impl<M: Instrument, L> Clone for RemovableFamily<M, L> {
    fn clone(&self) -> Self {
        Self { data: Arc::clone(&self.data), labels: PhantomData }
    }
}

impl<M: Instrument, L> fmt::Debug for RemovableFamily<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemovableFamily").field("name", &self.data.shared.name).finish_non_exhaustive()
    }
}
