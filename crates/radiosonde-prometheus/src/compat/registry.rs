use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use crate::compat::core::AnyCore;
use crate::compat::error::{Error, Result};
use crate::compat::metric::Collector;
use crate::compat::metric_family::MetricFamily;
use radiosonde_metrics::collect::Collection;
use radiosonde_metrics::model::check_metric_name;

/// Registers metrics of this module, and exposes them through a native [`Registry`](radiosonde_metrics::Registry).
#[derive(Clone)]
pub struct Registry {
    native: radiosonde_metrics::Registry,
    registered: Arc<Registered>,
}

/// The registered metrics. Owned by the native registry, so it must not own that one.
#[derive(Default)]
struct Registered {
    /// Includes the final `_`.
    prefix: String,
    labels: Vec<(String, String)>,
    cores: RwLock<Vec<Arc<dyn AnyCore>>>,
}

static DEFAULT: LazyLock<Registry> =
    LazyLock::new(|| Registry::within(radiosonde_metrics::Registry::global()));

/// The registry of this process, inside [`radiosonde_metrics::Registry::global`].
#[must_use]
pub fn default_registry() -> &'static Registry {
    &DEFAULT
}

/// Registers a metric with the [`default_registry`].
///
/// # Errors
/// Those of [`Registry::register`].
pub fn register(c: Box<dyn Collector>) -> Result<()> {
    default_registry().register(c)
}

/// Removes a metric from the [`default_registry`].
///
/// # Errors
/// Those of [`Registry::unregister`].
pub fn unregister(c: Box<dyn Collector>) -> Result<()> {
    default_registry().unregister(c)
}

/// All families of the [`default_registry`].
#[must_use]
pub fn gather() -> Vec<MetricFamily> {
    default_registry().gather()
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty registry that adds a prefix to each metric's name, and labels to each series.
    ///
    /// # Errors
    /// [`Error::Msg`] if the prefix is empty or makes an invalid name.
    pub fn new_custom(prefix: Option<String>, labels: Option<HashMap<String, String>>) -> Result<Self> {
        if let Some(prefix) = &prefix {
            check_metric_name(prefix).map_err(|refused| Error::Msg(refused.to_string()))?;
        }
        let prefix = prefix.map(|prefix| prefix + "_").unwrap_or_default();
        let mut labels: Vec<_> = labels.unwrap_or_default().into_iter().collect();
        labels.sort();
        Ok(Self::show(
            radiosonde_metrics::Registry::new(),
            Registered { prefix, labels, cores: RwLock::default() },
        ))
    }

    /// A registry whose metrics are exposed by `native`.
    #[must_use]
    pub fn within(native: &radiosonde_metrics::Registry) -> Self {
        Self::show(native.clone(), Registered::default())
    }

    fn show(native: radiosonde_metrics::Registry, registered: Registered) -> Self {
        let registered = Arc::new(registered);
        native.collect_from(RegisteredCollector(Arc::clone(&registered)));
        Self { native, registered }
    }

    /// The native registry that exposes these metrics, for declaring native ones and for other formats.
    #[must_use]
    pub const fn native(&self) -> &radiosonde_metrics::Registry {
        &self.native
    }

    /// Exposes a metric or a vector from now on.
    ///
    /// # Errors
    /// [`Error::AlreadyReg`] if one with its name and constant labels is registered; [`Error::Msg`] if one with its name is
    /// registered that has another kind, other labels or help, or is native, or if it is a metric of a vector.
    #[allow(clippy::needless_pass_by_value, reason = "the signature of the original")]
    pub fn register(&self, c: Box<dyn Collector>) -> Result<()> {
        let core = core(&*c)?;
        let new = core.described();
        let name = format!("{}{}", self.registered.prefix, new.name);
        if self.native.kind_of(&name).is_some() {
            return Err(Error::Msg(format!("metric {name:?} is declared natively")));
        }
        let mut cores = self.registered.cores.write().unwrap_or_else(PoisonError::into_inner);
        for there in cores.iter().filter(|there| there.described().name == new.name) {
            let old = there.described();
            if old.const_labels == new.const_labels {
                return Err(Error::AlreadyReg);
            }
            let names =
                |labels: &[(String, String)]| labels.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            let same = there.kind() == core.kind()
                && old.help == new.help
                && old.label_names == new.label_names
                && names(&old.const_labels) == names(&new.const_labels);
            if !same {
                return Err(Error::Msg(format!(
                    "metric {name:?} is registered with another kind, other labels or another help text"
                )));
            }
        }
        cores.push(core);
        Ok(())
    }

    /// Stops exposing a metric or a vector.
    ///
    /// # Errors
    /// [`Error::Msg`] if none with its name and constant labels is registered.
    #[allow(clippy::needless_pass_by_value, reason = "the signature of the original")]
    pub fn unregister(&self, c: Box<dyn Collector>) -> Result<()> {
        let core = core(&*c)?;
        let old = core.described();
        let mut cores = self.registered.cores.write().unwrap_or_else(PoisonError::into_inner);
        let is_it = |there: &Arc<dyn AnyCore>| {
            let there = there.described();
            there.name == old.name && there.const_labels == old.const_labels
        };
        match cores.iter().position(is_it) {
            Some(at) => {
                cores.remove(at);
                Ok(())
            }
            None => Err(Error::Msg(format!("metric {:?} is not registered", old.name))),
        }
    }

    /// All families of the [native](Self::native) registry, including these metrics, except families without series.
    #[must_use]
    pub fn gather(&self) -> Vec<MetricFamily> {
        MetricFamily::all_of(&self.native)
    }
}

fn core(c: &dyn Collector) -> Result<Arc<dyn AnyCore>> {
    c.core().ok_or_else(|| Error::Msg("a metric of a vector is registered with its vector".into()))
}

impl Default for Registry {
    fn default() -> Self {
        Self::within(&radiosonde_metrics::Registry::new())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = self.registered.cores.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Registry").field("metrics", &metrics).finish_non_exhaustive()
    }
}

struct RegisteredCollector(Arc<Registered>);

impl radiosonde_metrics::collect::Collector for RegisteredCollector {
    fn collect(&self, out: &mut Collection) {
        let Registered { prefix, labels, cores } = &*self.0;
        // No lock is held while metrics are read.
        let cores = cores.read().unwrap_or_else(PoisonError::into_inner).clone();
        cores.iter().for_each(|core| core.collect(prefix, labels, out));
    }
}
