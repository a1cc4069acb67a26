//! Metrics in statics, which are of the process: in a program of their own.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::{Arc, LazyLock, Mutex};

use radiosonde_core::diagnostics;
use radiosonde_metrics::error::RegisterErrorKind;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, IntGauge, Lazy, MetricBuilder, Registry};

static ORDERS: Lazy<Counter> = MetricBuilder::counter("orders_total", "Orders.").lazy();
static WAIT: Lazy<Histogram> = MetricBuilder::histogram("wait_seconds", "Wait.")
    .unit("seconds")
    .buckets(Buckets::from_static(&[0.1, 1.0]))
    .striped()
    .lazy();
static JOBS: Lazy<DynFamily<Counter>> = MetricBuilder::counter("jobs_total", "Jobs.").lazy_labels(&["queue"]);
/// No counter's name.
static REFUSED: Lazy<DynFamily<Counter>> =
    MetricBuilder::counter("refused", "Refused.").lazy_labels(&["a", "le"]);

static OTHER: LazyLock<Registry> = LazyLock::new(Registry::new);
static DEPTH: Lazy<IntGauge> = MetricBuilder::int_gauge("depth", "Depth.").in_registry(|| &OTHER).lazy();

#[test]
fn statics_are_registered_when_they_are_used_or_before() {
    let has = |line: &str| Registry::global().text().contains(line);
    assert!(!has("orders_total"), "it was not used");
    ORDERS.inc();
    JOBS.with(&["mail"]).inc_by(2);
    WAIT.register().unwrap();
    for line in ["orders_total 1\n", "jobs_total{queue=\"mail\"} 2\n", "wait_seconds_bucket{le=\"0.1\"} 0\n"]
    {
        assert!(has(line), "{line}");
    }
    let again = Registry::global().counter("orders_total", "Others.").build().unwrap_err();
    let RegisterErrorKind::Differs { site, .. } = again.kind() else { panic!("{again}") };
    assert!(site.file().ends_with("statics.rs"), "where the static stands: {site}");

    DEPTH.set(4);
    assert!(OTHER.text().contains("depth 4\n") && !has("depth 4\n"));

    let messages = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&messages);
    // A hook that uses what was refused does not wait for itself.
    diagnostics::set_hook(move |diagnostic| {
        REFUSED.with(&["x", "y"]).inc();
        into.lock().unwrap().push(diagnostic.to_string());
    });
    REFUSED.with(&["x", "y"]).inc();
    REFUSED.with(&["z"]).inc();
    assert_eq!(REFUSED.with(&["x", "y"]).value(), 2);
    assert_eq!(REFUSED.register().unwrap_err().kind(), &RegisterErrorKind::NoTotal);
    assert!(has("radiosonde_metrics_refused_total{family=\"_registry\",reason=\"declaration\"} 1\n"));
    assert!(!has("refused{"));
    let messages = messages.lock().unwrap();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].contains("metric \"refused\"") && messages[0].ends_with("it is not exposed"),
        "{messages:?}"
    );
}
