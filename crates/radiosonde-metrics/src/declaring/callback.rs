use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crate::collect::collection::Collection;
use crate::collect::collector::Collector;
use crate::collect::collectors::CollectorGuard;
use crate::families::any_family::{AnyFamily, downcast};
use crate::families::declaration::Declaration;
use crate::families::register_error::RegisterError;
use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::Number;
use crate::model::visitor::Visitor;
use crate::registry::Registry;

/// A metric whose value a function returns at each scrape.
struct CallbackFamily {
    shared: Arc<Shared>,
    labels: LabelSet,
    /// The bits of the last value; `NOTHING` without one.
    last: AtomicU64,
}

/// A NaN that no computation makes.
const NOTHING: u64 = u64::MAX;

/// FunctionCollector the function, before the families are shown.
struct FunctionCollector<F> {
    family: Weak<CallbackFamily>,
    function: F,
}

impl<F: Fn() -> f64 + Send + Sync + 'static> Collector for FunctionCollector<F> {
    fn collect(&self, _: &mut Collection) {
        // The family lives as long as the registry that asks.
        let Some(family) = self.family.upgrade() else { return };
        match catch_unwind(AssertUnwindSafe(&self.function)) {
            Ok(value) => family.take(value),
            // An old value would look like a new one. The scrape counts the panic.
            Err(panic) => {
                family.keep(NOTHING);
                resume_unwind(panic);
            }
        }
    }
}

impl CallbackFamily {
    fn take(&self, value: f64) {
        let refusal = match self.shared.kind {
            Kind::Counter if value.is_nan() => Refusal::NotANumber,
            Kind::Counter if value < 0.0 => Refusal::Negative,
            Kind::Counter if value.is_infinite() => Refusal::Infinite,
            // No NaN that a program computes, but one that it may make of bits.
            _ => return self.keep(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }),
        };
        self.shared.refused.count(refusal);
        self.keep(NOTHING);
    }

    fn keep(&self, bits: u64) {
        // Relaxed: shown later on the same thread; another scrape's value is as good.
        self.last.store(bits, Ordering::Relaxed);
    }
}

impl AnyFamily for CallbackFamily {
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn instrument(&self) -> &'static str {
        "function"
    }

    fn visit(&self, out: &mut dyn Visitor) {
        // Relaxed: as above.
        let bits = self.last.load(Ordering::Relaxed);
        if bits != NOTHING {
            out.number(&self.labels, &Number::Float(f64::from_bits(bits)).into());
        }
    }

    fn series(&self) -> usize {
        // Relaxed: as above.
        usize::from(self.last.load(Ordering::Relaxed) != NOTHING)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// FunctionCollector the function behind a metric no more when dropped; from [`Registry::gauge_fn`] and [`Registry::counter_fn`].
///
/// The metric then has no series, and its name can be declared in the same way again.
#[must_use = "the function is not called any more when this is dropped; `keep` keeps it"]
pub struct Callback {
    collector: Option<CollectorGuard>,
    family: Arc<CallbackFamily>,
}

impl Callback {
    /// Keeps calling the function for as long as the registry lives.
    pub fn keep(mut self) {
        if let Some(collector) = self.collector.take() {
            collector.keep();
        }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        // A function that has taken this one's place meanwhile stays, and its value comes back with the next scrape.
        if let Some(collector) = self.collector.take() {
            drop(collector);
            self.family.keep(NOTHING);
        }
    }
}

impl Registry {
    /// Declares a gauge whose value `function` returns at each scrape: the length of a queue, the size of a cache.
    ///
    /// # Shape
    /// Any `f64`. The value lives as long as the [`Callback`] that is returned, or as the registry if that is
    /// [kept](Callback::keep). Declared again, the newer function takes the older one's place.
    ///
    /// A function that panics leaves the metric without a sample in that scrape, which is counted in
    /// `radiosonde_metrics_collector_errors_total{reason="panic"}`. One that reads its own registry is not called again for that;
    /// it sees the values of the previous scrape.
    ///
    /// # Cost
    /// A call for each scrape, one after the other. It may block, and a scrape waits for it: for how long, see
    /// `MetricsService` of `radiosonde-admin`. It must not wait for another scrape of the registry.
    ///
    /// # Errors
    /// [`RegisterError`] if the name or help is refused, or the name is taken by another metric.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let queue = Arc::new(Mutex::new(vec!["a", "b"]));
    /// let length = registry.gauge_fn("queue_length", "Orders that wait.", {
    ///     let queue = Arc::clone(&queue);
    ///     move || queue.lock().map_or(f64::NAN, |queue| queue.len() as f64)
    /// })?;
    /// assert!(registry.text().contains("queue_length 2\n"));
    /// drop(length);
    /// assert!(!registry.text().contains("queue_length 2\n"));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    #[track_caller]
    pub fn gauge_fn(
        &self,
        name: &str,
        help: &str,
        function: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<Callback, RegisterError> {
        self.ask(Kind::Gauge, name, help, Location::caller(), function)
    }

    /// Declares a counter whose total `function` returns at each scrape, for events that are counted elsewhere; the name ends in
    /// `_total`.
    ///
    /// As [`gauge_fn`](Self::gauge_fn). A total that is NaN, infinite or negative is not shown, and counted in
    /// `radiosonde_metrics_refused_total{family,reason}`. One that is smaller than before Prometheus takes for a restart.
    ///
    /// # Errors
    /// [`RegisterError`] if the name or help is refused, or the name is taken by another metric.
    #[track_caller]
    pub fn counter_fn(
        &self,
        name: &str,
        help: &str,
        function: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<Callback, RegisterError> {
        self.ask(Kind::Counter, name, help, Location::caller(), function)
    }

    fn ask(
        &self,
        kind: Kind,
        name: &str,
        help: &str,
        site: &'static Location<'static>,
        function: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<Callback, RegisterError> {
        let shared = Declaration::new(name, help, site).into_shared(kind, &[])?;
        let family = self.register(shared, "function", |shared| {
            let labels = shared.label_set(std::iter::empty());
            Arc::new(CallbackFamily { labels, shared: Arc::new(shared), last: AtomicU64::new(NOTHING) })
        })?;
        let family: Arc<CallbackFamily> = downcast(family, "function", name, site)?;
        let collector = FunctionCollector { family: Arc::downgrade(&family), function };
        let collector = self.collect_as_while(&format!("the function of {}", family.shared.name), collector);
        Ok(Callback { collector: Some(collector), family })
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("name", &self.family.shared.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_function_that_panics_loses_its_own_sample_only() {
        let registry = Registry::new();
        let fails = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&fails);
        let size = move || {
            if seen.load(Ordering::SeqCst) {
                resume_unwind(Box::new(()));
            }
            1.5
        };
        registry.gauge_fn("size", "Size.", size).unwrap().keep();
        registry.counter_fn("seen_total", "Seen.", || 2.0).unwrap().keep();
        assert!(registry.text().contains("size 1.5\n"));
        fails.store(true, Ordering::SeqCst);
        let text = registry.text();
        assert!(!text.contains("size 1.5") && text.contains("seen_total 2\n"), "{text}");
        assert!(text.contains("radiosonde_metrics_collector_errors_total{reason=\"panic\"} 1\n"), "{text}");
    }

    #[test]
    fn a_function_may_scrape_its_own_registry() {
        let registry = Registry::new();
        let own = registry.clone();
        let length = move || f64::from(u8::try_from(own.text().matches("# TYPE").count()).unwrap());
        let callback = registry.gauge_fn("families", "Families.", length).unwrap();
        let text = registry.text();
        assert!(text.contains("families ") && !text.contains("families 0\n"), "{text}");
        drop(callback);
    }

    #[test]
    fn no_total_is_negative_or_nan() {
        let registry = Registry::new();
        registry.counter_fn("a_total", "A.", || -1.0).unwrap().keep();
        registry.counter_fn("b_total", "B.", || f64::NAN).unwrap().keep();
        registry.gauge_fn("c", "C.", || f64::NAN).unwrap().keep();
        let text = registry.text();
        assert!(
            !text.contains("\na_total ") && !text.contains("\nb_total ") && text.contains("\nc NaN\n"),
            "{text}"
        );
        assert!(text.contains("{family=\"a_total\",reason=\"negative\"} 1\n"), "{text}");
    }

    #[test]
    fn the_newer_function_takes_the_place_of_the_older_and_names_are_checked() {
        let registry = Registry::new();
        let older = registry.gauge_fn("a", "A.", || 1.0).unwrap();
        let newer = registry.gauge_fn("a", "A.", || 2.0).unwrap();
        drop(older);
        assert!(registry.text().contains("\na 2\n"));
        drop(newer);
        assert!(!registry.text().contains("\na 2\n"));
        registry.histogram("h", "H.").build().unwrap();
        assert!(registry.gauge("a", "A.").build().is_err());
        assert!(registry.gauge_fn("h_count", "H.", || 0.0).is_err());
        assert!(registry.counter_fn("seen", "Seen.", || 0.0).is_err());
    }
}
