//! The macros of the `metrics` crate, recorded in our registry.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_metrics_facade::FacadeRecorder;

/// The exposition of a registry after `program` has recorded in it.
fn shown(program: impl FnOnce()) -> String {
    let registry = Registry::new();
    with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), program);
    registry.text()
}

fn faults(text: &str, reason: &str) -> u64 {
    let start = format!("radiosonde_metrics_facade_faults_total{{reason=\"{reason}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&start));
    value.unwrap_or_else(|| panic!("no {start} in {text}")).parse().unwrap()
}

#[test]
fn every_operation_does_what_it_says() {
    let text = shown(|| {
        counter!("orders").increment(2);
        counter!("orders").increment(1);
        counter!("seen_total").absolute(70);
        counter!("seen_total").absolute(7);
        gauge!("queue").set(4);
        gauge!("queue").increment(2.5);
        gauge!("queue").decrement(1);
        histogram!("wait_seconds", "of" => "a\"b").record(0.07);
        histogram!("wait_seconds", "of" => "a\"b").record_many(20.0, 3);
    });
    for line in [
        "# HELP orders_total Not described.\n# TYPE orders_total counter\norders_total 3\n",
        "# TYPE seen_total counter\nseen_total 70\n",
        "# TYPE queue gauge\nqueue 5.5\n",
        "wait_seconds_bucket{of=\"a\\\"b\",le=\"0.05\"} 0\nwait_seconds_bucket{of=\"a\\\"b\",le=\"0.075\"} 1\n",
        "wait_seconds_bucket{of=\"a\\\"b\",le=\"+Inf\"} 4\nwait_seconds_sum{of=\"a\\\"b\"} 60.07\n",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
}

#[test]
fn descriptions_become_help_and_unit_before_or_after() {
    let registry = Registry::new();
    with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), || {
        describe_counter!("busy.seconds", Unit::Seconds, "Busy,\nin all.");
        counter!("busy.seconds").increment(1);
        gauge!("queue").set(1);
        describe_gauge!("queue", Unit::Bytes, "Queue.");
        describe_histogram!("never_seconds", Unit::Seconds, "Never recorded.");
    });
    let text = registry.encode(Format::OpenMetrics);
    assert!(
        text.contains(
            "# TYPE busy_seconds counter\n# UNIT busy_seconds seconds\n# HELP busy_seconds Busy,\\nin all.\n"
        ),
        "{text}"
    );
    // OpenMetrics rejects a unit that the name does not end in.
    assert!(text.contains("# TYPE queue gauge\n# HELP queue Queue.\n") && !text.contains("never"), "{text}");
}

#[test]
fn one_series_has_one_handle_however_its_labels_are_ordered() {
    let text = shown(|| {
        counter!("hits", "b" => "2", "a" => "1").increment(1);
        counter!("hits", "a" => "1", "b" => "2").increment(1);
        counter!("hits", "a" => "1", "b" => "2", "c" => "").increment(1);
        // Texts with the same concatenation.
        counter!("hits", "a" => "12", "b" => "").increment(5);
        let kept = counter!("hits", "a" => "kept");
        kept.increment(1);
        counter!("hits", "a" => "kept").increment(1);
    });
    for line in ["hits_total{a=\"1\",b=\"2\"} 3\n", "hits_total{a=\"12\"} 5\n", "hits_total{a=\"kept\"} 2\n"]
    {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    assert_eq!(text.matches("\nhits_total{").count(), 3);
}

#[test]
fn names_that_become_the_same_are_one_metric_and_counted_once() {
    let text = shown(|| {
        for _ in 0..3 {
            gauge!("pool.size").increment(1);
            gauge!("pool-size").increment(1);
            gauge!("of", "a.b" => "1", "a-b" => "2").set(1);
        }
    });
    assert!(text.contains("pool_size 6\n") && text.contains("of{a_b=\"1\"} 1\n"), "{text}");
    assert_eq!((faults(&text, "name_collision"), faults(&text, "label_collision")), (1, 1));
}

#[test]
fn what_is_of_another_kind_is_refused_and_counted() {
    let registry = Registry::new();
    registry.gauge("native", "Native.").build().unwrap().set(1.0);
    registry.gauge("level", "Native.").labels(&["of"]).unwrap().with(&["us"]).set(1.0);
    with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), || {
        gauge!("queue").set(4);
        histogram!("queue").record(1);
        counter!("queue").increment(1);
        histogram!("native").record(1);
        histogram!("wait").record(1);
        gauge!("wait_count").set(7);
        gauge!("level", "of" => "them").set(2);
    });
    let text = registry.text();
    // Only in OpenMetrics does the counter have the gauge's name.
    assert!(text.contains("queue 4\n") && text.contains("queue_total 1\n"), "{text}");
    assert!(text.contains("wait_count 1\n") && !text.contains("wait_count 7\n"), "{text}");
    assert!(text.contains("# TYPE native gauge\nnative 1\n"), "{text}");
    assert!(text.contains("# TYPE level gauge\nlevel{of=\"us\"} 1\nlevel{of=\"them\"} 2\n"), "{text}");
    assert_eq!((faults(&text, "kind"), faults(&text, "clash")), (2, 1));
    assert!(text.contains("collector_errors_total{reason=\"name\"} 0\n"), "{text}");
}

#[test]
fn names_and_label_sets_have_a_limit() {
    let registry = Registry::new();
    let recorder = FacadeRecorder::builder().max_families(2).max_series(3).registry(&registry).build();
    with_local_recorder(&recorder, || {
        for n in 0..5 {
            gauge!(format!("gauge_{n}")).set(1);
        }
        for _ in 0..2 {
            for n in 0..6 {
                gauge!("gauge_1", "n" => n.to_string()).increment(1);
            }
        }
    });
    let text = registry.text();
    assert!(text.contains("gauge_1 1\n") && !text.contains("gauge_2"), "{text}");
    assert_eq!(faults(&text, "families"), 3);
    assert!(text.contains("gauge_1{n=\"1\"} 2\n") && !text.contains("gauge_1{n=\"2\"}"), "{text}");
    assert!(text.contains("radiosonde_metrics_series_dropped_total{family=\"gauge_1\"} 8\n"), "{text}");
    assert!(text.contains(&format!("gauge_1{{n=\"{OVERFLOW}\"}} 8\n")), "{text}");
}

#[test]
fn histograms_have_the_buckets_that_were_asked_for_and_refuse_what_spoils_a_sum() {
    let registry = Registry::new();
    let recorder = FacadeRecorder::builder()
        .buckets(Buckets::from_static(&[1.0]))
        .buckets_of("body.bytes", Buckets::from_static(&[100.0]))
        .registry(&registry)
        .build();
    with_local_recorder(&recorder, || {
        histogram!("body.bytes").record(50);
        for value in [0.5, f64::NAN, f64::INFINITY] {
            histogram!("wait").record(value);
        }
    });
    let text = registry.text();
    assert!(text.contains("body_bytes_bucket{le=\"100\"} 1\n") && text.contains("wait_bucket{le=\"1\"} 1\n"));
    assert!(text.contains("wait_sum 0.5\n"), "{text}");
    assert!(text.contains("radiosonde_metrics_refused_total{family=\"wait\",reason=\"nan\"} 1\n"), "{text}");
}

#[test]
fn a_sampled_span_becomes_an_exemplar() {
    let registry = Registry::new();
    let trace = TraceId::random();
    with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), || {
        let _span = SpanContext::new(trace, SpanId::random(), TraceFlags::SAMPLED).enter();
        histogram!("wait").record(0.5);
    });
    assert!(registry.encode(Format::OpenMetrics).contains(&format!("trace_id=\"{trace}\"")));
}

#[test]
fn no_increment_is_lost_between_threads_and_memory_does_not_grow() {
    let registry = Registry::new();
    let recorder = FacadeRecorder::builder().registry(&registry).build();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_local_recorder(&recorder, || {
                    for n in 0..2_000 {
                        counter!("hits", "of" => (n % 7).to_string()).increment(1);
                        histogram!("wait").record(0.5);
                    }
                });
            });
        }
    });
    let text = registry.text();
    let hits = text.lines().filter_map(|line| line.strip_prefix("hits_total{"));
    let total: u64 = hits.map(|line| line.split_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
    assert_eq!(total, 8_000);
    assert!(text.contains("wait_count 8000\n"));
}

#[test]
fn a_suffix_is_told_from_a_name_that_ends_like_it_and_a_backslash_is_one() {
    let text = shown(|| {
        counter!("subtotal").increment(1);
        histogram!("checksum").record(0.5);
        gauge!("of", "path" => "C:\\temp\n\"x\"").set(1);
    });
    for line in [
        "# TYPE subtotal_total counter\nsubtotal_total 1\n",
        "checksum_bucket{le=\"+Inf\"} 1\nchecksum_sum 0.5\nchecksum_count 1\n",
        "of{path=\"C:\\\\temp\\n\\\"x\\\"\"} 1\n",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
}

#[test]
fn what_is_recorded_comes_in_one_order_whoever_recorded_first() {
    let program = |names: [&'static str; 3]| {
        shown(move || {
            for name in names {
                for of in ["b", "a"] {
                    counter!(name, "of" => of).increment(1);
                }
            }
        })
    };
    assert_eq!(program(["x", "a", "m"]), program(["m", "x", "a"]));
}
