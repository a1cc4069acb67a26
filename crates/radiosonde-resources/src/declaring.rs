use std::borrow::Cow;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Counter, FloatCounter, Gauge, RegisterError, Registry};
use radiosonde_signals::{GoldenSignals, Limit, Series};

/// Declares metrics in a registry, with a namespace.
#[derive(Debug, Clone)]
pub(crate) struct Declaring {
    pub(crate) registry: Registry,
    pub(crate) namespace: Cow<'static, str>,
}

impl Declaring {
    /// The name of a metric, with the namespace.
    pub(crate) fn name(&self, name: &str) -> String {
        let separator = if self.namespace.is_empty() { "" } else { "_" };
        format!("{}{separator}{name}", self.namespace)
    }

    pub(crate) fn gauge(&self, name: &str, help: &str) -> Result<Gauge, RegisterError> {
        self.registry.gauge(&self.name(name), help).build()
    }

    /// A counter of seconds.
    pub(crate) fn seconds(&self, name: &str, help: &str) -> Result<FloatCounter, RegisterError> {
        self.registry.float_counter(&self.name(name), help).unit("seconds").build()
    }

    /// A gauge for each of the things that come and go, by this label.
    pub(crate) fn gauges(
        &self,
        name: &str,
        help: &str,
        label: &str,
    ) -> Result<RemovableDynFamily<Gauge>, RegisterError> {
        self.registry.gauge(&self.name(name), help).removable().labels(&[label])
    }

    /// A counter for each of the things that come and go, by this label.
    pub(crate) fn counters(
        &self,
        name: &str,
        help: &str,
        label: &str,
    ) -> Result<RemovableDynFamily<Counter>, RegisterError> {
        self.registry.counter(&self.name(name), help).removable().labels(&[label])
    }

    /// All series of a declared gauge.
    pub(crate) fn series(&self, gauge: &str) -> Series {
        Series::of(&self.registry, &self.name(gauge), Kind::Gauge)
    }

    /// The saturation of a resource.
    pub(crate) fn saturation(&self, resource: &str, in_use: Series, limit: Limit) -> GoldenSignals {
        GoldenSignals::new("resource", self.name(resource)).with_saturation(in_use, limit)
    }
}

/// A number of bytes, or of anything else.
#[allow(clippy::cast_precision_loss, reason = "8 PiB are shown to the byte")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

/// Brings a counter up to this total.
pub(crate) fn advance(counter: &FloatCounter, total: Option<f64>) {
    let missing = total.unwrap_or(0.0) - counter.value();
    if missing > 0.0 {
        counter.inc_by(missing);
    }
}
