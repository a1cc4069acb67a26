//! The request id and the correlation id: received, made, answered, and sent with calls and messages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request, Response};
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_tower::{ClientLayer, CorrelationId, IdOptions, RequestId, ServerLayer, Trust};
use radiosonde_trace::{CaptureSpans, RemoteContext, TracePipeline, Traced, carry};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

type Ids = (Option<String>, Option<String>);

fn some(request: &str, correlation: &str) -> Ids {
    (Some(request.to_owned()), Some(correlation.to_owned()))
}

/// What a request, a response or a call has in its headers.
fn in_headers(headers: &HeaderMap) -> Ids {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    (text("x-request-id"), text("x-correlation-id"))
}

/// What a handler sees.
fn in_extensions<B>(request: &Request<B>) -> Ids {
    let extensions = request.extensions();
    let request = RequestId::of(extensions).map(|id| id.to_string());
    (request, CorrelationId::of(extensions).map(|id| id.to_string()))
}

/// What the current context has.
fn in_context() -> Ids {
    let ids = RemoteContext::current().map(|context| context.work_ids().clone()).unwrap_or_default();
    (ids.request_id().map(str::to_owned), ids.correlation_id().map(str::to_owned))
}

fn spans() -> (CaptureSpans, DefaultGuard) {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new());
    let pipeline = pipeline.sink(spans.clone()).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    (spans, tracing::subscriber::set_default(subscriber))
}

fn server() -> ServerLayer {
    server_with(IdOptions::new())
}

fn server_with(ids: IdOptions) -> ServerLayer {
    ServerLayer::builder().registry(&Registry::new()).ids(ids).build().unwrap()
}

fn request(headers: &[(&'static str, &str)]) -> Request<String> {
    let mut request = Request::new(String::new());
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

const BOTH: [(&str, &str); 2] = [("x-request-id", "req_123"), ("x-correlation-id", "abc123")];

/// Sends a request to a handler that answers with the ids that it sees.
async fn exchange(layer: ServerLayer, request: Request<String>) -> (Ids, HeaderMap) {
    let seen = Arc::new(Mutex::new((None, None)));
    let handler = service_fn(|request: Request<String>| {
        *seen.lock().unwrap() = in_extensions(&request);
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    });
    let response = layer.layer(handler).oneshot(request).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    (seen, response.headers().clone())
}

#[tokio::test]
async fn valid_ids_are_kept_and_answered_with_and_without_spans() {
    for _guard in [None, Some(spans())] {
        let (seen, answered) = exchange(server(), request(&BOTH)).await;
        assert_eq!(seen, some("req_123", "abc123"));
        assert_eq!(in_headers(&answered), seen);
    }
}

#[tokio::test]
async fn missing_ids_are_made_and_answered() {
    let (seen, answered) = exchange(server(), request(&[])).await;
    assert_eq!(in_headers(&answered), seen);
    let (request_id, correlation_id) = seen;
    assert_eq!((request_id.as_ref().unwrap().len(), &request_id), (36, &correlation_id));
    let (other, _) = exchange(server(), request(&[])).await;
    assert_ne!(other.0, request_id);
}

#[tokio::test]
async fn hostile_ids_reach_neither_handler_nor_response() {
    let long = "a".repeat(129);
    for hostile in ["", "a b", "a\"b", "{}", "a\\n", "a,b", &long] {
        let (seen, answered) = exchange(server(), request(&[("x-request-id", hostile), BOTH[1]])).await;
        assert_eq!((seen.0.as_ref().unwrap().len(), seen.1.as_deref()), (36, Some("abc123")), "{hostile:?}");
        assert_eq!(in_headers(&answered), seen);
    }
    let twice = [BOTH[0], ("x-request-id", "req_124"), BOTH[1], BOTH[1]];
    let (seen, _) = exchange(server(), request(&twice)).await;
    assert_eq!((seen.0.as_ref().unwrap().len(), seen.0), (36, seen.1));
}

#[tokio::test]
async fn ids_from_outside_end_at_a_trust_boundary() {
    let (seen, answered) = exchange(server().at_trust_boundary(), request(&BOTH)).await;
    assert_eq!((seen.0.as_ref().unwrap().len(), &seen.0), (36, &seen.1));
    assert_eq!(in_headers(&answered), seen);

    let trusting = server_with(IdOptions::new().trust(Trust::Outside)).at_trust_boundary();
    let (seen, _) = exchange(trusting, request(&BOTH)).await;
    assert_eq!(seen, some("req_123", "abc123"));
}

#[tokio::test]
async fn the_request_keeps_its_headers_unless_they_are_to_be_rewritten() {
    let headers = async |layer: ServerLayer| {
        let handler = service_fn(|request: Request<String>| async move {
            Ok::<_, Infallible>(
                Response::builder().body(format!("{:?}", in_headers(request.headers()))).unwrap(),
            )
        });
        let response = layer.layer(handler).oneshot(request(&[("x-request-id", "a b")])).await.unwrap();
        let answered = in_headers(response.headers());
        (answered, http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes())
    };
    let (_, seen) = headers(server()).await;
    assert_eq!(seen, format!("{:?}", (Some("a b"), None::<&str>)));
    let (answered, seen) = headers(server_with(IdOptions::new().rewrite_request(true))).await;
    assert_eq!(seen, format!("{answered:?}"));
}

#[tokio::test]
async fn a_layer_within_a_layer_has_the_same_ids() {
    let inner = service_fn(|request: Request<String>| async move {
        let (request_id, _) = in_extensions(&request);
        Ok::<_, Infallible>(Response::new(request_id.unwrap()))
    });
    let service = server().layer(server().layer(inner));
    let response = service.oneshot(request(&[])).await.unwrap();
    let (answered, _) = in_headers(response.headers());
    let seen = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(answered.unwrap(), seen);
}

#[tokio::test]
async fn a_handlers_own_id_may_be_kept() {
    let own = || {
        service_fn(|_: Request<String>| async {
            let response = Response::builder().header("x-request-id", "own").body(String::new());
            Ok::<_, Infallible>(response.unwrap())
        })
    };
    let response = server().layer(own()).oneshot(request(&BOTH)).await.unwrap();
    assert_eq!(in_headers(response.headers()), some("req_123", "abc123"));
    let keeping = server_with(IdOptions::new().keep_answered(true));
    let response = keeping.layer(own()).oneshot(request(&BOTH)).await.unwrap();
    assert_eq!(in_headers(response.headers()), some("own", "abc123"));
}

#[tokio::test]
async fn a_traceresponse_names_the_span_of_the_request() {
    let (spans, _guard) = spans();
    let layer = server_with(IdOptions::new().traceresponse(true));
    let (_, answered) = exchange(layer, request(&[])).await;
    let span = spans.find("GET").unwrap();
    let expected = format!("00-{}-{}-03", span.context.trace_id(), span.context.span_id());
    assert_eq!(answered["traceresponse"], expected);
    let (_, answered) = exchange(server(), request(&[])).await;
    assert!(!answered.contains_key("traceresponse"));
}

/// Serves a request whose handler runs `work`, and returns what that returns.
async fn within_request<T, W, F>(work: W) -> T
where
    W: FnOnce() -> F + Clone,
    F: Future<Output = T>,
{
    let result = Arc::new(Mutex::new(None));
    let handler = service_fn(|_: Request<String>| {
        let (work, result) = (work.clone(), Arc::clone(&result));
        async move {
            *result.lock().unwrap() = Some(work().await);
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    });
    server().layer(handler).oneshot(request(&BOTH)).await.unwrap();
    result.lock().unwrap().take().unwrap()
}

/// Calls another service; returns the ids that it receives.
async fn call(options: Option<IdOptions>, request: Request<String>) -> Ids {
    let layer = ClientLayer::builder().registry(&Registry::new());
    let layer = layer.ids(options.unwrap_or_default()).build().unwrap();
    let received = Arc::new(Mutex::new((None, None)));
    let other = service_fn(|request: Request<String>| {
        *received.lock().unwrap() = in_headers(request.headers());
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    });
    layer.layer(other).oneshot(request).await.unwrap();
    received.lock().unwrap().clone()
}

fn correlation_only() -> Ids {
    (None, Some("abc123".to_owned()))
}

#[tokio::test]
async fn a_call_has_the_correlation_id_and_the_request_id_by_choice() {
    let _spans = spans();
    let received = within_request(|| call(None, request(&[]))).await;
    assert_eq!(received, correlation_only());
    let forwarding = || Some(IdOptions::new().forward_request_id(true));
    let received = within_request(|| call(forwarding(), request(&[]))).await;
    assert_eq!(received, some("req_123", "abc123"));
    // Headers copied from another request.
    let received = within_request(|| call(None, request(&[("x-correlation-id", "copied")]))).await;
    assert_eq!(received, correlation_only());
    assert_eq!(call(None, request(&[])).await, (None, None), "outside of any request");
}

#[tokio::test]
async fn a_call_has_the_correlation_id_without_spans() {
    assert_eq!(within_request(|| call(None, request(&[]))).await, correlation_only());
    let filtered = tracing_subscriber::registry().with(tracing_subscriber::filter::LevelFilter::WARN);
    let _guard = tracing::subscriber::set_default(filtered);
    assert_eq!(within_request(|| call(None, request(&[]))).await, correlation_only());
}

/// The fields that a line would take from the current context.
fn in_line() -> String {
    let mut line = String::new();
    if let Some(read) = radiosonde_core::line_fields::get() {
        read(&mut |name, value| line.push_str(&format!("{name}={value} ")));
    }
    line
}

#[tokio::test]
async fn lines_have_the_ids_of_a_request_whose_span_is_off() {
    let line = within_request(|| async { in_line() }).await;
    assert_eq!(line, "request_id=req_123 correlation_id=abc123 ");
    let _spans = spans();
    assert_eq!(within_request(|| async { in_line() }).await, "", "they inherit them from the span");
}

#[tokio::test]
async fn a_call_within_a_spawned_task_has_the_correlation_id() {
    let _spans = spans();
    let received = within_request(|| async { tokio::spawn(carry(call(None, request(&[])))).await.unwrap() });
    assert_eq!(received.await, correlation_only());
}

#[tokio::test]
async fn a_call_made_for_a_message_has_the_correlation_id_of_its_sender() {
    let _spans = spans();
    let message = within_request(|| async { Traced::new("pay") }).await;
    let ("pay", span) = message.resume(tracing::info_span!("process payment")) else { return };
    assert_eq!(span.in_scope(in_context), some("req_123", "abc123"));
    let received = tracing::Instrument::instrument(call(None, request(&[])), span).await;
    assert_eq!(received, correlation_only());
}

#[tokio::test]
async fn a_service_called_by_a_service_has_its_own_request_id() {
    let _spans = spans();
    let received = within_request(|| async {
        let call = call(None, request(&[])).await;
        let mut next = request(&[]);
        next.headers_mut().insert("x-correlation-id", call.1.unwrap().parse().unwrap());
        exchange(server(), next).await.0
    });
    let (request_id, correlation_id) = received.await;
    assert_eq!(correlation_id.as_deref(), Some("abc123"));
    assert_eq!(request_id.unwrap().len(), 36);
}
