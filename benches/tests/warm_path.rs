//! Recording allocates nothing, however long there is no scrape.
//!
//! Histograms of the `metrics` crate's exporter grow until there is one (metrics-rs/metrics#245, #465, #467).

use std::time::Duration;

use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::{DynFamily, Instrument, LabelValue, Labels, Native, Registry};
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::{EncodedSpan, Sampler, SpanSink, TracePipeline};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Allocations of `work` once it is warm, in a hundred thousand repetitions.
fn allocations(mut work: impl FnMut(u32)) -> u64 {
    work(0);
    let before = CountingAllocator::allocations();
    (0..100_000).for_each(work);
    CountingAllocator::allocations() - before
}

#[test]
fn what_is_counted_is_counted() {
    let counted = allocations(|n| drop(std::hint::black_box(n.to_string())));
    assert_eq!(counted, 100_000);
}

#[test]
fn kept_instruments_allocate_nothing() {
    let registry = Registry::new();
    let counter = registry.counter("a_total", "A.").build().unwrap();
    let striped = registry.counter("b_total", "B.").striped().build().unwrap();
    let float = registry.float_counter("c_total", "C.").build().unwrap();
    let gauge = registry.gauge("d", "D.").build().unwrap();
    let held = registry.int_gauge("e", "E.").build().unwrap();
    assert_eq!(allocations(|_| counter.inc()), 0);
    assert_eq!(allocations(|_| striped.inc()), 0);
    assert_eq!(allocations(|n| float.inc_by(n.into())), 0);
    assert_eq!(allocations(|_| float.inc_by(-1.0)), 0, "refused values");
    assert_eq!(allocations(|n| gauge.set(n.into())), 0);
    assert_eq!(allocations(|_| drop(held.hold())), 0);
}

#[test]
fn observing_allocates_nothing_within_a_span_and_without() {
    let registry = Registry::new();
    let wait = registry.histogram("wait_seconds", "Wait.").build().unwrap();
    let striped = registry.histogram("other_seconds", "Wait.").striped().build().unwrap();
    let native = registry.histogram("native_seconds", "Wait.").native(Native::new()).build().unwrap();
    let traced = registry.counter("traced_total", "Traced.").exemplars().build().unwrap();
    // Buckets are allocated when they are first needed.
    (0..100).for_each(|n| native.observe(f64::from(n) / 9.0));
    for histogram in [&wait, &striped, &native] {
        assert_eq!(allocations(|n| histogram.observe(f64::from(n % 100) / 9.0)), 0);
        assert_eq!(allocations(|_| histogram.observe(f64::NAN)), 0, "refused values");
    }
    assert_eq!(allocations(|_| traced.inc()), 0);
    let summary =
        registry.summary("summary_seconds", "Wait.").window(Duration::from_secs(86_400)).build().unwrap();
    (0..100).for_each(|n| summary.observe(f64::from(n) / 9.0));
    assert_eq!(allocations(|n| summary.observe(f64::from(n % 100) / 9.0)), 0);
    let _current = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED).enter();
    for histogram in [&wait, &striped, &native] {
        assert_eq!(allocations(|n| histogram.observe(f64::from(n % 100) / 9.0)), 0);
    }
    assert_eq!(allocations(|_| traced.inc()), 0);
}

#[derive(LabelValue, Clone, Copy)]
enum Method {
    Get,
    Post,
}

#[derive(Labels)]
struct ByEnum {
    method: Method,
    cached: bool,
}

#[derive(Labels)]
struct ByTexts<'a> {
    method: Method,
    endpoint: &'a str,
    status: u16,
}

#[test]
fn looking_up_what_is_there_allocates_nothing() {
    let registry = Registry::new();
    let enums = registry.counter("a_total", "A.").family::<ByEnum>().unwrap();
    let texts = registry.counter("b_total", "B.").family::<ByTexts<'_>>().unwrap();
    let values = registry.histogram("c_seconds", "C.").labels(&["method", "endpoint"]).unwrap();
    let method = |n: u32| if n.is_multiple_of(2) { Method::Get } else { Method::Post };
    let endpoints: Vec<String> = (0..10).map(|n| format!("/orders/{n}")).collect();
    let endpoint = |n: u32| &*endpoints[n as usize % 10];
    let enums = |n| enums.with(&ByEnum { method: method(n), cached: n.is_multiple_of(3) }).inc();
    let texts = |n: u32| {
        let labels = ByTexts {
            method: method(n),
            endpoint: endpoint(n),
            status: if n.is_multiple_of(7) { 500 } else { 200 },
        };
        texts.with(&labels).inc();
    };
    let values = |n| values.with(&["GET", endpoint(n)]).observe(0.1);
    (0..1000).for_each(|n| {
        enums(n);
        texts(n);
        values(n);
    });
    assert_eq!(allocations(enums), 0);
    assert_eq!(allocations(texts), 0);
    assert_eq!(allocations(values), 0);
}

#[radiosonde_metrics::metrics]
mod metrics {
    use super::Method;

    /// By enums.
    pub(super) fn enums_total(method: Method, cached: bool) -> Counter;
    /// By texts.
    pub(super) fn texts_seconds(method: Method, endpoint: &str, status: u16) -> Histogram;
}

#[test]
fn signatures_and_recording_by_name_allocate_nothing() {
    let registry = Registry::new();
    let endpoints: Vec<String> = (0..10).map(|n| format!("/orders/{n}")).collect();
    let endpoint = |n: u32| &*endpoints[n as usize % 10];
    let enums = |n: u32| metrics::enums_total(Method::Get, n.is_multiple_of(3)).inc();
    let texts = |n| metrics::texts_seconds(Method::Post, endpoint(n), 200).observe(0.1);
    let named = |n| {
        let labels = [("method", "GET"), ("endpoint", endpoint(n))];
        registry.record("counter", "named_total", 1.0, &labels).unwrap();
    };
    (0..1000).for_each(|n| {
        enums(n);
        texts(n);
        named(n);
    });
    assert_eq!(allocations(enums), 0);
    assert_eq!(allocations(texts), 0);
    assert_eq!(allocations(named), 0);
}

/// Label sets beyond the family's limit, and one with a value too many.
fn refused<M: Instrument>(family: &DynFamily<M>) -> u64 {
    let ids: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let ask = |n: u32| drop(family.with(&[&*ids[n as usize % 50]]));
    (0..1000).for_each(ask);
    allocations(ask) + allocations(|_| drop(family.with(&["a", "b"])))
}

#[test]
fn a_full_family_allocates_nothing() {
    let registry = Registry::new();
    assert_eq!(refused(&registry.counter("a_total", "A.").max_series(10).labels(&["id"]).unwrap()), 0);
    assert_eq!(refused(&registry.histogram("b_seconds", "B.").max_series(10).labels(&["id"]).unwrap()), 0);
}

#[test]
fn a_scrape_allocates_for_what_the_registry_says_of_itself_whatever_the_number_of_series() {
    let declare = |registry: &Registry, n: u32, series: u32| {
        let hits = registry.counter(&format!("hits_{n}_total"), "Hits.").labels(&["of"]).unwrap();
        let wait = registry.histogram(&format!("wait_{n}_seconds"), "Wait.").labels(&["of"]).unwrap();
        for of in 0..series {
            hits.with(&[&of.to_string()]).inc();
            wait.with(&[&of.to_string()]).observe(0.3);
        }
    };
    let scrape = |registry: &Registry, format| {
        drop(registry.encode_bytes(format));
        let before = CountingAllocator::allocations();
        drop(std::hint::black_box(registry.encode_bytes(format)));
        CountingAllocator::allocations() - before
    };
    for format in [Format::Text, Format::OpenMetrics] {
        let registry = Registry::new();
        declare(&registry, 0, 10);
        let few = scrape(&registry, format);
        assert!(few < 60, "{few}");
        declare(&registry, 0, 1000);
        assert_eq!(scrape(&registry, format), few, "of series");
        (1..=50).for_each(|n| declare(&registry, n, 1));
        let many = scrape(&registry, format);
        // The labels of `radiosonde_metrics_series_dropped_total{family}`, for each of a hundred more.
        assert!(many - few < 2 * 100 + 20, "{few}, {many}");
    }
}

/// Drops spans where they ended.
struct Null;

impl SpanSink for Null {
    fn accept(&self, _span: EncodedSpan) {}
}

/// Allocations of two spans with six attributes, an event and a recorded value.
fn allocations_of_spans(sampler: Sampler) -> u64 {
    let pipeline = TracePipeline::builder(&Resource::new("benches"))
        .registry(&Registry::new())
        .sampler(sampler)
        .sink(Null)
        .build()
        .unwrap();
    let trace = |n: u32| {
        let outer = tracing::info_span!(
            "request",
            method = "GET",
            path = "/orders/1234567",
            customer = %n,
            status = tracing::field::Empty
        );
        let entered = outer.enter();
        let inner = tracing::info_span!("price_order", order_id = n, region = ?"eu-west-1");
        inner.in_scope(|| tracing::info!(items = 3, "order priced"));
        outer.record("status", 200_u64);
        drop(entered);
    };
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    tracing::subscriber::with_default(subscriber, || {
        (0..1000).for_each(trace);
        allocations(trace)
    })
}

#[test]
fn a_sampled_span_allocates_nothing() {
    assert_eq!(allocations_of_spans(Sampler::always_on()), 0);
}

#[test]
fn a_span_that_is_not_sampled_allocates_nothing() {
    assert_eq!(allocations_of_spans(Sampler::always_off()), 0);
}
