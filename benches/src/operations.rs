//! The hot paths. Constant inputs go through `black_box`, so that nothing is computed before the count begins.

use std::hint::black_box;
use std::sync::LazyLock;

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::{Histogram, LabelValue, Labels, Native, RegisterError, Registry};

use crate::operation::counted_by_callgrind;
use crate::{Operation, calls, lines, requests, spans};

/// The number of series in a scrape of the operations below.
const SERIES: u64 = 1000;

/// Every operation, in the order of the file of figures.
#[must_use]
pub fn all() -> &'static [Operation] {
    &ALL
}

/// The operation with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Operation> {
    ALL.iter().find(|operation| operation.name == name)
}

static ALL: [Operation; 51] = [
    Operation::one("counter_inc", |times| counter(times, false)),
    Operation::one("counter_inc_striped", |times| counter(times, true)),
    Operation::one("counter_inc_exemplars", |times| counter_with_exemplars(times, false)),
    Operation::one("counter_inc_exemplars_sampled", |times| counter_with_exemplars(times, true)),
    Operation::one("float_counter_inc_by", float_counter),
    Operation::one("gauge_set", gauge),
    Operation::one("int_gauge_hold", hold),
    Operation::one("histogram_observe", |times| observe(times, false)),
    Operation::one("histogram_observe_striped", |times| observe(times, true)),
    Operation::one("histogram_observe_sampled", observe_sampled),
    Operation::one("histogram_observe_native", observe_native),
    Operation::one("summary_observe", observe_summary),
    Operation::one("lookup_enums_counter_inc", lookup_enums),
    Operation::one("lookup_3_labels_counter_inc", lookup_labels),
    Operation::one("lookup_3_values_counter_inc", lookup_values),
    Operation::one("lookup_3_values_removable_counter_inc", lookup_removable),
    Operation::one("lookup_2_labels_histogram_observe", lookup_histogram),
    Operation::one("signature_counter_inc", signature),
    Operation::one("signature_enums_counter_inc", signature_enums),
    Operation::one("signature_3_labels_counter_inc", signature_labels),
    Operation::one("record_3_labels", record),
    Operation::one("log_event", lines::event),
    Operation::one("log_event_global", lines::event_global),
    Operation::one("log_event_while_delivering", lines::event_while_delivering),
    Operation::one("log_event_in_2_spans", lines::event_in_spans),
    Operation::one("log_2_spans_and_event", lines::spans_and_event),
    Operation::one("log_span_record", lines::record),
    Operation::one("log_event_disabled", lines::disabled),
    Operation::one("trace_span_sampled", spans::sampled),
    Operation::one("trace_span_unsampled", spans::unsampled),
    Operation::one("trace_record", spans::record),
    Operation::one("extract_inject", spans::extract_inject),
    Operation::one("call_ok", |times| calls::metrics(times, false)),
    Operation::one("call_error", |times| calls::metrics(times, true)),
    Operation::one("call_async_ok", calls::asynchronous),
    Operation::one("call_of_dependency_ok", calls::of_dependency),
    Operation::one("call_ok_span_and_line", |times| calls::signals(times, false)),
    Operation::one("call_error_span_and_line", |times| calls::signals(times, true)),
    Operation::one("http_bare_future_body", requests::bare),
    Operation::one("http_metrics", requests::metrics),
    Operation::one("http_spans_sampled", requests::spans),
    Operation::one("http_line", requests::line),
    Operation::one("http_all_sampled", requests::sampled),
    Operation::one("http_all_unsampled", requests::unsampled),
    Operation::of("scrape_text_counter", SERIES, |times| scrape_counters(times, Format::Text)),
    Operation::of("scrape_text_histogram", SERIES, |times| scrape_histograms(times, Format::Text)),
    Operation::of("scrape_open_metrics_counter", SERIES, |times| scrape_counters(times, Format::OpenMetrics)),
    Operation::of("scrape_open_metrics_histogram", SERIES, |times| {
        scrape_histograms(times, Format::OpenMetrics);
    }),
    Operation::of("scrape_protobuf_counter", SERIES, |times| scrape_counters(times, Format::Protobuf)),
    Operation::of("scrape_protobuf_histogram", SERIES, |times| scrape_histograms(times, Format::Protobuf)),
    Operation::of("snapshot_counter", SERIES, snapshot),
];

static SPAN: LazyLock<SpanContext> =
    LazyLock::new(|| SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED));

/// Declarations here are constant, so a refused one is a mistake in this file.
fn declared<T>(metric: Result<T, RegisterError>) -> T {
    metric.expect("a declaration of the benches is refused")
}

fn counter(times: u64, striped: bool) {
    let registry = Registry::new();
    let declare = registry.counter("orders_total", "Orders.");
    let counter = declared(if striped { declare.striped() } else { declare }.build());
    counter.inc();
    counted_by_callgrind(times, || black_box(&counter).inc());
}

fn counter_with_exemplars(times: u64, sampled: bool) {
    let counter = declared(Registry::new().counter("orders_total", "Orders.").exemplars().build());
    let _current = sampled.then(|| SPAN.enter());
    counter.inc();
    counted_by_callgrind(times, || black_box(&counter).inc());
}

fn float_counter(times: u64) {
    let counter = declared(Registry::new().float_counter("busy_seconds_total", "Busy.").build());
    counted_by_callgrind(times, || black_box(&counter).inc_by(black_box(0.25)));
}

fn gauge(times: u64) {
    let gauge = declared(Registry::new().gauge("temperature_celsius", "Temperature.").build());
    counted_by_callgrind(times, || black_box(&gauge).set(black_box(20.5)));
}

fn hold(times: u64) {
    let gauge = declared(Registry::new().int_gauge("active_sessions", "Sessions.").build());
    counted_by_callgrind(times, || drop(black_box(&gauge).hold()));
}

fn histogram(striped: bool) -> Histogram {
    let registry = Registry::new();
    let declare = registry.histogram("wait_seconds", "Wait.");
    let histogram = declared(if striped { declare.striped() } else { declare }.build());
    histogram.observe(0.3);
    histogram
}

fn observe(times: u64, striped: bool) {
    let histogram = histogram(striped);
    counted_by_callgrind(times, || black_box(&histogram).observe(black_box(0.3)));
}

fn observe_sampled(times: u64) {
    let histogram = histogram(false);
    let _current = SPAN.enter();
    histogram.observe(0.3);
    counted_by_callgrind(times, || black_box(&histogram).observe(black_box(0.3)));
}

fn observe_native(times: u64) {
    let registry = Registry::new();
    let declare = registry.histogram("wait_seconds", "Wait.").native(Native::new());
    let histogram = declared(declare.build());
    histogram.observe(0.3);
    counted_by_callgrind(times, || black_box(&histogram).observe(black_box(0.3)));
}

fn observe_summary(times: u64) {
    let summary = declared(Registry::new().summary("wait_seconds", "Wait.").build());
    summary.observe(0.3);
    counted_by_callgrind(times, || black_box(&summary).observe(black_box(0.3)));
}

#[derive(LabelValue, Clone, Copy)]
enum Method {
    Get,
    Post,
    Delete,
}

#[derive(Labels)]
struct ByEnums {
    method: Method,
    cached: bool,
}

#[derive(Labels)]
struct ByTexts<'a> {
    method: &'a str,
    endpoint: &'a str,
    status: &'a str,
}

const NAMES: [&str; 3] = ["method", "endpoint", "status"];
const VALUES: [&str; 3] = ["GET", "/orders/{id}/items", "200"];

fn lookup_enums(times: u64) {
    let family = declared(Registry::new().counter("requests_total", "Requests.").family::<ByEnums>());
    for method in [Method::Get, Method::Post, Method::Delete] {
        family.with(&ByEnums { method, cached: true }).inc();
    }
    counted_by_callgrind(times, || {
        let labels = ByEnums { method: black_box(Method::Post), cached: black_box(true) };
        black_box(&family).with(&labels).inc();
    });
}

fn lookup_labels(times: u64) {
    let family = declared(Registry::new().counter("requests_total", "Requests.").family::<ByTexts<'_>>());
    let labels = |[method, endpoint, status]: [&'static str; 3]| ByTexts { method, endpoint, status };
    family.with(&labels(VALUES)).inc();
    counted_by_callgrind(times, || black_box(&family).with(&labels(black_box(VALUES))).inc());
}

fn lookup_values(times: u64) {
    let family = declared(Registry::new().counter("requests_total", "Requests.").labels(&NAMES));
    family.with(&VALUES).inc();
    counted_by_callgrind(times, || black_box(&family).with(&black_box(VALUES)).inc());
}

fn lookup_removable(times: u64) {
    let registry = Registry::new();
    let family = declared(registry.counter("requests_total", "Requests.").removable().labels(&NAMES));
    family.with(&VALUES).inc();
    counted_by_callgrind(times, || black_box(&family).with(&black_box(VALUES)).inc());
}

#[radiosonde_metrics::metrics]
mod metrics {
    use super::Method;

    /// Orders.
    pub(super) fn orders_total() -> Counter;
    /// Requests.
    pub(super) fn requests_by_enums_total(method: Method, cached: bool) -> Counter;
    /// Requests.
    pub(super) fn requests_by_texts_total(method: &str, endpoint: &str, status: &str) -> Counter;
}

fn signature(times: u64) {
    metrics::orders_total().inc();
    counted_by_callgrind(times, || metrics::orders_total().inc());
}

fn signature_enums(times: u64) {
    for method in [Method::Get, Method::Post, Method::Delete] {
        metrics::requests_by_enums_total(method, true).inc();
    }
    counted_by_callgrind(times, || {
        metrics::requests_by_enums_total(black_box(Method::Post), black_box(true)).inc();
    });
}

fn signature_labels(times: u64) {
    let inc = |[method, endpoint, status]: [&str; 3]| {
        metrics::requests_by_texts_total(method, endpoint, status).inc();
    };
    inc(VALUES);
    counted_by_callgrind(times, || inc(black_box(VALUES)));
}

fn record(times: u64) {
    let registry = Registry::new();
    let record = |[method, endpoint, status]: [&str; 3]| {
        let labels = [("method", method), ("endpoint", endpoint), ("status", status)];
        registry.record("counter", "requests_total", 1.0, &labels).expect("a value is refused");
    };
    record(VALUES);
    counted_by_callgrind(times, || record(black_box(VALUES)));
}

fn lookup_histogram(times: u64) {
    let family = declared(Registry::new().histogram("wait_seconds", "Wait.").labels(&NAMES[..2]));
    let values = [VALUES[0], VALUES[1]];
    family.with(&values).observe(0.3);
    counted_by_callgrind(times, || black_box(&family).with(&black_box(values)).observe(black_box(0.3)));
}

fn counters() -> Registry {
    let registry = Registry::new();
    let family = declared(registry.counter("requests_total", "Requests.").labels(&NAMES));
    for n in 0..SERIES {
        family.with(&[VALUES[0], &format!("/orders/{n}/items"), VALUES[2]]).inc_by(n * 977);
    }
    registry
}

fn scrape_counters(times: u64, format: Format) {
    scrape(times, &counters(), format);
}

fn scrape_histograms(times: u64, format: Format) {
    let registry = Registry::new();
    let family = declared(registry.histogram("wait_seconds", "Wait.").labels(&NAMES));
    for n in 0..SERIES {
        let series = family.handle(&[VALUES[0], &format!("/orders/{n}/items"), VALUES[2]]);
        (0..20_u32).for_each(|value| series.observe(f64::from(value) * 0.11));
    }
    scrape(times, &registry, format);
}

fn scrape(times: u64, registry: &Registry, format: Format) {
    // The first one sorts, and learns the length of the text.
    drop(black_box(registry.encode_bytes(format)));
    counted_by_callgrind(times, || drop(black_box(registry.encode_bytes(format))));
}

fn snapshot(times: u64) {
    let registry = counters();
    drop(black_box(registry.snapshot()));
    counted_by_callgrind(times, || drop(black_box(registry.snapshot())));
}
