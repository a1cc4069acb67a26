//! Spans of `tracing` in the real Jaeger: failed ones are found, values have their types, and parents and links survive every hop.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::sync::mpsc::channel;
use std::time::Duration;

use e2e::{Jaeger, Span, SpanKind, SpanStatus, wait_for};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, SinkOptions};
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_signals::Operation;
use radiosonde_tower::{ClientLayer, Route, ServerLayer};
use radiosonde_trace::{
    AttributeValue, TracePipeline, Traced, context_of, extract, inject, set_attribute, set_parent,
};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::dispatcher::{Dispatch, with_default};
use tracing::field::Empty;
use tracing::instrument::WithSubscriber as _;
use tracing::{Instrument as _, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(30);

/// Runs `work` with a pipeline that exports to Jaeger, and waits until every span is delivered.
fn export(jaeger: &Jaeger, service: &str, work: impl FnOnce(&Dispatch)) {
    let registry = Registry::new();
    let delivery = Delivery::builder().registry(&registry).start().unwrap();
    let resource = Resource::new(service);
    let sink = OtlpOptions::new(jaeger.otlp_http_url())
        .sink(SinkOptions::new("otlp").batch_age(Duration::from_millis(10)))
        .build_spans(&resource, &delivery)
        .unwrap();
    let pipeline = TracePipeline::builder(&resource).registry(&registry).sink(sink).build().unwrap();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
    with_default(&dispatch, || work(&dispatch));
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!(report.produced(), report.delivered(), "{report}");
}

/// The spans of a trace, once there are as many.
fn spans_of(jaeger: &Jaeger, trace_id: &str, count: usize) -> Vec<Span> {
    wait_for(&format!("{count} spans of {trace_id}"), SOON, || {
        let spans = jaeger.spans(trace_id)?;
        if spans.len() == count { Ok(spans) } else { Err(format!("{} spans", spans.len()).into()) }
    })
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

/// The trace id of a span of this process.
fn trace_id(span: &tracing::Span) -> String {
    context_of(span).unwrap().trace_id().to_string()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[derive(Debug)]
struct OutOfStock;

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of stock")
    }
}

impl Error for OutOfStock {}

/// Answers each request with this status, through both layers.
async fn call(status: u16, route: &'static str) {
    let registry = Registry::new();
    let handler = move |_: Request<String>| {
        let response = Response::builder().status(status).body(String::new()).unwrap();
        std::future::ready(Ok::<_, Infallible>(response))
    };
    let server = ServerLayer::builder().registry(&registry).build().unwrap().layer(service_fn(handler));
    let client = ClientLayer::builder().registry(&registry).build().unwrap().layer(server);
    let request = Request::builder().uri("http://shop:80/x").extension(Route::new(route));
    let response = client.oneshot(request.body(String::new()).unwrap()).await.unwrap();
    response.into_body().collect().await.unwrap();
}

#[radiosonde::observe(name = "observed")]
fn observed() -> Result<(), OutOfStock> {
    Err(OutOfStock)
}

#[tracing::instrument(err)]
fn instrumented() -> Result<(), OutOfStock> {
    Err(OutOfStock)
}

fn failures(failing: &mut dyn FnMut(&'static str, &mut dyn FnMut())) {
    failing("GET /server", &mut || runtime().block_on(call(503, "/server")));
    failing("operation", &mut || {
        let operation = Operation::in_registry(&Registry::new(), "operation").unwrap();
        operation.run(|| Err::<(), _>(OutOfStock)).unwrap_err();
    });
    failing("observed", &mut || assert!(observed().is_err()));
}

fn failures_by_event(failing: &mut dyn FnMut(&'static str, &mut dyn FnMut())) {
    failing("event", &mut || {
        info_span!("event").in_scope(|| error!(error = &OutOfStock as &dyn Error, "cannot sell"));
    });
    failing("event with a text", &mut || {
        info_span!("event with a text").in_scope(|| error!("cannot sell"));
    });
    failing("instrumented", &mut || assert!(instrumented().is_err()));
}

/// Each way to fail is a trace of its own, whose failed span must have an error type, and a search for errors must find it.
fn assert_failures_are_found(ways: impl Fn(&mut dyn FnMut(&'static str, &mut dyn FnMut()))) {
    let Some(jaeger) = Jaeger::start() else { return };
    let mut traces = BTreeMap::new();
    export(&jaeger, "failing", |_| {
        ways(&mut |name, fail| {
            let root = info_span!("root");
            traces.insert(name, trace_id(&root));
            root.in_scope(fail);
        });
        info_span!("healthy").in_scope(|| info!("sold"));
    });
    let failed: BTreeSet<_> = traces.values().cloned().collect();
    let types: BTreeSet<_> = traces.iter().map(|(name, trace)| error_type(&jaeger, name, trace)).collect();
    wait_for("the failed traces, and no other", SOON, || {
        let found = types.iter().map(|error_type| jaeger.failed_traces("failing", error_type));
        let found: BTreeSet<_> = found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        if found == failed { Ok(()) } else { Err(format!("{found:?} instead of {traces:?}").into()) }
    });
}

/// The error type of the span of this name, which has failed alone: its parent has not.
fn error_type(jaeger: &Jaeger, name: &str, trace_id: &str) -> String {
    let spans = wait_for(&format!("{name} and its root"), SOON, || {
        let spans = jaeger.spans(trace_id)?;
        let both = ["root", name].iter().all(|name| spans.iter().any(|span| span.name == *name));
        if both { Ok(spans) } else { Err(format!("{spans:#?}").into()) }
    });
    assert_eq!(named(&spans, "root").status, SpanStatus::Unset);
    let span = named(&spans, name);
    assert_eq!(span.status, SpanStatus::Error, "{span:#?}");
    let error_type = span.attributes.get("error.type").and_then(Value::as_str).unwrap_or_default();
    assert!(!error_type.is_empty(), "{span:#?}");
    error_type.to_owned()
}

#[test]
fn a_failed_request_operation_or_function_is_found_with_its_type() {
    assert_failures_are_found(failures);
}

#[test]
fn a_span_failed_by_an_event_is_found_with_its_type() {
    assert_failures_are_found(failures_by_event);
}

#[test]
fn a_failed_request_has_its_status_as_type_on_both_sides() {
    let Some(jaeger) = Jaeger::start() else { return };
    let mut trace = String::new();
    export(&jaeger, "http", |_| {
        let root = info_span!("root");
        trace = trace_id(&root);
        runtime().block_on(call(503, "/orders").instrument(root));
    });
    let spans = spans_of(&jaeger, &trace, 3);
    for kind in [SpanKind::Client, SpanKind::Server] {
        let span = spans.iter().find(|span| span.kind == kind).unwrap();
        assert_eq!((span.status, &span.attributes["error.type"]), (SpanStatus::Error, &json!("503")));
    }
}

/// The attributes of the only span of a trace, with OTLP's name of each type.
fn typed(jaeger: &Jaeger, trace_id: &str) -> BTreeMap<String, Value> {
    spans_of(jaeger, trace_id, 1);
    let trace = jaeger.trace(trace_id).unwrap().unwrap();
    let span = &trace["result"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    let attributes = span["attributes"].as_array().unwrap().iter();
    attributes.map(|pair| (pair["key"].as_str().unwrap().to_owned(), pair["value"].clone())).collect()
}

/// The attributes of the span below, as OTLP has them.
fn expected() -> Vec<(&'static str, Value)> {
    let string = |text: &str| json!({ "stringValue": text });
    let int = |digits: &str| json!({ "intValue": digits });
    vec![
        ("text", string("text")),
        ("string", string("string")),
        ("yes", json!({"boolValue": true})),
        ("i64", int("-9223372036854775808")),
        ("i32", int("-32")),
        ("u64", int("64")),
        ("u16", int("16")),
        ("usize", int("3")),
        ("most", string("18446744073709551615")),
        ("u128", int("128")),
        ("i128", int("-128")),
        ("widest", string("340282366920938463463374607431768211455")),
        ("half", json!({"doubleValue": 0.5})),
        ("whole", json!({"doubleValue": 2})),
        ("nan", string("NaN")),
        ("debug", string("Some(1)")),
        ("display", string("out of stock")),
        ("error", string("out of stock")),
        ("some", int("7")),
        ("late", int("9")),
        ("http.response.status_code", int("200")),
        ("list", json!({"arrayValue": {"values": [{"intValue": "1"}, {"intValue": "2"}]}})),
    ]
}

#[test]
fn every_kind_of_field_arrives_with_its_type() {
    let Some(jaeger) = Jaeger::start() else { return };
    let mut trace = String::new();
    export(&jaeger, "values", |_| {
        let span = info_span!(
            "values",
            text = "text",
            string = String::from("string"),
            yes = true,
            i64 = i64::MIN,
            i32 = -32_i32,
            u64 = 64_u64,
            u16 = 16_u16,
            usize = 3_usize,
            most = u64::MAX,
            u128 = 128_u128,
            i128 = -128_i128,
            widest = u128::MAX,
            half = 0.5,
            whole = 2.0,
            nan = f64::NAN,
            debug = ?Some(1),
            display = %OutOfStock,
            error = &OutOfStock as &dyn Error,
            some = Some(7_u64),
            none = None::<u64>,
            late = Empty,
            never = Empty
        );
        trace = trace_id(&span);
        span.record("late", 9_u64);
        set_attribute(&span, "http.response.status_code", 200_u16);
        set_attribute(&span, "list", AttributeValue::Array(vec![1_i64.into(), 2_i64.into()]));
    });
    let mut found = typed(&jaeger, &trace);
    // A number may be written as an integer or with a fraction.
    if found["whole"]["doubleValue"] == 2.0 {
        found.insert("whole".to_owned(), json!({"doubleValue": 2}));
    }
    for (key, value) in expected() {
        assert_eq!(found.remove(key), Some(value), "{key}");
    }
    assert!(!found.contains_key("none") && !found.contains_key("never"), "{found:?}");
}

#[test]
fn parents_survive_every_hop() {
    let Some(jaeger) = Jaeger::start() else { return };
    let mut trace = String::new();
    export(&jaeger, "hops", |dispatch| {
        let root = info_span!("root");
        trace = trace_id(&root);
        root.in_scope(|| {
            runtime().block_on(call(200, "/http"));

            let (sender, receiver) = channel();
            info_span!("send", otel.kind = "producer").in_scope(|| sender.send(Traced::new(1)).unwrap());
            let within = dispatch.clone();
            let worker = std::thread::spawn(move || {
                with_default(&within, || {
                    let (_, span) =
                        receiver.recv().unwrap().resume(info_span!("process", otel.kind = "consumer"));
                    span.in_scope(|| info!("processed"));
                });
            });
            worker.join().unwrap();

            let (within, around) = (dispatch.clone(), info_span!("thread"));
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    with_default(&within, move || {
                        // Dropped while the subscriber is there: the registry closes parents by way of the current one.
                        let _around = around.entered();
                        info_span!("in the thread").in_scope(|| ());
                    });
                });
            });

            // The headers of a message broker are bytes, and their names may come in any case.
            let mut sent: Vec<(String, Vec<u8>)> = Vec::new();
            info_span!("publish", otel.kind = "producer").in_scope(|| assert!(inject(&mut sent)));
            let received: Vec<(String, Vec<u8>)> =
                sent.into_iter().map(|(name, value)| (name.to_ascii_uppercase(), value)).collect();
            let consume = info_span!("consume", otel.kind = "consumer");
            set_parent(&consume, &extract(&received).unwrap()).unwrap();
            consume.in_scope(|| ());
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let work = async {
            let (task, span) = (async { info_span!("in the task").in_scope(|| ()) }, info_span!("task"));
            // Awaited within, so that the span is dropped while the subscriber is there.
            let task = async move { task.instrument(span).await };
            tokio::spawn(task.with_current_subscriber()).await.unwrap();
        };
        runtime.block_on(work.instrument(root));
    });
    let spans = spans_of(&jaeger, &trace, 11);
    for (parent, child) in [
        ("root", "send"),
        ("send", "process"),
        ("root", "thread"),
        ("thread", "in the thread"),
        ("root", "publish"),
        ("publish", "consume"),
        ("root", "task"),
        ("task", "in the task"),
    ] {
        let (parent, child) = (named(&spans, parent), named(&spans, child));
        assert!(child.is_child_of(parent), "{child:#?} is no child of {parent:#?}");
    }
    let of_kind = |kind| spans.iter().find(|span| span.kind == kind).unwrap();
    assert!(of_kind(SpanKind::Client).is_child_of(named(&spans, "root")));
    assert!(of_kind(SpanKind::Server).is_child_of(of_kind(SpanKind::Client)));
}

#[test]
fn a_link_leads_to_the_span_of_another_trace() {
    let Some(jaeger) = Jaeger::start() else { return };
    let (mut cause_trace, mut effect_trace) = (String::new(), String::new());
    export(&jaeger, "links", |_| {
        let (cause, effect) = (info_span!("cause"), info_span!("effect"));
        (cause_trace, effect_trace) = (trace_id(&cause), trace_id(&effect));
        effect.follows_from(&cause);
        effect.in_scope(|| ());
    });
    assert_ne!(cause_trace, effect_trace);
    let cause = &spans_of(&jaeger, &cause_trace, 1)[0];
    let effect = &spans_of(&jaeger, &effect_trace, 1)[0];
    assert_eq!(effect.links, [(cause.trace_id.clone(), cause.span_id.clone())]);
    assert_eq!(cause.links, []);
}
