//! Counts the allocations of a line, with this binary's own allocator.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io;
use std::sync::Arc;

use radiosonde_appender::QueueOptions;
use radiosonde_core::{Level, Resource};
use radiosonde_log::{
    Detector, Format, JsonLayer, LevelReload, Line, LineSink, LogFilter, LogOptions, Profile, Rate,
    Redaction, Sampling, VolumeLimits, Writer,
};
use radiosonde_testkit::CountingAllocator;
use tracing::{debug, info, info_span};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn per_call(work: impl FnMut()) -> f64 {
    CountingAllocator::per_call(work)
}

struct Ignores;

impl LineSink for Ignores {
    fn accept(&self, line: &Line<'_>) {
        assert!(line.request_id().is_some());
    }
}

fn with_layer<R>(configure: impl FnOnce(LogOptions) -> LogOptions, work: impl FnOnce() -> R) -> R {
    let builder = JsonLayer::builder(&Resource::new("orders")).format(Format::Json);
    let layer = configure(builder).build().unwrap();
    let filter: LogFilter = "info".parse().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer.with_filter(filter)), work)
}

fn event() {
    info!(sku = "b-2", quantity = 3_u64, price = 9.99, gift = true, note = ?Some("wrap"), "order {} priced", 7);
}

#[test]
fn a_line_with_five_fields_inside_two_spans_allocates_nothing() {
    let found = with_layer(
        |builder| {
            builder.writer(Writer::new("nowhere", io::sink())).sink(Arc::new(Ignores)).field("region", "eu-1")
        },
        || {
            let _outer = info_span!("request", request_id = "r-1", method = "GET", tenant = "acme").entered();
            let _inner = info_span!("price_order", order = 7, user_id = 42, attempt = 1).entered();
            per_call(event)
        },
    );
    assert!(found.abs() < f64::EPSILON, "{found} allocations per line");
}

#[test]
fn a_line_of_any_profile_allocates_nothing() {
    for profile in Profile::ALL {
        let found = with_layer(
            |builder| builder.profile(profile).promote("tenant").writer(Writer::new("nowhere", io::sink())),
            || {
                let _outer =
                    info_span!("request", request_id = "r-1", method = "GET", tenant = "acme").entered();
                let _inner = info_span!("price_order", order.id = 7, user_id = 42, status = 200).entered();
                per_call(|| {
                    event();
                    info!(duration_ms = 12.5, error = %"no route", "failed");
                })
            },
        );
        assert!(found.abs() < f64::EPSILON, "{found} allocations per two lines of {profile:?}");
    }
}

#[test]
fn a_line_for_a_queue_allocates_nothing_on_the_thread_that_logs() {
    let queued = || Writer::new("nowhere", io::sink()).queue(QueueOptions::new());
    let found = with_layer(|builder| builder.writer(queued()), || per_call(event));
    assert!(found.abs() < f64::EPSILON, "{found} allocations per line");
}

#[test]
fn a_disabled_event_allocates_nothing() {
    let found = with_layer(
        |builder| builder.writer(Writer::new("nowhere", io::sink())),
        || per_call(|| debug!(sku = "b-2", "not shown")),
    );
    assert!(found.abs() < f64::EPSILON, "{found} allocations per event");
}

#[test]
fn a_filter_under_control_allocates_nothing_either() {
    let layer =
        JsonLayer::builder(&Resource::new("orders")).writer(Writer::new("nowhere", io::sink())).build();
    let (filter, reload) = LevelReload::new(LogFilter::default());
    let subscriber = tracing_subscriber::registry().with(layer.unwrap().with_filter(filter));
    let disabled = || debug!(sku = "b-2", "not shown");
    let span = || drop(info_span!("price_order", order = 7, user_id = 42, attempt = 1).entered());
    let alone = with_layer(|builder| builder.writer(Writer::new("nowhere", io::sink())), || per_call(span));
    let [lines, events, spans, overridden] = tracing::subscriber::with_default(subscriber, || {
        reload.set("info,hyper=warn").unwrap();
        let found = [per_call(event), per_call(disabled), per_call(span)];
        let _overridden = info_span!("request", radiosonde.log = "trace").entered();
        [found[0], found[1], found[2], per_call(disabled)]
    });
    assert!(lines.abs() < f64::EPSILON, "{lines} allocations per line");
    assert!(events.abs() < f64::EPSILON, "{events} allocations per disabled event");
    assert!((spans - alone).abs() < 0.01, "{spans} allocations per span, {alone} with the filter alone");
    assert!(overridden.abs() < f64::EPSILON, "{overridden} allocations per line of a span with an override");
}

#[test]
fn a_span_with_three_fields_allocates_nothing_once_others_have_been() {
    let span = || drop(info_span!("price_order", order = 7, user_id = 42, attempt = 1).entered());
    let alone = tracing::subscriber::with_default(tracing_subscriber::registry(), || per_call(span));
    let found = with_layer(|builder| builder.writer(Writer::new("nowhere", io::sink())), || per_call(span));
    assert!((found - alone).abs() < 0.01, "{found} allocations per span, {alone} of them the registry's");
}

#[test]
fn a_later_record_allocates_nothing_once_there_is_room() {
    let found = with_layer(
        |builder| builder.writer(Writer::new("nowhere", io::sink())),
        || {
            let span = info_span!("request", status = tracing::field::Empty, step = 0);
            per_call(|| {
                span.record("status", 200).record("step", 1);
            })
        },
    );
    assert!(found.abs() < f64::EPSILON, "{found} allocations per two records");
}

#[test]
fn redacting_allocates_nothing() {
    let detectors =
        [Detector::Bearer, Detector::Jwt, Detector::CardNumber, Detector::UrlPassword, Detector::KeyValue];
    let redaction = detectors.into_iter().fold(Redaction::default(), Redaction::detect);
    let found = with_layer(
        |builder| builder.writer(Writer::new("nowhere", io::sink())).redaction(redaction),
        || {
            let _span = info_span!("request", token = "t-1", url = "https://a:b@c").entered();
            per_call(|| {
                info!(
                    password = "p-1",
                    card = "4111 1111 1111 1111",
                    text = "a=b, apiKey: c",
                    "Bearer 0123456789abcdef"
                )
            })
        },
    );
    assert!(found.abs() < f64::EPSILON, "{found} allocations per line");
}

#[test]
fn limits_and_samples_allocate_nothing_whether_a_line_is_written_or_not() {
    let limits = VolumeLimits::per_callsite(Rate::per_second(1_000_000)).keyed_by("sku", Rate::per_second(1));
    let sampling = Sampling::new().of("", Level::Info, 0.5).unwrap();
    let found = with_layer(
        |builder| builder.writer(Writer::new("nowhere", io::sink())).volume_limits(limits).sampling(sampling),
        || per_call(event),
    );
    assert!(found.abs() < f64::EPSILON, "{found} allocations per line");
}
