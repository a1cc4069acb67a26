//! The ids that a log layer sees while spans are entered, left, passed to other threads and named from elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::{Arc, Mutex};

use http::HeaderMap;
use radiosonde_core::{Resource, SpanContext};
use radiosonde_metrics::Registry;
use radiosonde_trace::{
    CaptureSpans, RemoteContext, Sampler, SetParentError, TracePipeline, Traced, context_of, extract, inject,
    set_attribute, set_error, set_name, set_parent,
};
use tracing::{Dispatch, Event, Instrument as _, Span, Subscriber, info, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Records each event's span context, found by the rule that log layers use.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Option<SpanContext>>>>);

impl Lines {
    fn take(&self) -> Vec<Option<SpanContext>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let context = match event.parent() {
            Some(parent) => ctx.span(parent).unwrap().extensions().get::<SpanContext>().copied(),
            None if event.is_contextual() => SpanContext::current(),
            None => None,
        };
        self.0.lock().unwrap().push(context);
    }
}

struct Telemetry {
    spans: CaptureSpans,
    lines: Lines,
    dispatch: Dispatch,
}

fn pipeline(sampler: Sampler, spans: &CaptureSpans) -> TracePipeline {
    TracePipeline::builder(&Resource::new("test"))
        .sampler(sampler)
        .sink(spans.clone())
        .registry(&Registry::new())
        .build()
        .unwrap()
}

fn telemetry(sampler: Sampler) -> Telemetry {
    let (spans, lines) = (CaptureSpans::new(), Lines::default());
    let pipeline = pipeline(sampler, &spans);
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()).with(lines.clone()));
    Telemetry { spans, lines, dispatch }
}

impl Telemetry {
    fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        tracing::dispatcher::with_default(&self.dispatch, work)
    }
}

fn always() -> Telemetry {
    telemetry(Sampler::parent_based_always_on())
}

fn remote(flags: &str, state: &str) -> RemoteContext {
    let mut headers = HeaderMap::new();
    let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    headers.insert("traceparent", parent.parse().unwrap());
    headers.insert("tracestate", state.parse().unwrap());
    extract(&headers).unwrap()
}

#[test]
fn entering_makes_a_span_current_and_leaving_restores() {
    let telemetry = always();
    telemetry.run(|| {
        info!("outside");
        let outer = info_span!("outer");
        outer.in_scope(|| {
            info!("in outer");
            info_span!("inner").in_scope(|| info!("in inner"));
            info!("in outer again");
        });
        info!("outside again");
    });
    let lines = telemetry.lines.take();
    let (outer, inner) = (telemetry.spans.find("outer").unwrap(), telemetry.spans.find("inner").unwrap());
    assert_eq!(lines, [None, Some(outer.context), Some(inner.context), Some(outer.context), None]);
    assert_eq!(inner.parent, Some(outer.context.span_id()));
    assert_eq!(inner.context.trace_id(), outer.context.trace_id());
    assert_eq!(outer.parent, None);
}

#[test]
fn spans_left_out_of_order_leave_nothing_behind() {
    let telemetry = always();
    telemetry.run(|| {
        let (first, second) = (info_span!("first"), info_span!("second"));
        let first_entered = first.enter();
        let second_entered = second.enter();
        drop(first_entered);
        assert_eq!(SpanContext::current(), context_of(&second));
        info!("in second");
        drop(second_entered);
        assert_eq!(SpanContext::current(), None);
        info!("outside");
    });
    let lines = telemetry.lines.take();
    assert_eq!(lines, [Some(telemetry.spans.find("second").unwrap().context), None]);
}

#[test]
fn a_span_entered_twice_is_one_span() {
    let telemetry = always();
    telemetry.run(|| {
        let span = info_span!("twice");
        span.in_scope(|| {
            span.in_scope(|| assert_eq!(SpanContext::current(), context_of(&span)));
            assert_eq!(SpanContext::current(), context_of(&span));
        });
        assert_eq!(SpanContext::current(), None);
        span.in_scope(|| assert_eq!(SpanContext::current(), context_of(&span)));
    });
    assert_eq!(telemetry.spans.spans().len(), 1);
}

#[test]
fn a_panic_in_a_span_restores() {
    let telemetry = always();
    telemetry.run(|| {
        let caught = std::panic::catch_unwind(|| {
            let _entered = info_span!("panics").entered();
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(caught.is_err());
        assert_eq!(SpanContext::current(), None);
    });
    assert_eq!(telemetry.spans.spans().len(), 1);
}

#[test]
fn a_span_is_current_on_every_thread_that_is_in_it() {
    let telemetry = always();
    let span = telemetry.run(|| info_span!("shared"));
    let barrier = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                telemetry.run(|| {
                    span.in_scope(|| {
                        barrier.wait();
                        info!("in shared");
                        barrier.wait();
                    });
                    assert_eq!(SpanContext::current(), None);
                });
            });
        }
    });
    drop(span);
    let shared = telemetry.spans.take();
    assert_eq!(shared.len(), 1);
    assert_eq!(telemetry.lines.take(), vec![Some(shared[0].context); 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instrumented_futures_keep_their_own_ids_across_awaits_and_threads() {
    let telemetry = always();
    let _default = tracing::dispatcher::set_default(&telemetry.dispatch);
    let mut tasks = Vec::new();
    for number in 0..50_u64 {
        let span = info_span!("task", number);
        let own = context_of(&span).unwrap();
        let work = async move {
            for _ in 0..20 {
                assert_eq!(SpanContext::current(), Some(own));
                tokio::task::yield_now().await;
                assert_eq!(SpanContext::current(), Some(own));
                let child = info_span!("child");
                async { tokio::task::yield_now().await }.instrument(child).await;
            }
        };
        // The runtime's threads have no subscriber of their own in this test.
        let dispatch = telemetry.dispatch.clone();
        tasks.push(tokio::spawn(tracing::instrument::WithSubscriber::with_subscriber(
            work.instrument(span),
            dispatch,
        )));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(SpanContext::current(), None);
    let spans = telemetry.spans.take();
    let (tasks, children): (Vec<_>, Vec<_>) = spans.into_iter().partition(|span| span.name == "task");
    assert_eq!((tasks.len(), children.len()), (50, 1000));
    for child in children {
        let parent = tasks.iter().find(|task| Some(task.context.span_id()) == child.parent);
        assert_eq!(parent.map(|task| task.context.trace_id()), Some(child.context.trace_id()));
    }
}

#[test]
fn a_parent_from_afar_is_set_before_the_first_use() {
    let telemetry = always();
    let parent = remote("01", "congo=t61rcWkgMzE,foo@@bar=1");
    telemetry.run(|| {
        let span = info_span!("server");
        assert_eq!(set_parent(&span, &parent), Ok(()));
        span.in_scope(|| {
            let child = info_span!("client").entered();
            let mut headers = HeaderMap::new();
            assert!(inject(&mut headers));
            let sent = extract(&headers).unwrap();
            assert_eq!(Some(sent.context()), context_of(&child));
            assert_eq!(sent.trace_state(), parent.trace_state(), "also what the SDK does not know");
        });
        assert_eq!(set_parent(&span, &parent), Err(SetParentError::AlreadyStarted));
    });
    let (server, client) = (telemetry.spans.find("server").unwrap(), telemetry.spans.find("client").unwrap());
    assert_eq!(server.context.trace_id(), parent.context().trace_id());
    assert_eq!(server.parent, Some(parent.context().span_id()));
    assert!(server.parent_is_remote);
    assert_eq!(server.trace_state.get("congo"), Some("t61rcWkgMzE"));
    assert_eq!(client.parent, Some(server.context.span_id()));
    assert!(!client.parent_is_remote);
}

#[test]
fn a_parent_can_be_set_within_another_span_and_wins_over_it() {
    let telemetry = always();
    let parent = remote("01", "");
    telemetry.run(|| {
        let _around = info_span!("around").entered();
        let span = info_span!("server");
        set_parent(&span, &parent).unwrap();
        assert_eq!(context_of(&span).unwrap().trace_id(), parent.context().trace_id());
    });
    assert_ne!(telemetry.spans.find("around").unwrap().context.trace_id(), parent.context().trace_id());
}

#[test]
fn a_span_that_is_named_by_an_event_and_never_entered_has_ids() {
    let telemetry = always();
    let parent = remote("01", "");
    telemetry.run(|| {
        let span = info_span!("never entered");
        set_parent(&span, &parent).unwrap();
        info!(parent: &span, "about it");
        let _around = info_span!("around").entered();
        info!(parent: &span, "names its span, from within another");
        info!(parent: None, "about nothing");
    });
    let span = telemetry.spans.find("never entered").unwrap();
    assert_eq!(span.context.trace_id(), parent.context().trace_id());
    assert_eq!(telemetry.lines.take(), [Some(span.context), Some(span.context), None]);
    assert_eq!(span.events.len(), 2);
}

#[test]
fn the_trace_layer_may_stand_after_the_log_layer() {
    let (spans, lines) = (CaptureSpans::new(), Lines::default());
    let pipeline = pipeline(Sampler::default(), &spans);
    let subscriber = tracing_subscriber::registry().with(lines.clone()).with(pipeline.layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("never entered");
        info!(parent: &span, "about it");
        info_span!("entered").in_scope(|| info!("in it"));
    });
    let expected = ["never entered", "entered"].map(|name| Some(spans.find(name).unwrap().context));
    assert_eq!(lines.take(), expected);
}

#[test]
fn the_trace_layer_works_boxed_and_filtered() {
    let (spans, lines) = (CaptureSpans::new(), Lines::default());
    let pipeline = pipeline(Sampler::default(), &spans);
    let filter = tracing_subscriber::filter::filter_fn(|metadata| metadata.name() != "hidden");
    let subscriber =
        tracing_subscriber::registry().with(pipeline.layer().with_filter(filter).boxed()).with(lines.clone());
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("shown");
        set_parent(&span, &remote("01", "")).unwrap();
        let _shown = span.entered();
        let hidden = info_span!("hidden");
        assert_eq!(context_of(&hidden), None);
        let _hidden = hidden.enter();
        info_span!("below").in_scope(|| ());
    });
    assert_eq!(spans.find("hidden"), None);
    assert_eq!(spans.find("below").unwrap().parent, Some(spans.find("shown").unwrap().context.span_id()));
}

#[test]
fn spans_that_are_not_sampled_have_ids_and_say_so() {
    let telemetry = telemetry(Sampler::parent_based_always_off());
    telemetry.run(|| {
        let _root = info_span!("root").entered();
        let current = SpanContext::current().unwrap();
        assert!(!current.is_sampled());
        info!("in root");
        let mut headers = HeaderMap::new();
        assert!(inject(&mut headers));
        let expected = format!("00-{}-{}-02", current.trace_id(), current.span_id());
        assert_eq!(headers["traceparent"], expected);
        info_span!("child").in_scope(|| {
            let child = SpanContext::current().unwrap();
            assert_eq!(child.trace_id(), current.trace_id());
            assert_ne!(child.span_id(), current.span_id());
            assert!(!child.is_sampled());
        });
        assert_eq!(telemetry.lines.take(), [Some(current)]);
    });
    assert_eq!(telemetry.spans.take(), []);
}

#[test]
fn samplers_follow_the_parent_or_not() {
    let decide = |sampler, flags: Option<&str>| {
        telemetry(sampler).run(|| {
            let span = info_span!("decided");
            if let Some(flags) = flags {
                set_parent(&span, &remote(flags, "")).unwrap();
            }
            let decided = context_of(&span).unwrap().is_sampled();
            // A child follows the decision, unless the sampler ignores parents.
            span.in_scope(|| (decided, context_of(&info_span!("child")).unwrap().is_sampled()))
        })
    };
    let (on, off) = (Some("01"), Some("00"));
    let never = Sampler::parent_based_ratio(0.0).unwrap();
    let cases = [
        (Sampler::always_on(), [(None, true), (on, true), (off, true)]),
        (Sampler::always_off(), [(None, false), (on, false), (off, false)]),
        (Sampler::parent_based_always_on(), [(None, true), (on, true), (off, false)]),
        (Sampler::parent_based_always_off(), [(None, false), (on, true), (off, false)]),
        (never, [(None, false), (on, true), (off, false)]),
        (Sampler::ratio(0.0).unwrap(), [(None, false), (on, false), (off, false)]),
        (Sampler::ratio(1.0).unwrap(), [(None, true), (on, true), (off, true)]),
    ];
    for (sampler, decisions) in cases {
        for (flags, expected) in decisions {
            assert_eq!(decide(sampler.clone(), flags), (expected, expected), "{sampler:?} under {flags:?}");
        }
    }
}

#[test]
fn a_ratio_samples_about_that_share() {
    let telemetry = telemetry(Sampler::parent_based_ratio(0.25).unwrap());
    const TRACES: usize = 4000;
    telemetry.run(|| (0..TRACES).for_each(|_| drop(info_span!("root").entered())));
    let sampled = telemetry.spans.take().len();
    // The standard deviation is about 27. Six of them are exceeded once in some hundred million runs.
    assert!((1000 - 164..=1000 + 164).contains(&sampled), "{sampled} of {TRACES}");
}

#[test]
fn the_random_flag_is_passed_on_whether_sampled_or_not() {
    for flags in ["03", "02", "01", "00"] {
        let telemetry = always();
        telemetry.run(|| {
            let span = info_span!("server");
            set_parent(&span, &remote(flags, "")).unwrap();
            let _entered = span.enter();
            let _child = info_span!("child").entered();
            assert_eq!(format!("{:02x}", SpanContext::current().unwrap().flags().to_byte()), flags);
            let mut headers = HeaderMap::new();
            inject(&mut headers);
            assert!(headers["traceparent"].to_str().unwrap().ends_with(flags));
        });
    }
}

#[test]
fn doors_do_nothing_where_there_is_no_trace_layer() {
    tracing::subscriber::with_default(tracing_subscriber::registry(), || {
        let span = info_span!("unseen");
        assert_eq!(set_parent(&span, &remote("01", "")), Err(SetParentError::NoLayer));
        set_attribute(&span, "key", 1);
        set_error(&span, "failed");
        set_name(&span, "renamed");
        assert_eq!(context_of(&span), None);
        assert_eq!(RemoteContext::of(&span), None);
        span.in_scope(|| {
            let mut headers = HeaderMap::new();
            assert!(!inject(&mut headers));
            assert!(headers.is_empty());
            assert_eq!(Traced::new(()).sender(), None);
        });
    });
    let none = Span::none();
    let refused = set_parent(&none, &remote("01", "")).unwrap_err();
    assert_eq!(refused, SetParentError::Disabled);
    assert!(refused.to_string().ends_with("a filter hides it, or there is no subscriber"), "{refused}");
    set_attribute(&none, "key", 1);
    set_error(&none, "failed");
    set_name(&none, "renamed");
    assert_eq!(context_of(&none), None);
}

#[test]
fn a_context_that_only_core_knows_is_sent_on() {
    let context = remote("01", "").context();
    let _current = context.enter();
    let mut headers = HeaderMap::new();
    assert!(inject(&mut headers));
    assert_eq!(extract(&headers).unwrap().context(), context);
}

#[test]
fn a_span_made_within_a_context_entered_by_hand_is_its_child() {
    let telemetry = always();
    let by_hand = remote("01", "").context();
    telemetry.run(|| {
        let outer = info_span!("outer").entered();
        let guard = by_hand.enter();
        info_span!("child").in_scope(|| {
            assert_eq!(Traced::new(()).sender().map(RemoteContext::context), SpanContext::current());
            info_span!("grandchild").in_scope(|| ());
        });
        assert_eq!(RemoteContext::current().map(|sent| sent.context()), Some(by_hand));
        drop(guard);
        drop(info_span!("sibling"));
        drop(outer);
        let _by_hand = by_hand.enter();
        drop(info_span!("alone"));
    });
    let find = |name| telemetry.spans.find(name).unwrap();
    let [outer, child, grandchild] = ["outer", "child", "grandchild"].map(find);
    for name in ["child", "alone"] {
        let span = find(name);
        assert_eq!((span.parent, span.parent_is_remote), (Some(by_hand.span_id()), false), "{name}");
        assert_eq!(span.context.trace_id(), by_hand.trace_id(), "{name}");
    }
    assert_eq!(grandchild.parent, Some(child.context.span_id()));
    assert_eq!(find("sibling").parent, Some(outer.context.span_id()));
}

#[test]
fn a_message_carries_its_sender_to_another_thread() {
    let telemetry = always();
    let parent = remote("01", "congo=t61rcWkgMzE");
    let (sender, receiver) = std::sync::mpsc::channel();
    telemetry.run(|| {
        let send = info_span!("send", otel.kind = "producer");
        set_parent(&send, &parent).unwrap();
        send.in_scope(|| sender.send(Traced::new(7).map(|number| number + 1)).unwrap());
    });
    std::thread::scope(|scope| {
        let telemetry = &telemetry;
        scope.spawn(move || {
            telemetry.run(|| {
                let message = receiver.recv().unwrap();
                assert_eq!(message.sender().unwrap().trace_state().get("congo"), Some("t61rcWkgMzE"));
                let (number, span) = message.resume(info_span!("work", otel.kind = "consumer"));
                assert_eq!(number, 8);
                span.in_scope(|| info!("working"));
            });
        });
    });
    let (send, work) = (telemetry.spans.find("send").unwrap(), telemetry.spans.find("work").unwrap());
    assert_eq!((work.parent, work.parent_is_remote), (Some(send.context.span_id()), false));
    assert!(send.parent_is_remote, "its parent is remote");
    assert_eq!(work.context.trace_id(), parent.context().trace_id());
    assert_eq!(
        (send.kind, work.kind),
        (radiosonde_trace::SpanKind::Producer, radiosonde_trace::SpanKind::Consumer)
    );
    assert_eq!(telemetry.lines.take(), [Some(work.context)]);
}

#[test]
fn two_subscribers_on_one_thread_do_not_mix() {
    let (first, second) = (always(), always());
    first.run(|| {
        let _outer = info_span!("first").entered();
        let outer = SpanContext::current();
        second.run(|| {
            let _inner = info_span!("second").entered();
            assert_ne!(SpanContext::current(), outer);
        });
        assert_eq!(SpanContext::current(), outer);
    });
    assert_eq!(SpanContext::current(), None);
}

/// Logs and creates a span while it is formatted, as a careless `Debug` may do.
struct Talkative;

impl std::fmt::Debug for Talkative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        info_span!("writing").in_scope(|| info!("being written"));
        f.write_str("talkative")
    }
}

#[test]
fn fields_that_log_while_they_are_written_do_not_deadlock() {
    let telemetry = always();
    telemetry.run(|| {
        let _around = info_span!("around").entered();
        let span = info_span!("span", field = ?Talkative, later = tracing::field::Empty).entered();
        span.record("later", tracing::field::debug(Talkative));
        info!(field = ?Talkative, "event");
        info!(parent: &span, field = ?Talkative, "event");
    });
    let span = telemetry.spans.find("span").unwrap();
    assert_eq!(span.attribute("field"), Some(&"talkative".to_owned().into()));
    assert_eq!(span.attribute("later"), Some(&"talkative".to_owned().into()));
    let own_lines = telemetry.lines.take().iter().filter(|line| **line == Some(span.context)).count();
    assert_eq!(own_lines, 2);
}

#[test]
fn threads_that_start_a_span_at_the_same_time_agree_on_its_ids() {
    let telemetry = always();
    let barrier = std::sync::Barrier::new(4);
    for _ in 0..50 {
        let span = telemetry.run(|| info_span!("contended"));
        std::thread::scope(|scope| {
            for number in 0..4 {
                let (telemetry, span, barrier) = (&telemetry, &span, &barrier);
                scope.spawn(move || {
                    telemetry.run(|| {
                        barrier.wait();
                        if number % 2 == 0 {
                            info!(parent: span, "about it");
                        } else {
                            span.in_scope(|| info!("in it"));
                        }
                    });
                });
            }
        });
        drop(span);
        let context = telemetry.spans.take()[0].context;
        assert_eq!(telemetry.lines.take(), [Some(context); 4]);
    }
}

#[test]
fn a_span_and_an_event_in_one_that_the_layers_filter_hides_stay_in_the_trace() {
    let spans = CaptureSpans::new();
    let layer =
        pipeline(Sampler::always_on(), &spans).layer().with_filter(tracing::level_filters::LevelFilter::INFO);
    // Another layer takes the span that is hidden from ours.
    let subscriber = tracing_subscriber::registry().with(layer).with(Lines::default());
    tracing::subscriber::with_default(subscriber, || {
        let outer = info_span!("outer").entered();
        let hidden = tracing::debug_span!("hidden");
        drop(outer);
        info!(parent: &hidden, "about it");
        info_span!(parent: &hidden, "inner").in_scope(|| ());
    });
    let (outer, inner) = (spans.find("outer").unwrap(), spans.find("inner").unwrap());
    assert_eq!(inner.parent, Some(outer.context.span_id()));
    assert_eq!(outer.events[0].name, "about it");
}
