//! The request id and the correlation id of a unit of work, and where they go within a process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc;

use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId, WorkIds, line_fields};
use radiosonde_metrics::Registry;
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::{
    AttributeValue, CaptureSpans, CarriedContext, FinishedSpan, RemoteContext, Sampler, TracePipeline,
    TraceState, Traced, carry, carry_fn, child_of, set_work_ids,
};
use tracing::subscriber::with_default;
use tracing::{Instrument as _, Span, debug_span, info_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn ids() -> WorkIds {
    WorkIds::new(Some(&"req_123".parse().unwrap()), Some(&"abc123".parse().unwrap()))
}

/// Runs a test with spans at INFO, and returns those that ended.
fn with_spans(sampler: Sampler, test: impl FnOnce()) -> CaptureSpans {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new());
    let pipeline = pipeline.sampler(sampler).sink(spans.clone()).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer()).with(LevelFilter::INFO);
    with_default(subscriber, test);
    spans
}

/// A span like that of the server middleware.
fn request() -> Span {
    let span = info_span!("request", request_id = "req_123", correlation_id = "abc123");
    set_work_ids(&span, &ids());
    span
}

fn current() -> WorkIds {
    RemoteContext::current().map(|context| context.work_ids().clone()).unwrap_or_default()
}

/// The fields that a line would take from the current context.
fn line() -> String {
    let mut line = String::new();
    if let Some(read) = line_fields::get() {
        read(&mut |name, value| line.push_str(&format!("{name}={value} ")));
    }
    line
}

const LINE: &str = "request_id=req_123 correlation_id=abc123 ";

fn attribute(span: &FinishedSpan, key: &str) -> Option<String> {
    span.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| match &attribute.value {
        AttributeValue::String(text) => text.to_string(),
        other => format!("{other:?}"),
    })
}

#[test]
fn spans_within_have_the_ids_and_spans_beside_have_none() {
    with_spans(Sampler::always_on(), || {
        request().in_scope(|| {
            assert_eq!(current(), ids());
            assert_eq!(line(), "", "lines inherit the fields of the span");
            info_span!("inner").in_scope(|| assert_eq!(current(), ids()));
            debug_span!("filtered out").in_scope(|| assert_eq!(current(), ids()));
            std::thread::spawn(|| assert_eq!(current(), WorkIds::NONE)).join().unwrap();
        });
        info_span!("other").in_scope(|| assert_eq!(current(), WorkIds::NONE));
    });
}

#[test]
fn unsampled_spans_have_the_ids_as_well() {
    with_spans(Sampler::always_off(), || {
        request().in_scope(|| {
            let message = Traced::new(());
            info_span!("inner").in_scope(|| assert_eq!(current(), ids()));
            let ((), span) = message.resume(info_span!(parent: None, "consume"));
            span.in_scope(|| assert_eq!((current(), line().as_str()), (ids(), LINE)));
        });
    });
}

#[test]
fn a_consumer_has_the_ids_of_the_sender_in_spans_and_lines() {
    let spans = with_spans(Sampler::always_on(), || {
        let (sender, messages) = mpsc::channel();
        request().in_scope(|| info_span!("send").in_scope(|| sender.send(Traced::new(7)).unwrap()));
        let (seven, span) = messages.recv().unwrap().resume(info_span!("consume"));
        assert_eq!((seven, line().as_str()), (7, ""));
        span.in_scope(|| {
            assert_eq!((current(), line().as_str()), (ids(), LINE));
            info_span!("work").in_scope(|| assert_eq!((current(), line().as_str()), (ids(), LINE)));
            // From here, too: a consumer may send further messages.
            assert_eq!(Traced::new(()).sender().unwrap().work_ids(), &ids());
        });
        assert_eq!(line(), "");
    });
    for name in ["consume", "work"] {
        let span = spans.find(name).unwrap();
        assert_eq!(attribute(&span, "request_id").as_deref(), Some("req_123"), "{name}");
        assert_eq!(attribute(&span, "correlation_id").as_deref(), Some("abc123"), "{name}");
    }
    assert_eq!(attribute(&spans.find("send").unwrap(), "correlation_id"), None, "lines inherit it");
}

#[test]
fn a_message_sent_in_no_span_has_no_ids() {
    with_spans(Sampler::always_on(), || {
        let ((), span) = Traced::new(()).resume(info_span!("consume"));
        span.in_scope(|| assert_eq!((current(), line().as_str()), (WorkIds::NONE, "")));
    });
}

#[test]
fn tasks_threads_and_closures_take_the_ids_along() {
    with_spans(Sampler::always_on(), || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let request = request();
        let (task, filtered, thread, carried) = request.in_scope(|| {
            let filtered = carry(async { current() }.instrument(debug_span!("filtered out")));
            (carry(async { current() }), filtered, carry_fn(current), CarriedContext::current())
        });
        let of_task = runtime.block_on(async { tokio::spawn(task).await.unwrap() });
        let of_filtered = runtime.block_on(filtered);
        assert_eq!([of_task, of_filtered, thread(), carried.in_scope(current)], [ids(), ids(), ids(), ids()]);
        assert_eq!(std::thread::spawn(move || carried.in_scope(current)).join().unwrap(), ids());
    });
}

#[test]
fn a_context_entered_by_hand_gives_its_ids_to_spans_and_lines() {
    let spans = with_spans(Sampler::always_on(), || {
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        let sender = RemoteContext::new(context, TraceState::default()).with_work_ids(ids());
        let entered = sender.clone().enter();
        assert_eq!((current(), line().as_str()), (ids(), LINE));
        drop(entered);
        child_of(&sender, || info_span!("child"))
            .in_scope(|| assert_eq!((current(), line()), (ids(), LINE.into())));
    });
    assert_eq!(attribute(&spans.find("child").unwrap(), "correlation_id").as_deref(), Some("abc123"));
}

#[test]
fn a_job_that_declares_no_field_shows_its_ids() {
    let spans = with_spans(Sampler::always_on(), || {
        let job = info_span!("job");
        set_work_ids(&job, &ids());
        job.in_scope(|| assert_eq!((current(), line().as_str()), (ids(), LINE)));

        let only = WorkIds::new(None, Some(&"nightly".parse().unwrap()));
        let nightly = info_span!("nightly job");
        set_work_ids(&nightly, &only);
        nightly
            .in_scope(|| assert_eq!((current(), line()), (only.clone(), "correlation_id=nightly ".into())));
    });
    let job = spans.find("job").unwrap();
    assert_eq!(attribute(&job, "correlation_id").as_deref(), Some("abc123"));
    assert_eq!(attribute(&job, "request_id").as_deref(), Some("req_123"));
    let nightly = spans.find("nightly job").unwrap();
    assert_eq!(attribute(&nightly, "correlation_id").as_deref(), Some("nightly"));
    assert_eq!(attribute(&nightly, "request_id"), None);
}

#[test]
fn a_line_that_names_its_span_has_the_ids_of_that_span() {
    use tracing_subscriber::Registry;
    use tracing_subscriber::registry::LookupSpan as _;

    with_spans(Sampler::always_on(), || {
        let message = request().in_scope(|| Traced::new(()));
        let ((), span) = message.resume(info_span!("consume"));
        tracing::info!(parent: &span, "elsewhere");
        let mut fields = Vec::new();
        tracing::dispatcher::get_default(|dispatch| {
            let found = dispatch.downcast_ref::<Registry>().unwrap().span(&span.id().unwrap()).unwrap();
            let of_span = found.extensions().get::<line_fields::SpanLineFields>().cloned().unwrap();
            of_span.read(&mut |name, value| fields.push(format!("{name}={value}")));
        });
        assert_eq!(fields, ["request_id=req_123", "correlation_id=abc123"]);
    });
}

#[test]
fn a_request_with_ids_allocates_nothing_once_warm() {
    let pipeline = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new()).build().unwrap();
    with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
        let (request, correlation) = ("req_123".parse().unwrap(), "abc123".parse().unwrap());
        let per_request = CountingAllocator::per_call(|| {
            let span = info_span!("request", request_id = "req_123", correlation_id = "abc123");
            set_work_ids(&span, &WorkIds::new(Some(&request), Some(&correlation)));
            let message = span.in_scope(|| Traced::new(()));
            let ((), consumer) = message.resume(info_span!("consume"));
            consumer.in_scope(|| assert!(!current().is_empty()));
        });
        assert!(per_request.abs() < f64::EPSILON, "{per_request}");
    });
}
