use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use radiosonde_core::{Clock as _, SystemClock};

use crate::collect::collection::Collection;
use crate::collect::collection_visitor::{CollectionVisitor, refusals};
use crate::families::any_family::AnyFamily as _;
use crate::families::declaration::Declaration;
use crate::instruments::buckets::Buckets;
use crate::instruments::instrument::Instrument;
use crate::model::label_set::LabelSet;
use crate::model::visitor::Visitor;
use crate::removable::data::RemovableData;
use crate::storage::series::Series;
use crate::storage::values::Values;

/// Describes an [`UnregisteredFamily`].
#[must_use = "a family is made by `build`"]
#[derive(Debug, Clone)]
pub struct UnregisteredBuilder<'a, M> {
    declaration: Declaration<'a>,
    labels: &'a [&'a str],
    instrument: PhantomData<fn() -> M>,
}

impl<'a, M: Instrument> UnregisteredBuilder<'a, M> {
    /// Names of the labels whose values differ between series; default: none.
    pub const fn labels(mut self, names: &'a [&'a str]) -> Self {
        self.labels = names;
        self
    }

    /// Labels that every series has; default: none.
    pub const fn constant_labels(mut self, labels: &'a [(&'a str, &'a str)]) -> Self {
        self.declaration.constant = labels;
        self
    }

    /// Buckets of histograms; default: [`Buckets::HTTP_SECONDS`].
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.declaration.buckets = buckets;
        self
    }

    /// Maximum number of series; default: 2000. Label sets beyond it share a series.
    pub const fn max_series(mut self, max_series: usize) -> Self {
        self.declaration.max_series = max_series;
        self
    }

    /// The family, without series.
    #[must_use]
    pub fn build(self) -> UnregisteredFamily<M> {
        let shared = self.declaration.unchecked(M::KIND, self.labels);
        UnregisteredFamily(Arc::new(RemovableData::without_series(shared, Arc::new(SystemClock))))
    }
}

/// A family of our instruments that no registry contains, for a [`Collector`](crate::collect::Collector) that shows it under rules of its own.
///
/// # Shape
/// Like a [`RemovableDynFamily`](crate::removable::RemovableDynFamily), but names and labels are taken as they are: a scrape leaves out those that are not
/// legal, as it does for every collector.
///
/// ```
/// use radiosonde_metrics::collect::{Collection, Collector, UnregisteredFamily};
/// use radiosonde_metrics::{Counter, Registry};
///
/// struct Jobs(UnregisteredFamily<Counter>);
/// impl Collector for Jobs {
///     fn collect(&self, out: &mut Collection) {
///         self.0.show("jobs_total", &[], out);
///     }
/// }
///
/// let jobs = UnregisteredFamily::<Counter>::builder("jobs_total", "Jobs.").labels(&["queue"]).build();
/// jobs.with(&["mail"]).inc();
/// let registry = Registry::new();
/// registry.collect_from(Jobs(jobs));
/// assert!(registry.text().contains("jobs_total{queue=\"mail\"} 1\n"));
/// ```
pub struct UnregisteredFamily<M: Instrument>(Arc<RemovableData<M>>);

impl<M: Instrument> UnregisteredFamily<M> {
    /// Describes a family.
    #[track_caller]
    pub const fn builder<'a>(name: &'a str, help: &'a str) -> UnregisteredBuilder<'a, M> {
        let declaration = Declaration::new(name, help, Location::caller());
        UnregisteredBuilder { declaration, labels: &[], instrument: PhantomData }
    }

    /// The instrument for these label values, in the order of the label names; made, at zero, if it is new.
    ///
    /// With another number of values than there are names, the instrument is one that is not exposed, and the look-up is counted in
    /// `radiosonde_metrics_refused_total{family,reason="label_count"}`.
    #[must_use]
    pub fn with<V: AsRef<str>>(&self, values: &[V]) -> M {
        M::wrap(self.0.find(&Slice(values)))
    }

    /// An instrument with labels of its own, which the collector keeps and shows. Samples that it refuses are counted in the family.
    #[must_use]
    pub fn series(&self, labels: LabelSet) -> UnregisteredSeries<M> {
        let series =
            Series::new(M::cell(&self.0.shared), labels, Slice::<&str>(&[]).to_key(), SystemClock.now());
        UnregisteredSeries { instrument: M::wrap(Arc::clone(&series)), series }
    }

    /// Removes the series of these label values. Returns whether there was one.
    #[allow(clippy::must_use_candidate, reason = "most callers know that there was one")]
    pub fn remove<V: AsRef<str>>(&self, values: &[V]) -> bool {
        self.0.remove(&Slice(values))
    }

    /// Removes all series.
    pub fn clear(&self) {
        self.0.retain(|_| false);
    }

    /// Adds the family, if it has series, and what it refused, under this name and with these labels more.
    pub fn show(&self, name: &str, labels: &[(String, String)], out: &mut Collection) {
        let shared = &self.0.shared;
        if self.0.series() > 0 {
            out.family(name, &shared.help, M::KIND);
            self.0.visit(&mut CollectionVisitor::new(out, labels));
        }
        self.0.scraped();
        refusals(shared, name, out);
        // Relaxed: a total, ordered against nothing.
        out.series_dropped(name, shared.series_dropped.load(Ordering::Relaxed));
    }
}

impl<M: Instrument> Clone for UnregisteredFamily<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Instrument> fmt::Debug for UnregisteredFamily<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnregisteredFamily").field("name", &self.0.shared.name).finish_non_exhaustive()
    }
}

/// An instrument with labels of its own, made by [`UnregisteredFamily::series`].
pub struct UnregisteredSeries<M: Instrument> {
    instrument: M,
    series: Arc<Series<M::Cell>>,
}

impl<M: Instrument> UnregisteredSeries<M> {
    /// Shows the sample to a visitor that has been shown the family.
    pub fn visit(&self, out: &mut dyn Visitor) {
        M::visit(&self.series, out);
    }
}

impl<M: Instrument> Deref for UnregisteredSeries<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.instrument
    }
}

impl<M: Instrument> fmt::Debug for UnregisteredSeries<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnregisteredSeries").field("labels", &self.series.labels).finish_non_exhaustive()
    }
}

/// Label values in the order of their names.
struct Slice<'a, V>(&'a [V]);

impl<V: AsRef<str>> Values for Slice<'_, V> {
    #[inline]
    fn each(&self, mut see: impl FnMut(&str)) {
        self.0.iter().for_each(|value| see(value.as_ref()));
    }
}
