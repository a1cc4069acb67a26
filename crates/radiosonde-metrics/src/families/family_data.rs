use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use radiosonde_core::{Clock as _, SystemClock};

use crate::families::any_family::AnyFamily;
use crate::families::bounded::Bounded;
use crate::families::rendered::Rendered;
use crate::instruments::instrument::Instrument;
use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::model::visitor::Visitor;
use crate::once_box::OnceBox;
use crate::reentrancy::outermost;
use crate::storage::series::{Found, Series};
use crate::storage::table::Table;
use crate::storage::values::{Texts, Values};

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
        // Relaxed: a family that is full stays so; a thread that does not know yet finds out under the lock.
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

    /// The series with these values, made if it is new; `None` where a look-up would have been refused or shared a series.
    pub(crate) fn publish(&self, values: &impl Values) -> Option<Found<'_, M::Cell>> {
        let has_series = self.shared.fits(values) && Bounded::of(values, &self.shared).is_none();
        if has_series { self.get_or_insert(values).ok().flatten() } else { None }
    }

    /// The series with these values, made if it is new; `None` at the limit.
    fn get_or_insert(&self, values: &impl Values) -> Result<Option<Found<'_, M::Cell>>, Refusal> {
        let values = Rendered::of(values).ok_or(Refusal::Nested)?;
        let make = || self.shared.series::<M>(&values, SystemClock.now());
        outermost(|| self.table.get_or_insert(&values, self.shared.max_series, make)).ok_or(Refusal::Nested)
    }

    /// The shared series of a full family. Takes no lock, however many label sets the family is asked for.
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::families::dyn_family::DynFamily;
    use crate::instruments::counter::Counter;
    use crate::registry::Registry;

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
        let with_labels: DynFamily<Counter> = registry.counter("a_total", "A.").labels(&["x"]).unwrap();
        let without: DynFamily<Counter> = registry.counter("b_total", "B.").labels(&[]).unwrap();
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
