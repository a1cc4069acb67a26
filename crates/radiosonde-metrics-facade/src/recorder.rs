use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;

use crate::handles::Handle;
use crate::store::{Description, Store};

/// Records the macros of the `metrics` crate in our registry: `counter!`, `gauge!`, `histogram!`, `describe_*!`.
///
/// # Shape
/// Names are made valid: `_` replaces every character that Prometheus does not accept, and precedes a leading digit. A
/// counter's name gets the suffix `_total` if it lacks it. Two names that become equal are one metric, which is counted.
/// Labels are sorted, and those with an empty value dropped. `_` replaces characters in label names too, and names reserved
/// by Prometheus, such as `le` on a histogram, get the prefix `exported_`. A record of another kind than its metric is
/// refused.
///
/// All of this is counted in `radiosonde_metrics_facade_faults_total{reason}`, with the reasons `clash` (its samples would
/// have another metric's names in every format; a gauge `jobs` does not clash with a counter `jobs_total`), `families`,
/// `kind`, `label_collision`, `label_length` (a value of more than 1024 bytes, replaced by `_overflow`), `name_collision`
/// and `name_length` (a name of more than 256 bytes, which is refused). The default limits are 1000 metrics with 2000 series
/// each; see [`builder`](Self::builder). Further series share one whose label values are `_overflow`, and are counted in
/// `radiosonde_metrics_series_dropped_total{family}`.
///
/// `describe_*!` sets the help text, and the unit if the metric's name ends in it. A histogram has buckets, by default those
/// of [`Buckets::HTTP_SECONDS`](radiosonde_metrics::Buckets::HTTP_SECONDS), and leaves exemplars.
///
/// # Cost
/// A macro looks up its key with one hash and a comparison, without a lock, and counts a reference. The first look-up of a
/// key takes a lock, and so does every one that is refused or shares the overflow series. Recording through a kept handle,
/// as in `let orders = counter!("orders")`, is one atomic operation. Nothing grows between scrapes.
#[derive(Debug, Clone)]
pub struct FacadeRecorder {
    pub(crate) store: Arc<Store>,
    pub(crate) registry: Registry,
}

impl FacadeRecorder {
    fn describe(&self, kind: Kind, key: &KeyName, unit: Option<Unit>, help: &SharedString) {
        let description = Description { help: help.to_string(), unit: unit.map(|unit| unit.as_str()) };
        self.store.describe(kind, key.as_str(), description);
    }

    fn find(&self, kind: Kind, key: &Key) -> Option<Handle> {
        self.store.find(kind, key, |name| self.registry.kind_of(name))
    }
}

impl Recorder for FacadeRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(Kind::Counter, &key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(Kind::Gauge, &key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(Kind::Histogram, &key, unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.find(Kind::Counter, key) {
            Some(Handle::Counter(events)) => Counter::from_arc(events),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.find(Kind::Gauge, key) {
            Some(Handle::Gauge(value)) => Gauge::from_arc(value),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.find(Kind::Histogram, key) {
            Some(Handle::Histogram(observations)) => Histogram::from_arc(observations),
            _ => Histogram::noop(),
        }
    }
}
