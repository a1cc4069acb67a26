use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use radiosonde_core::{Clock as _, SystemClock};

use super::options::{Describe, Described};
use super::{Error, Result};
use crate::declaring::declaration::Declaration;
use crate::families::bounded::Bounded;
use crate::families::removable::table::RemovableTable;
use crate::families::series::Series;
use crate::families::values::Values;
use crate::gathering::adding::{Adding, refusals};
use crate::instruments::instrument::{Refusal, Shared};
use crate::{Collection, Instrument, Kind, LabelSet};

/// How many series a vector may have.
const MAX_SERIES: usize = 10_000;

/// A metric of this module, alone or with its vector. Public to sealed traits only.
pub struct Core<I: Instrument> {
    described: Described,
    shared: Arc<Shared>,
    children: RemovableTable<I::Cell>,
}

impl<I: Instrument> Core<I> {
    #[track_caller]
    pub(super) fn new(options: impl Describe) -> Result<Arc<Self>> {
        let described = options.described(I::KIND)?;
        let Described { name, help, label_names, buckets, .. } = &described;
        let mut declaration = Declaration::new(name, help, Location::caller());
        declaration.buckets = buckets.clone();
        declaration.max_series = MAX_SERIES;
        let labels: Vec<_> = label_names.iter().map(String::as_str).collect();
        let shared = Arc::new(declaration.unchecked(I::KIND, &labels));
        Ok(Arc::new(Self { described, shared, children: RemovableTable::new() }))
    }

    /// A metric without labels of its own.
    #[track_caller]
    pub(super) fn alone(options: impl Describe) -> Result<(Arc<Self>, I)> {
        let core = Self::new(options)?;
        let instrument = core.get(&Slice::<&str>(&[]))?;
        Ok((core, instrument))
    }

    pub(super) fn label_names(&self) -> &[String] {
        &self.described.label_names
    }

    pub(super) fn get<V: AsRef<str>>(&self, values: &Slice<'_, V>) -> Result<I> {
        let (expect, got) = (self.label_names().len(), values.0.len());
        if expect != got {
            return Err(Error::InconsistentCardinality { expect, got });
        }
        let found = self.read(values).or_else(|| match Bounded::of(values, &self.shared) {
            Some(values) => self.insert(&values, Some(MAX_SERIES)),
            None => self.insert(values, Some(MAX_SERIES)),
        });
        Ok(I::wrap(found.unwrap_or_else(|| self.overflow())))
    }

    fn read(&self, values: &impl Values) -> Option<Arc<Series<I::Cell>>> {
        self.children.read(values, |entry| Arc::clone(entry.series()))
    }

    #[cold]
    fn insert(&self, values: &impl Values, limit: Option<usize>) -> Option<Arc<Series<I::Cell>>> {
        // Whoever throws values at a full vector is not slowed down by a lock.
        if limit.is_some() && self.children.is_full_without(values) {
            return None;
        }
        let entry = self.children.get_or_insert(values, limit, || self.series(values), |_| {})?;
        Some(Arc::clone(entry.series()))
    }

    /// Counts as a refusal, and gives something to record in all the same.
    #[cold]
    pub(super) fn refuse(&self) -> I {
        self.shared.refused.count(Refusal::LabelCount);
        I::wrap(self.series(&Slice::<&str>(&[])))
    }

    pub(super) fn remove<V: AsRef<str>>(&self, values: &Slice<'_, V>) -> Result<()> {
        let (expect, got) = (self.label_names().len(), values.0.len());
        if expect != got {
            return Err(Error::InconsistentCardinality { expect, got });
        }
        if self.children.remove(values) {
            return Ok(());
        }
        let values: Vec<_> = values.0.iter().map(AsRef::as_ref).collect();
        Err(Error::Msg(format!("metric {:?} has no series with the values {values:?}", self.described.name)))
    }

    pub(super) fn clear(&self) {
        self.children.remove_if(|_| true);
    }

    fn series(&self, values: &impl Values) -> Arc<Series<I::Cell>> {
        let Described { const_labels, label_names, .. } = &self.described;
        let mut texts = Vec::new();
        values.each(|value| texts.push(value.to_owned()));
        let variable = label_names.iter().map(String::as_str).zip(texts.iter().map(String::as_str));
        let constant = const_labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let labels = LabelSet::new(variable.chain(constant));
        Series::new(I::cell(&self.shared), labels, values.to_key(), SystemClock.now())
    }

    #[cold]
    fn overflow(&self) -> Arc<Series<I::Cell>> {
        self.shared.count_dropped();
        let values = self.shared.overflow();
        let found = self.read(&values).or_else(|| self.insert(&values, None));
        found.unwrap_or_else(|| self.series(&values))
    }
}

/// Label values as a program has them at hand.
pub(super) struct Slice<'a, V>(pub(super) &'a [V]);

impl<V: AsRef<str>> Values for Slice<'_, V> {
    fn each(&self, mut see: impl FnMut(&str)) {
        self.0.iter().for_each(|value| see(value.as_ref()));
    }
}

/// What a registry asks of a metric, whatever its instruments are. Public to a sealed trait only.
pub trait AnyCore: Send + Sync {
    fn described(&self) -> &Described;

    fn kind(&self) -> Kind;

    fn collect(&self, prefix: &str, labels: &[(String, String)], out: &mut Collection);
}

impl<I: Instrument> AnyCore for Core<I> {
    fn described(&self) -> &Described {
        &self.described
    }

    fn kind(&self) -> Kind {
        I::KIND
    }

    fn collect(&self, prefix: &str, labels: &[(String, String)], out: &mut Collection) {
        let Described { name, help, .. } = &self.described;
        let name = format!("{prefix}{name}");
        let series = self.children.sorted();
        // As theirs: a vector without series is not shown.
        if !series.is_empty() {
            out.family(&name, help, I::KIND);
            let mut into = Adding::to(out, labels);
            series.iter().for_each(|entry| I::visit(entry.series(), &mut into));
        }
        self.children.tidy();
        refusals(&self.shared, &name, out);
        // Relaxed: a total, ordered against nothing.
        out.series_dropped(&name, self.shared.series_dropped.load(Ordering::Relaxed));
    }
}

impl<I: Instrument> fmt::Debug for Core<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("described", &self.described).finish_non_exhaustive()
    }
}
