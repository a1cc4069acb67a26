//! The parents of the spans of requests and calls.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use http::{HeaderMap, Request, Response};
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_tower::{ClientLayer, Route, ServerLayer, Signals};
use radiosonde_trace::{CaptureSpans, FinishedSpan, SpanKind, TracePipeline, extract};
use tower::{Layer as _, Service, service_fn};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

const INCOMING: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct Telemetry {
    spans: CaptureSpans,
    pipeline: TracePipeline,
    registry: Registry,
}

impl Telemetry {
    fn new() -> Self {
        let (spans, registry) = (CaptureSpans::new(), Registry::new());
        let builder = TracePipeline::builder(&Resource::new("test")).sink(spans.clone());
        Self { pipeline: builder.registry(&registry).build().unwrap(), spans, registry }
    }

    fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let subscriber = tracing_subscriber::registry().with(self.pipeline.layer());
        tracing::subscriber::with_default(subscriber, work)
    }

    fn server(&self) -> ServerLayer {
        ServerLayer::builder().registry(&self.registry).build().unwrap()
    }

    fn client(&self) -> ClientLayer {
        ClientLayer::builder().registry(&self.registry).build().unwrap()
    }

    fn of_kind(&self, kind: SpanKind) -> Vec<FinishedSpan> {
        self.spans.spans().into_iter().filter(|span| span.kind == kind).collect()
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing to wait for"),
    }
}

fn request(traceparent: Option<&str>) -> Request<String> {
    let mut request = Request::new(String::new());
    if let Some(traceparent) = traceparent {
        request.headers_mut().insert("traceparent", traceparent.parse().unwrap());
    }
    request
}

fn serve<S>(mut service: S, request: Request<String>)
where
    S: Service<Request<String>, Error = Infallible>,
{
    let _ = now(service.call(request));
}

/// A service that keeps the headers it receives.
fn remote_service(
    headers: &Arc<Mutex<HeaderMap>>,
) -> impl Service<Request<String>, Response = Response<String>, Error = Infallible, Future: Send> + Clone + use<>
{
    let headers = Arc::clone(headers);
    service_fn(move |request: Request<String>| {
        *headers.lock().unwrap() = request.headers().clone();
        async { Ok(Response::new(String::new())) }
    })
}

#[test]
fn a_request_after_one_whose_guard_was_held_across_an_await_is_a_root() {
    let telemetry = Telemetry::new();
    telemetry.run(|| {
        let hold = async |_: Request<String>| {
            let span = info_span!("dead");
            let _entered = span.enter();
            let mut is_first = true;
            poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
            Ok::<_, Infallible>(Response::new(String::new()))
        };
        let mut first = Box::pin(telemetry.server().layer(service_fn(hold)).call(request(None)));
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(cx).is_pending());
        thread::scope(|scope| {
            scope.spawn(move || drop(now(first).unwrap()));
        });
        serve(telemetry.server().layer(remote_service(&Arc::default())), request(None));
        assert_eq!(SpanContext::current(), None);
    });
    let [first, second] = <[FinishedSpan; 2]>::try_from(telemetry.of_kind(SpanKind::Server)).unwrap();
    assert_eq!((first.parent, second.parent), (None, None));
    assert_ne!(first.context.trace_id(), second.context.trace_id());
}

#[test]
fn a_server_layer_within_another_counts_a_request_once() {
    for traceparent in [None, Some(INCOMING)] {
        let telemetry = Telemetry::new();
        let twice = telemetry.server().layer(telemetry.server().layer(remote_service(&Arc::default())));
        telemetry.run(|| serve(twice, request(traceparent)));
        let [outer] = <[FinishedSpan; 1]>::try_from(telemetry.of_kind(SpanKind::Server)).unwrap();
        let remote = traceparent.map(|_| SpanId::from_hex("00f067aa0ba902b7").unwrap());
        assert_eq!((outer.parent, outer.parent_is_remote), (remote, remote.is_some()), "{traceparent:?}");
        let counted = "http_requests_total{endpoint=\"_unmatched\",method=\"GET\",status=\"200\"} 1\n";
        assert!(telemetry.registry.text().contains(counted), "{traceparent:?}");
    }
}

#[test]
fn without_a_subscriber_a_request_counts_once_as_well() {
    let telemetry = Telemetry::new();
    let twice = telemetry.server().layer(telemetry.server().layer(remote_service(&Arc::default())));
    serve(twice, request(Some(INCOMING)));
    let counted = "http_requests_total{endpoint=\"_unmatched\",method=\"GET\",status=\"200\"} 1\n";
    assert!(telemetry.registry.text().contains(counted), "{}", telemetry.registry.text());
}

#[test]
fn calls_of_a_server_without_spans_stay_in_the_callers_trace() {
    let telemetry = Telemetry::new();
    let headers = Arc::default();
    let server =
        ServerLayer::builder().registry(&telemetry.registry).signals(Signals::METRICS).build().unwrap();
    let calls = telemetry.client().layer(remote_service(&headers));
    telemetry.run(|| serve(server.layer(calls), request(Some(INCOMING))));
    let [call] = <[FinishedSpan; 1]>::try_from(telemetry.of_kind(SpanKind::Client)).unwrap();
    assert_eq!(call.parent, Some(SpanId::from_hex("00f067aa0ba902b7").unwrap()));
    assert_eq!(SpanContext::current(), None);
}

#[test]
fn a_server_layer_further_in_reports_the_route() {
    let telemetry = Telemetry::new();
    let routed = |mut request: Request<String>| {
        request.extensions_mut().insert(Route::new("/orders/{id}"));
        let mut inner = telemetry.server().layer(remote_service(&Arc::default()));
        inner.call(request)
    };
    telemetry.run(|| serve(telemetry.server().layer(service_fn(routed)), request(None)));
    let [span] = <[FinishedSpan; 1]>::try_from(telemetry.of_kind(SpanKind::Server)).unwrap();
    assert_eq!(
        (&*span.name, span.attribute("http.route")),
        ("GET /orders/{id}", Some(&"/orders/{id}".into()))
    );
    let text = telemetry.registry.text();
    for line in [
        "http_requests_total{endpoint=\"/orders/{id}\",method=\"GET\",status=\"200\"} 1\n",
        "http_requests_in_flight{endpoint=\"_unmatched\"} 0\n",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}

#[test]
fn a_queue_between_two_server_layers_does_not_tear_the_trace() {
    for traceparent in [None, Some(INCOMING)] {
        let telemetry = Telemetry::new();
        let queue = Arc::new(Mutex::new(None));
        let queued = Arc::clone(&queue);
        let outer = telemetry.server().layer(service_fn(move |request: Request<String>| {
            *queued.lock().unwrap() = Some(request);
            async { Ok::<_, Infallible>(Response::new(String::new())) }
        }));
        telemetry.run(|| {
            serve(outer, request(traceparent));
            let request = queue.lock().unwrap().take().unwrap();
            serve(telemetry.server().layer(remote_service(&Arc::default())), request);
        });
        let [outer, inner] = <[FinishedSpan; 2]>::try_from(telemetry.of_kind(SpanKind::Server)).unwrap();
        assert_eq!(inner.parent, Some(outer.context.span_id()), "{traceparent:?}");
    }
}

#[test]
fn a_request_that_a_client_layer_sent_on_is_within_the_call() {
    let telemetry = Telemetry::new();
    let inner = telemetry.server().layer(remote_service(&Arc::default()));
    let proxy = telemetry.server().layer(telemetry.client().layer(inner));
    telemetry.run(|| serve(proxy, request(Some(INCOMING))));
    let [inner, _outer] = <[FinishedSpan; 2]>::try_from(telemetry.of_kind(SpanKind::Server)).unwrap();
    let [call] = <[FinishedSpan; 1]>::try_from(telemetry.of_kind(SpanKind::Client)).unwrap();
    assert_eq!(inner.parent, Some(call.context.span_id()));
}

#[test]
fn a_call_within_a_context_entered_by_hand_is_its_child() {
    let telemetry = Telemetry::new();
    let headers = Arc::default();
    let by_hand = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    telemetry.run(|| {
        let _current = by_hand.enter();
        serve(telemetry.client().layer(remote_service(&headers)), request(None));
    });
    let [call] = <[FinishedSpan; 1]>::try_from(telemetry.of_kind(SpanKind::Client)).unwrap();
    assert_eq!((call.parent, call.context.trace_id()), (Some(by_hand.span_id()), by_hand.trace_id()));
    assert_eq!(extract(&*headers.lock().unwrap()).unwrap().context(), call.context);
}

#[test]
fn where_nothing_makes_spans_a_call_sends_the_context_entered_by_hand() {
    let telemetry = Telemetry::new();
    let headers = Arc::default();
    let by_hand = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    let _current = by_hand.enter();
    serve(telemetry.client().layer(remote_service(&headers)), request(None));
    assert_eq!(extract(&*headers.lock().unwrap()).unwrap().context(), by_hand);
}

#[test]
fn after_shutdown_a_call_takes_the_trace_along_and_is_not_sampled() {
    let telemetry = Telemetry::new();
    let headers = Arc::default();
    telemetry.run(|| {
        telemetry.pipeline.shutdown();
        let call = telemetry.client().layer(remote_service(&headers));
        serve(telemetry.server().layer(call), request(Some(INCOMING)));
    });
    let sent = headers.lock().unwrap()["traceparent"].to_str().unwrap().to_owned();
    assert!(sent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && sent.ends_with("-00"), "{sent}");
    assert!(!sent.contains("00f067aa0ba902b7"), "it is the call's own: {sent}");
}

#[test]
fn a_layer_that_records_the_rest_of_a_request_reports_its_route() {
    let telemetry = Telemetry::new();
    let layer =
        |signals| ServerLayer::builder().registry(&telemetry.registry).signals(signals).build().unwrap();
    let routed = |mut request: Request<String>| {
        request.extensions_mut().insert(Route::new("/orders/{id}"));
        layer(Signals::SPAN).layer(remote_service(&Arc::default())).call(request)
    };
    telemetry.run(|| serve(layer(Signals::METRICS).layer(service_fn(routed)), request(None)));
    assert_eq!(telemetry.of_kind(SpanKind::Server).len(), 1);
    let counted = "http_requests_total{endpoint=\"/orders/{id}\",method=\"GET\",status=\"200\"} 1\n";
    assert!(telemetry.registry.text().contains(counted), "{}", telemetry.registry.text());
}
