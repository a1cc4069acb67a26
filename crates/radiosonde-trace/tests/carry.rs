//! Work that continues elsewhere stays in the trace, also where a filter hides the span around it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_trace::{
    Baggage, CaptureSpans, CarriedContext, RemoteContext, TracePipeline, Traced, carry, carry_fn, context_of,
    set_parent,
};
use tracing::dispatcher::{self, DefaultGuard};
use tracing::{Dispatch, Instrument as _, Span, debug_span, info_span};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// What hides spans at DEBUG.
#[derive(Clone, Copy)]
enum Filter {
    /// They are disabled.
    OfAll,
    /// The trace layer does not see them; another layer does.
    OfTraces,
}

struct Telemetry {
    spans: CaptureSpans,
    dispatch: Dispatch,
    _guard: DefaultGuard,
}

impl Telemetry {
    fn new(filter: Filter) -> Self {
        let spans = CaptureSpans::new();
        let pipeline = TracePipeline::builder(&Resource::new("test"));
        let pipeline = pipeline.sink(spans.clone()).registry(&Registry::new()).build().unwrap();
        let (layer, registry) = (pipeline.layer(), tracing_subscriber::registry());
        let dispatch = match filter {
            Filter::OfAll => Dispatch::new(registry.with(layer).with(LevelFilter::INFO)),
            Filter::OfTraces => {
                let all = tracing_subscriber::layer::Identity::new().with_filter(LevelFilter::TRACE);
                Dispatch::new(registry.with(layer.with_filter(LevelFilter::INFO)).with(all))
            }
        };
        let _guard = dispatcher::set_default(&dispatch);
        Self { spans, dispatch, _guard }
    }

    /// Work for another thread, which has no subscriber of its own: it makes a child.
    fn child(&self) -> impl FnOnce() -> Option<SpanContext> + Send + 'static {
        let dispatch = self.dispatch.clone();
        move || {
            let current = SpanContext::current();
            dispatcher::with_default(&dispatch, || drop(info_span!("child").entered()));
            current
        }
    }

    #[track_caller]
    fn assert_child_of(&self, parent: SpanContext, seen: Option<SpanContext>) {
        assert_eq!(seen, Some(parent), "the context is current there");
        let [child] = <[_; 1]>::try_from(self.spans.take()).unwrap();
        assert_eq!((child.parent, child.parent_is_remote), (Some(parent.span_id()), false));
        assert_eq!(child.context.trace_id(), parent.trace_id());
        assert_eq!(SpanContext::current(), None, "it is left here");
    }
}

/// Runs a case where `carry` is called in a span, in a hidden one within a span, and in a context entered by hand.
#[track_caller]
fn assert_carried(case: impl Fn(&Telemetry) -> Option<SpanContext>) {
    for filter in [Filter::OfAll, Filter::OfTraces] {
        let telemetry = Telemetry::new(filter);
        let outer = info_span!("outer");
        let parent = context_of(&outer).unwrap();
        let seen = outer.in_scope(|| case(&telemetry));
        telemetry.assert_child_of(parent, seen);
        let seen = outer.in_scope(|| debug_span!("hidden").in_scope(|| case(&telemetry)));
        telemetry.assert_child_of(parent, seen);
        let by_hand = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        let guard = by_hand.enter();
        let seen = case(&telemetry);
        drop(guard);
        telemetry.assert_child_of(by_hand, seen);
        let guard = by_hand.enter();
        let seen = debug_span!("hidden").in_scope(|| case(&telemetry));
        drop(guard);
        telemetry.assert_child_of(by_hand, seen);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap()
}

#[test]
fn a_spawned_task_stays_in_the_trace() {
    let runtime = runtime();
    assert_carried(|telemetry| {
        let child = telemetry.child();
        let work = async move {
            tokio::task::yield_now().await;
            child()
        };
        runtime.block_on(runtime.spawn(carry(work))).unwrap()
    });
}

#[test]
fn a_task_with_a_disabled_span_of_its_own_stays_in_the_trace() {
    let runtime = runtime();
    assert_carried(|telemetry| {
        let child = telemetry.child();
        let work = async move {
            tokio::task::yield_now().await;
            child()
        };
        runtime.block_on(runtime.spawn(carry(work.instrument(debug_span!("task"))))).unwrap()
    });
}

#[test]
fn a_blocking_task_stays_in_the_trace() {
    let runtime = runtime();
    assert_carried(|telemetry| {
        let work = carry_fn(telemetry.child());
        runtime.block_on(runtime.spawn_blocking(work)).unwrap()
    });
}

#[test]
fn a_task_of_a_join_set_stays_in_the_trace() {
    let runtime = runtime();
    assert_carried(|telemetry| {
        let mut tasks = tokio::task::JoinSet::new();
        let child = telemetry.child();
        tasks.spawn_on(carry(async move { child() }), runtime.handle());
        runtime.block_on(tasks.join_next()).unwrap().unwrap()
    });
}

#[test]
fn a_thread_stays_in_the_trace() {
    assert_carried(|telemetry| thread::spawn(carry_fn(telemetry.child())).join().unwrap());
}

#[test]
fn a_thread_of_a_scope_stays_in_the_trace() {
    assert_carried(|telemetry| {
        thread::scope(|scope| scope.spawn(carry_fn(telemetry.child())).join().unwrap())
    });
}

#[test]
fn closures_with_arguments_and_calls_on_many_threads_stay_in_the_trace() {
    assert_carried(|telemetry| {
        let here = CarriedContext::current();
        let work =
            |child: bool| here.in_scope(|| if child { telemetry.child()() } else { SpanContext::current() });
        thread::scope(|scope| {
            let other = scope.spawn(|| work(false));
            let one = scope.spawn(|| work(true)).join().unwrap();
            assert_eq!(other.join().unwrap(), one);
            one
        })
    });
}

#[test]
fn a_stream_polled_elsewhere_stays_in_the_trace() {
    let runtime = runtime();
    assert_carried(|telemetry| {
        let child = telemetry.child();
        let items = carry(stream::once(async move { child() }).boxed());
        assert_eq!(futures_util::Stream::size_hint(&items), (1, Some(1)));
        let collected = runtime.spawn(async move { items.collect::<Vec<_>>().await });
        let items = runtime.block_on(collected).unwrap();
        items[0]
    });
}

#[test]
fn a_message_is_processed_in_the_trace_of_its_sender() {
    assert_carried(|telemetry| {
        let (sender, receiver) = mpsc::channel();
        sender.send(Traced::new("payment")).unwrap();
        let dispatch = telemetry.dispatch.clone();
        let received = thread::spawn(move || {
            dispatcher::with_default(&dispatch, || {
                let message = receiver.recv().unwrap();
                let sender = message.sender().unwrap().clone();
                assert!(!sender.is_remote());
                let (_, span) = message.resume(info_span!("child"));
                span.in_scope(|| ());
                sender.context()
            })
        });
        Some(received.join().unwrap())
    });
}

#[test]
fn what_is_carried_is_not_remote() {
    let _telemetry = Telemetry::new(Filter::OfAll);
    let outer = info_span!("outer").entered();
    let sent = thread::spawn(carry_fn(RemoteContext::current)).join().unwrap().unwrap();
    assert_eq!((sent.is_remote(), Some(sent.context())), (false, context_of(&outer)));
}

#[test]
fn trace_state_and_baggage_are_carried_with_the_ids() {
    for filter in [Filter::OfAll, Filter::OfTraces] {
        let _telemetry = Telemetry::new(filter);
        let baggage = Baggage::default().with("tenant.id", "acme").unwrap();
        let ids = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        let caller = RemoteContext::new(ids, "congo=t61".parse().unwrap()).with_baggage(baggage);
        let assert_carried = || {
            let here = RemoteContext::current().unwrap();
            let there = thread::spawn(carry_fn(RemoteContext::current)).join().unwrap().unwrap();
            assert_eq!(there, here);
            assert_eq!(there.trace_state(), caller.trace_state());
            assert_eq!(there.baggage(), caller.baggage());
        };
        let span = info_span!("of a remote parent");
        set_parent(&span, &caller).unwrap();
        span.in_scope(assert_carried);
        span.in_scope(|| debug_span!("hidden").in_scope(assert_carried));
        let _caller = caller.clone().enter();
        assert_carried();
        debug_span!("hidden").in_scope(assert_carried);
    }
}

/// Notes the context in which it is dropped.
struct Dropped(Arc<Mutex<Vec<Option<SpanContext>>>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(SpanContext::current());
    }
}

#[test]
fn what_is_carried_is_dropped_in_the_span_too() {
    let _telemetry = Telemetry::new(Filter::OfAll);
    let (outer, dropped) = (info_span!("outer"), Arc::new(Mutex::new(Vec::new())));
    let note = || Dropped(Arc::clone(&dropped));
    let (unpolled, called) = outer.in_scope(|| {
        let (first, second) = (note(), note());
        (carry(async move { drop(first) }), carry_fn(move || drop(second)))
    });
    thread::scope(|scope| {
        scope.spawn(|| drop(unpolled));
        scope.spawn(called);
    });
    assert_eq!(*dropped.lock().unwrap(), [context_of(&outer); 2]);
}

#[test]
fn outside_of_any_span_and_without_a_subscriber_work_runs_all_the_same() {
    assert_eq!(thread::spawn(carry_fn(|| 7)).join().unwrap(), 7);
    let context = CarriedContext::current();
    assert!(context.span().is_disabled());
    assert!(context.in_scope(|| Span::current().is_disabled() && SpanContext::current().is_none()));
}

#[test]
fn a_message_is_processed_in_the_context_of_its_sender() {
    for filter in [Filter::OfAll, Filter::OfTraces] {
        let telemetry = Telemetry::new(filter);
        let sender = info_span!("send");
        let parent = context_of(&sender).unwrap();
        let send = || sender.in_scope(|| debug_span!("hidden").in_scope(|| Traced::new(7)));
        let (first, second) = (send(), send());
        drop(sender);
        drop(telemetry.spans.take());
        let (work, other_work) = (telemetry.child(), telemetry.child());
        let seen = first.in_scope(|seven| (seven, work()));
        assert_eq!(seen.0, 7);
        telemetry.assert_child_of(parent, seen.1);
        let seen = second.carry(|seven| async move { (seven, other_work()) }).now_or_never().unwrap();
        assert_eq!(seen.0, 7);
        telemetry.assert_child_of(parent, seen.1);

        let (outside, here, work) = (Traced::new(8), info_span!("receive"), telemetry.child());
        let seen = here.in_scope(|| outside.in_scope(|_| work()));
        telemetry.assert_child_of(context_of(&here).unwrap(), seen);
    }
}
