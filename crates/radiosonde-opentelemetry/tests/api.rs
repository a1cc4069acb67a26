//! Users of the OpenTelemetry API beside users of `tracing`. A separate binary, because the provider is global.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    Span as _, SpanContext as OtelSpanContext, SpanKind as OtelKind, Status, TraceContextExt as _,
    Tracer as _,
};
use opentelemetry::{Context, KeyValue, global};
use radiosonde_core::silence::silence_thread;
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_opentelemetry::{OpenTelemetryBridge, context_of, current_context, remote_context};
use radiosonde_trace::{
    BaggageRules, CaptureSpans, FinishedSpan, RemoteContext, Sampler, SpanKind, SpanLimits, SpanStatus,
    TailOptions, TraceOptions, TracePipeline, TraceState, child_of, extract, inject, set_parent,
};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// The provider is global: one test at a time.
static GLOBAL: Mutex<()> = Mutex::new(());

struct Installed {
    spans: CaptureSpans,
    pipeline: TracePipeline,
    registry: Registry,
    _default: tracing::subscriber::DefaultGuard,
    _global: MutexGuard<'static, ()>,
}

fn install() -> Installed {
    install_with(TraceOptions::new())
}

fn install_with(options: TraceOptions) -> Installed {
    let global = GLOBAL.lock().unwrap_or_else(PoisonError::into_inner);
    let (spans, registry) = (CaptureSpans::new(), Registry::new());
    let pipeline =
        options.resource(&Resource::new("test")).registry(&registry).sink(spans.clone()).build().unwrap();
    OpenTelemetryBridge::new(&pipeline).install_global();
    let default = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
    Installed { spans, pipeline, registry, _default: default, _global: global }
}

impl Installed {
    fn find(&self, name: &str) -> FinishedSpan {
        self.spans.find(name).unwrap_or_else(|| panic!("no span {name}: {:?}", self.spans.spans()))
    }

    /// Checks that each span is the child of the one before, in one trace.
    fn assert_chain(&self, names: &[&str]) {
        for pair in names.windows(2) {
            let (parent, child) = (self.find(pair[0]), self.find(pair[1]));
            assert_eq!(child.parent, Some(parent.context.span_id()), "{pair:?}");
            assert_eq!(child.context.trace_id(), parent.context.trace_id(), "{pair:?}");
            assert!(!child.parent_is_remote);
        }
        assert_eq!(self.find(names[0]).parent, None);
    }
}

fn injected() -> (HashMap<String, String>, HashMap<String, String>) {
    let (mut ours, mut theirs) = (HashMap::<String, String>::new(), HashMap::<String, String>::new());
    let _ = inject(&mut ours);
    global::get_text_map_propagator(|propagator| propagator.inject(&mut theirs));
    (ours, theirs)
}

fn sent_span_id(message: &HashMap<String, String>) -> String {
    extract(message).map(|sent| sent.context().span_id().to_string()).unwrap_or_default()
}

#[test]
fn spans_of_both_apis_are_each_others_parents() {
    let test = install();
    let tracer = global::tracer("database");
    let mut sent = HashMap::new();
    info_span!("around").in_scope(|| {
        let query = tracer
            .span_builder("query")
            .with_kind(OtelKind::Client)
            .with_attributes([KeyValue::new("rows", 3)])
            .start(&tracer);
        let _active = Context::current_with_span(query).attach();
        let (ours, theirs) = injected();
        assert_eq!(ours, theirs, "a message is sent by the innermost span");
        sent = ours;
        info_span!("below").in_scope(|| {
            tracer.in_span("statement", |_| info_span!("row").in_scope(|| tracer.start("cell").end()));
        });
    });
    test.assert_chain(&["around", "query", "below", "statement", "row", "cell"]);
    let query = test.find("query");
    assert_eq!(sent_span_id(&sent), query.context.span_id().to_string());
    assert_eq!((query.kind, query.scope.as_ref()), (SpanKind::Client, "database"));
    assert_eq!(query.attribute("rows"), Some(&3.into()));
}

#[test]
fn the_innermost_span_of_either_api_is_injected_by_both() {
    let test = install();
    let tracer = global::tracer("test");
    let check = |expected: String| {
        let (ours, theirs) = injected();
        assert_eq!(ours, theirs);
        assert_eq!(sent_span_id(&ours), expected);
    };
    check(String::new());
    info_span!("outer").in_scope(|| {
        let outer = SpanContext::current().unwrap().span_id().to_string();
        check(outer.clone());
        tracer.in_span("middle", |cx| {
            let middle = cx.span().span_context().span_id().to_string();
            check(middle.clone());
            info_span!("inner").in_scope(|| {
                check(SpanContext::current().unwrap().span_id().to_string());
            });
            check(middle);
        });
        check(outer);
    });
    check(String::new());
    test.assert_chain(&["outer", "middle", "inner"]);
}

#[test]
fn a_context_that_is_passed_is_the_parent() {
    let test = install();
    let tracer = global::tracer("test");
    let other = Context::new().with_span(tracer.start("other"));
    info_span!("around").in_scope(|| {
        tracer.start_with_context("of other", &other).end();
        // A copy of the current context is the current one.
        tracer.start_with_context("of around", &Context::current()).end();
        let none = Context::new().with_remote_span_context(OtelSpanContext::NONE);
        tracer.start_with_context("root", &none).end();
        let mut sent = HashMap::new();
        global::get_text_map_propagator(|propagator| propagator.inject_context(&other, &mut sent));
        assert_eq!(sent_span_id(&sent), other.span().span_context().span_id().to_string());
        tracer.in_span("active", |cx| {
            tracer.start_with_context("root, too", &Context::new()).end();
            tracer.start_with_context("of active", &cx).end();
        });
    });
    drop(other);
    test.assert_chain(&["other", "of other"]);
    test.assert_chain(&["around", "of around"]);
    test.assert_chain(&["around", "active", "of active"]);
    assert_eq!((test.find("root").parent, test.find("root, too").parent), (None, None));
}

#[test]
fn contexts_cross_threads_from_one_api_to_the_other() {
    let test = install();
    let tracer = global::tracer("test");
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    let span = info_span!("around").entered();
    let (current, of_span) = (current_context(), context_of(&span));
    assert_eq!(current.span().span_context(), of_span.span().span_context());
    let there = std::thread::spawn(move || {
        tracing::dispatcher::with_default(&dispatch, || {
            let _current = current.attach();
            info_span!("there").in_scope(|| global::tracer("test").start("below").end());
            // And a parent that is set by hand.
            let set = info_span!("set");
            set_parent(&set, &remote_context(&of_span).unwrap()).unwrap();
            tracer.start("beside").end();
        });
    });
    there.join().unwrap();
    drop(span);
    test.assert_chain(&["around", "there", "below"]);
    test.assert_chain(&["around", "set"]);
    test.assert_chain(&["around", "beside"]);
}

#[test]
fn a_span_of_the_api_has_all_that_is_set() {
    let test = install();
    let tracer = global::tracer("test");
    let mut other = tracer.start("other");
    let mut span = tracer.start("before");
    assert!(span.is_recording());
    span.update_name("all");
    span.set_attribute(KeyValue::new("twice", 1));
    span.set_attribute(KeyValue::new("twice", 2));
    span.add_event("event", vec![KeyValue::new("key", "value")]);
    span.add_link(other.span_context().clone(), vec![KeyValue::new("why", "related")]);
    span.set_status(Status::error("first"));
    span.set_status(Status::error(""));
    span.set_status(Status::Unset);
    span.end();
    assert!(!span.is_recording());
    span.set_attribute(KeyValue::new("late", true));
    span.end();
    other.set_status(Status::Ok);
    other.set_status(Status::error("too late"));
    drop(other);
    let (all, other) = (test.find("all"), test.find("other"));
    assert_eq!(all.attributes.len(), 2);
    assert_eq!(all.attribute("twice"), Some(&2.into()));
    assert_eq!(all.attribute("error.type"), Some(&"_OTHER".into()), "a search for errors finds it");
    assert_eq!(all.events[0].attributes[0].key, "key");
    assert_eq!(all.links[0].context.span_id(), other.context.span_id());
    assert_eq!(all.status, SpanStatus::Error { description: "first".into() });
    assert_eq!(other.status, SpanStatus::Ok);
    assert_eq!(test.spans.spans().len(), 2, "each span ends once");
    assert_ne!(all.context.flags().to_byte() & TraceFlags::RANDOM.to_byte(), 0, "its id is random");
}

#[test]
fn what_exceeds_the_limits_is_counted() {
    let test = install();
    let mut span = global::tracer("test").start("full");
    let to = span.span_context().clone();
    for at in 0..130 {
        span.set_attribute(KeyValue::new(format!("key{at}"), at));
        span.add_event("event", (0..130).map(|at| KeyValue::new(format!("key{at}"), at)).collect());
        span.add_link(to.clone(), Vec::new());
        // A value that is set again takes no place.
        span.set_attribute(KeyValue::new("key0", at));
    }
    span.end();
    let span = test.find("full");
    assert_eq!((span.attributes.len(), span.events.len(), span.links.len()), (128, 128, 128));
    assert_eq!((span.dropped_attributes, span.dropped_events, span.dropped_links), (2, 2, 2));
    assert_eq!((span.events[0].attributes.len(), span.events[0].dropped_attributes), (128, 2));
    assert_eq!(span.attribute("key0"), Some(&129.into()));
}

#[test]
fn the_sampler_decides_for_both_apis() {
    let test = install_with(TraceOptions::new().sampler(Sampler::parent_based_always_off()));
    let tracer = global::tracer("test");
    let sampled = |span: &OtelSpanContext| span.is_sampled();
    let span = tracer.start("unsampled");
    assert!(!span.is_recording() && !sampled(span.span_context()) && span.span_context().is_valid());
    let headers = HashMap::from([(
        "traceparent".to_owned(),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
    )]);
    let cx = global::get_text_map_propagator(|propagator| propagator.extract(&headers));
    assert!(sampled(tracer.start_with_context("sampled", &cx).span_context()));
    info_span!("unsampled").in_scope(|| assert!(!sampled(tracer.start("below").span_context())));
    drop(span);
    let spans = test.spans.spans();
    assert_eq!(spans.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["sampled"]);
    assert!(spans[0].parent_is_remote);
}

#[test]
fn the_local_tail_has_spans_of_both_apis() {
    let options = TraceOptions::new().sampler(Sampler::parent_based_always_off());
    let test = install_with(options.tail(TailOptions::new()));
    let tracer = global::tracer("test");
    info_span!("dull").in_scope(|| tracer.start("dull, too").end());
    info_span!("request").in_scope(|| {
        tracer.in_span("query", |cx| cx.span().set_status(Status::error("no connection")));
        tracer.start("afterwards").end();
    });
    let names: Vec<_> = test.spans.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["query", "afterwards", "request"]);
}

#[test]
fn where_nobody_takes_spans_only_ids_are_made() {
    let _one_at_a_time = GLOBAL.lock().unwrap_or_else(PoisonError::into_inner);
    let registry = Registry::new();
    let pipeline = TracePipeline::builder(&Resource::new("test")).registry(&registry).build().unwrap();
    OpenTelemetryBridge::new(&pipeline).install_global();
    let span = global::tracer("test").start("for nobody");
    assert!(span.span_context().is_sampled() && !span.is_recording());
    drop(span);
    let text = registry.text();
    assert!(text.contains("radiosonde_trace_dropped_total{reason=\"no_sink\"} 1\n"), "{text}");
}

#[test]
fn a_trace_state_reaches_spans_and_messages_whole() {
    let test = install();
    let tracer = global::tracer("test");
    // OpenTelemetry's own type refuses the second member.
    let state = "a=1,tenant@fourteen-chars=2";
    let headers = HashMap::from([
        ("traceparent".to_owned(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03".to_owned()),
        ("tracestate".to_owned(), state.to_owned()),
    ]);
    let cx = global::get_text_map_propagator(|propagator| propagator.extract(&headers));
    let server = tracer.start_with_context("server", &cx);
    {
        let _active = Context::new().with_span(server).attach();
        let (ours, theirs) = injected();
        assert_eq!(ours, theirs);
        assert_eq!(ours["tracestate"], state);
        assert!(ours["traceparent"].ends_with("-03"));
        info_span!("within").in_scope(|| {
            let query = Context::current_with_span(tracer.start("query")).attach();
            assert_eq!(injected().1["tracestate"], state);
            drop(query);
        });
    }
    for name in ["server", "within", "query"] {
        let span = test.find(name);
        assert_eq!((span.trace_state.as_str(), span.context.flags().to_byte()), (state, 3), "{name}");
    }
}

#[test]
fn baggage_of_the_api_is_sent_by_both_apis() {
    let test = install();
    info_span!("around").in_scope(|| {
        let _baggage = Context::current_with_baggage([KeyValue::new("tenant", "a b")]).attach();
        let (ours, theirs) = injected();
        assert_eq!(ours, theirs);
        assert_eq!(ours["baggage"], "tenant=a%20b");
        // And by a span that is made here.
        let mut client = HashMap::<String, String>::new();
        RemoteContext::of(&info_span!("client")).unwrap().inject(&mut client);
        assert_eq!(client["baggage"], "tenant=a%20b");
        global::tracer("test").in_span("query", |_| assert_eq!(injected().0["baggage"], "tenant=a%20b"));
        // A context that was never current.
        let other = Context::current().with_baggage([KeyValue::new("tenant", "b")]);
        let mut sent = HashMap::new();
        global::get_text_map_propagator(|propagator| propagator.inject_context(&other, &mut sent));
        assert_eq!((&*sent["baggage"], &sent["traceparent"]), ("tenant=b", &ours["traceparent"]));
    });
    test.assert_chain(&["around", "query"]);
}

#[test]
fn baggage_that_was_received_reaches_spans_of_both_apis() {
    let test = install();
    let headers = HashMap::from([
        ("traceparent".to_owned(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        ("baggage".to_owned(), "tenant=a%20b;ttl=3,user=7".to_owned()),
    ]);
    let server = info_span!("server");
    set_parent(&server, &extract(&headers).unwrap()).unwrap();
    server.in_scope(|| {
        assert_eq!(injected().1["baggage"], headers["baggage"]);
        let cx = current_context();
        assert_eq!(cx.baggage().get("tenant").map(|value| value.as_str()), Some("a b"));
        assert_eq!(cx.baggage().get_with_metadata("tenant").map(|(_, of)| of.as_str()), Some("ttl=3"));
        global::tracer("test").in_span("query", |_| {
            let (ours, theirs) = injected();
            assert_eq!(ours, theirs);
            assert_eq!(ours["baggage"], headers["baggage"]);
            // More of it, by a user of the API.
            let _more = Context::current_with_baggage([KeyValue::new("user", 8)]).attach();
            assert_eq!(injected().0["baggage"], "tenant=a%20b;ttl=3,user=8");
        });
    });
    let cx = global::get_text_map_propagator(|propagator| propagator.extract(&headers));
    assert_eq!(cx.baggage().get("user").map(|value| value.as_str()), Some("7"));
    drop(server);
    assert!(test.find("query").parent.is_some());
}

#[test]
fn baggage_needs_no_trace() {
    let _test = install();
    let headers = HashMap::from([("baggage".to_owned(), "tenant=a".to_owned())]);
    let cx = global::get_text_map_propagator(|propagator| propagator.extract(&headers));
    let mut sent = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&cx, &mut sent));
    assert_eq!(sent, headers);
}

#[test]
fn silenced_threads_export_spans_of_neither_api() {
    let test = install();
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    let thread = std::thread::spawn(move || {
        silence_thread();
        tracing::dispatcher::with_default(&dispatch, || {
            info_span!("silenced").in_scope(|| info!("silenced"));
            global::tracer("database").start("silenced").end();
        });
    });
    thread.join().unwrap();
    assert_eq!(test.spans.spans(), []);
}

#[test]
fn nothing_is_sampled_once_the_pipeline_is_shut_down() {
    let test = install();
    let tracer = global::tracer("test");
    let cx = Context::new().with_span(tracer.start("open"));
    let mut before = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&cx, &mut before));
    test.pipeline.shutdown();
    let mut after = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&cx, &mut after));
    assert!(before["traceparent"].ends_with("-03"));
    assert_eq!(after["traceparent"], before["traceparent"].replace("-03", "-02"));
    drop(cx);
    assert!(!tracer.start("late").span_context().is_sampled());
    assert_eq!(test.spans.spans(), []);
    let text = test.registry.text();
    assert!(text.contains("radiosonde_trace_dropped_total{reason=\"after_shutdown\"} 2\n"), "{text}");
}

#[test]
fn a_disabled_pipeline_passes_contexts_on_as_they_came() {
    let test = install_with(TraceOptions::new().disabled(true));
    let headers = HashMap::from([
        ("traceparent".to_owned(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        ("tracestate".to_owned(), "a=1".to_owned()),
    ]);
    let tracer = global::tracer("test");
    let cx = global::get_text_map_propagator(|propagator| propagator.extract(&headers));
    let within = Context::new().with_span(tracer.start_with_context("stands for its parent", &cx));
    let mut sent = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&within, &mut sent));
    assert_eq!(sent, headers);
    assert!(!tracer.start("without a parent").span_context().is_valid());
    assert_eq!(test.spans.spans(), []);
}

#[test]
fn a_span_that_ends_while_its_thread_exits_does_no_harm() {
    thread_local! {
        static KEPT: std::cell::RefCell<Vec<Box<dyn std::any::Any>>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            let mut message = HashMap::<String, String>::new();
            let _ = inject(&mut message);
            let _ = RemoteContext::current();
            let _ = current_context();
        }
    }
    let test = install();
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    let thread = std::thread::spawn(move || {
        KEPT.with(|kept| kept.borrow_mut().push(Box::new(Ends)));
        tracing::dispatcher::with_default(&dispatch, || {
            let span = global::tracer("test").start("kept");
            KEPT.with(|kept| kept.borrow_mut().push(Box::new(span)));
            info_span!("around").in_scope(|| ());
        });
    });
    thread.join().unwrap();
    assert!(test.spans.find("kept").is_some());
}

#[test]
fn the_limits_of_spans_hold_for_each_part_of_a_span_of_the_api() {
    let limits = SpanLimits::new().event_attributes(3).link_attributes(1).value_length(4);
    let test = install_with(TraceOptions::new().limits(limits));
    let tracer = global::tracer("test");
    let pairs = || [1, 2, 3, 4].map(|n| KeyValue::new(format!("k{n}"), "a long text")).to_vec();
    let mut span = tracer.start("long name".to_owned());
    span.add_event("long event".to_owned(), pairs());
    span.add_link(tracer.start("linked").span_context().clone(), pairs());
    span.set_status(Status::error("a long description"));
    span.end();
    let mut renamed = tracer.start("before");
    renamed.update_name("after it");
    renamed.end();

    let span = test.find("long");
    assert_eq!(span.status, SpanStatus::Error { description: "a lo".into() });
    let (event, link) = (&span.events[0], &span.links[0]);
    assert_eq!((&*event.name, event.attributes.len(), event.dropped_attributes), ("long", 3, 1));
    assert_eq!((link.attributes.len(), link.dropped_attributes), (1, 3));
    assert_eq!(link.attributes[0].value, "a lo".into());
    assert!(test.spans.find("afte").is_some());
}

#[test]
fn a_span_of_the_api_of_more_than_a_mebibyte_takes_nothing_more() {
    let most =
        SpanLimits::new().attributes(u32::MAX).events(u32::MAX).links(u32::MAX).event_attributes(u32::MAX);
    let test = install_with(TraceOptions::new().limits(most));
    let text = "x".repeat(64 * 1024);
    let mut span = global::tracer("test").start("huge");
    for n in 0..100 {
        span.set_attribute(KeyValue::new(format!("k{n}"), text.clone()));
        span.add_event(format!("e{n}"), vec![KeyValue::new("text", text.clone())]);
    }
    span.set_attribute(KeyValue::new("k0", "replaced"));
    span.end();
    let span = test.find("huge");
    assert_eq!((span.attributes.len(), span.dropped_attributes), (16, 84));
    assert_eq!((span.events.len(), span.dropped_events), (16, 84));
    assert_eq!(span.attribute("k0"), Some(&"replaced".into()));
}

#[test]
fn promoted_baggage_is_on_spans_of_the_api() {
    let test = install_with(TraceOptions::new().baggage(BaggageRules::new().promote(["tenant", "shop"])));
    let headers = HashMap::from([
        ("traceparent".to_owned(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        ("baggage".to_owned(), "tenant=a%20b,shop=1,user=7".to_owned()),
    ]);
    let tracer = global::tracer("test");
    child_of(&extract(&headers).unwrap(), || info_span!("server")).in_scope(|| {
        tracer.span_builder("query").with_attributes([KeyValue::new("shop", "own")]).start(&tracer).end();
    });
    let query = test.find("query");
    assert_eq!(query.attribute("tenant"), Some(&"a b".into()));
    assert_eq!((query.attribute("shop"), query.attribute("user")), (Some(&"own".into()), None));
}

#[test]
fn the_debug_flag_goes_on_through_spans_of_the_api() {
    let test = install();
    let caller = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::DEBUG);
    let caller = RemoteContext::new(caller, TraceState::default());
    let tracer = global::tracer("test");
    child_of(&caller, || info_span!("server")).in_scope(|| {
        tracer.in_span("query", |cx| {
            assert!(remote_context(&cx).unwrap().context().flags().is_debug());
            assert!(RemoteContext::current().unwrap().context().flags().is_debug());
            assert_eq!(current_context().span().span_context(), cx.span().span_context());
            info_span!("row").in_scope(|| {
                assert!(RemoteContext::current().unwrap().context().flags().is_debug());
                assert!(remote_context(&current_context()).unwrap().context().flags().is_debug());
            });
        });
    });
    assert!(test.spans.find("row").is_some());
}
