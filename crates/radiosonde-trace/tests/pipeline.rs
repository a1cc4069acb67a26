//! The spans that reach a sink, and the counters of those that do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use radiosonde_core::{Clock as _, Resource, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;
use radiosonde_trace::{
    Attribute, AttributeValue, CaptureSpans, EncodedSpan, FinishedSpan, RemoteContext, Sampler, SpanKind,
    SpanLimits, SpanLink, SpanSink, SpanStatus, TailOptions, TracePipeline, TraceState, add_link, context_of,
    keep, root_of, set_attribute, set_error, set_name, set_parent,
};
use tracing::level_filters::LevelFilter;
use tracing::{debug, error, field, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

fn builder(registry: &Registry) -> radiosonde_trace::TraceOptions {
    TracePipeline::builder(&Resource::new("test")).registry(registry)
}

fn run(pipeline: &TracePipeline, work: impl FnOnce()) {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), work);
}

/// The only span that `work` creates.
fn span_of(work: impl FnOnce()) -> FinishedSpan {
    let spans = CaptureSpans::new();
    run(&builder(&Registry::new()).sink(spans.clone()).build().unwrap(), work);
    let [span] = <[FinishedSpan; 1]>::try_from(spans.take()).unwrap();
    span
}

fn attributes(span: &FinishedSpan) -> Vec<(&str, AttributeValue)> {
    span.attributes.iter().map(|attribute| (attribute.key.as_ref(), attribute.value.clone())).collect()
}

fn count(registry: &Registry, series: &str) -> u64 {
    let text = registry.text();
    let line =
        text.lines().find(|line| line.starts_with(series)).unwrap_or_else(|| panic!("{series} in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn dropped(registry: &Registry, reason: &str) -> u64 {
    count(registry, &format!("radiosonde_trace_dropped_total{{reason=\"{reason}\"}}"))
}

fn handed_over(registry: &Registry) -> u64 {
    count(registry, "radiosonde_trace_spans_total ")
}

#[test]
fn fields_keep_their_types_and_nothing_is_added() {
    let span = span_of(|| {
        let span = info_span!(
            "typed",
            text = "text",
            yes = true,
            half = 0.5,
            minus = -1_i64,
            port = 8080_u16,
            items = 3_usize,
            bytes = 4_u64,
            wide = 5_u128,
            most = u64::MAX,
            shown = %"shown",
            later = field::Empty,
            never = field::Empty,
        );
        span.record("later", 6_u64);
    });
    let expected: Vec<(&str, AttributeValue)> = vec![
        ("text", "text".into()),
        ("yes", true.into()),
        ("half", 0.5.into()),
        ("minus", (-1).into()),
        ("port", 8080.into()),
        ("items", 3.into()),
        ("bytes", 4.into()),
        ("wide", 5.into()),
        ("most", "18446744073709551615".into()),
        ("shown", "shown".into()),
        ("later", 6.into()),
    ];
    assert_eq!(attributes(&span), expected);
    assert_eq!((span.kind, span.status), (SpanKind::Internal, SpanStatus::Unset));
    assert_eq!(span.scope, "radiosonde");
}

#[test]
fn a_key_stands_once_with_its_last_value() {
    let span = span_of(|| {
        let span = info_span!("set often", http.response.status_code = 500_u64, items = 1_u64);
        set_attribute(&span, "http.response.status_code", "not yet");
        span.in_scope(|| set_attribute(&span, "http.response.status_code", 200_u16));
        span.record("items", 2_u64);
        set_attribute(&span, String::from("list"), AttributeValue::Array(vec!["a".into(), "b".into()]));
    });
    let list = AttributeValue::Array(vec!["a".into(), "b".into()]);
    assert_eq!(
        attributes(&span),
        [("http.response.status_code", 200.into()), ("items", 2.into()), ("list", list)]
    );
}

#[test]
fn numbers_of_one_span_do_not_leak_into_another() {
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new()).sink(spans.clone()).build().unwrap();
    run(&pipeline, || {
        let _outer = info_span!("outer", items = 1_u64).entered();
        // A text that looks like a number of another span's unsigned field stays a text.
        info_span!("inner", items = "1").in_scope(|| ());
    });
    assert_eq!(spans.find("inner").unwrap().attribute("items"), Some(&"1".into()));
    assert_eq!(spans.find("outer").unwrap().attribute("items"), Some(&1.into()));
}

#[test]
fn directives_steer_the_span_and_are_no_attributes() {
    let span = span_of(|| {
        let span =
            info_span!("GET", otel.name = "GET /", otel.kind = "server", otel.status_code = field::Empty);
        span.in_scope(|| set_name(&span, format!("GET /{}", "orders")));
        span.record("otel.status_code", "OK");
    });
    assert_eq!(span.name, "GET /orders");
    assert_eq!((span.kind, span.status.clone()), (SpanKind::Server, SpanStatus::Ok));
    assert_eq!(span.attributes, []);
}

#[test]
fn an_error_can_be_set_before_and_after_the_start() {
    let failed = |description: &'static str| SpanStatus::Error { description: description.into() };
    let before = span_of(|| set_error(&info_span!("before"), "no stock"));
    assert_eq!(before.status, failed("no stock"));
    let after = span_of(|| {
        let span = info_span!("after");
        span.in_scope(|| error!("something"));
        set_error(&span, "no stock");
    });
    assert_eq!(after.status, failed("no stock"));
}

#[test]
fn a_description_alone_is_that_of_a_failure() {
    let failed = SpanStatus::Error { description: "no stock".into() };
    let span = span_of(|| drop(info_span!("failed", otel.status_description = "no stock")));
    assert_eq!(span.status, failed);
    let span = span_of(|| {
        let span = info_span!("failed late", otel.status_description = field::Empty);
        span.in_scope(|| span.record("otel.status_description", "no stock"));
    });
    assert_eq!(span.status, failed);
}

#[test]
fn events_become_events_of_their_span_from_info_on() {
    let span = span_of(|| {
        info_span!("eventful").in_scope(|| {
            debug!("not this");
            info!(items = 3, "priced");
            warn!("slow");
        });
    });
    let names: Vec<_> = span.events.iter().map(|event| event.name.as_ref()).collect();
    assert_eq!(names, ["priced", "slow"]);
    assert!(
        span.events[0]
            .attributes
            .iter()
            .any(|attribute| attribute.key == "items" && attribute.value == 3.into())
    );
    assert_eq!(span.status, SpanStatus::Unset);
}

#[test]
fn errors_are_events_even_when_events_are_off_and_mark_the_span() {
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new()).sink(spans.clone()).events(LevelFilter::OFF).build().unwrap();
    run(&pipeline, || {
        info_span!("failed").in_scope(|| {
            warn!("slow");
            error!("no stock");
        });
    });
    let span = spans.find("failed").unwrap();
    assert_eq!(span.events.iter().map(|event| event.name.as_ref()).collect::<Vec<_>>(), ["no stock"]);
    assert_eq!(span.status, SpanStatus::Error { description: "".into() });
}

#[test]
fn the_access_line_is_not_put_into_the_span_it_is_about() {
    let span = span_of(|| {
        info_span!("GET /").in_scope(|| error!(target: "radiosonde::access", status = 500_u64, "GET / 500"));
    });
    assert_eq!((span.events, span.status), (vec![], SpanStatus::Unset));
}

#[test]
fn an_instrumented_function_that_fails_says_why() {
    #[tracing::instrument(err)]
    fn price(items: u32) -> Result<(), std::num::ParseIntError> {
        "three".parse::<u32>().map(drop)
    }
    let span = span_of(|| assert!(price(3).is_err()));
    assert_eq!(span.name, "price");
    assert_eq!(attributes(&span), [("items", 3.into()), ("error.type", "_OTHER".into())]);
    assert_eq!(span.status, SpanStatus::Error { description: "invalid digit found in string".into() });
    assert_eq!(span.events[0].name, "exception");
    let message = |attribute: &Attribute| attribute.key == "exception.message";
    let message = span.events[0].attributes.iter().find(|attribute| message(attribute)).unwrap();
    assert_eq!(message.value, "invalid digit found in string".into());
}

#[test]
fn following_a_span_links_to_it() {
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new()).sink(spans.clone()).build().unwrap();
    run(&pipeline, || {
        let cause = info_span!("cause");
        info_span!("effect").follows_from(&cause);
    });
    let (cause, effect) = (spans.find("cause").unwrap(), spans.find("effect").unwrap());
    assert_eq!(effect.links.len(), 1);
    assert_eq!(effect.links[0].context, cause.context);
}

#[test]
fn what_is_beyond_the_limits_is_counted_on_the_span() {
    let span = span_of(|| {
        let span = info_span!("large");
        for number in 0..200 {
            set_attribute(&span, format!("key{number}"), number);
        }
        span.in_scope(|| (0..150).for_each(|_| info!("again")));
    });
    assert_eq!((span.attributes.len(), span.dropped_attributes), (128, 72));
    assert_eq!((span.events.len(), span.dropped_events), (128, 22));
}

#[test]
fn a_span_that_was_never_entered_lasts_until_it_is_closed() {
    let mut made_event = None;
    let span = span_of(|| {
        let span = info_span!("never entered");
        info!(parent: &span, "about it");
        made_event = Some(SystemClock.now());
        drop(span);
    });
    assert!(span.end >= made_event.unwrap());
    assert!(span.start <= span.events[0].timestamp && span.events[0].timestamp <= span.end);
}

/// Accepts the first few spans and counts those it refuses, as a bounded queue does.
struct Full {
    room: usize,
    taken: AtomicUsize,
    refused: AtomicUsize,
}

impl SpanSink for Full {
    fn accept(&self, _span: EncodedSpan) {
        if self.taken.load(Ordering::SeqCst) < self.room {
            self.taken.fetch_add(1, Ordering::SeqCst);
        } else {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn a_sink_that_refuses_spans_costs_the_others_nothing() {
    let registry = Registry::new();
    let full = Arc::new(Full { room: 3, taken: AtomicUsize::new(0), refused: AtomicUsize::new(0) });
    let spans = CaptureSpans::new();
    let pipeline = builder(&registry).sink(Arc::clone(&full)).sink(spans.clone()).build().unwrap();
    run(&pipeline, || (0..10).for_each(|_| drop(info_span!("one").entered())));
    assert_eq!(spans.take().len(), 10);
    assert_eq!((full.taken.load(Ordering::SeqCst), full.refused.load(Ordering::SeqCst)), (3, 7));
    assert_eq!(handed_over(&registry), 10);
}

/// The payload of a panic, which panics when it is dropped.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

struct Panics;

impl SpanSink for Panics {
    fn accept(&self, _span: EncodedSpan) {
        // Silent: does not call the panic hook.
        std::panic::resume_unwind(Box::new(Payload));
    }
}

#[test]
fn a_sink_that_panics_harms_neither_the_application_nor_other_sinks() {
    let registry = Registry::new();
    let spans = CaptureSpans::new();
    let pipeline = builder(&registry).sink(Panics).sink(spans.clone()).build().unwrap();
    run(&pipeline, || {
        drop(info_span!("one").entered());
        drop(info_span!("two").entered());
    });
    assert_eq!(spans.take().len(), 2);
    assert_eq!((dropped(&registry, "sink_panicked"), handed_over(&registry)), (2, 0));
}

struct Instrumented(CaptureSpans);

impl SpanSink for Instrumented {
    fn accept(&self, span: EncodedSpan) {
        info_span!("accepting").in_scope(|| self.0.accept(span));
    }
}

#[test]
fn a_sink_that_makes_spans_does_not_feed_on_itself() {
    let registry = Registry::new();
    let spans = CaptureSpans::new();
    let pipeline = builder(&registry).sink(Instrumented(spans.clone())).build().unwrap();
    run(&pipeline, || {
        drop(info_span!("one").entered());
        drop(info_span!("two").entered());
    });
    assert_eq!(spans.take().iter().map(|span| span.name.as_ref()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!((handed_over(&registry), dropped(&registry, "within_sink")), (2, 2));
}

#[test]
fn after_shutdown_spans_have_ids_and_are_counted() {
    let registry = Registry::new();
    let spans = CaptureSpans::new();
    let pipeline = builder(&registry).sink(spans.clone()).build().unwrap();
    run(&pipeline, || {
        drop(info_span!("before").entered());
        let across = info_span!("across").entered();
        pipeline.shutdown();
        drop(across);
        assert!(context_of(&info_span!("after")).is_some());
    });
    assert_eq!(spans.take().len(), 1);
    assert_eq!((handed_over(&registry), dropped(&registry, "after_shutdown")), (1, 2));
}

#[test]
fn after_shutdown_nothing_is_sent_on_as_sampled() {
    let pipeline = builder(&Registry::new()).sink(CaptureSpans::new()).build().unwrap();
    run(&pipeline, || {
        let across = info_span!("across").entered();
        let sent = |sent: Option<RemoteContext>| {
            sent.map(|sent| (sent.context().trace_id(), sent.context().is_sampled()))
        };
        let trace_id = context_of(&across).unwrap().trace_id();
        assert_eq!(sent(RemoteContext::current()), Some((trace_id, true)));
        pipeline.shutdown();
        assert_eq!(sent(RemoteContext::current()), Some((trace_id, false)));
        assert_eq!(sent(RemoteContext::of(&across)), Some((trace_id, false)));
        info_span!("after").in_scope(|| {
            assert_eq!(sent(RemoteContext::current()), Some((trace_id, false)));
            assert!(!SpanContext::current().unwrap().is_sampled());
        });
    });
}

#[test]
fn without_a_sink_and_without_a_sample_nothing_is_handed_over() {
    let registry = Registry::new();
    run(&builder(&registry).build().unwrap(), || drop(info_span!("one").entered()));
    assert_eq!((handed_over(&registry), dropped(&registry, "no_sink")), (0, 1));

    let registry = Registry::new();
    let pipeline =
        builder(&registry).sampler(Sampler::always_off()).sink(CaptureSpans::new()).build().unwrap();
    run(&pipeline, || drop(info_span!("one").entered()));
    // An unsampled span is not counted as lost.
    for reason in ["no_sink", "after_shutdown", "within_sink", "sink_panicked", "tail_full"] {
        assert_eq!(dropped(&registry, reason), 0);
    }
    assert_eq!(handed_over(&registry), 0);
}

#[test]
fn two_pipelines_may_count_in_one_registry() {
    let registry = Registry::new();
    let spans = CaptureSpans::new();
    let first = builder(&registry).sink(spans.clone()).build().unwrap();
    let second = builder(&registry).sink(spans.clone()).build().unwrap();
    run(&first, || drop(info_span!("one").entered()));
    run(&second, || drop(info_span!("two").entered()));
    assert_eq!((spans.take().len(), handed_over(&registry)), (2, 2));
}

#[test]
fn a_registry_with_another_metric_of_that_name_is_refused() {
    let registry = Registry::new();
    registry.counter("radiosonde_trace_spans_total", "Something else.").build().unwrap();
    let error = builder(&registry).build().unwrap_err();
    assert!(error.to_string().contains("radiosonde_trace_spans_total"), "{error}");
}

#[test]
fn a_field_named_as_a_constant_of_events_stands_once() {
    let span = span_of(|| info_span!("a").in_scope(|| info!(level = 3, target = "x", "priced")));
    let keys: Vec<_> = span.events[0].attributes.iter().map(|attribute| attribute.key.as_ref()).collect();
    assert_eq!(keys, ["level", "target"]);
    assert_eq!(span.events[0].attributes[0].value, 3.into());
}

#[test]
fn a_location_is_where_the_span_is_made() {
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new()).sink(spans.clone()).location(true).build().unwrap();
    run(&pipeline, || drop(info_span!("here")));
    let span = spans.find("here").unwrap();
    assert_eq!(span.attribute("code.file.path"), Some(&file!().into()));
    assert!(matches!(span.attribute("code.line.number"), Some(AttributeValue::I64(line)) if *line > 0));
}

/// Fails, and panics when it is asked why.
#[derive(Debug)]
struct Unexplained;

impl std::fmt::Display for Unexplained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for Unexplained {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::panic::resume_unwind(Box::new("no cause"))
    }
}

#[test]
fn an_error_whose_cause_panics_is_recorded_without_it() {
    let registry = Registry::new();
    let spans = CaptureSpans::new();
    let pipeline = builder(&registry).sink(spans.clone()).build().unwrap();
    run(&pipeline, || {
        let error: &dyn std::error::Error = &Unexplained;
        info_span!("a", error).in_scope(|| error!(error, "did not work"));
    });
    let span = spans.find("a").unwrap();
    assert_eq!(span.attribute("exception.message"), Some(&"failed".into()));
    assert_eq!(span.events[0].name, "did not work");
    assert_eq!(count(&registry, "radiosonde_trace_replaced_values_total "), 2);
}

#[test]
fn texts_in_arrays_and_links_are_cut_as_others_are() {
    let limits = SpanLimits::new().value_length(3).link_attributes(1);
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new()).sink(spans.clone()).limits(limits).build().unwrap();
    run(&pipeline, || {
        let span = info_span!("a", text = "abcd");
        set_attribute(&span, "list", AttributeValue::Array(vec!["abcd".into(), 5.into()]));
        let mut link = SpanLink::new(context_of(&info_span!("b")).unwrap());
        link.attributes = vec![Attribute::new("one", "abcd"), Attribute::new("two", "abcd")];
        add_link(&span, link);
    });
    let span = spans.find("a").unwrap();
    assert_eq!(span.attribute("text"), Some(&"abc".into()));
    assert_eq!(span.attribute("list"), Some(&AttributeValue::Array(vec!["abc".into(), 5.into()])));
    assert_eq!(span.links[0].attributes, [Attribute::new("one", "abc")]);
    assert_eq!(span.links[0].dropped_attributes, 1);
}

#[test]
fn a_late_parent_that_is_sampled_brings_the_fields_of_a_child_too() {
    let spans = CaptureSpans::new();
    let sampler = Sampler::parent_based_always_off();
    let pipeline = builder(&Registry::new()).sampler(sampler).sink(spans.clone()).build().unwrap();
    let ids = |flags| SpanContext::new(TraceId::random(), SpanId::random(), flags);
    let caller = RemoteContext::new(ids(TraceFlags::SAMPLED), TraceState::default());
    run(&pipeline, || {
        info_span!("consumer").in_scope(|| {
            let span = info_span!("receive", otel.name = "receive orders", otel.kind = "consumer", id = 7);
            set_parent(&span, &caller).unwrap();
        });
    });
    let span = spans.find("receive orders").unwrap();
    assert_eq!((span.kind, span.parent), (SpanKind::Consumer, Some(caller.context().span_id())));
    assert_eq!(span.attribute("id"), Some(&7.into()));
}

#[test]
fn a_trace_that_is_marked_is_kept_in_the_local_tail() {
    let spans = CaptureSpans::new();
    let sampler = Sampler::parent_based_always_off();
    let tail = TailOptions::new();
    let pipeline = builder(&Registry::new()).sampler(sampler).tail(tail).sink(spans.clone()).build().unwrap();
    run(&pipeline, || {
        info_span!("dull").in_scope(|| drop(info_span!("within", radiosonde.keep = false)));
        info_span!("by function").in_scope(|| keep(&tracing::Span::current()));
        info_span!("by field", radiosonde.keep = true).in_scope(|| ());
        info_span!("by event").in_scope(|| info!(radiosonde.keep = true, "look at this"));
    });
    let names: Vec<_> = spans.take().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["by function", "by field", "by event"]);
}

#[test]
fn open_spans_are_shown_with_their_fields_and_age() {
    let clock = Arc::new(ManualClock::default());
    let spans = CaptureSpans::new();
    let pipeline =
        builder(&Registry::new()).sink(spans).clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    run(&pipeline, || {
        let outer =
            info_span!("outer", otel.name = "GET /", otel.kind = "server", late = field::Empty).entered();
        clock.advance(Duration::from_secs(3));
        let inner = info_span!("inner").entered();
        outer.record("late", 7);
        let live = pipeline.live_spans();
        let shown: Vec<_> = live.iter().map(|span| (span.name.as_str(), span.age.as_secs())).collect();
        assert_eq!(shown, [("GET /", 3), ("inner", 0)]);
        assert_eq!(live[0].attributes, [Attribute::new("late", 7)]);
        assert_eq!(
            live.iter().map(|span| span.kind).collect::<Vec<_>>(),
            [SpanKind::Server, SpanKind::Internal]
        );
        assert_eq!(live[1].parent, context_of(&outer).map(|context| context.span_id()));
        drop(inner);
    });
    assert!(pipeline.live_spans().is_empty());
}

#[test]
fn a_root_behind_a_trust_boundary_is_in_no_trace_around_it() {
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new()).sink(spans.clone()).build().unwrap();
    run(&pipeline, || {
        let _around = info_span!("around").entered();
        let root = root_of(|| info_span!("root"));
        root.in_scope(|| drop(info_span!("child")));
        drop(info_span!("after"));
    });
    let [around, root, child, after] =
        ["around", "root", "child", "after"].map(|name| spans.find(name).unwrap());
    assert_eq!((root.parent, child.parent), (None, Some(root.context.span_id())));
    assert_ne!(root.context.trace_id(), around.context.trace_id());
    assert_eq!(after.parent, Some(around.context.span_id()));
}

#[test]
fn a_span_has_nothing_of_one_whose_buffers_it_reuses() {
    let clock = Arc::new(ManualClock::default());
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new())
        .sink(spans.clone())
        .clock(Arc::<ManualClock>::clone(&clock))
        .build()
        .unwrap();
    run(&pipeline, || {
        let full = info_span!("full", otel.name = "all of it", otel.kind = "server", text = "x");
        for number in 0..200 {
            set_attribute(&full, format!("key{number}"), number);
        }
        full.follows_from(&info_span!("cause"));
        full.in_scope(|| (0..200).for_each(|_| error!("again")));
        drop(full);
        clock.advance(Duration::from_secs(1));
        let plain = info_span!("plain");
        info!(parent: &plain, "an event that does not end it");
        clock.advance(Duration::from_secs(2));
        drop(plain);
    });
    let full = spans.find("all of it").unwrap();
    assert!(full.dropped_attributes > 0 && full.dropped_events > 0 && full.links.len() == 1);
    let plain = spans.find("plain").unwrap();
    let mut expected = FinishedSpan::new(plain.context, "plain");
    (expected.start, expected.end) = (plain.start, plain.start + Duration::from_secs(2));
    expected.events.clone_from(&plain.events);
    assert_eq!(plain, expected);
    assert_eq!((plain.events.len(), plain.events[0].dropped_attributes), (1, 0));
}

#[test]
fn a_span_lasts_until_its_last_event_and_the_start_of_its_last_child() {
    let clock = Arc::new(ManualClock::default());
    let spans = CaptureSpans::new();
    let pipeline = builder(&Registry::new())
        .sink(spans.clone())
        .clock(Arc::<ManualClock>::clone(&clock))
        .build()
        .unwrap();
    run(&pipeline, || {
        for name in ["event", "child", "neither"] {
            let span = info_span!("outer", otel.name = name);
            span.in_scope(|| clock.advance(Duration::from_secs(1)));
            clock.advance(Duration::from_secs(1));
            match name {
                "event" => info!(parent: &span, "late"),
                "child" => drop(info_span!(parent: &span, "late")),
                _ => {}
            }
            clock.advance(Duration::from_secs(1));
        }
    });
    let took = |name| {
        let span = spans.find(name).unwrap();
        span.end.duration_since(span.start).unwrap().as_secs()
    };
    assert_eq!(["event", "child", "neither"].map(took), [2, 2, 1]);
}

#[test]
fn attributes_of_an_error_stand_once_and_a_full_span_has_its_error_type() {
    let span = span_of(|| {
        let error: &dyn std::error::Error = &std::fmt::Error;
        let span = info_span!("full", error, exception.message = "mine");
        for number in 0..200 {
            set_attribute(&span, format!("key{number}"), number);
        }
        set_error(&span, "failed");
    });
    let messages = span.attributes.iter().filter(|attribute| attribute.key == "exception.message");
    assert_eq!(messages.count(), 1);
    assert_eq!(span.attribute("error.type"), Some(&"_OTHER".into()));
}

#[test]
fn values_that_are_replaced_do_not_grow_a_span_beyond_its_bound() {
    let limits = SpanLimits::new().attributes(1000);
    let spans = CaptureSpans::new();
    let sizes = Arc::new(AtomicUsize::new(0));
    let pipeline = builder(&Registry::new())
        .sink(Sized(Arc::clone(&sizes)))
        .sink(spans.clone())
        .limits(limits)
        .build()
        .unwrap();
    run(&pipeline, || {
        let span = info_span!("large");
        for number in 0..1000 {
            set_attribute(&span, format!("key{number}"), number);
        }
        for number in 0..100 {
            set_attribute(&span, format!("key{number}"), "x".repeat(60_000));
        }
    });
    let size = sizes.load(Ordering::SeqCst);
    assert!((1_000_000..1_200_000).contains(&size), "{size}");
    assert!(spans.find("large").unwrap().dropped_attributes > 50);
}

/// Keeps the size of the largest span.
struct Sized(Arc<AtomicUsize>);

impl SpanSink for Sized {
    fn accept(&self, span: EncodedSpan) {
        self.0.fetch_max(span.bytes().len(), Ordering::SeqCst);
    }
}
