use std::sync::{Arc, PoisonError};

use radiosonde_core::{Clock as _, SystemClock};

use crate::declaring::metric_builder::MetricBuilder;
use crate::families::family_data::FamilyData;
use crate::families::register_error::RegisterError;
use crate::instruments::instrument::Instrument;
use crate::model::label_set::LabelSet;
use crate::model::name::report_unconventional;
use crate::registry::Registry;
use crate::registry::record_error::{RecordError, RecordErrorKind};
use crate::registry::recorded::{Recorded, Recorder};
use crate::storage::series::{Found, Series};
use crate::storage::values::{Texts, Values};

const HELP: &str = "Recorded by a name given at run time.";

impl Registry {
    /// Records `value` in a metric known by name only, such as one that a script or a configuration file names: adds it to a
    /// `"counter"`, sets a `"gauge"`, observes it in a `"histogram"`.
    ///
    /// The first call with a name declares the metric, with a help text that reports it and
    /// [`Buckets::HTTP_SECONDS`](crate::Buckets::HTTP_SECONDS), and fixes its kind and the names of its labels; their order does not
    /// matter. A metric that was declared before, of [`Counter`](crate::Counter), [`FloatCounter`](crate::FloatCounter),
    /// [`Gauge`](crate::Gauge), [`IntGauge`](crate::IntGauge) or [`Histogram`](crate::Histogram), and whose series stay, is recorded in as it is:
    /// declare what needs another help text, unit or buckets.
    ///
    /// Names follow the conventions, as elsewhere, unless the registry is made with
    /// [`unconventional_names`](crate::RegistryBuilder::unconventional_names).
    ///
    /// # Shape
    /// At most [`max_recorded`](crate::RegistryBuilder::max_recorded) metrics are made in this way, by default 1000; each has a
    /// limit of series like any other.
    ///
    /// # Cost
    /// For a name and labels that were recorded before: a hash and a comparison for each of both. No lock, no allocation.
    ///
    /// # Errors
    /// [`RecordError`] names what is wrong; nothing is recorded then. Each is counted in `radiosonde_metrics_refused_total{family,reason}`,
    /// with the family `_registry` if no family has the name.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// registry.record("counter", "orders_total", 1.0, &[("method", "card"), ("shop", "a")])?;
    /// registry.record("counter", "orders_total", 2.0, &[("shop", "a"), ("method", "card")])?;
    /// registry.record("gauge", "queue_depth", 7.0, &[])?;
    /// assert!(registry.text().contains("orders_total{method=\"card\",shop=\"a\"} 3\n"));
    ///
    /// let error = registry.record("counter", "orders_total", 1.0, &[("shop", "a")]).unwrap_err();
    /// assert_eq!(error.to_string(), "metric \"orders_total\" is not recorded: it has the labels [\"method\", \"shop\"], not [\"shop\"]");
    /// # Ok::<(), radiosonde_metrics::RecordError>(())
    /// ```
    #[track_caller]
    pub fn record(
        &self,
        kind: &str,
        name: &str,
        value: f64,
        labels: &[(&str, &str)],
    ) -> Result<(), RecordError> {
        let recorded = self.recorded();
        let refuse = |kind| RecordError::new(name, kind);
        let found = match recorded.table.get(&Texts(&[name])) {
            Some(found) => found,
            None => {
                let found = recorded.make(self, kind, name, value, labels).map_err(|refused| {
                    match (&refused, self.family(name)) {
                        (RecordErrorKind::Instrument { .. }, Some(family)) => {
                            family.shared().refused.count(refused.reason());
                        }
                        _ => self.refused().count(refused.reason()),
                    }
                    refuse(refused)
                })?;
                if recorded.unconventional {
                    report_unconventional(name, found.cell.shared().kind);
                }
                found
            }
        };
        let result = found.cell.record(kind, value, labels);
        result.map_err(|refused| {
            found.cell.shared().refused.count(refused.reason());
            refuse(refused)
        })
    }
}

impl Recorded {
    #[cold]
    #[track_caller]
    fn make(
        &self,
        registry: &Registry,
        kind: &str,
        name: &str,
        value: f64,
        labels: &[(&str, &str)],
    ) -> Result<Found<'_, Recorder>, RecordErrorKind> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let recorder = match registry.family(name) {
            Some(family) => {
                let instrument = family.instrument();
                Recorder::of(family).ok_or(RecordErrorKind::Instrument { instrument })?
            }
            None if *made >= self.limit => return Err(RecordErrorKind::Limit { limit: self.limit }),
            None => {
                // Or a value that is refused would fix the kind and the labels all the same.
                Recorder::check(kind, value)?;
                let recorder = Recorder::declare(registry, kind, name, labels, self.unconventional)?;
                *made += 1;
                recorder
            }
        };
        let key = Texts(&[name]);
        let make = || Series::new(recorder, LabelSet::default(), key.to_key(), SystemClock.now());
        // Not limited here, so there is always one.
        self.table.get_or_insert(&key, usize::MAX, make).ok_or(RecordErrorKind::Limit { limit: self.limit })
    }
}

impl Recorder {
    #[track_caller]
    fn declare(
        registry: &Registry,
        kind: &str,
        name: &str,
        labels: &[(&str, &str)],
        unconventional: bool,
    ) -> Result<Self, RecordErrorKind> {
        let names: Vec<_> = labels.iter().map(|(name, _)| *name).collect();
        fn register<M: Instrument>(
            builder: MetricBuilder<'_, M>,
            names: &[&str],
            unconventional: bool,
        ) -> Result<Arc<FamilyData<M>>, RegisterError> {
            let builder = if unconventional { builder.unconventional_name() } else { builder };
            builder.register_unreported(names)
        }
        let declared = match kind {
            "counter" => {
                register(registry.float_counter(name, HELP), &names, unconventional).map(Self::FloatCounter)
            }
            "gauge" => register(registry.gauge(name, HELP), &names, unconventional).map(Self::Gauge),
            "histogram" => {
                register(registry.histogram(name, HELP), &names, unconventional).map(Self::Histogram)
            }
            _ => return Err(RecordErrorKind::UnknownKind { kind: kind.into() }),
        };
        declared.map_err(RecordErrorKind::Register)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::register_error::RegisterErrorKind;

    fn refused(registry: &Registry, family: &str, reason: &str) -> f64 {
        let labels = [("family", family), ("reason", reason)];
        registry.snapshot().sum("radiosonde_metrics_refused_total", &labels)
    }

    #[test]
    fn a_value_that_is_refused_declares_nothing() {
        let registry = Registry::new();
        for (kind, value) in [("counter", -1.0), ("counter", f64::NAN), ("histogram", f64::INFINITY)] {
            let error = registry.record(kind, "orders_total", value, &[("typo", "x")]).unwrap_err();
            assert!(matches!(error.kind(), RecordErrorKind::Value { .. }), "{error}");
        }
        assert_eq!(registry.record("counter", "orders_total", 1.0, &[("shop", "a")]), Ok(()));
    }

    #[test]
    fn what_was_declared_before_is_recorded_in() {
        let registry = Registry::builder().namespace("shop").build().unwrap();
        let orders = registry.counter("orders_total", "Orders.").labels(&["a", "b"]).unwrap();
        let sessions = registry.int_gauge("sessions", "Sessions.").build().unwrap();
        registry.record("counter", "orders_total", 2.0, &[("b", "2"), ("a", "1")]).unwrap();
        registry.record("gauge", "sessions", -3.0, &[]).unwrap();
        assert_eq!((orders.with(&["1", "2"]).value(), sessions.value()), (2, -3));
        registry.record("histogram", "wait_seconds", 0.2, &[]).unwrap();
        assert!(registry.text().contains("shop_wait_seconds_count 1\n"));
    }

    #[test]
    fn each_refusal_is_named_and_counted() {
        let registry = Registry::new();
        registry.counter("orders_total", "Orders.").build().unwrap();
        let record = |kind, name, value, labels: &[_]| {
            registry.record(kind, name, value, labels).unwrap_err().kind().clone()
        };
        assert!(
            matches!(record("meter", "a", 1.0, &[]), RecordErrorKind::UnknownKind { kind } if &*kind == "meter")
        );
        let RecordErrorKind::Register(error) = record("counter", "a", 1.0, &[]) else { panic!() };
        assert_eq!(error.kind(), &RegisterErrorKind::NoTotal);
        assert!(error.site().file().ends_with("record.rs"));
        assert!(matches!(record("gauge", "orders_total", 1.0, &[]), RecordErrorKind::OtherKind { .. }));
        assert!(matches!(record("counter", "orders_total", 1.5, &[]), RecordErrorKind::Value { .. }));
        assert!(matches!(
            record("counter", "orders_total", 1.0, &[("a", "1")]),
            RecordErrorKind::Labels { .. }
        ));
        registry.record("gauge", "g", f64::NAN, &[("a", "1"), ("b", "2")]).unwrap();
        assert!(matches!(
            record("gauge", "g", 1.0, &[("a", "1"), ("a", "2")]),
            RecordErrorKind::Labels { .. }
        ));
        for (family, reason, times) in [
            ("_registry", "kind", 1.0),
            ("_registry", "declaration", 1.0),
            ("orders_total", "kind", 1.0),
            ("orders_total", "value", 1.0),
            ("orders_total", "label_names", 1.0),
            ("g", "label_names", 1.0),
        ] {
            assert_eq!(refused(&registry, family, reason), times, "{family} {reason}: {}", registry.text());
        }
    }

    #[test]
    fn values_that_would_spoil_a_total_are_refused() {
        let registry = Registry::new();
        let record = |kind, name, value| registry.record(kind, name, value, &[]).is_ok();
        for (kind, name, refused) in [
            ("counter", "a_total", &[f64::NAN, f64::INFINITY, -1.0][..]),
            ("histogram", "b", &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
        ] {
            assert!(record(kind, name, 1.5));
            assert!(refused.iter().all(|&value| !record(kind, name, value)));
        }
        assert_eq!(registry.snapshot().value("a_total", &[]), Some(1.5));
        assert_eq!(refused(&registry, "a_total", "value"), 3.0);
    }

    #[test]
    fn unconventional_names_are_recorded_where_the_registry_accepts_them() {
        let registry = Registry::builder().unconventional_names().build().unwrap();
        registry.record("counter", "test_counter", 1.0, &[("test", "true")]).unwrap();
        registry.record("gauge", "database_connections_total", 7.0, &[]).unwrap();
        let text = registry.text();
        assert!(text.contains("# TYPE test_counter counter\ntest_counter{test=\"true\"} 1\n"), "{text}");
        assert!(text.contains("# TYPE database_connections_total gauge\n"), "{text}");
    }

    #[test]
    fn names_thrown_at_a_registry_come_to_an_end() {
        let registry = Registry::builder().max_recorded(2).build().unwrap();
        registry.gauge("declared", "Declared.").build().unwrap();
        for name in 0..100 {
            let _ = registry.record("gauge", &format!("g{name}"), 1.0, &[]);
        }
        registry.record("gauge", "declared", 1.0, &[]).unwrap();
        registry.record("gauge", "g1", 2.0, &[]).unwrap();
        let error = registry.record("gauge", "g2", 2.0, &[]).unwrap_err();
        assert!(matches!(error.kind(), RecordErrorKind::Limit { limit: 2 }));
        assert_eq!(refused(&registry, "_registry", "limit"), 99.0);
        assert!(registry.snapshot().family("g2").is_none());
    }
}
