//! Interoperation in both directions with the real crate and its default registry.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "interop")]

use prometheus::{Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, Opts};
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;
use radiosonde_prometheus::Adapter;

fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
}

#[test]
fn the_default_registry_comes_along_and_its_process_metrics_give_way() {
    let orders =
        prometheus::register_int_counter_vec!("orders_total", "Orders.", &["method", "country"]).unwrap();
    orders.with_label_values(&["card", "nl"]).inc_by(3);
    let wait = prometheus::register_histogram!("wait_seconds", "Wait.", vec![0.5, 1.0]).unwrap();
    [0.2, 0.7, 9.0].into_iter().for_each(|seconds| wait.observe(seconds));

    let registry = Registry::new();
    registry.expose_process();
    radiosonde_prometheus::absorb(&registry, prometheus::default_registry());
    let text = registry.encode(Format::OpenMetrics);

    assert!(text.contains("orders_total{country=\"nl\",method=\"card\"} 3\n"), "{text}");
    assert!(text.contains(
        "wait_seconds_bucket{le=\"0.5\"} 1\nwait_seconds_bucket{le=\"1.0\"} 2\nwait_seconds_bucket{le=\"+Inf\"} 3\n"
    ));
    assert_eq!(value(&text, "wait_seconds_count"), 3.0);
    assert_eq!(text.matches("\nprocess_cpu_seconds_total ").count(), 1, "{text}");
    assert_eq!(text.matches("\n# TYPE process_resident_memory_bytes ").count(), 1);
    assert!(
        text.contains("collector_errors_total{reason=\"duplicate_series\"} 0\n"),
        "yielding is not an error"
    );
}

#[test]
fn process_metrics_give_way_whichever_was_asked_for_first() {
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(prometheus::process_collector::ProcessCollector::for_self())).unwrap();
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    registry.expose_process();
    let text = registry.text();
    assert!(
        text.contains("# HELP process_cpu_seconds_total User and system CPU time spent, in seconds.\n"),
        "{text}"
    );
    assert!(text.contains("collector_errors_total{reason=\"duplicate_series\"} 0\n"), "{text}");
}

#[test]
fn an_applications_own_process_metrics_stay() {
    let theirs = prometheus::Registry::new();
    let steps = prometheus::IntCounter::new("process_steps_total", "Steps of a business process.").unwrap();
    theirs.register(Box::new(steps)).unwrap();
    let registry = Registry::new();
    registry.expose_process();
    radiosonde_prometheus::absorb(&registry, &theirs);
    assert!(registry.text().contains("process_steps_total 0\n"), "{}", registry.text());
}

#[test]
fn cpu_seconds_have_fractions() {
    let registry = Registry::new();
    registry.expose_process();
    let mut spun = 0_u64;
    // A clock tick is 10 ms; work until the CPU time is not a whole second.
    for _ in 0..2_000 {
        (0..100_000_u64).for_each(|n| spun = std::hint::black_box(spun.wrapping_add(n)));
        let seconds = value(&registry.text(), "process_cpu_seconds_total");
        if seconds.fract() > 0.0 {
            return;
        }
    }
    panic!("CPU seconds stayed whole");
}

#[test]
fn registry_labels_that_repeat_a_series_own_are_resolved() {
    let labels = [("service".to_owned(), "shop".to_owned()), ("a".to_owned(), "1".to_owned())].into();
    let theirs = prometheus::Registry::new_custom(Some("shop".into()), Some(labels)).unwrap();
    let hits = IntCounterVec::new(Opts::new("hits_total", "Hits."), &["service"]).unwrap();
    hits.with_label_values(&["web"]).inc();
    theirs.register(Box::new(hits)).unwrap();
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    assert!(registry.text().contains("shop_hits_total{a=\"1\",service=\"web\"} 1\n"), "{}", registry.text());
}

#[test]
fn families_of_both_sides_stand_together() {
    let theirs = prometheus::Registry::new();
    let hits = IntCounterVec::new(Opts::new("hits_total", "Hits."), &["from"]).unwrap();
    hits.with_label_values(&["them"]).inc();
    hits.with_label_values(&["both"]).inc_by(7);
    theirs.register(Box::new(hits)).unwrap();
    let registry = Registry::new();
    let ours = registry.counter("hits_total", "Hits.").labels(&["from"]).unwrap();
    ours.with(&["us"]).inc();
    ours.with(&["both"]).inc();
    radiosonde_prometheus::absorb(&registry, &theirs);
    let text = registry.text();
    assert_eq!(text.matches("# TYPE hits_total counter\n").count(), 1);
    assert!(
        text.contains(
            "hits_total{from=\"both\"} 1\nhits_total{from=\"us\"} 1\nhits_total{from=\"them\"} 1\n"
        )
    );
    assert!(text.contains("collector_errors_total{reason=\"duplicate_series\"} 1\n"));
}

#[test]
fn ours_come_out_of_their_registry() {
    let registry = Registry::new();
    registry.counter("orders_total", "Orders.").labels(&["method"]).unwrap().with(&["a\"b"]).inc_by(3);
    registry.gauge("temperature_celsius", "Temperature.").build().unwrap().set(-0.5);
    registry.histogram("wait_seconds", "Wait.").build().unwrap().observe(0.07);
    // Declared and never used: their encoder rejects a family without metrics.
    registry.counter("unused_total", "Unused.").labels(&["x"]).unwrap();
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(Adapter::new(&registry))).unwrap();
    let mut out = Vec::new();
    prometheus::TextEncoder::new().encode(&theirs.gather(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(value(&text, "orders_total{method=\"a\\\"b\"}"), 3.0);
    assert_eq!(value(&text, "temperature_celsius"), -0.5);
    assert_eq!(value(&text, "wait_seconds_bucket{le=\"0.05\"}"), 0.0);
    assert_eq!(value(&text, "wait_seconds_bucket{le=\"0.075\"}"), 1.0);
    assert_eq!(value(&text, "wait_seconds_bucket{le=\"+Inf\"}"), 1.0);
}

#[test]
fn registries_that_show_each_other_do_not_ask_for_ever() {
    let registry = Registry::new();
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(Adapter::new(&registry))).unwrap();
    let wait = HistogramVec::new(HistogramOpts::new("wait_seconds", "Wait."), &["x"]).unwrap();
    wait.with_label_values(&["1"]).observe(1.0);
    theirs.register(Box::new(wait)).unwrap();
    radiosonde_prometheus::absorb(&registry, &theirs);
    registry.counter("orders_total", "Orders.").build().unwrap().inc();
    let text = registry.text();
    assert!(text.contains("orders_total 1\n") && text.contains("wait_seconds_count{x=\"1\"} 1\n"));
    assert!(text.contains("collector_errors_total{reason=\"duplicate_series\"} 0\n"), "{text}");
    assert_eq!(samples_of(&theirs, "wait_seconds_count{x=\"1\"}"), 1);
    assert!(theirs.gather().iter().any(|family| family.name() == "orders_total"));
}

#[test]
fn beside_the_default_registry_the_adapter_may_leave_out_the_process() {
    let registry = Registry::new();
    registry.expose_process();
    registry.gauge("beside", "Beside.").build().unwrap();
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(prometheus::process_collector::ProcessCollector::for_self())).unwrap();
    theirs.register(Box::new(Adapter::new(&registry).without_process())).unwrap();
    let text = prometheus::TextEncoder::new().encode_to_string(&theirs.gather()).unwrap();
    let samples = |name: &str| text.lines().filter(|line| line.split(' ').next() == Some(name)).count();
    assert_eq!((samples("process_cpu_seconds_total"), samples("beside")), (1, 1), "{text}");
}

fn process_collector() -> Box<prometheus::process_collector::ProcessCollector> {
    Box::new(prometheus::process_collector::ProcessCollector::for_self())
}

fn samples_of(theirs: &prometheus::Registry, name: &str) -> usize {
    let text = prometheus::TextEncoder::new().encode_to_string(&theirs.gather()).unwrap();
    text.lines().filter(|line| line.split(' ').next() == Some(name)).count()
}

#[test]
fn a_registry_that_has_the_process_does_not_take_it_from_us_as_well() {
    let registry = Registry::new();
    registry.expose_process();
    let theirs = prometheus::Registry::new();
    theirs.register(process_collector()).unwrap();
    assert!(theirs.register(Box::new(Adapter::new(&registry))).is_err());
    radiosonde_prometheus::appear_in(&registry, &theirs).unwrap();
    assert_eq!(samples_of(&theirs, "process_cpu_seconds_total"), 1);
    assert!(radiosonde_prometheus::appear_in(&registry, &theirs).is_err(), "it takes one adapter");
}

#[test]
fn a_registry_that_has_the_process_from_us_does_not_take_another() {
    let registry = Registry::new();
    let theirs = prometheus::Registry::new();
    radiosonde_prometheus::appear_in(&registry, &theirs).unwrap();
    registry.expose_process();
    assert!(theirs.register(process_collector()).is_err());
    assert_eq!(samples_of(&theirs, "process_cpu_seconds_total"), 1);
}

#[test]
fn two_absorbed_registries_show_the_process_once() {
    let registry = Registry::new();
    for _ in 0..2 {
        let theirs = prometheus::Registry::new();
        theirs.register(process_collector()).unwrap();
        radiosonde_prometheus::absorb(&registry, &theirs);
    }
    let text = registry.text();
    assert_eq!(text.matches("\nprocess_threads ").count(), 1, "{text}");
    assert_eq!(text.matches("\n# TYPE process_threads ").count(), 1, "{text}");
}

/// Metrics that an application builds by hand.
struct ByHand(Vec<prometheus::proto::MetricFamily>, prometheus::core::Desc);

impl ByHand {
    fn register(theirs: &prometheus::Registry, families: Vec<prometheus::proto::MetricFamily>) {
        let description =
            prometheus::core::Desc::new("by_hand".into(), "By hand.".into(), Vec::new(), [].into()).unwrap();
        theirs.register(Box::new(Self(families, description))).unwrap();
    }
}

impl prometheus::core::Collector for ByHand {
    fn desc(&self) -> Vec<&prometheus::core::Desc> {
        vec![&self.1]
    }

    fn collect(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.0.clone()
    }
}

#[test]
fn metrics_of_two_kinds_under_one_name_are_not_mixed() {
    let theirs = prometheus::Registry::new();
    let gauge = prometheus::IntGauge::new("items", "Items.").unwrap();
    gauge.set(4);
    let counter = prometheus::IntCounter::new("items", "Items.").unwrap();
    counter.inc_by(9);
    let collect = |metric: &dyn prometheus::core::Collector| metric.collect().remove(0);
    let mut mixed = collect(&gauge);
    mixed.mut_metric().push(collect(&counter).take_metric().remove(0));
    ByHand::register(&theirs, vec![mixed]);
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    let text = registry.text();
    assert!(text.contains("# TYPE items gauge\nitems 4\n") && !text.contains("items 0\n"), "{text}");
    assert!(text.contains("collector_errors_total{reason=\"kind\"} 1\n"), "{text}");
    assert!(text.contains("collector_errors_total{reason=\"duplicate_series\"} 0\n"), "{text}");
}

#[test]
fn a_metric_of_unknown_kind_which_their_text_encoder_panics_on_is_served() {
    use prometheus::proto::{Metric, MetricFamily, MetricType, Untyped};
    let mut metric = Metric::default();
    let mut value = Untyped::default();
    value.set_value(2.5);
    metric.untyped = Some(value).into();
    let mut family = MetricFamily::default();
    family.set_name("mystery".into());
    family.set_field_type(MetricType::UNTYPED);
    family.set_metric(vec![metric]);
    let theirs = prometheus::Registry::new();
    ByHand::register(&theirs, vec![family]);
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    assert!(registry.text().contains("# TYPE mystery untyped\nmystery 2.5\n"), "{}", registry.text());
}

#[test]
fn labels_that_the_exposition_writes_elsewhere_are_labels_like_others() {
    let theirs = prometheus::Registry::new();
    let slow = IntCounterVec::new(Opts::new("slow_total", "Slow."), &["le", "quantile"]).unwrap();
    slow.with_label_values(&["0.5", "p99"]).inc();
    theirs.register(Box::new(slow)).unwrap();
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    let text = registry.encode(Format::OpenMetrics);
    assert!(text.contains("slow_total{le=\"0.5\",quantile=\"p99\"} 1\n"), "{text}");
    assert!(text.contains("collector_errors_total{reason=\"name\"} 0\n"), "{text}");
}

#[test]
fn a_constant_label_called_like_a_variable_one_gives_way_to_it() {
    let theirs = prometheus::Registry::new();
    let opts = Opts::new("hits_total", "Hits.").const_label("service", "constant");
    let hits = IntCounterVec::new(opts, &["service"]).unwrap();
    for service in ["a", "b"] {
        hits.with_label_values(&[service]).inc();
    }
    theirs.register(Box::new(hits)).unwrap();
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    let text = registry.text();
    assert!(text.contains("hits_total{service=\"a\"} 1\nhits_total{service=\"b\"} 1\n"), "{text}");
}

#[test]
fn two_of_our_registries_each_say_of_themselves_what_they_left_out() {
    let first = Registry::new();
    first.counter("orders_total", "Orders.").max_series(1).labels(&["of"]).unwrap().with(&["a"]).inc();
    let theirs = prometheus::Registry::new();
    radiosonde_prometheus::appear_in(&first, &theirs).unwrap();
    let second = Registry::new();
    second.counter("hits_total", "Hits.").labels(&["of"]).unwrap();
    radiosonde_prometheus::absorb(&second, &theirs);
    for _ in 0..2 {
        let text = second.text();
        for family in ["hits_total", "orders_total"] {
            let line = format!("radiosonde_metrics_series_dropped_total{{family=\"{family}\"}} 0\n");
            assert!(text.contains(&line), "{text}");
        }
        assert!(text.contains("collector_errors_total{reason=\"duplicate_series\"} 0\n"), "{text}");
    }
}
