use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use radiosonde_core::{Clock as _, SystemClock, diagnostics};

use crate::families::bounded::Bounded;
use crate::families::family::{OVERFLOW, Texts};
use crate::families::rendered::Rendered;
use crate::families::series::{Found, Series};
use crate::families::table::Table;
use crate::families::values::Values;
use crate::gathering::sample_names::Named;
use crate::instruments::instrument::{Refusal, Shared};
use crate::nested::outermost;
use crate::once_box::OnceBox;
use crate::{FamilyInfo, Instrument, Visitor};

/// A family as the registry keeps it; one without labels has one series.
pub(crate) struct FamilyData<M: Instrument> {
    pub(crate) shared: Arc<Shared>,
    table: Table<M::Cell>,
    /// Whether the table has as many series as it may have.
    full: AtomicBool,
    /// For look-ups that get no series; see [`detached`](Self::detached).
    detached: OnceBox<Arc<Series<M::Cell>>>,
}

impl<M: Instrument> FamilyData<M> {
    pub(crate) fn new(shared: Shared) -> Self {
        let shared = Arc::new(shared);
        let data =
            Self { shared, table: Table::new(), full: AtomicBool::new(false), detached: OnceBox::new() };
        if !data.shared.label_names.is_empty() {
            // Made before the first look-up, because one from within the allocator may not allocate.
            let _ = data.detached();
        }
        data
    }

    /// The series for look-ups that get none; never shown. A family without labels makes it on demand, which is when a look-up has too many
    /// values. Within the allocator that look-up gets the family's one series.
    fn detached(&self) -> Found<'_, M::Cell> {
        let make = || self.shared.series::<M>(&Texts(&[]), SystemClock.now());
        let one = || self.table.get(&Texts(&[]));
        let made = self.detached.get_or_make(make).map(Found::in_arc);
        made.or_else(one).unwrap_or_else(|| Found::in_arc(self.detached.get_or_init(make)))
    }

    #[inline]
    pub(crate) fn find(&self, values: &impl Values) -> Found<'_, M::Cell> {
        self.table.get(values).unwrap_or_else(|| self.insert(values))
    }

    #[cold]
    fn insert(&self, values: &impl Values) -> Found<'_, M::Cell> {
        if !self.shared.fits(values) {
            self.shared.refused.count(Refusal::LabelCount);
            return self.detached();
        }
        match Bounded::of(values, &self.shared) {
            Some(values) => self.table.get(&values).unwrap_or_else(|| self.make(&values)),
            None => self.make(values),
        }
    }

    fn make(&self, values: &impl Values) -> Found<'_, M::Cell> {
        // Relaxed: a family that is full stays so; who does not know yet finds out under the lock.
        if !self.full.load(Ordering::Relaxed) {
            match self.get_or_insert(values) {
                Ok(Some(found)) => return found,
                Ok(None) => {}
                Err(refusal) => {
                    self.shared.refused.count(refusal);
                    return self.detached();
                }
            }
            // Relaxed: as above.
            self.full.store(true, Ordering::Relaxed);
        }
        self.overflow()
    }

    /// The series with these values, made if there is none; `None` where a look-up would have been refused or shared a series.
    pub(super) fn publish(&self, values: &impl Values) -> Option<Found<'_, M::Cell>> {
        let has_series = self.shared.fits(values) && Bounded::of(values, &self.shared).is_none();
        if has_series { self.get_or_insert(values).ok().flatten() } else { None }
    }

    /// The series with these values, made if there is none; `None` at the limit.
    fn get_or_insert(&self, values: &impl Values) -> Result<Option<Found<'_, M::Cell>>, Refusal> {
        let values = Rendered::of(values).ok_or(Refusal::Nested)?;
        let make = || self.shared.series::<M>(&values, SystemClock.now());
        outermost(|| self.table.get_or_insert(&values, self.shared.max_series, make)).ok_or(Refusal::Nested)
    }

    /// Takes no lock: whoever throws label sets at a full family is not slowed down, and slows nobody down.
    fn overflow(&self) -> Found<'_, M::Cell> {
        self.shared.count_dropped();
        let values = self.shared.overflow();
        let series = || self.shared.series::<M>(&values, SystemClock.now());
        let make = || outermost(|| self.table.get_or_insert(&values, usize::MAX, series)).flatten();
        let found = self.table.get(&values).or_else(make);
        // With such a limit there is always one, unless the program's allocator asks while this thread makes it.
        found.unwrap_or_else(|| self.detached())
    }
}

/// The set that stands for all that came too late. It may be asked for by name as well, and is the same series then.
pub(crate) struct Overflow {
    labels: usize,
}

impl Values for Overflow {
    fn each(&self, mut see: impl FnMut(&str)) {
        (0..self.labels).for_each(|_| see(OVERFLOW));
    }
}

/// What the registry asks of a family, whatever its instruments are.
pub(crate) trait AnyFamily: Any + Send + Sync {
    fn shared(&self) -> &Arc<Shared>;
    fn instrument(&self) -> &'static str;
    /// A scrape begins, of which [`visit`](Self::visit) may be a part.
    fn scraped(&self) {}
    fn visit(&self, out: &mut dyn Visitor);
    /// How many series there are.
    fn series(&self) -> usize;
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
        for series in &*self.table.sorted() {
            M::visit(series, out);
        }
    }

    fn series(&self) -> usize {
        self.table.sorted().len()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Shared {
    pub(crate) fn info(&self) -> FamilyInfo<'_> {
        let (unit, unknown_in_open_metrics) = (self.unit.as_deref(), false);
        FamilyInfo { name: &self.name, help: &self.help, kind: self.kind, unit, unknown_in_open_metrics }
    }

    pub(crate) fn named(&self) -> Named<'_> {
        Named { name: &self.name, kind: self.kind }
    }

    /// Whether there are as many values as names.
    pub(super) fn fits(&self, values: &impl Values) -> bool {
        let mut count = 0;
        values.each(|_| count += 1);
        count == self.label_names.len()
    }

    /// A new series with these values.
    pub(super) fn series<M: Instrument>(
        self: &Arc<Self>,
        values: &impl Values,
        now: SystemTime,
    ) -> Arc<Series<M::Cell>> {
        let mut texts = Vec::new();
        values.each(|value| texts.push(value.to_owned()));
        let labels = self.label_set(texts.iter().map(String::as_str));
        Series::new(M::cell(self), labels, values.to_key(), now)
    }

    /// The set that takes what there is no room for.
    pub(crate) fn overflow(&self) -> Overflow {
        Overflow { labels: self.label_names.len() }
    }

    /// Counts a look-up for which there was no room, and reports the first.
    pub(crate) fn count_dropped(&self) {
        let Self { name, max_series, series_dropped, .. } = self;
        // Relaxed: a total, ordered against nothing.
        if series_dropped.fetch_add(1, Ordering::Relaxed) == 0 {
            diagnostics::report(
                "metrics",
                "series limit",
                format_args!(
                    "family {name:?} has {max_series} series, its limit; further label sets share one with the value {OVERFLOW:?}"
                ),
            );
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::{Counter, Registry, Vector};

    fn is_made(registry: &Registry, name: &str) -> bool {
        let families = registry.families();
        let family = families.iter().find(|family| &*family.shared().name == name);
        let data =
            family.and_then(|family| Arc::clone(family).into_any().downcast::<FamilyData<Counter>>().ok());
        data.is_some_and(|data| data.detached.get().is_some())
    }

    #[test]
    fn only_a_family_with_labels_has_a_hidden_series_from_the_start() {
        let registry = Registry::new();
        let with_labels: Vector<Counter> = registry.counter("a_total", "A.").labels(&["x"]).unwrap();
        let without: Vector<Counter> = registry.counter("b_total", "B.").labels(&[]).unwrap();
        with_labels.with(&["1"]).inc();
        without.with(&[]).inc();
        assert_eq!(["a_total", "b_total"].map(|name| is_made(&registry, name)), [true, false]);

        // As if the allocator asked.
        assert!(outermost(|| without.with(&["too many"]).inc()).is_some());
        assert!(!is_made(&registry, "b_total"));
        assert_eq!(registry.snapshot().value("b_total", &[]), Some(2.0));

        without.with(&["too many"]).inc();
        assert!(is_made(&registry, "b_total"));
        assert_eq!(registry.snapshot().value("b_total", &[]), Some(2.0));
    }
}
