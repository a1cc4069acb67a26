use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{SharedClock, SystemClock};

use crate::declaring::metric_builder::MetricBuilder;
use crate::families::any_family::downcast;
use crate::families::labels::Labels;
use crate::families::register_error::RegisterError;
use crate::instruments::instrument::Instrument;
use crate::instruments::retention::{Expiry, Retention};
use crate::removable::data::RemovableData;
use crate::removable::dyn_family::RemovableDynFamily;
use crate::removable::family::RemovableFamily;

/// Builds a metric whose series can be removed: by hand, with a guard, or by expiry when they are idle.
///
/// Ends in [`family`](Self::family) or [`labels`](Self::labels).
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// let declared = registry.counter("jobs_total", "Jobs.").max_series(100).removable();
/// let jobs = declared.expire_after_scrapes(1).labels(&["tenant"])?;
/// jobs.with(&["a"]).inc();
/// assert!(registry.text().contains("jobs_total{tenant=\"a\"} 1\n"));
/// assert!(!registry.text().contains("jobs_total{tenant=\"a\"}"), "it was not looked up since");
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[must_use = "a declaration becomes a metric by `family` or `labels`"]
#[derive(Debug)]
pub struct RemovableMetricBuilder<'a, M> {
    builder: MetricBuilder<'a, M>,
    expiry: Expiry,
    clock: Option<SharedClock>,
}

impl<'a, M: Instrument> MetricBuilder<'a, M> {
    /// Lets series be removed; see [`RemovableFamily`].
    pub const fn removable(self) -> RemovableMetricBuilder<'a, M> {
        RemovableMetricBuilder { builder: self, expiry: Expiry { scrapes: None, idle: None }, clock: None }
    }
}

impl<M: Instrument> RemovableMetricBuilder<'_, M> {
    /// Removes a series that was shown in this number of scrapes and not looked up meanwhile: the next scrape does not have it. 0 is as 1, so that
    /// every series is shown at least once.
    ///
    /// A look-up is any of `with` and `scoped`. A series whose handle is kept is in use. Every rendering of the family is a scrape, in
    /// whatever format, and so is [`Registry::visit`](crate::Registry::visit); a [`snapshot`](crate::Registry::snapshot) and a [`look`](crate::Registry::look) are none.
    /// With two Prometheus servers there are two scrapes an interval. Without any scrape nothing expires.
    pub const fn expire_after_scrapes(mut self, scrapes: u32) -> Self {
        let scrapes = if scrapes == 0 { 1 } else { scrapes };
        self.expiry.scrapes = Some(scrapes as u64);
        self
    }

    /// Removes a series that was not looked up for this long, at the first scrape that finds it so.
    ///
    /// Use and scrapes are those of [`expire_after_scrapes`](Self::expire_after_scrapes); with both, the first limit
    /// applies. The time counts from the first scrape after the last look-up, in milliseconds, by the monotonic clock. Every series is shown
    /// at least once.
    pub const fn expire_after(mut self, idle: Duration) -> Self {
        self.expiry.idle = Some(idle);
        self
    }

    /// Takes the time from `clock`, for tests: when series were created, and how long they have been idle.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The metric, told apart by the labels of the type `L`.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help, unit or a label is refused, or the name is taken by another metric.
    pub fn family<L: Labels>(mut self) -> Result<RemovableFamily<M, L>, RegisterError> {
        self.builder = self.builder.with_values_of::<L>();
        Ok(RemovableFamily::new(self.register(&L::names())?))
    }

    /// The metric, told apart by labels with these names.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help, unit or a label is refused, or the name is taken by another metric.
    pub fn labels(self, names: &[&str]) -> Result<RemovableDynFamily<M>, RegisterError> {
        Ok(RemovableDynFamily::new(self.register(names)?))
    }

    fn register(self, labels: &[&str]) -> Result<Arc<RemovableData<M>>, RegisterError> {
        let MetricBuilder { registry, mut declaration, .. } = self.builder;
        declaration.retention = Retention::Removable(self.expiry);
        let shared = declaration.into_shared(M::KIND, labels)?;
        let site = shared.site;
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let make = |shared| Arc::new(RemovableData::<M>::new(shared, clock)) as _;
        let family = registry.register(shared, M::NAME, make)?;
        let name = family.shared().name.clone();
        downcast(family, M::NAME, &name, site)
    }
}
