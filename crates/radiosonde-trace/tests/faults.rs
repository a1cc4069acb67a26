//! Faults of the layer that wrapped tracing-opentelemetry, none of which this one may have.
//!
//! A fault that hangs runs on a thread of its own, so that its test fails instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Barrier;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use http::HeaderMap;
use radiosonde_core::{Clock as _, Resource, SpanContext, SystemClock, TraceFlags};
use radiosonde_metrics::Registry;
use radiosonde_trace::{
    CaptureSpans, FinishedSpan, RemoteContext, Sampler, SpanKind, SpanLimits, SpanStatus, TracePipeline,
    TraceState, carry, context_of, extract, inject, set_attribute, set_parent,
};
use tracing::field::Empty;
use tracing::{Dispatch, Instrument as _, debug_span, error, info, info_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};

/// Far longer than anything here takes, on a machine under load too.
const LIMIT: Duration = Duration::from_secs(20);

fn dispatch(sampler: Sampler, spans: &CaptureSpans) -> Dispatch {
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .registry(&Registry::new())
        .sampler(sampler)
        .sink(spans.clone())
        .build()
        .unwrap();
    Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()))
}

/// The spans that `work` makes, in the order in which they end.
fn spans_of(work: impl FnOnce()) -> Vec<FinishedSpan> {
    spans_sampled(Sampler::always_on(), work)
}

fn spans_sampled(sampler: Sampler, work: impl FnOnce()) -> Vec<FinishedSpan> {
    let spans = CaptureSpans::new();
    tracing::dispatcher::with_default(&dispatch(sampler, &spans), work);
    spans.take()
}

fn span_of(work: impl FnOnce()) -> FinishedSpan {
    let [span] = <[FinishedSpan; 1]>::try_from(spans_of(work)).unwrap();
    span
}

/// The result of `work`, which must not hang.
fn in_time<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = channel();
    let thread = std::thread::spawn(move || done.send(work()));
    match wait.recv_timeout(limit) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("it takes longer than {limit:?}"),
        Err(RecvTimeoutError::Disconnected) => std::panic::resume_unwind(thread.join().unwrap_err()),
    }
}

fn remote(flags: &str, state: &str) -> RemoteContext {
    let mut headers = HeaderMap::new();
    let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    headers.insert("traceparent", parent.parse().unwrap());
    headers.insert("tracestate", state.parse().unwrap());
    extract(&headers).unwrap()
}

#[test]
fn a_span_that_follows_itself_ends() {
    let spans = in_time(LIMIT, || {
        spans_of(|| {
            let span = info_span!("own tail");
            span.follows_from(&span);
            span.in_scope(|| span.follows_from(&span));
        })
    });
    assert_eq!(spans.iter().map(|span| span.name.as_ref()).collect::<Vec<_>>(), ["own tail"]);
}

#[test]
fn two_spans_that_link_each_other_from_two_threads_end() {
    const ROUNDS: usize = 100;
    const LINKS: usize = 2_000;
    let spans = in_time(LIMIT, || {
        spans_of(|| {
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            let pairs: Vec<_> = (0..ROUNDS).map(|_| [info_span!("first"), info_span!("second")]).collect();
            // Both threads begin each round together: their work meets in each of them.
            let start = Barrier::new(2);
            std::thread::scope(|scope| {
                for of in [0, 1] {
                    let (dispatch, pairs, start) = (dispatch.clone(), &pairs, &start);
                    scope.spawn(move || {
                        tracing::dispatcher::with_default(&dispatch, || {
                            for pair in pairs {
                                start.wait();
                                for _ in 0..LINKS {
                                    pair[of].follows_from(&pair[1 - of]);
                                }
                            }
                        });
                    });
                }
            });
        })
    });
    let (firsts, seconds): (Vec<_>, Vec<_>) = spans.iter().partition(|span| span.name == "first");
    assert_eq!((firsts.len(), seconds.len()), (ROUNDS, ROUNDS));
    for (first, second) in firsts.into_iter().zip(seconds) {
        assert_eq!((first.links[0].context, second.links[0].context), (second.context, first.context));
        assert_eq!(first.links.len() + first.dropped_links as usize, LINKS);
    }
}

#[test]
fn a_field_recorded_often_keeps_its_last_value_and_its_type() {
    let span = span_of(|| {
        let span = info_span!("long", progress = Empty, signed = Empty, text = Empty, later = Empty);
        for n in 0..300_u64 {
            span.record("progress", n);
            span.record("signed", -(n as i64));
            span.record("text", format!("step {n}"));
        }
        span.record("later", true);
    });
    assert_eq!(span.attribute("progress"), Some(&299.into()));
    assert_eq!(span.attribute("signed"), Some(&(-299).into()));
    assert_eq!(span.attribute("text"), Some(&"step 299".into()));
    assert_eq!(span.attribute("later"), Some(&true.into()));
    assert_eq!((span.attributes.len(), span.dropped_attributes), (4, 0));
}

#[test]
fn the_limit_counts_keys_and_the_last_value_wins_before_it() {
    let span = span_of(|| {
        let span = info_span!("large");
        (0..128_u64).for_each(|n| set_attribute(&span, format!("key{n}"), n));
        set_attribute(&span, "one too many", true);
        (0..300_u64).for_each(|n| set_attribute(&span, "key0", n));
        set_attribute(&span, "key127", "last");
    });
    assert_eq!(span.attribute("key0"), Some(&299.into()));
    assert_eq!(span.attribute("key127"), Some(&"last".into()));
    assert_eq!(span.attribute("one too many"), None);
    assert_eq!((span.attributes.len(), span.dropped_attributes), (128, 1));
}

struct Panics;

impl fmt::Debug for Panics {
    #[allow(clippy::panic, reason = "a value of the user's may")]
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("as meant")
    }
}

struct Errs;

impl fmt::Display for Errs {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

#[test]
fn a_value_that_panics_or_errs_is_replaced_wherever_it_stands() {
    for is_sampled in [true, false] {
        let sampler = if is_sampled { Sampler::always_on() } else { Sampler::always_off() };
        let (spans, registry) = (CaptureSpans::new(), Registry::new());
        let options = TracePipeline::builder(&Resource::new("test")).registry(&registry).sampler(sampler);
        let pipeline = options.sink(spans.clone()).build().unwrap();
        let subscriber = tracing_subscriber::registry().with(pipeline.layer());
        tracing::subscriber::with_default(subscriber, || {
            let span =
                info_span!("span", bad = ?Panics, worse = %Errs, late = Empty, later = Empty, kept = 1);
            span.record("late", tracing::field::debug(Panics));
            span.record("later", tracing::field::display(Errs));
            span.in_scope(|| info!(bad = ?Panics, worse = %Errs, kept = 2, "event"));
            error!(parent: &span, "{Errs}");
            span.in_scope(|| assert!(SpanContext::current().is_some()));
        });
        let (spans, text) = (spans.take(), registry.text());
        let [span] = &spans[..] else {
            assert_eq!((is_sampled, spans.len()), (false, 0));
            continue;
        };
        assert_eq!(span.attribute("kept"), Some(&1.into()));
        for key in ["bad", "worse", "late", "later"] {
            assert_eq!(span.attribute(key), Some(&"<fmt error>".into()), "{key}");
        }
        let event = span.events.iter().find(|event| event.name == "event").unwrap();
        let value = |key: &str| {
            event.attributes.iter().find(|attribute| attribute.key == key).map(|found| &found.value)
        };
        assert_eq!(
            (value("bad"), value("worse")),
            (Some(&"<fmt error>".into()), Some(&"<fmt error>".into()))
        );
        assert_eq!(value("kept"), Some(&2.into()));
        assert_eq!(span.events.len(), 2, "{:?}", span.events);
        assert!(text.contains("radiosonde_trace_replaced_values_total 7\n"), "{text}");
    }
}

#[test]
fn directives_recorded_late_steer_the_span() {
    let span = span_of(|| {
        let span = info_span!(
            "GET",
            otel.name = Empty,
            otel.kind = Empty,
            otel.status_code = Empty,
            otel.status_description = Empty
        );
        span.in_scope(|| ());
        span.record("otel.name", format!("GET {}", "/orders"));
        span.record("otel.kind", "server");
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", "no stock");
    });
    assert_eq!((span.name.as_ref(), span.kind), ("GET /orders", SpanKind::Server));
    assert_eq!(span.status, SpanStatus::Error { description: "no stock".into() });
    let keys: Vec<_> = span.attributes.iter().map(|attribute| attribute.key.as_ref()).collect();
    assert!(keys.iter().all(|key| !key.starts_with("otel.")), "{keys:?}");
}

#[test]
fn the_end_of_a_span_is_not_quadratic_in_its_attributes() {
    let spans = CaptureSpans::new();
    let limits = SpanLimits::new().attributes(40_000);
    let options = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new());
    let pipeline = options.limits(limits).sink(spans.clone()).build().unwrap();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
    // How long the end lasts. `set_attribute` looks for the key among those that are set, so it has to be left out.
    let lasts = |attributes: usize| {
        let lasted = tracing::dispatcher::with_default(&dispatch, || {
            let span = info_span!("huge");
            (0..attributes).for_each(|n| set_attribute(&span, format!("key{n}"), n));
            let start = SystemClock.monotonic();
            drop(span);
            SystemClock.monotonic().saturating_sub(start)
        });
        let span = spans.take().pop().unwrap();
        assert_eq!((span.attributes.len(), span.dropped_attributes), (attributes, 0));
        assert_eq!(span.attribute(&format!("key{}", attributes - 1)), Some(&(attributes - 1).into()));
        lasted
    };
    // Eight times as many take 64 times as long if the time grows with the square. A busy machine delays some runs, not the
    // fastest, and one attempt in twenty is enough.
    let is_linear = || {
        let (mut few, mut many) = (Duration::MAX, Duration::MAX);
        (0..3).for_each(|_| (few, many) = (few.min(lasts(2_000)), many.min(lasts(16_000))));
        many < few * 24
    };
    assert!((0..20).any(|_| is_linear()), "the time grows with the square");
}

#[test]
fn injecting_over_copied_headers_leaves_nothing_stale() {
    spans_of(|| {
        let span = info_span!("gateway").entered();
        let expected = context_of(&span).unwrap();
        let mut copied = HeaderMap::new();
        copied.append(
            "traceparent",
            "00-00000000000000000000000000000001-0000000000000001-01".parse().unwrap(),
        );
        copied.append("traceparent", "stale".parse().unwrap());
        copied.append("tracestate", "stale=1".parse().unwrap());
        copied.append("tracestate", "staler=2".parse().unwrap());
        assert!(inject(&mut copied));
        assert_eq!(copied.get("tracestate"), None);
        assert_eq!(extract(&copied).unwrap().context(), expected);

        let pairs = [("TraceParent", "stale"), ("TraceState", "stale=1"), ("kept", "yes")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (mut hashed, mut sorted) = (HashMap::from(pairs.clone()), BTreeMap::from(pairs));
        assert!(inject(&mut hashed) && inject(&mut sorted));
        assert_eq!(sorted, BTreeMap::from_iter(hashed));
        assert_eq!(sorted.keys().collect::<Vec<_>>(), ["kept", "traceparent"]);
    });
}

#[test]
fn the_exported_trace_state_has_every_member_that_the_wire_keeps() {
    let state = "congo=t61rcWkgMzE,foo@@bar=1,a@b@c=3,1special=  4";
    let spans = spans_of(|| {
        let span = info_span!("server");
        set_parent(&span, &remote("01", state)).unwrap();
        let _entered = span.entered();
        let _child = info_span!("client").entered();
        let mut headers = HeaderMap::new();
        assert!(inject(&mut headers));
        assert_eq!(headers["tracestate"], state);
    });
    let states: Vec<_> = spans.iter().map(|span| span.trace_state.as_str()).collect();
    assert_eq!(states, [state, state]);
}

#[test]
fn new_random_ids_set_the_random_flag() {
    for (sampler, flags) in [(Sampler::always_on(), "03"), (Sampler::always_off(), "02")] {
        spans_sampled(sampler, || {
            let span = info_span!("root").entered();
            assert_eq!(format!("{:02x}", context_of(&span).unwrap().flags().to_byte()), flags);
            let mut headers = HeaderMap::new();
            assert!(inject(&mut headers));
            let sent = headers["traceparent"].to_str().unwrap();
            assert!(sent.ends_with(&format!("-{flags}")), "{sent}");
        });
    }
    // What another service reports about its id is passed on, not made up.
    spans_of(|| {
        let span = info_span!("server");
        set_parent(&span, &remote("01", "")).unwrap();
        assert_eq!(context_of(&span).unwrap().flags(), TraceFlags::SAMPLED);
    });
}

/// A layer for which every span is enabled, so that only the trace layer's filter disables some.
struct Everything;

impl<S: tracing::Subscriber> Layer<S> for Everything {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_that_the_filter_disables_around_a_task_keeps_the_context() {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .registry(&Registry::new())
        .sink(spans.clone())
        .build()
        .unwrap();
    let layer = pipeline.layer().with_filter(LevelFilter::INFO);
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer).with(Everything));
    let task = tracing::dispatcher::with_default(&dispatch, || {
        let _request = info_span!("request").entered();
        let span = debug_span!("task");
        // The span is dropped while the subscriber is there: the registry closes parents by way of the current one.
        let task =
            async move { async { info_span!("query").in_scope(|| info!("asked")) }.instrument(span).await };
        tokio::spawn(tracing::instrument::WithSubscriber::with_subscriber(task, dispatch.clone()))
    });
    task.await.unwrap();
    let (request, query) = (spans.find("request").unwrap(), spans.find("query").unwrap());
    assert_eq!(query.parent, Some(request.context.span_id()));
    assert_eq!(query.context.trace_id(), request.context.trace_id());
    assert_eq!(query.events[0].name, "asked");
    assert_eq!(spans.find("task"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carried_task_in_a_span_that_is_disabled_everywhere_keeps_the_context() {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .registry(&Registry::new())
        .sink(spans.clone())
        .build()
        .unwrap();
    let dispatch =
        Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()).with(LevelFilter::INFO));
    let task = tracing::dispatcher::with_default(&dispatch, || {
        let _request = info_span!("request").entered();
        let work = async { info_span!("query").in_scope(|| info!("asked")) };
        let carried = carry(work.instrument(debug_span!("task")));
        // It is dropped while the subscriber is there, as above.
        let task = async move {
            let () = carried.await;
        };
        tokio::spawn(tracing::instrument::WithSubscriber::with_subscriber(task, dispatch.clone()))
    });
    task.await.unwrap();
    let (request, query) = (spans.find("request").unwrap(), spans.find("query").unwrap());
    assert_eq!(query.parent, Some(request.context.span_id()));
    assert_eq!(query.context.trace_id(), request.context.trace_id());
}

#[test]
fn a_context_without_a_trace_state_is_sent_without_one() {
    let context = RemoteContext::new(remote("01", "").context(), TraceState::default());
    let mut headers = HeaderMap::new();
    headers.insert("tracestate", "stale=1".parse().unwrap());
    context.inject(&mut headers);
    assert_eq!(headers.get("tracestate"), None);
}
