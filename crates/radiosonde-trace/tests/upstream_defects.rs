//! Defects of other crates for tracing, none of which this one has. Each test names where the defect was reported or read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::fmt;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use radiosonde_core::{Rate, Resource, SharedClock, SpanContext, TraceFlags};
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;
use radiosonde_trace::{
    CaptureSpans, FinishedSpan, InvalidContext, InvalidTraceparentKind, RemoteContext, Sampler,
    SetParentError, SpanStatus, TraceOptions, TracePipeline, context_of, extract, inject, set_attribute,
    set_parent, try_extract,
};
use tracing::field::Empty;
use tracing::{Dispatch, Instrument as _, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

fn options(spans: &CaptureSpans) -> TraceOptions {
    TracePipeline::builder(&Resource::new("test")).registry(&Registry::new()).sink(spans.clone())
}

fn spans_of(options: TraceOptions, spans: &CaptureSpans, work: impl FnOnce()) -> Vec<FinishedSpan> {
    let pipeline = options.build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), work);
    spans.take()
}

fn spans_by(work: impl FnOnce()) -> Vec<FinishedSpan> {
    let spans = CaptureSpans::new();
    spans_of(options(&spans), &spans, work)
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

/// opentelemetry_sdk 0.33.1: `TraceContextPropagator::extract_span_context` parses each part with `from_hex` of any width.
#[test]
fn a_traceparent_of_other_widths_or_with_signs_is_refused() {
    for (value, kind) in [
        ("00-1-1-1", InvalidTraceparentKind::Length),
        ("00-+2345678901234567890123456789012-1234567890123456-01", InvalidTraceparentKind::Digit { at: 3 }),
        ("00-12345678901234567890123456789012-+234567890123456-01", InvalidTraceparentKind::Digit { at: 36 }),
        ("00-12345678901234567890123456789012-1234567890123456-01-", InvalidTraceparentKind::Length),
        ("00-ABCDEF78901234567890123456789012-1234567890123456-01", InvalidTraceparentKind::Digit { at: 3 }),
    ] {
        match try_extract(&headers(&[("traceparent", value)])) {
            Err(InvalidContext::Traceparent(invalid)) => assert_eq!(invalid.kind(), kind, "{value}"),
            other => panic!("{value}: {other:?}"),
        }
    }
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03";

/// opentelemetry-http 0.33.1: the extractor reads the first `tracestate` header only.
#[test]
fn a_trace_state_of_several_headers_is_read_whole() {
    let received = headers(&[("traceparent", PARENT), ("tracestate", "a=1,b=2"), ("tracestate", "c=3")]);
    assert_eq!(extract(&received).unwrap().trace_state().as_str(), "a=1,b=2,c=3");
}

/// opentelemetry_sdk 0.33.1: `inject_context` sets `tracestate` whether there is one or not.
#[test]
fn no_empty_trace_state_is_sent() {
    let mut sent = HeaderMap::new();
    extract(&headers(&[("traceparent", PARENT)])).unwrap().inject(&mut sent);
    assert_eq!(sent.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), ["traceparent"]);
}

/// opentelemetry_sdk 0.33.1: the value of a member may have control characters and any others.
#[test]
fn a_trace_state_with_control_characters_is_dropped() {
    for value in ["a=x\ty", "a=\u{e9}"] {
        let mut received = headers(&[("traceparent", PARENT)]);
        received.insert("tracestate", http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        assert!(extract(&received).unwrap().trace_state().is_empty(), "{value:?}");
    }
}

/// opentelemetry_sdk 0.33.1: only the sampled flag is sent on.
#[test]
fn the_random_flag_is_sent_on() {
    spans_by(|| {
        let span = info_span!("server");
        set_parent(&span, &extract(&headers(&[("traceparent", PARENT)])).unwrap()).unwrap();
        assert_eq!(context_of(&span).unwrap().flags(), TraceFlags::from_byte(0x03));
        let mut sent = HeaderMap::new();
        span.in_scope(|| assert!(inject(&mut sent)));
        assert!(sent["traceparent"].to_str().unwrap().ends_with("-03"), "{sent:?}");
    });
}

/// opentelemetry_sdk 0.33.1: the thread of `BatchSpanProcessor` exports spans that are recorded and not sampled.
#[test]
fn a_span_that_is_not_sampled_reaches_no_sink() {
    let spans = CaptureSpans::new();
    let unsampled = spans_of(options(&spans).sampler(Sampler::always_off()), &spans, || {
        info_span!("outer").in_scope(|| info_span!("inner").in_scope(|| error!("failed")));
    });
    assert_eq!(unsampled, []);
    let sampled_by = |flags| {
        spans_of(options(&spans), &spans, || {
            let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
            let span = info_span!("server");
            set_parent(&span, &extract(&headers(&[("traceparent", &parent)])).unwrap()).unwrap();
            span.in_scope(|| info!("work"));
        })
        .len()
    };
    assert_eq!((sampled_by("00"), sampled_by("01")), (0, 1));
}

/// opentelemetry_sdk 0.33.1: the bucket of `JaegerRemoteSampler` counts whole seconds since the last decision, so it never refills
/// under more than one decision a second.
#[test]
fn a_rate_limit_refills_while_it_is_asked_often() {
    let (spans, clock) = (CaptureSpans::new(), Arc::new(ManualClock::new()));
    let sampler = Sampler::rate_limited_by(Rate::per_second(10), Arc::clone(&clock) as SharedClock);
    let sampled = spans_of(options(&spans).sampler(sampler), &spans, || {
        for _ in 0..1000 {
            clock.advance(Duration::from_millis(10));
            info_span!("often").in_scope(|| ());
        }
    });
    assert!((100..=120).contains(&sampled.len()), "{} in ten seconds", sampled.len());
}

/// tracing-opentelemetry#267, tracing#3104: unsigned integers become texts, `http.response.status_code` too.
#[test]
fn unsigned_integers_are_numbers_on_spans_and_on_events() {
    let spans = spans_by(|| {
        let span = info_span!("GET", http.response.status_code = 200_u16, bytes = Empty, most = u64::MAX);
        span.record("bytes", 3_usize);
        span.in_scope(|| info!(items = 7_u64, "counted"));
    });
    let span = &spans[0];
    assert_eq!(span.attribute("http.response.status_code"), Some(&200.into()));
    assert_eq!(span.attribute("bytes"), Some(&3.into()));
    assert_eq!(span.attribute("most"), Some(&"18446744073709551615".into()));
    let items = span.events[0].attributes.iter().find(|attribute| attribute.key == "items").unwrap();
    assert_eq!(items.value, 7.into());
}

/// tracing-opentelemetry#250: an event in the `Debug` of a field, or a span that is looked at there, deadlocks.
#[test]
fn a_field_may_log_and_make_spans_while_it_is_formatted() {
    struct Chatty;

    impl fmt::Debug for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let _span = info_span!("formatting").entered();
            info!("formatting");
            let mut headers = HeaderMap::new();
            inject(&mut headers);
            f.write_str("chatty")
        }
    }

    let (done, wait) = channel();
    std::thread::spawn(move || {
        done.send(spans_by(|| {
            let span = info_span!("span", field = ?Chatty, late = Empty).entered();
            span.record("late", tracing::field::debug(Chatty));
            info!(field = ?Chatty, "{:?}", Chatty);
            info!(parent: &*span, field = ?Chatty, "event");
        }))
    });
    let spans = wait.recv_timeout(Duration::from_secs(20)).expect("it deadlocks");
    let span = spans.iter().find(|span| span.name == "span").unwrap();
    assert_eq!(span.attribute("late"), Some(&"chatty".into()));
}

/// tracing-opentelemetry: the span of `#[instrument]` is entered when its function runs, so `set_parent` there comes too late. A
/// context that is entered before needs no `set_parent`.
#[test]
fn an_instrumented_function_continues_a_trace_that_is_entered() {
    #[tracing::instrument(skip_all)]
    fn handle(caller: &RemoteContext) {
        let late = set_parent(&tracing::Span::current(), caller);
        assert_eq!(late, Err(SetParentError::AlreadyStarted));
        info_span!("child").in_scope(|| ());
    }

    let caller = extract(&headers(&[("traceparent", PARENT)])).unwrap();
    let spans = spans_by(|| {
        let _caller = caller.clone().enter();
        handle(&caller);
    });
    let [child, server] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!((server.name.as_ref(), server.parent), ("handle", Some(caller.context().span_id())));
    assert!(server.parent_is_remote);
    assert_eq!(server.context.trace_id(), caller.context().trace_id());
    assert_eq!(child.parent, Some(server.context.span_id()));
}

/// tracing#1343: a value recorded for a field that was not declared vanishes. An attribute needs no declaration.
#[test]
fn an_attribute_needs_no_declaration() {
    let spans = spans_by(|| set_attribute(&info_span!("span"), "order.id", 7_u64));
    assert_eq!(spans[0].attribute("order.id"), Some(&7.into()));
}

/// opentelemetry-appender-tracing: an event with an explicit parent has the ids of the current context.
#[test]
fn an_event_with_an_explicit_parent_is_in_that_span() {
    let spans = spans_by(|| {
        let (named, current) = (info_span!("named"), info_span!("current"));
        let _current = current.entered();
        error!(parent: &named, "about it");
    });
    let events = |name: &str| spans.iter().find(|span| span.name == name).unwrap().events.len();
    assert_eq!((events("named"), events("current")), (1, 0));
    let failed = |name: &str| spans.iter().find(|span| span.name == name).unwrap().status.clone();
    assert!(matches!(failed("named"), SpanStatus::Error { .. }));
    assert_eq!(failed("current"), SpanStatus::Unset);
}

/// tracing-opentelemetry: the parent of an explicit root is OpenTelemetry's current context.
#[test]
fn an_explicit_root_is_a_root() {
    let spans = spans_by(|| {
        let _outer = info_span!("outer").entered();
        info_span!(parent: None, "root").in_scope(|| ());
    });
    let [root, outer] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!(root.parent, None);
    assert_ne!(root.context.trace_id(), outer.context.trace_id());
}

/// delta-kernel#1422, pg_exporter#39: a task or a thread that is spawned has lost the trace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_and_thread_stay_in_the_trace() {
    let spans = CaptureSpans::new();
    let pipeline = options(&spans).build().unwrap();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
    let task = tracing::dispatcher::with_default(&dispatch, || {
        let request = info_span!("request").entered();
        let within = dispatch.clone();
        let span = request.clone();
        std::thread::spawn(move || {
            tracing::dispatcher::with_default(&within, || {
                span.in_scope(|| info_span!("thread").in_scope(|| ()))
            });
        })
        .join()
        .unwrap();
        let task = async { info_span!("task").in_scope(|| ()) }.instrument(request.clone());
        tokio::spawn(tracing::instrument::WithSubscriber::with_subscriber(task, dispatch.clone()))
    });
    task.await.unwrap();
    let id = Some(spans.find("request").unwrap().context.span_id());
    assert_eq!((spans.find("thread").unwrap().parent, spans.find("task").unwrap().parent), (id, id));
}

/// tracing-test#6, #59, zakura#332: tests that run in parallel see each other's spans.
#[test]
fn captures_of_parallel_tests_do_not_mix() {
    let all = Arc::new(Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for n in 0..8_u64 {
            let all = Arc::clone(&all);
            scope.spawn(move || {
                let spans = spans_by(|| (0..100).for_each(|_| info_span!("own", n).in_scope(|| ())));
                assert!(spans.iter().all(|span| span.attribute("n") == Some(&n.into())));
                all.lock().unwrap().push(spans.len());
            });
        }
    });
    assert_eq!(*all.lock().unwrap(), [100; 8]);
}

/// opentelemetry#1961: what ended before the shutdown is lost, or the shutdown hangs. Here it waits for nothing.
#[test]
fn a_shutdown_keeps_what_has_ended_and_hangs_on_nothing() {
    let spans = CaptureSpans::new();
    let pipeline = options(&spans).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    tracing::subscriber::with_default(subscriber, || {
        info_span!("before").in_scope(|| ());
        let open = info_span!("open").entered();
        pipeline.shutdown();
        pipeline.shutdown();
        assert!(SpanContext::current().is_some());
        drop(open);
    });
    assert!(spans.find("before").is_some());
}

/// tracing-opentelemetry: a member that the SDK refuses is lost from the spans, though the headers keep it.
#[test]
fn a_remote_context_is_the_same_in_and_out() {
    let received = headers(&[("traceparent", PARENT), ("tracestate", "foo@@bar=1,congo=2")]);
    let mut sent = HeaderMap::new();
    let context: RemoteContext = extract(&received).unwrap();
    context.inject(&mut sent);
    assert_eq!(sent, received);
}
