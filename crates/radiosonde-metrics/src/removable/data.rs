use std::any::Any;
use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use radiosonde_core::SharedClock;

use crate::families::any_family::AnyFamily;
use crate::families::bounded::Bounded;
use crate::families::rendered::Rendered;
use crate::instruments::instrument::Instrument;
use crate::instruments::instrument::sealed::Sealed;
use crate::instruments::refusal::Refusal;
use crate::instruments::retention::{Expiry, Removal, Retention};
use crate::instruments::shared::Shared;
use crate::model::label_set::LabelSet;
use crate::model::visitor::Visitor;
use crate::reentrancy::outermost;
use crate::removable::entry::Entry;
use crate::removable::table::RemovableTable;
use crate::storage::series::Series;
use crate::storage::values::{Texts, Values};

/// The entry of a set of labels.
type Own<M> = Arc<Entry<<M as Sealed>::Cell>>;
/// What takes the place of an entry where there is no room for one, or the labels are not the family's.
type Substitute<M> = Arc<Series<<M as Sealed>::Cell>>;

/// A family whose series may go, as the registry keeps it.
pub(crate) struct RemovableData<M: Instrument> {
    pub(crate) shared: Arc<Shared>,
    table: RemovableTable<M::Cell>,
    expiry: Expiry,
    clock: SharedClock,
    /// How many scrapes there were.
    scrapes: AtomicU64,
    /// Held by a scrape that looks for idle series, so that scrapes do so one after another.
    expiring: Mutex<()>,
    /// For look-ups that get no series; never shown. Made at once, because some of them may not allocate.
    detached: Arc<Series<M::Cell>>,
}

/// A clock may be anything, but a panic in it leaves the family as it was.
impl<M: Instrument> RefUnwindSafe for RemovableData<M> {}

impl<M: Instrument> RemovableData<M> {
    pub(crate) fn new(shared: Shared, clock: SharedClock) -> Self {
        let data = Self::without_series(shared, clock);
        if data.shared.label_names.is_empty() {
            // Exposed at zero from the start, so that the first event is an increase.
            let _ = data.find(&Texts(&[]));
        }
        data
    }

    /// As [`new`](Self::new), but a family without labels has its series from the first look-up on.
    pub(crate) fn without_series(shared: Shared, clock: SharedClock) -> Self {
        let expiry = match shared.retention {
            Retention::Removable(expiry) => expiry,
            Retention::Permanent => Expiry::default(),
        };
        let shared = Arc::new(shared);
        let detached = shared.series::<M>(&Texts(&[]), clock.now());
        Self {
            shared,
            table: RemovableTable::new(),
            expiry,
            clock,
            scrapes: AtomicU64::new(0),
            expiring: Mutex::new(()),
            detached,
        }
    }

    pub(crate) fn find(&self, values: &impl Values) -> Arc<Series<M::Cell>> {
        let found = self.table.read(values, |entry| {
            self.touch(entry);
            self.take(entry)
        });
        found.flatten().unwrap_or_else(|| {
            // Taken under the lock, where no scrape comes in between.
            let mut series = None;
            match self.insert(values, |entry| series = Some(Arc::clone(&entry.series))) {
                Ok(entry) => series.unwrap_or_else(|| Arc::clone(&entry.series)),
                Err(shared) => shared,
            }
        })
    }

    /// The entry of these values, with one more guard; `Err` with its substitute.
    pub(crate) fn guarded(&self, values: &impl Values) -> Result<Own<M>, Substitute<M>> {
        self.insert(values, Entry::guard)
    }

    /// Whether there is an entry of these values now, made if there was none.
    pub(crate) fn publish(&self, values: &impl Values) -> bool {
        self.shared.fits(values)
            && Bounded::of(values, &self.shared).is_none()
            && self.get_or_insert(values, |_| {}).is_ok_and(|entry| entry.is_some())
    }

    #[cold]
    fn insert(
        &self,
        values: &impl Values,
        see: impl FnOnce(&Entry<M::Cell>),
    ) -> Result<Own<M>, Substitute<M>> {
        if !self.shared.fits(values) {
            self.shared.refused.count(Refusal::LabelCount);
            return Err(Arc::clone(&self.detached));
        }
        match Bounded::of(values, &self.shared) {
            Some(values) => self.make(&values, see),
            None => self.make(values, see),
        }
    }

    fn make(&self, values: &impl Values, see: impl FnOnce(&Entry<M::Cell>)) -> Result<Own<M>, Substitute<M>> {
        // A full family takes no lock, however many label sets it is asked for.
        if self.table.is_full_without(values) {
            return Err(self.overflow());
        }
        match self.get_or_insert(values, see) {
            Ok(entry) => entry.ok_or_else(|| self.overflow()),
            Err(refusal) => {
                self.shared.refused.count(refusal);
                Err(Arc::clone(&self.detached))
            }
        }
    }

    /// The entry of these values, made if it is new; `None` at the limit.
    fn get_or_insert(
        &self,
        values: &impl Values,
        see: impl FnOnce(&Entry<M::Cell>),
    ) -> Result<Option<Own<M>>, Refusal> {
        // Before the lock: labels and clocks are the user's code.
        let (values, now) = (Rendered::of(values).ok_or(Refusal::Nested)?, self.clock.now());
        let touch = |entry: &Entry<M::Cell>| {
            self.touch(entry);
            see(entry);
        };
        let make = || self.series(&values, now);
        let insert = || self.table.get_or_insert(&values, Some(self.shared.max_series), make, touch);
        outermost(insert).ok_or(Refusal::Nested)
    }

    fn overflow(&self) -> Arc<Series<M::Cell>> {
        self.shared.count_dropped();
        let values = self.shared.overflow();
        let found = self.table.read(&values, |entry| {
            self.touch(entry);
            self.take(entry)
        });
        let make = || {
            let touch = |entry: &Entry<M::Cell>| self.touch(entry);
            let now = self.clock.now();
            let series = || self.series(&values, now);
            let entry = outermost(|| self.table.get_or_insert(&values, None, series, touch)).flatten();
            entry.map_or_else(|| Arc::clone(&self.detached), |entry| Arc::clone(&entry.series))
        };
        found.flatten().unwrap_or_else(make)
    }

    fn series(&self, values: &impl Values, now: SystemTime) -> Arc<Series<M::Cell>> {
        self.shared.series::<M>(values, now)
    }

    /// A handle to it, if no scrape is about to remove it.
    fn take(&self, entry: &Entry<M::Cell>) -> Option<Arc<Series<M::Cell>>> {
        if self.expiry.never() { Some(Arc::clone(&entry.series)) } else { entry.take() }
    }

    fn touch(&self, entry: &Entry<M::Cell>) {
        if !self.expiry.never() {
            // Relaxed: a scrape that has just begun may count as the one before.
            entry.touch(self.scrapes.load(Ordering::Relaxed));
        }
    }

    pub(crate) fn remove(&self, values: &impl Values) -> bool {
        self.count(Removal::Removed, usize::from(self.table.remove(values))) > 0
    }

    pub(crate) fn release(&self, entry: &Arc<Entry<M::Cell>>) {
        self.count(Removal::Scope, usize::from(self.table.release(entry)));
    }

    pub(crate) fn retain(&self, mut keep: impl FnMut(&LabelSet) -> bool) -> usize {
        // Asked without the lock: what the closure does is not ours.
        let all = self.table.sorted();
        let leaving = all.iter().filter(|entry| !keep(&entry.series.labels));
        let removed = leaving.filter(|entry| self.table.remove_entry(entry)).count();
        self.count(Removal::Removed, removed)
    }

    fn count(&self, why: Removal, series: usize) -> usize {
        if series > 0 {
            self.shared.series_removed.count(why, series);
        }
        series
    }

    /// Removes what has been idle for too long.
    fn expire(&self) {
        // Before the lock: a clock is the user's code.
        let now = millis(self.clock.monotonic());
        let _expiring = self.expiring.lock().unwrap_or_else(PoisonError::into_inner);
        // Relaxed: only scrapes change it, one at a time.
        let before = self.scrapes.fetch_add(1, Ordering::Relaxed);
        let expired = self.table.remove_if(|entry| {
            if entry.is_kept() {
                // It may be written to until the next scrape, without a look-up.
                entry.touch(before + 1);
            }
            if entry.touched() >= before {
                // Relaxed: only scrapes read and write it, one at a time.
                entry.seen.store(now, Ordering::Relaxed);
            }
            let idle_scrapes = before.saturating_sub(entry.touched());
            // Relaxed: as above.
            let idle = Duration::from_millis(now.saturating_sub(entry.seen.load(Ordering::Relaxed)));
            let is_idle = self.expiry.scrapes.is_some_and(|most| idle_scrapes >= most)
                || (idle_scrapes > 0 && self.expiry.idle.is_some_and(|longest| idle >= longest));
            is_idle && entry.leave()
        });
        self.count(Removal::Expired, expired);
    }
}

fn millis(since: Duration) -> u64 {
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl<M: Instrument> AnyFamily for RemovableData<M> {
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn instrument(&self) -> &'static str {
        M::NAME
    }

    fn scraped(&self) {
        if self.expiry.never() { self.table.reclaim() } else { self.expire() }
    }

    fn visit(&self, out: &mut dyn Visitor) {
        for entry in &*self.table.sorted() {
            M::visit(&entry.series, out);
        }
    }

    fn series(&self) -> usize {
        self.table.sorted().len()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
