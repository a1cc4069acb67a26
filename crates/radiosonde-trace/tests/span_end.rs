//! Spans ended by their records, and spans with values that cannot be formatted.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt;
use std::sync::mpsc;
use std::time::Duration;

use radiosonde_core::{EndingSpan, Resource, SpanContext, SpanEnder};
use radiosonde_metrics::Registry;
use radiosonde_trace::{
    CaptureSpans, EncodedSpan, FinishedSpan, Sampler, SpanSink, SpanStatus, TailOptions, TraceLayer,
    TracePipeline, context_of, set_error,
};
use tracing::{Span, field, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry as Spans};

const TOOK: Duration = Duration::from_secs(90);

/// Ends a span as its record does.
fn end(span: &Span, took: Duration, describe: impl Fn(&dyn EndingSpan)) -> Option<SpanContext> {
    span.with_subscriber(|(id, dispatch)| {
        dispatch.downcast_ref::<SpanEnder>()?.end(dispatch, id.into_u64(), took, describe)
    })?
}

fn spans_of(sampler: Sampler, work: impl FnOnce(&CaptureSpans)) -> Vec<FinishedSpan> {
    spans_of_layer(sampler, |layer| layer, work)
}

fn spans_of_layer<L: Layer<Spans> + Send + Sync + 'static>(
    sampler: Sampler,
    wrap: impl FnOnce(TraceLayer<Spans>) -> L,
    work: impl FnOnce(&CaptureSpans),
) -> Vec<FinishedSpan> {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .sampler(sampler)
        .sink(spans.clone())
        .registry(&Registry::new())
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(wrap(pipeline.layer()));
    tracing::subscriber::with_default(subscriber, || work(&spans));
    spans.spans()
}

#[test]
fn a_span_ends_with_its_record_though_it_is_held() {
    let spans = spans_of(Sampler::parent_based_always_on(), |spans| {
        let span = info_span!("request", items = 3_u64);
        let held = span.clone();
        span.in_scope(|| info!("within"));
        set_error(&span, "late");
        let context = context_of(&span);
        assert_eq!(end(&span, TOOK, |last| last.set_number("status", 200)), context);
        assert_eq!(spans.spans().len(), 1);
        // A second end, an event and the close have no effect on the ended span.
        end(&span, TOOK * 2, |_| ());
        held.in_scope(|| info!("after"));
        info_span!(parent: &held, "later").in_scope(|| {});
        drop((span, held));
    });
    let [request, later] = &spans[..] else { unreachable!("{spans:?}") };
    assert_eq!((request.name.as_ref(), later.name.as_ref()), ("request", "later"));
    assert_eq!(request.end.duration_since(request.start).unwrap(), TOOK);
    assert_eq!(request.attribute("items"), Some(&3.into()));
    assert_eq!(request.attribute("status"), Some(&200.into()));
    assert_eq!(request.status, SpanStatus::Error { description: "late".into() });
    assert_eq!(request.events.len(), 1);
    assert_eq!(later.parent, Some(request.context.span_id()));
    assert_eq!(later.context.trace_id(), request.context.trace_id());
    assert!(later.end.duration_since(later.start).unwrap() < TOOK);
}

fn assert_ends_by_its_record<L: Layer<Spans> + Send + Sync + 'static>(
    wrap: impl FnOnce(TraceLayer<Spans>) -> L,
) {
    let spans = spans_of_layer(Sampler::parent_based_always_on(), wrap, |spans| {
        let span = info_span!("request");
        let ended = end(&span, TOOK, |last| {
            last.set_number("status", 500);
            last.set_text("error.type", "500");
        });
        assert!(ended.is_some());
        assert_eq!(spans.spans().len(), 1);
    });
    assert_eq!(spans[0].attribute("status"), Some(&500.into()));
    assert_eq!(spans[0].attribute("error.type"), Some(&"500".into()));
    assert_eq!(spans[0].end.duration_since(spans[0].start).unwrap(), TOOK);
}

#[test]
fn a_span_ends_with_its_record_in_an_optional_layer() {
    assert_ends_by_its_record(Some);
}

#[test]
fn a_span_ends_with_its_record_in_a_list_of_layers() {
    assert_ends_by_its_record(|layer| vec![layer]);
}

/// A sink that is itself instrumented.
struct Logs(CaptureSpans);

impl SpanSink for Logs {
    fn accept(&self, span: EncodedSpan) {
        warn!("a full queue");
        Span::current().record("late", 1);
        Span::current().follows_from(Span::current());
        self.0.accept(span);
    }
}

#[test]
fn a_sink_may_log_in_the_span_that_ends() {
    let (done, is_done) = mpsc::channel();
    // A sink that waits for its own thread cannot be stopped, hence the timeout.
    std::thread::spawn(move || {
        let spans = CaptureSpans::new();
        let pipeline = TracePipeline::builder(&Resource::new("test"))
            .sampler(Sampler::parent_based_always_on())
            .sink(Logs(spans.clone()))
            .registry(&Registry::new())
            .build()
            .unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
            let span = info_span!("request", late = field::Empty);
            span.in_scope(|| {
                info!("within");
                end(&span, TOOK, |_| ());
            });
        });
        done.send(spans.spans())
    });
    let spans = is_done.recv_timeout(Duration::from_secs(20)).expect("the sink waits for its own thread");
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].events.len(), 1);
}

#[test]
fn an_event_is_not_later_than_the_end_of_its_span() {
    let spans = spans_of(Sampler::parent_based_always_on(), |_| {
        let span = info_span!("request");
        info!(parent: &span, "done");
        end(&span, Duration::ZERO, |_| ());
    });
    assert_eq!(spans[0].events[0].timestamp, spans[0].end);
    assert_eq!(spans[0].start, spans[0].end);
}

#[test]
fn the_end_of_a_span_that_is_not_sampled_is_not_the_next_ones() {
    let spans = spans_of(Sampler::always_off(), |_| {
        assert!(end(&info_span!("dropped"), TOOK, |_| ()).is_some());
    });
    assert!(spans.is_empty());
    let spans = spans_of(Sampler::parent_based_always_on(), |_| info_span!("kept").in_scope(|| {}));
    assert!(spans[0].end.duration_since(spans[0].start).unwrap() < TOOK);
}

#[test]
fn without_a_trace_layer_nothing_ends() {
    tracing::subscriber::with_default(tracing_subscriber::registry(), || {
        let span = info_span!("request");
        assert_eq!(end(&span, TOOK, |_| ()), None);
        assert_eq!(context_of(&span), None);
    });
}

struct Panics;

impl fmt::Debug for Panics {
    #[allow(clippy::panic, reason = "a value of the user's may")]
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("as meant")
    }
}

#[test]
fn a_value_that_panics_costs_neither_the_program_nor_the_span() {
    let spans = spans_of(Sampler::parent_based_always_on(), |_| {
        let outer = info_span!("outer", value = ?Panics);
        outer.in_scope(|| info_span!("inner", value = ?"fine", items = 3_u64).in_scope(|| {}));
        info_span!(parent: None, "root", value = %7, kept = "text").in_scope(|| {});
        info_span!(parent: &outer, "child", value = ?Panics).in_scope(|| {});
    });
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["inner", "root", "child", "outer"]);
    let [inner, root, child, outer] = &spans[..] else { unreachable!("{spans:?}") };
    assert_eq!(outer.attribute("value"), Some(&"<fmt error>".into()));
    assert_eq!(inner.attribute("value"), Some(&"\"fine\"".into()));
    assert_eq!(inner.attribute("items"), Some(&3.into()));
    assert_eq!((root.attribute("value"), root.attribute("kept")), (Some(&"7".into()), Some(&"text".into())));
    assert_eq!(
        (inner.parent, child.parent, root.parent),
        (Some(outer.context.span_id()), Some(outer.context.span_id()), None)
    );
}

#[test]
fn a_value_that_panics_costs_the_span_no_other_value() {
    let spans = spans_of(Sampler::parent_based_always_on(), |_| {
        let error = &std::fmt::Error as &dyn std::error::Error;
        let span = info_span!(
            "request",
            user_id = 7,
            items = 3_u64,
            ratio = 0.5,
            is_new = true,
            path = "/x",
            bad = ?Panics,
            error,
            shown = %"text",
            late = field::Empty,
        );
        span.record("late", 9);
    });
    let span = &spans[0];
    assert_eq!(span.attribute("user_id"), Some(&7.into()));
    assert_eq!(span.attribute("items"), Some(&3.into()));
    assert_eq!(span.attribute("ratio"), Some(&0.5.into()));
    assert_eq!(span.attribute("is_new"), Some(&true.into()));
    assert_eq!(span.attribute("path"), Some(&"/x".into()));
    assert_eq!(span.attribute("bad"), Some(&"<fmt error>".into()));
    assert_eq!(span.attribute("shown"), Some(&"text".into()));
    assert_eq!(span.attribute("late"), Some(&9.into()));
    assert!(span.attribute("error").is_some());
}

#[test]
fn a_record_that_ended_is_kept_while_a_task_holds_its_span() {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .registry(&Registry::new())
        .sampler(Sampler::parent_based_always_off())
        .tail(TailOptions::new())
        .sink(spans.clone())
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
        for fails in [false, true] {
            let request = info_span!("request", fails);
            end(&request, TOOK, |_| ());
            // As in a task that goes on after the response.
            let task = info_span!(parent: &request, "task");
            if fails {
                tracing::error!(parent: &task, "failed");
            }
            drop((request, task));
        }
    });
    let kept = spans.take();
    let names: Vec<_> = kept.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["request", "task"]);
    assert_eq!(kept[1].parent, Some(kept[0].context.span_id()));
    assert_eq!(kept[0].attribute("fails"), Some(&true.into()));
}
