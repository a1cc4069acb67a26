//! The current context after a span closes while a thread still has it entered, as by a guard held across an await.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::thread;

use http::HeaderMap;
use radiosonde_core::{Resource, SpanContext};
use radiosonde_metrics::Registry;
use radiosonde_trace::{CaptureSpans, RemoteContext, TracePipeline, Traced, context_of, extract, inject};
use tracing::{Span, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

fn run(work: impl FnOnce()) -> CaptureSpans {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .sink(spans.clone())
        .registry(&Registry::new())
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), work);
    spans
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Polls once a task that holds a guard of `span` across an await.
fn hold_across_an_await(span: Span) -> Task {
    let mut task: Task = Box::pin(async move {
        let _entered = span.enter();
        let mut is_first = true;
        poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
    });
    assert!(poll(&mut task).is_pending());
    task
}

fn poll(task: &mut Task) -> Poll<()> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Ends a task on another thread: its span is exited and closed there.
fn end_elsewhere(mut task: Task) {
    thread::spawn(move || assert!(poll(&mut task).is_ready())).join().unwrap();
}

/// Like [`end_elsewhere`], but with one thread for all tasks.
fn ending_thread() -> (Sender<Task>, Receiver<()>) {
    let ((tasks, received), (tell, ended)) = (channel::<Task>(), channel());
    thread::spawn(move || {
        for mut task in received {
            assert!(poll(&mut task).is_ready());
            drop(task);
            tell.send(()).unwrap();
        }
    });
    (tasks, ended)
}

fn traceparent() -> Option<RemoteContext> {
    let mut headers = HeaderMap::new();
    inject(&mut headers).then(|| extract(&headers).unwrap())
}

#[test]
fn a_guard_held_across_an_await_leaves_no_trace_on_its_first_thread() {
    let spans = run(|| {
        let task = hold_across_an_await(info_span!("dead"));
        assert!(SpanContext::current().is_some(), "its span is open");
        end_elsewhere(task);
        assert_eq!(SpanContext::current(), None);
        assert_eq!(traceparent(), None);
        assert_eq!(Traced::new(()).sender(), None);
        info_span!("later").in_scope(|| ());
        assert_eq!(SpanContext::current(), None);
    });
    let (dead, later) = (spans.find("dead").unwrap(), spans.find("later").unwrap());
    assert_eq!(later.parent, None);
    assert_ne!(later.context.trace_id(), dead.context.trace_id());
}

#[test]
fn a_span_made_first_thing_after_another_died_is_a_root() {
    let spans = run(|| {
        end_elsewhere(hold_across_an_await(info_span!("dead")));
        drop(info_span!("later"));
        end_elsewhere(hold_across_an_await(info_span!("dead, too")));
        assert_eq!(traceparent(), None);
    });
    assert_eq!(spans.find("later").unwrap().parent, None);
}

#[test]
fn an_open_span_around_one_that_closed_is_current_again() {
    let spans = run(|| {
        let outer = info_span!("outer").entered();
        end_elsewhere(hold_across_an_await(info_span!("dead")));
        assert_eq!(SpanContext::current(), context_of(&outer));
        assert_eq!(traceparent().map(|sent| sent.context()), context_of(&outer));
        // The registry leaves it when the next span is entered.
        info_span!("first").in_scope(|| ());
        assert_eq!(Span::current().id(), outer.id());
        info_span!("second").in_scope(|| ());
        drop(outer);
        assert_eq!(SpanContext::current(), None);
    });
    let outer = spans.find("outer").unwrap();
    for name in ["dead", "first", "second"] {
        assert_eq!(spans.find(name).unwrap().parent, Some(outer.context.span_id()), "{name}");
    }
}

#[test]
fn a_span_entered_in_one_that_closes_is_current_until_its_exit() {
    let spans = run(|| {
        let task = hold_across_an_await(info_span!("dead"));
        let inner = info_span!(parent: None, "inner").entered();
        end_elsewhere(task);
        assert_eq!(SpanContext::current(), context_of(&inner));
        drop(inner);
        assert_eq!(SpanContext::current(), None);
    });
    assert_eq!(spans.take().len(), 2);
}

#[test]
fn a_guard_that_is_never_dropped_ends_with_its_span() {
    let spans = run(|| {
        let span = info_span!("forgotten");
        {
            let guard = Box::new(span.enter());
            let _guard: *mut tracing::span::Entered<'_> = Box::into_raw(guard);
        }
        drop(span);
        assert_eq!((SpanContext::current(), traceparent()), (None, None));
        drop(info_span!("later"));
    });
    assert_eq!(spans.find("later").unwrap().parent, None);
}

#[test]
fn a_context_entered_by_hand_is_not_followed_by_a_span_that_closed() {
    run(|| {
        let task = hold_across_an_await(info_span!("dead"));
        let by_hand = context_of(&info_span!("other")).unwrap();
        let guard = by_hand.enter();
        end_elsewhere(task);
        assert_eq!(SpanContext::current(), Some(by_hand));
        drop(guard);
        assert_eq!(SpanContext::current(), None);
    });
}

#[test]
fn sampling_does_not_follow_a_span_that_closed() {
    let spans = run(|| {
        let dead = info_span!("dead");
        let unsampled = HeaderMap::from_iter([(
            http::HeaderName::from_static("traceparent"),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00".parse().unwrap(),
        )]);
        radiosonde_trace::set_parent(&dead, &extract(&unsampled).unwrap()).unwrap();
        end_elsewhere(hold_across_an_await(dead));
        drop(info_span!("later"));
    });
    assert!(spans.find("later").unwrap().context.is_sampled());
}

/// The number of contexts that OpenTelemetry keeps per thread.
const MANY: usize = 65_535;

#[test]
fn any_number_of_spans_that_closed_leaves_room_for_the_next() {
    let (tasks, ended) = ending_thread();
    let spans = run(|| {
        for _ in 0..MANY + 5 {
            tasks.send(hold_across_an_await(info_span!(parent: None, "dead"))).unwrap();
            ended.recv().unwrap();
        }
        info_span!("later").in_scope(|| {
            assert_eq!(traceparent().map(|sent| sent.context()), SpanContext::current());
            drop(info_span!("child"));
        });
    });
    let (later, child) = (spans.find("later").unwrap(), spans.find("child").unwrap());
    assert_eq!((later.parent, child.parent), (None, Some(later.context.span_id())));
}

#[test]
fn a_span_within_any_number_of_others_has_its_own_ids() {
    let spans = run(|| {
        let outer = info_span!("outer");
        let guards: Vec<_> = (0..MANY).map(|_| outer.enter()).collect();
        info_span!("inner").in_scope(|| {
            let current = SpanContext::current().unwrap();
            assert_ne!(Some(current.span_id()), context_of(&outer).map(|outer| outer.span_id()));
            assert_eq!(traceparent().map(|sent| sent.context()), Some(current));
            info_span!("innermost").in_scope(|| ());
        });
        assert_eq!(SpanContext::current(), context_of(&outer));
        drop(guards);
        assert_eq!(SpanContext::current(), None);
    });
    let [outer, inner, innermost] = ["outer", "inner", "innermost"].map(|name| spans.find(name).unwrap());
    assert_eq!(inner.parent, Some(outer.context.span_id()));
    assert_eq!(innermost.parent, Some(inner.context.span_id()));
}
