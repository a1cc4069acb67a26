//! Level overrides of single spans, in a process with one global subscriber, like a service.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LevelReload, LogFilter, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::SharedBuffer;
use tracing::{Span, debug, debug_span, error_span, info_span, trace, warn};
use tracing_core::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// How often the arguments of [`fine`] were evaluated.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A single callsite, used before, during and after an override.
fn fine(place: &str) {
    debug!(target: "orders::price", made = MADE.fetch_add(1, Ordering::SeqCst), "{place}");
}

struct Seen(SharedBuffer);

impl Seen {
    /// The messages since the last call, without audit lines.
    fn messages(&self) -> Vec<String> {
        let lines = self.0.take();
        let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    #[allow(clippy::disallowed_methods, reason = "it waits for another thread, in real time")]
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::yield_now();
    }
}

fn is_as_before() -> bool {
    LevelFilter::current() == LevelFilter::INFO
}

#[test]
fn a_span_with_an_override_is_heard_and_nothing_else() {
    let buffer = SharedBuffer::new();
    let seen = Seen(buffer.clone());
    let registry = Registry::new();
    let (filter, reload) = LevelReload::builder("info,noisy=off".parse::<LogFilter>().unwrap())
        .registry(&registry)
        .hold(Duration::from_millis(100))
        .build()
        .unwrap();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer))
        .build()
        .unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer.with_filter(filter)))
        .unwrap();
    // As on a delivery thread: from here on `tracing` has to look for a thread's own subscriber.
    let _elsewhere = tracing::dispatcher::set_default(&tracing::Dispatch::none());
    std::thread::spawn(move || scenario(&seen, &registry, &reload)).join().unwrap();
}

fn rebuilds(registry: &Registry) -> String {
    let text = registry.text();
    let line = text.lines().find(|line| line.starts_with("radiosonde_log_filter_rebuilds_total "));
    line.unwrap().rsplit(' ').next().unwrap().to_owned()
}

fn scenario(seen: &Seen, registry: &Registry, reload: &LevelReload) {
    fine("before");
    assert!(is_as_before());
    assert_eq!(MADE.load(Ordering::SeqCst), 0, "not even the arguments are made");

    let overridden = info_span!("request", radiosonde.log = "debug", request_id = "r-1");
    let other = info_span!("request");
    overridden.in_scope(|| {
        fine("in it");
        trace!("too fine");
        debug!(target: "noisy", "whatever its target");
        other.in_scope(|| fine("in another root, while in it"));
        debug_span!("step", n = 1).in_scope(|| fine("in a finer span in it"));
        // First used while a span has an override.
        debug!("new in it");
    });
    let child = overridden.in_scope(|| info_span!("child"));
    fine("outside of it");
    other.in_scope(|| fine("in another"));
    std::thread::scope(|threads| {
        threads.spawn(|| fine("on another thread"));
        threads.spawn(|| child.in_scope(|| fine("in a child on another thread")));
    });
    assert_eq!(
        seen.messages(),
        [
            "in it",
            "whatever its target",
            "in a finer span in it",
            "new in it",
            "in a child on another thread",
        ]
    );

    assert_eq!(LevelFilter::current(), LevelFilter::DEBUG);
    drop((overridden, child));
    // The next request arrives within the hold, so callsites need not be asked again.
    assert_eq!(rebuilds(registry), "1");
    info_span!("request", radiosonde.log = "debug").in_scope(|| fine("in the next"));
    until("the level sinks", is_as_before);
    assert_eq!(rebuilds(registry), "2");
    let made = MADE.load(Ordering::SeqCst);
    fine("after");
    other.in_scope(|| fine("after, in another"));
    assert_eq!(MADE.load(Ordering::SeqCst), made, "not even the arguments are made");
    assert_eq!(seen.messages(), ["in the next"]);

    recorded_later(seen);
    recorded_later_around_open_spans(seen);
    nested(seen);
    refused(seen, registry);
    while_the_filter_changes(seen, reload);
}

fn recorded_later(seen: &Seen) {
    let span = info_span!("request", radiosonde.log = tracing::field::Empty);
    span.in_scope(|| fine("not yet"));
    span.record("radiosonde.log", "debug");
    span.in_scope(|| fine("now"));
    span.record("radiosonde.log", "warn");
    span.in_scope(|| fine("no more"));
    drop(span);
    until("the level sinks", is_as_before);
    assert_eq!(seen.messages(), ["now"]);
}

fn recorded_later_around_open_spans(seen: &Seen) {
    let outer = info_span!("request", radiosonde.log = tracing::field::Empty);
    let entered = outer.enter();
    let inner = info_span!("step").entered();
    let innermost = info_span!("step", radiosonde.log = "warn").entered();
    fine("not yet");
    outer.record("radiosonde.log", "debug");
    fine("now");
    outer.record("radiosonde.log", "warn");
    fine("no more");
    outer.record("radiosonde.log", "trace");
    drop(innermost);
    trace!("finer still");
    drop((inner, entered));
    drop(outer);
    until("the level sinks", is_as_before);
    assert_eq!(seen.messages(), ["now", "finer still"]);
}

fn nested(seen: &Seen) {
    let outer = info_span!("request", radiosonde.log = "trace").entered();
    let inner = error_span!("step", radiosonde.log = "debug").entered();
    trace!("the finer of the two");
    drop(inner);
    drop(outer);
    fine("hidden");
    until("the level sinks", is_as_before);
    assert_eq!(seen.messages(), ["the finer of the two"]);
}

fn refused(seen: &Seen, registry: &Registry) {
    radiosonde_core::diagnostics::set_hook(|_| {});
    for span in [info_span!("request", radiosonde.log = "loud"), info_span!("request", radiosonde.log = 7)] {
        span.in_scope(|| fine("hidden"));
    }
    let absent: Span = info_span!("request", radiosonde.log = None::<&str>);
    absent.in_scope(|| fine("hidden"));
    assert!(is_as_before());
    assert!(seen.messages().is_empty());
    assert!(registry.text().contains("radiosonde_log_level_overrides_total{outcome=\"refused\"} 2\n"));
}

fn while_the_filter_changes(seen: &Seen, reload: &LevelReload) {
    let span = info_span!("request", radiosonde.log = "debug");
    reload.set("error").unwrap();
    span.in_scope(|| {
        fine("in it");
        warn!("in it, too");
    });
    warn!("hidden");
    reload.reset().unwrap();
    drop(span);
    until("the level sinks", is_as_before);
    warn!("shown");
    assert_eq!(seen.messages(), ["log levels changed", "in it", "in it, too", "log levels reset", "shown"]);
}
