use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use radiosonde_core::diagnostics;

use crate::instrument::{Refusal, Shared};
use crate::labels::LabelWriter;
use crate::table::Table;
use crate::{FamilyInfo, Instrument, LabelSet, Labels, Visitor};

/// The label value that stands for all sets that came after a family was full.
pub const OVERFLOW: &str = "_overflow";

/// Instruments of one name, told apart by labels whose names are known from the type `L`.
///
/// # Shape
/// At most [`max_series`](crate::Declare::max_series) sets have a series of their own, 2000 unless said otherwise. Every set
/// after that shares one series whose label values are all `_overflow`; each such look-up is counted in
/// `radiosonde_metrics_series_dropped_total{family}`, and the first is reported.
///
/// # Cost
/// [`with`](Self::with) hashes the values once and takes a read lock; it allocates only for a new set, or for values of over
/// 256 bytes. Keep the instrument where the labels are known beforehand.
pub struct Family<M, L> {
    data: Arc<FamilyData<M>>,
    /// Covariant, so that a family kept with `'static` labels is asked with borrowed ones.
    labels: PhantomData<fn() -> L>,
}

impl<M: Instrument, L: Labels> Family<M, L> {
    pub(crate) const fn new(data: Arc<FamilyData<M>>) -> Self {
        Self { data, labels: PhantomData }
    }

    /// The instrument for these labels; made, at zero, if it is new.
    #[must_use]
    pub fn with(&self, labels: &L) -> M {
        let mut writer = LabelWriter::new();
        labels.values(&mut writer);
        self.data.with(&writer)
    }
}

impl<M, L> Clone for Family<M, L> {
    fn clone(&self) -> Self {
        Self { data: Arc::clone(&self.data), labels: PhantomData }
    }
}

impl<M, L> fmt::Debug for Family<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("name", &self.data.shared.name).finish_non_exhaustive()
    }
}

/// Instruments of one name, told apart by labels whose names are known when the program runs.
///
/// Limits and costs are those of [`Family`].
pub struct Vector<M> {
    data: Arc<FamilyData<M>>,
}

impl<M: Instrument> Vector<M> {
    pub(crate) const fn new(data: Arc<FamilyData<M>>) -> Self {
        Self { data }
    }

    /// The instrument for these label values, in the order in which the names were declared.
    ///
    /// With another number of values than there are names, the instrument is one that is not exposed, and the look-up is
    /// counted in `radiosonde_metrics_refused_total{family,reason="label_count"}`.
    #[must_use]
    pub fn with(&self, values: &[&str]) -> M {
        let mut writer = LabelWriter::new();
        values.iter().for_each(|value| writer.value(value));
        self.data.with(&writer)
    }
}

impl<M> Clone for Vector<M> {
    fn clone(&self) -> Self {
        Self { data: Arc::clone(&self.data) }
    }
}

impl<M> fmt::Debug for Vector<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vector").field("name", &self.data.shared.name).finish_non_exhaustive()
    }
}

/// A family as the registry keeps it; one without labels has one series.
#[derive(Debug)]
pub(crate) struct FamilyData<M> {
    pub(crate) shared: Arc<Shared>,
    table: Table<M>,
}

impl<M: Instrument> FamilyData<M> {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), table: Table::new() }
    }

    pub(crate) fn with(&self, values: &LabelWriter) -> M {
        if values.values() != self.shared.label_names.len() {
            self.shared.refused.count(Refusal::LabelCount);
            return M::create(&self.shared);
        }
        let key = values.bytes();
        self.table.get(key).unwrap_or_else(|| self.insert(key))
    }

    #[cold]
    fn insert(&self, key: &[u8]) -> M {
        let make = |key: &[u8]| {
            let names: Vec<&str> = self.shared.label_names.iter().map(AsRef::as_ref).collect();
            (LabelSet::from_values(&names, key), M::create(&self.shared))
        };
        self.table.get_or_insert(key, self.shared.max_series, || make(key)).unwrap_or_else(|| {
            let Shared { name, label_names, max_series, series_dropped, .. } = &*self.shared;
            // Relaxed: a total, ordered against nothing.
            series_dropped.fetch_add(1, Ordering::Relaxed);
            diagnostics::report(
                "metrics",
                "series limit",
                format_args!("family {name:?} has {max_series} series, its limit; further label sets share one with the value {OVERFLOW:?}"),
            );
            let mut overflow = LabelWriter::new();
            label_names.iter().for_each(|_| overflow.value(OVERFLOW));
            let key = overflow.bytes();
            self.table.get_or_insert(key, usize::MAX, || make(key)).unwrap_or_else(|| M::create(&self.shared))
        })
    }
}

/// What the registry asks of a family, whatever its instruments are.
pub(crate) trait AnyFamily: Any + Send + Sync {
    fn shared(&self) -> &Arc<Shared>;
    fn instrument(&self) -> &'static str;
    fn visit(&self, out: &mut dyn Visitor);
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<M: Instrument> AnyFamily for FamilyData<M> {
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn instrument(&self) -> &'static str {
        M::NAME
    }

    fn visit(&self, out: &mut dyn Visitor) {
        for series in self.table.snapshot() {
            series.metric.visit(&series.labels, out);
        }
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Shared {
    pub(crate) fn info(&self) -> FamilyInfo<'_> {
        FamilyInfo { name: &self.name, help: &self.help, kind: self.kind, unit: self.unit.as_deref() }
    }
}
