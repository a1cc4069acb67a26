use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::families::dense::Dense;
use crate::families::family_data::FamilyData;
use crate::families::labels::{Labels, Typed};
use crate::families::metric_ref::MetricRef;
use crate::instruments::instrument::Instrument;
use crate::storage::series::Found;
use crate::storage::values::Values;

/// Instruments of one name, by the labels of the type `L`.
///
/// # Shape
/// At most [`max_series`](crate::MetricBuilder::max_series) sets have a series of their own, by default 2000. Every set
/// after that shares one series whose label values are all `_overflow`; each such look-up is counted in
/// `radiosonde_metrics_series_dropped_total{family}`, and the first is reported.
///
/// A value has at most 1024 bytes. `_overflow` stands in place of a longer one, and each such look-up is counted in
/// `radiosonde_metrics_refused_total{family,reason="label_length"}`.
///
/// # Cost
/// If every label is an enum or a truth value, and there are at most 4096 sets, a look-up is a few multiplications and a load. Otherwise
/// it is one hash over the values, a probe and a comparison. Neither takes a lock, writes to memory that others read, or allocates,
/// but for a set that is new. Keep the [`handle`](Self::handle) where the labels are known beforehand.
///
/// ```
/// use radiosonde_metrics::{LabelValue, Labels, Registry};
///
/// #[derive(LabelValue)]
/// enum Method {
///     Card,
///     Cash,
/// }
///
/// #[derive(Labels)]
/// struct Payment {
///     method: Method,
///     refunded: bool,
/// }
///
/// let registry = Registry::new();
/// let payments = registry.counter("payments_total", "Payments.").family::<Payment>()?;
/// payments.with(&Payment { method: Method::Card, refunded: false }).inc();
///
/// let cash = payments.handle(&Payment { method: Method::Cash, refunded: false });
/// cash.inc_by(2);
/// assert!(registry.text().contains("payments_total{method=\"cash\",refunded=\"false\"} 2\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct Family<M: Instrument, L> {
    pub(crate) data: Arc<FamilyData<M>>,
    pub(crate) numbered: Option<Arc<Dense<M::Cell>>>,
    /// Covariant, so that a family kept with `'static` labels is asked with borrowed ones.
    labels: PhantomData<fn() -> L>,
}

impl<M: Instrument, L: Labels> Family<M, L> {
    pub(crate) fn new(data: Arc<FamilyData<M>>) -> Self {
        let numbered = L::CARDINALITY.map(|sets| Arc::new(Dense::new(sets)));
        Self { data, numbered, labels: PhantomData }
    }

    /// The instrument for these labels, to be used on the spot; made, at zero, if it is new.
    #[inline]
    #[must_use]
    pub fn with(&self, labels: &L) -> MetricRef<'_, M> {
        self.__with_alike(labels)
    }

    /// As [`with`](Self::with), for `L` with other lifetimes: a reference to an instrument of a `'static` family lives as long, however
    /// shortly the labels live.
    ///
    /// For the attribute. With a type that has other labels, it finds a series of other labels.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn __with_alike<A: Labels>(&self, labels: &A) -> MetricRef<'_, M> {
        // Known when this is compiled, so that only one of the ways is.
        MetricRef::new(if A::CARDINALITY.is_some() {
            self.by_number(labels)
        } else {
            self.data.find(&Typed(labels))
        })
    }

    #[inline]
    fn by_number<A: Labels>(&self, labels: &A) -> Found<'_, M::Cell> {
        let index = labels.index();
        let kept = self.numbered.as_ref().and_then(|numbered| numbered.get(index));
        kept.map_or_else(|| self.number(index, labels), Found::in_arc)
    }

    /// Finds the series of a set and remembers it by its number; but not the one that overflowing sets share, which are counted.
    #[cold]
    #[inline(never)]
    fn number<A: Labels>(&self, index: usize, labels: &A) -> Found<'_, M::Cell> {
        let values = Typed(labels);
        let found = self.data.find(&values);
        if let Some(numbered) = &self.numbered
            && values.is_key(&found.key)
        {
            numbered.keep(index, found.to_arc());
        }
        found
    }

    /// The instrument for these labels, to be kept.
    #[must_use]
    pub fn handle(&self, labels: &L) -> M {
        self.with(labels).clone()
    }
}

impl<M: Instrument, L> Clone for Family<M, L> {
    fn clone(&self) -> Self {
        Self { data: Arc::clone(&self.data), numbered: self.numbered.clone(), labels: PhantomData }
    }
}

impl<M: Instrument, L> fmt::Debug for Family<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("name", &self.data.shared.name).finish_non_exhaustive()
    }
}
