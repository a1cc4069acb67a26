use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use radiosonde_metrics::{Kind, Registry};

use crate::handles::Handle;
use crate::store::{Description, Store};

/// Records what the macros of the `metrics` crate say, in a registry of ours: `counter!`, `gauge!`, `histogram!`, `describe_*!`.
///
/// # Shape
/// Names become legal ones: `_` stands for every character that Prometheus does not take, and goes before a digit at the start. A
/// counter's name ends in `_total`; that is appended where it lacks. Two names that become the same are one metric, which is counted.
/// Labels are sorted; one without a value is none, `_` stands for characters here too, and `exported_` goes before what Prometheus
/// keeps for itself, such as `le` on a histogram. What is recorded of another kind than the metric has is refused.
///
/// All this is counted in `radiosonde_metrics_facade_faults_total{reason}`, by the reasons `clash` (its samples would
/// be called like another's in every format; a gauge `jobs` beside a counter `jobs_total` is no clash), `families`, `kind`, `label_collision`, `label_length` (a
/// value of more than 1024 bytes, for which `_overflow` stands), `name_collision` and `name_length` (a name of more than 256 bytes, which is
/// refused). There are at most 1000 metrics with 2000 series each, unless [`builder`](Self::builder) says otherwise;
/// further series share one whose label values are `_overflow`, and are counted in
/// `radiosonde_metrics_series_dropped_total{family}`.
///
/// `describe_*!` gives the help text, and the unit if the metric's name ends in it. A histogram has buckets, those of
/// [`Buckets::HTTP_SECONDS`](radiosonde_metrics::Buckets::HTTP_SECONDS) unless the builder says otherwise, and leaves exemplars.
///
/// # Cost
/// A macro looks up its key by one hash and a comparison, without a lock, and counts a reference; the first time it takes a lock, and so does
/// every time what is refused or shares the overflow series. A
/// handle that is kept, as in `let orders = counter!("orders")`, costs an atomic operation. Nothing grows while nobody scrapes.
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
