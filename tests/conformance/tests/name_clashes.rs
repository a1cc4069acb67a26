//! Families whose names are equal only in OpenMetrics appear in every format, whether declared or collected.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::exposition::{Dialect, Format};
use radiosonde_metrics::model::{HistogramSample, Kind, LabelSet, Number, SummarySample};
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_metrics_facade::FacadeRecorder;
use radiosonde_prometheus::compat;

/// Both pairs, in every format: as counters, except that two of them have an unknown type in OpenMetrics.
fn all_are_there(registry: &Registry) {
    let values =
        [("connections", 7.0), ("connections_total", 40.0), ("jobs_total", 3.0), ("jobs_created_total", 5.0)];
    for (name, value) in values {
        assert_eq!(registry.snapshot().value(name, &[]), Some(value), "{name}");
        for format in [Format::Text, Format::TextV1, Format::OpenMetrics] {
            let text = registry.encode(format);
            assert!(text.contains(&format!("\n{name} {value}\n")), "no {name} in {format}: {text}");
        }
        let bytes = registry.encode_bytes(Format::Protobuf);
        let field = [&[0x0a, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        assert!(bytes.windows(field.len()).any(|window| window == field), "no {name} in protobuf");
    }
    let text = registry.text();
    for kind in ["connections gauge", "connections_total counter", "jobs_created_total counter"] {
        assert!(text.contains(&format!("# TYPE {kind}\n")), "no {kind} in {text}");
    }
    assert!(text.contains("collector_errors_total{reason=\"name\"} 0\n"), "{text}");
    let open = registry.encode(Format::OpenMetrics);
    for kind in
        ["connections gauge", "connections_total unknown", "jobs counter", "jobs_created_total unknown"]
    {
        assert!(open.contains(&format!("# TYPE {kind}\n")), "no {kind} in {open}");
    }
}

#[test]
fn an_absorbed_registry_loses_none_of_two() {
    let theirs = prometheus::Registry::new();
    let connections = prometheus::IntGauge::new("connections", "Connections.").unwrap();
    connections.set(7);
    theirs.register(Box::new(connections)).unwrap();
    for (name, value) in [("connections_total", 40), ("jobs_total", 3), ("jobs_created_total", 5)] {
        let counter = prometheus::IntCounter::new(name, "Counted.").unwrap();
        counter.inc_by(value);
        theirs.register(Box::new(counter)).unwrap();
    }
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    all_are_there(&registry);
}

#[test]
fn the_compatible_registry_loses_none_of_two() {
    let registry = compat::Registry::new();
    let connections = compat::IntGauge::new("connections", "Connections.").unwrap();
    connections.set(7);
    registry.register(Box::new(connections)).unwrap();
    for (name, value) in [("connections_total", 40), ("jobs_total", 3), ("jobs_created_total", 5)] {
        let counter = compat::IntCounter::new(name, "Counted.").unwrap();
        counter.inc_by(value);
        registry.register(Box::new(counter)).unwrap();
    }
    all_are_there(registry.native());
}

#[test]
fn the_metrics_facade_loses_none_of_two() {
    let registry = Registry::new();
    metrics::with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), || {
        metrics::counter!("jobs_created").increment(5);
        metrics::counter!("jobs").increment(3);
        metrics::gauge!("connections").set(7);
        metrics::counter!("connections").increment(40);
    });
    all_are_there(&registry);
    assert!(registry.text().contains("facade_faults_total{reason=\"clash\"} 0\n"));
}

#[test]
fn a_native_counter_is_unknown_in_openmetrics_beside_a_collected_gauge() {
    let registry = Registry::new();
    registry.counter("connections_total", "Opened.").build().unwrap().inc_by(40);
    metrics::with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), || {
        metrics::gauge!("connections").set(7);
        metrics::counter!("jobs").increment(3);
        metrics::counter!("jobs_created").increment(5);
    });
    all_are_there(&registry);
}

struct Reserved;

impl Collector for Reserved {
    fn collect(&self, out: &mut Collection) {
        out.number("wait_created", "A gauge.", Kind::Gauge, Number::Signed(1));
        out.number("wait_count_total", "A counter.", Kind::Counter, Number::Unsigned(2));
        let wait = out.family("wait", "Wait, \"both\".", Kind::Histogram);
        for (queue, count) in [("a", 3), ("b", 4)] {
            let sample = HistogramSample { bounds: &[1.0], counts: &[count, 0], ..Default::default() };
            wait.histogram(LabelSet::new([("queue", queue)]), &sample);
        }
        out.number("rpc_created", "A gauge.", Kind::Gauge, Number::Signed(5));
        let rpc = SummarySample { quantiles: &[(0.5, 0.25)], sum: 1.5, count: 6, created: None };
        out.family("rpc", "RPC.", Kind::Summary).summary(LabelSet::default(), &rpc);
    }
}

#[test]
fn a_histogram_whose_created_is_taken_stays_too() {
    let registry = Registry::new();
    registry.collect_from(Reserved);
    let text = registry.text();
    for line in ["# TYPE wait histogram", "wait_created 1", "wait_count_total 2", "wait_count{queue=\"b\"} 4"]
    {
        assert!(text.contains(&format!("{line}\n")), "no {line} in {text}");
    }
    let dialect = Dialect::new(Format::OpenMetrics).created(true);
    let open = String::from_utf8(registry.encode_bytes(dialect)).unwrap();
    let wait = "# TYPE wait_bucket unknown\n# HELP wait_bucket Wait, \\\"both\\\".\n\
        wait_bucket{queue=\"a\",le=\"1.0\"} 3\nwait_bucket{queue=\"a\",le=\"+Inf\"} 3\n\
        wait_bucket{queue=\"b\",le=\"1.0\"} 4\nwait_bucket{queue=\"b\",le=\"+Inf\"} 4\n\
        # TYPE wait_sum unknown\n# HELP wait_sum Wait, \\\"both\\\".\nwait_sum{queue=\"a\"} 0\nwait_sum{queue=\"b\"} 0\n\
        # TYPE wait_count unknown\n# HELP wait_count Wait, \\\"both\\\".\nwait_count{queue=\"a\"} 3\nwait_count{queue=\"b\"} 4\n\
        # TYPE wait_count_total unknown\n";
    let rpc = "# TYPE rpc unknown\n# HELP rpc RPC.\nrpc{quantile=\"0.5\"} 0.25\n\
        # TYPE rpc_sum unknown\n# HELP rpc_sum RPC.\nrpc_sum 1.5\n\
        # TYPE rpc_count unknown\n# HELP rpc_count RPC.\nrpc_count 6\n# TYPE rpc_created gauge\n";
    assert!(open.contains(wait) && open.contains(rpc), "{open}");
    assert!(!open.contains(" # {"), "{open}");
}

struct ThreeOfOneName;

impl Collector for ThreeOfOneName {
    fn collect(&self, out: &mut Collection) {
        let wait = HistogramSample { bounds: &[1.0], counts: &[1, 0], ..Default::default() };
        out.family("a", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &wait);
        out.number("a_created", "A gauge.", Kind::Gauge, Number::Signed(1));
        out.number("a_sum_info", "An info.", Kind::Info, Number::Unsigned(1));
        out.number("a_sum_total", "A counter.", Kind::Counter, Number::Unsigned(2));
    }
}

#[test]
fn a_third_family_of_a_name_is_compared_with_both_others() {
    let registry = Registry::new();
    registry.collect_from(ThreeOfOneName);
    let open = registry.encode(Format::OpenMetrics);
    conformance::open_metrics(&open).unwrap();
    for kind in ["a_sum unknown", "a_created gauge", "a_sum_info unknown", "a_sum_total unknown"] {
        assert!(open.contains(&format!("# TYPE {kind}\n")), "no {kind} in {open}");
    }
}

#[test]
fn what_would_write_anothers_samples_is_left_out_of_every_format() {
    let registry = Registry::new();
    let bounds = Buckets::from_static(&[1.0]);
    registry.histogram("wait", "Wait.").buckets(bounds).build().unwrap();
    metrics::with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), || {
        metrics::gauge!("wait_count").set(9);
    });
    let text = registry.text();
    assert!(text.contains("wait_count 0\n") && !text.contains("wait_count 9\n"), "{text}");
    assert!(text.contains("collector_errors_total{reason=\"name\"} 1\n"), "{text}");
}
