//! The registry: families by name, and collectors.

pub(crate) mod collecting;
mod difference;
pub(crate) mod record_error;
pub(crate) mod recorded;
pub(crate) mod scope;

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

use crate::collect::collectors::Collectors;
use crate::collect::faults::CollectorErrors;
use crate::families::any_family::{AnyFamily, downcast};
use crate::families::descriptor::Descriptor;
use crate::families::family_data::FamilyData;
use crate::families::register_error::{RegisterError, RegisterErrorKind};
use crate::instruments::instrument::Instrument;
use crate::instruments::refusal::Refused;
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;
use crate::registry::difference::same;
use crate::registry::recorded::Recorded;
use crate::registry::scope::Scope;
use crate::storage::values::Texts;

/// All metrics of a process, or of a part of it, to be scraped.
///
/// Cloning copies a pointer. Most programs want the [`global`](Self::global) one, a test its own. A [`builder`](Self::builder) gives
/// all metrics a namespace and labels in common.
///
/// # Cost
/// Declaring takes a lock; recording never touches the registry. A scrape copies the list of families and then holds no lock
/// while it calls collectors and encodes.
#[derive(Clone, Default)]
pub struct Registry(Arc<Inner>);

#[derive(Default)]
struct Inner {
    scope: Scope,
    families: RwLock<Families>,
    collectors: Arc<Collectors>,
    /// Names of collectors that are added once only.
    once: RwLock<HashSet<&'static str>>,
    errors: CollectorErrors,
    recorded: Recorded,
    /// What other crates keep of this registry, by type.
    attachments: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    /// Refusals that no family counts.
    refused: Refused,
    /// About how long the next exposition is, in bytes.
    size: AtomicUsize,
}

#[derive(Default)]
struct Families {
    by_name: BTreeMap<Box<str>, Arc<dyn AnyFamily>>,
    /// Which family writes samples of this name, or would in OpenMetrics.
    by_sample: HashMap<Box<str>, Box<str>>,
}

/// The name and the kind of a family that a name is kept for.
pub(crate) type Reserver = (Box<str>, Kind);

/// A registry that is not kept alive.
pub(crate) struct WeakRegistry(Weak<Inner>);

impl WeakRegistry {
    pub(crate) fn upgrade(&self) -> Option<Registry> {
        self.0.upgrade().map(Registry)
    }
}

static GLOBAL: OnceLock<Registry> = OnceLock::new();

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The registry of this process, for metrics that are declared where no other is at hand.
    #[must_use]
    pub fn global() -> &'static Self {
        GLOBAL.get_or_init(Self::new)
    }

    /// Makes it the global one, unless that exists.
    pub(crate) fn set_global(registry: Self) -> Option<&'static Self> {
        GLOBAL.set(registry).ok().and_then(|()| GLOBAL.get())
    }

    pub(crate) fn with_scope(scope: Scope, recorded: Recorded) -> Self {
        Self(Arc::new(Inner { scope, recorded, ..Inner::default() }))
    }

    pub(crate) fn recorded(&self) -> &Recorded {
        &self.0.recorded
    }

    pub(crate) fn refused(&self) -> &Refused {
        &self.0.refused
    }

    /// The family that was declared with this name.
    pub(crate) fn family(&self, name: &str) -> Option<Arc<dyn AnyFamily>> {
        let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
        families.by_name.get(&*self.0.scope.name(name)).map(Arc::clone)
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// The kind of the metric that was declared with this name, which includes the registry's namespace.
    #[must_use]
    pub fn kind_of(&self, name: &str) -> Option<Kind> {
        let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
        Some(families.by_name.get(name)?.shared().kind)
    }

    pub(crate) fn families(&self) -> Vec<Arc<dyn AnyFamily>> {
        let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
        families.by_name.values().map(Arc::clone).collect()
    }

    /// Every declared metric, sorted by name, whether or not it has samples; what collectors give is not declared.
    #[must_use]
    pub fn descriptors(&self) -> Vec<Descriptor> {
        self.families().iter().map(|family| Descriptor::new(family.as_ref())).collect()
    }

    /// The name under which a metric declared as `name` is exposed: with the registry's namespace.
    #[must_use]
    pub fn exposed_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.0.scope.name(name)
    }

    /// A value that belongs to this registry, by its type; made if it is asked for the first time.
    ///
    /// For crates that keep something beside the metrics they declare, such as `radiosonde-signals` its golden signals.
    #[must_use]
    pub fn attachment<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let known = self.0.attachments.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&TypeId::of::<T>()).map(Arc::clone);
        drop(known);
        // Made without the lock: `default` is code of others.
        let found = found.unwrap_or_else(|| {
            let new = Arc::new(T::default());
            let mut known = self.0.attachments.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(TypeId::of::<T>()).or_insert(new))
        });
        // The key is the type, so the other value is never made.
        found.downcast().unwrap_or_default()
    }

    /// The registered family that OpenMetrics keeps this name for.
    pub(crate) fn reserver(&self, sample: &str) -> Option<Reserver> {
        let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
        let by = families.by_sample.get(sample)?;
        Some((by.clone(), families.by_name.get(by)?.shared().kind))
    }

    /// Whether this is the first time that this name is asked for.
    fn is_first(&self, name: &'static str) -> bool {
        self.0.once.write().unwrap_or_else(PoisonError::into_inner).insert(name)
    }

    /// The size in bytes that the next exposition is expected to have.
    pub(crate) fn expected_bytes(&self) -> &AtomicUsize {
        &self.0.size
    }

    pub(crate) fn collectors(&self) -> &Arc<Collectors> {
        &self.0.collectors
    }

    /// Itself, without keeping it.
    pub(crate) fn downgrade(&self) -> WeakRegistry {
        WeakRegistry(Arc::downgrade(&self.0))
    }

    /// Identifies the registry while it lives.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    pub(crate) fn collector_errors(&self) -> &CollectorErrors {
        &self.0.errors
    }

    /// The family of this name and instrument: the one that is there, if it was declared in the same way, or a new one.
    pub(crate) fn get_or_register<M: Instrument>(
        &self,
        shared: Shared,
    ) -> Result<Arc<FamilyData<M>>, RegisterError> {
        let site = shared.site;
        let family = self.register(shared, M::NAME, |shared| {
            let data = FamilyData::<M>::new(shared);
            if data.shared.label_names.is_empty() {
                // Exposed at zero from the start, so that the first event is an increase.
                let _ = data.find(&Texts(&[]));
            }
            Arc::new(data)
        })?;
        let name = family.shared().name.clone();
        downcast(family, M::NAME, &name, site)
    }

    /// The family of this name: the one that is there, if it was declared in the same way, or the one that `make` makes.
    ///
    /// `instrument` is the family's [`AnyFamily::instrument`].
    pub(crate) fn register(
        &self,
        shared: Shared,
        instrument: &'static str,
        make: impl FnOnce(Shared) -> Arc<dyn AnyFamily>,
    ) -> Result<Arc<dyn AnyFamily>, RegisterError> {
        let shared = self.0.scope.apply(shared)?;
        let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
        let known = families.by_name.get(&shared.name).map(Arc::clone);
        drop(families);
        if let Some(family) = known {
            return same(&family, instrument, &shared);
        }
        // Without the lock: it may ask a clock, which is the user's code.
        let family = make(shared);
        let shared = &**family.shared();
        let mut families = self.0.families.write().unwrap_or_else(PoisonError::into_inner);
        let refuse = |kind| Err(RegisterError::new(&shared.name, shared.site, kind));
        if let Some(family) = families.by_name.get(&shared.name) {
            return same(family, instrument, shared);
        }
        let samples: Vec<_> = shared.named().reserved().collect();
        for sample in &samples {
            if let Some(with) = families.by_sample.get(sample.as_str()) {
                let site: &'static Location<'static> = families.by_name[with].shared().site;
                let clash =
                    RegisterErrorKind::Clash { sample: sample.as_str().into(), with: with.clone(), site };
                return refuse(clash);
            }
        }
        let name = shared.name.clone();
        families.by_sample.extend(samples.into_iter().map(|sample| (sample.into(), name.clone())));
        families.by_name.insert(name, Arc::clone(&family));
        Ok(family)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner).by_name.len();
        f.debug_struct("Registry").field("families", &families).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruments::buckets::Buckets;

    #[test]
    fn declaring_twice_gives_the_same_metric() {
        let registry = Registry::new();
        let declare = || registry.counter("a_total", "A.").labels(&["x"]).unwrap();
        declare().with(&["1"]).inc();
        declare().with(&["1"]).inc();
        assert_eq!(declare().with(&["1"]).value(), 2);
    }

    #[test]
    fn differing_declarations_are_refused_with_both_places() {
        let registry = Registry::new();
        registry.counter("a_total", "A.").labels(&["x"]).unwrap();
        let messages = [
            registry.counter("a_total", "B.").labels(&["x"]).unwrap_err(),
            registry.counter("a_total", "A.").labels(&["y"]).unwrap_err(),
            registry.counter("a_total", "A.").build().unwrap_err(),
            registry.float_counter("a_total", "A.").labels(&["x"]).unwrap_err(),
            registry.counter("a_total", "A.").max_series(1).labels(&["x"]).unwrap_err(),
        ];
        for (error, what) in
            messages.iter().zip(["help", "labels", "labels", "instrument", "limit of series"])
        {
            let message = error.to_string();
            assert!(message.contains(&format!("the {what}")), "{message}");
            assert_eq!(message.matches("registry/mod.rs:").count(), 2, "{message}");
        }
        registry.histogram("h_seconds", "H.").build().unwrap();
        let other = registry.histogram("h_seconds", "H.").buckets(Buckets::from_static(&[1.0])).build();
        assert!(other.unwrap_err().to_string().contains("the buckets [1.0]"));
    }

    #[test]
    fn bad_declarations_are_refused() {
        let registry = Registry::new();
        let kind = |error: RegisterError| error.kind().clone();
        assert!(matches!(
            kind(registry.counter("a-b_total", "A.").build().unwrap_err()),
            RegisterErrorKind::Name(_)
        ));
        assert_eq!(kind(registry.counter("a_total", " ").build().unwrap_err()), RegisterErrorKind::NoHelp);
        assert_eq!(kind(registry.counter("a", "A.").build().unwrap_err()), RegisterErrorKind::NoTotal);
        assert_eq!(kind(registry.counter("_total", "A.").build().unwrap_err()), RegisterErrorKind::NoTotal);
        assert_eq!(kind(registry.gauge("a_total", "A.").build().unwrap_err()), RegisterErrorKind::Total);
        let unit = registry.gauge("a_bytes", "A.").unit("seconds").build().unwrap_err();
        assert_eq!(kind(unit), RegisterErrorKind::Unit { unit: "seconds".into() });
        assert!(registry.counter("a_seconds_total", "A.").unit("seconds").build().is_ok());
        let twice = registry.gauge("b", "B.").labels(&["x", "x"]).unwrap_err();
        assert_eq!(kind(twice), RegisterErrorKind::DuplicateLabel { label: "x".into() });
        assert!(matches!(
            kind(registry.gauge("b", "B.").labels(&["le"]).unwrap_err()),
            RegisterErrorKind::Name(_)
        ));
    }

    #[test]
    fn names_that_would_write_each_others_samples_are_refused() {
        let registry = Registry::new();
        registry.histogram("x", "X.").build().unwrap();
        registry.counter("y_total", "Y.").build().unwrap();
        for (name, sample) in [("x_count", "x_count"), ("y", "y"), ("y_created", "y_created")] {
            let error = registry.gauge(name, "Z.").build().unwrap_err();
            assert!(error.to_string().contains(&format!("called {sample:?}")), "{error}");
        }
        assert!(registry.gauge("x_size", "Z.").build().is_ok());
    }
}
