//! gRPC calls between tonic's client and server, and over scripted services.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod echo;
#[path = "../signals_agree/telemetry.rs"]
mod telemetry;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use echo::{Echo, Plain};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use radiosonde_core::Outcome;
use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_testkit::ManualClock;
use radiosonde_tower::{ClientLayer, ClientService, ServerLayer, ServerNames};
use radiosonde_trace::{FinishedSpan, SpanKind, SpanStatus};
use telemetry::Telemetry;
use tokio::net::TcpListener;
use tokio_stream::StreamExt as _;
use tonic::client::Grpc;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status};
use tower::{Layer as _, ServiceBuilder, ServiceExt as _, service_fn};

struct Peers {
    telemetry: Telemetry,
    client: Grpc<ClientService<Channel>>,
}

impl Peers {
    async fn unary(&mut self, path: &'static str, message: &'static str) -> Result<Bytes, Status> {
        self.client.ready().await.unwrap();
        let request = tonic::Request::new(Bytes::from_static(message.as_bytes()));
        Ok(self.client.unary(request, path.parse().unwrap(), Plain).await?.into_inner())
    }

    async fn count(&mut self, message: &'static str) -> tonic::Streaming<Bytes> {
        self.client.ready().await.unwrap();
        let request = tonic::Request::new(Bytes::from_static(message.as_bytes()));
        let path = "/test.Echo/Count".parse().unwrap();
        self.client.server_streaming(request, path, Plain).await.unwrap().into_inner()
    }

    fn has(&self, sample: &str) {
        let text = self.telemetry.registry.text();
        assert!(text.lines().any(|line| line == sample), "no {sample} in {text}");
    }

    /// Calls of a method that ended with this code, on both sides.
    fn handled(&self, method: &str, code: &str, times: u32) {
        for side in ["client", "server"] {
            self.has(&format!(
                "grpc_{side}_handled_total{{grpc_code=\"{code}\",grpc_method=\"{method}\",grpc_service=\"test.Echo\"}} {times}"
            ));
        }
    }

    fn span(&self, kind: SpanKind, name: &str) -> FinishedSpan {
        let spans = self.telemetry.spans.spans();
        spans.into_iter().find(|span| span.kind == kind && span.name == name).unwrap()
    }
}

/// Runs a test with a server and a client, until both have recorded the last call.
fn with_peers<F: Future<Output = Peers>>(test: impl FnOnce(Peers) -> F) -> Peers {
    let telemetry = Telemetry::new();
    let dispatch = telemetry.dispatch.clone();
    tracing::dispatcher::with_default(&dispatch, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let layer = ServerLayer::builder().registry(&telemetry.registry).build().unwrap();
            let server = Server::builder().layer(layer).add_service(Echo);
            tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
            let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
            let layer = ClientLayer::builder().registry(&telemetry.registry).build().unwrap();
            let layer = layer.connected_to("http://echo.test:50051".parse().unwrap());
            let client = Grpc::new(ServiceBuilder::new().layer(layer).service(channel));
            let peers = test(Peers { telemetry, client }).await;
            for _ in 0..1000 {
                if !peers.telemetry.registry.text().contains("in_flight{endpoint=\"_unmatched\"} 1\n") {
                    break;
                }
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            peers
        })
    })
}

#[test]
fn a_unary_call_is_recorded_by_both_sides() {
    let peers = with_peers(async |mut peers| {
        assert_eq!(peers.unary("/test.Echo/Unary", "ok").await.unwrap(), "ok");
        peers
    });
    peers.handled("Unary", "OK", 1);
    let labels = "grpc_method=\"Unary\",grpc_service=\"test.Echo\"";
    peers.has(&format!("grpc_client_handling_seconds_count{{{labels}}} 1"));
    peers.has(&format!("grpc_server_handling_seconds_count{{{labels}}} 1"));
    peers.has(&format!("grpc_client_msg_received_total{{{labels}}} 1"));
    peers.has(&format!("grpc_server_msg_sent_total{{{labels}}} 1"));
    peers.has("http_client_requests_total{method=\"POST\",server=\"echo.test:50051\",status=\"200\"} 1");
    let client = peers.span(SpanKind::Client, "test.Echo/Unary");
    let server = peers.span(SpanKind::Server, "test.Echo/Unary");
    assert_eq!(server.parent, Some(client.context.span_id()));
    for span in [&client, &server] {
        assert_eq!(span.attribute("rpc.system.name"), Some(&"grpc".into()));
        assert_eq!(span.attribute("rpc.method"), Some(&"test.Echo/Unary".into()));
        assert_eq!(span.attribute("rpc.response.status_code"), Some(&"OK".into()));
        assert!(matches!(span.status, SpanStatus::Unset));
    }
    assert_eq!(client.attribute("server.address"), Some(&"echo.test".into()));
}

#[test]
fn an_error_is_blamed_on_the_side_that_is_responsible() {
    let peers = with_peers(async |mut peers| {
        // Shows that the server has the method, which an error without a message does not.
        assert!(peers.unary("/test.Echo/Unary", "ok").await.is_ok());
        assert_eq!(peers.unary("/test.Echo/Unary", "not found").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(peers.unary("/test.Echo/Unary", "internal").await.unwrap_err().code(), Code::Internal);
        peers
    });
    peers.handled("Unary", "NotFound", 1);
    peers.handled("Unary", "Internal", 1);
    let spans = peers.telemetry.spans.spans();
    let mut failed: Vec<_> = spans
        .iter()
        .filter(|span| matches!(span.status, SpanStatus::Error { .. }))
        .map(|span| (span.kind, span.attribute("error.type").unwrap().clone()))
        .collect();
    failed.sort_by_key(|(kind, error)| format!("{kind:?}{error:?}"));
    let of = |kind, error: &'static str| (kind, error.into());
    assert_eq!(
        failed,
        [
            of(SpanKind::Client, "INTERNAL"),
            of(SpanKind::Client, "NOT_FOUND"),
            of(SpanKind::Server, "INTERNAL")
        ]
    );
    peers.has("http_requests_total{endpoint=\"/test.Echo/Unary\",method=\"POST\",status=\"500\"} 1");
    peers.has("http_requests_total{endpoint=\"/test.Echo/Unary\",method=\"POST\",status=\"200\"} 2");
}

#[test]
fn a_stream_has_its_status_in_the_trailers() {
    let peers = with_peers(async |mut peers| {
        assert_eq!(peers.count("ok").await.collect::<Vec<_>>().await.len(), 3);
        let lost: Vec<_> = peers.count("data loss").await.collect().await;
        assert_eq!(lost.last().unwrap().as_ref().unwrap_err().code(), Code::DataLoss);
        peers
    });
    peers.handled("Count", "OK", 1);
    peers.handled("Count", "DataLoss", 1);
    let labels = "grpc_method=\"Count\",grpc_service=\"test.Echo\"";
    peers.has(&format!("grpc_client_msg_received_total{{{labels}}} 6"));
    peers.has(&format!("grpc_server_msg_sent_total{{{labels}}} 6"));
}

#[test]
fn a_bidirectional_stream_counts_what_it_answers() {
    let peers = with_peers(async |mut peers| {
        peers.client.ready().await.unwrap();
        let messages = tokio_stream::iter((0..5_u8).map(|number| Bytes::from(vec![number; 2])));
        let path = "/test.Echo/Chat".parse().unwrap();
        let answers = peers.client.streaming(tonic::Request::new(messages), path, Plain).await.unwrap();
        assert_eq!(answers.into_inner().collect::<Vec<_>>().await.len(), 5);
        peers
    });
    peers.handled("Chat", "OK", 1);
    peers.has("grpc_server_msg_sent_total{grpc_method=\"Chat\",grpc_service=\"test.Echo\"} 5");
}

#[test]
fn a_stream_that_its_caller_leaves_is_cancelled() {
    let peers = with_peers(async |mut peers| {
        let mut numbers = peers.count("hang").await;
        for _ in 0..3 {
            numbers.next().await.unwrap().unwrap();
        }
        drop(numbers);
        peers
    });
    peers.handled("Count", "Canceled", 1);
    peers.has("http_requests_in_flight{endpoint=\"_unmatched\"} 0");
    peers.has("http_client_requests_in_flight{server=\"echo.test:50051\"} 0");
}

#[test]
fn unknown_methods_make_no_series() {
    let peers = with_peers(async |mut peers| {
        for path in ["/test.Echo/Nothing", "/test.Echo/Else", "/other.Service/Get"] {
            assert_eq!(peers.unary(path, "ok").await.unwrap_err().code(), Code::Unimplemented);
        }
        peers
    });
    peers.has("grpc_server_handled_total{grpc_code=\"Unimplemented\",grpc_method=\"_OTHER\",grpc_service=\"_OTHER\"} 3");
    let server = peers.span(SpanKind::Server, "grpc");
    assert_eq!(server.attribute("rpc.method"), Some(&"_OTHER".into()));
    assert!(server.attribute("rpc.method_original").is_some());
}

#[test]
fn a_handler_that_panics_has_failed() {
    let peers = with_peers(async |mut peers| {
        assert!(peers.unary("/test.Echo/Unary", "ok").await.is_ok());
        assert!(peers.unary("/test.Echo/Unary", "panic").await.is_err());
        peers
    });
    peers.has("grpc_server_handled_total{grpc_code=\"Internal\",grpc_method=\"Unary\",grpc_service=\"test.Echo\"} 1");
    peers.has("http_panics_total{endpoint=\"_unmatched\"} 1");
}

fn scripted(status: u16, trailers: Option<&'static str>) -> Response<impl http_body::Body<Data = Bytes>> {
    let trailers = trailers.map(|status| {
        Ok(HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-status"),
            HeaderValue::from_static(status),
        )]))
    });
    let body = Full::new(Bytes::from_static(&[0, 0, 0, 0, 1, 7]));
    let mut response = Response::new(body.with_trailers(std::future::ready(trailers)));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    *response.status_mut() = status.try_into().unwrap();
    response
}

/// A call to a scripted server, recorded by both layers; `None` if the caller gives up after this time.
fn call(status: u16, trailers: Option<&'static str>, gives_up: Option<Duration>) -> (Telemetry, String) {
    let telemetry = Telemetry::new();
    let clock = telemetry.clock.clone();
    let service =
        service_fn(move |_: Request<Full<Bytes>>| answer(status, trailers, gives_up, clock.clone()));
    let names = ServerNames::classic();
    let shared = || Arc::new(telemetry.clock.clone());
    let server =
        ServerLayer::builder().registry(&telemetry.registry).names(names).clock(shared()).build().unwrap();
    let client = ClientLayer::builder().registry(&telemetry.registry).clock(shared()).build().unwrap();
    let mut request = Request::post("http://echo.test/test.Echo/Unary").body(Full::default()).unwrap();
    request.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc+proto"));
    request.headers_mut().insert("grpc-timeout", HeaderValue::from_static("50m"));
    let service = client.layer(server.layer(service));
    tracing::dispatcher::with_default(&telemetry.dispatch, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let response = service.oneshot(request);
            tokio::select! {
                biased;
                response = response => drop(response.unwrap().into_body().collect().await),
                () = std::future::ready(()) => {}
            }
        });
    });
    let text = telemetry.registry.text();
    (telemetry, text)
}

async fn answer(
    status: u16,
    trailers: Option<&'static str>,
    gives_up: Option<Duration>,
    clock: ManualClock,
) -> Result<Response<impl http_body::Body<Data = Bytes>>, std::convert::Infallible> {
    if let Some(after) = gives_up {
        clock.advance(after);
        std::future::pending::<()>().await;
    }
    Ok(scripted(status, trailers))
}

fn codes(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| line.contains("_handled_total{"));
    lines.map(|line| line.split('"').nth(1).unwrap()).collect()
}

#[test]
fn a_response_without_a_status_is_unknown() {
    let (telemetry, text) = call(200, None, None);
    assert_eq!(codes(&text), ["Unknown", "Unknown"]);
    let spans = telemetry.spans.take();
    assert!(spans.iter().all(|span| span.attribute("error.type") == Some(&"UNKNOWN".into())));
    let lines = telemetry.lines.all();
    let access = lines.iter().find(|line| line.target == "radiosonde::access").unwrap();
    assert_eq!((&*access.fields["level"], &*access.fields["grpc_status"]), ("ERROR", "UNKNOWN"));
    assert_eq!(
        access.context,
        spans.iter().find(|span| span.kind == SpanKind::Server).map(|span| span.context)
    );
}

#[test]
fn a_status_is_read_from_trailers_or_from_that_of_http() {
    assert_eq!(codes(&call(200, Some("0"), None).1), ["OK", "OK"]);
    assert_eq!(codes(&call(200, Some("8"), None).1), ["ResourceExhausted", "ResourceExhausted"]);
    assert_eq!(codes(&call(503, None, None).1), ["Unavailable", "Unavailable"]);
}

#[test]
fn a_call_that_is_cut_off_after_its_deadline_has_exceeded_it() {
    let before = call(200, Some("0"), Some(Duration::from_millis(49))).1;
    assert_eq!(codes(&before), ["Canceled", "Canceled"]);
    let after = call(200, Some("0"), Some(Duration::from_millis(50))).1;
    assert_eq!(codes(&after), ["DeadlineExceeded", "DeadlineExceeded"]);
}

#[test]
fn a_call_that_a_limiter_ended_is_a_failed_request() {
    for (status, hinted, code) in [("4", "timed_out", 500), ("14", "timed_out", 500), ("5", "completed", 200)]
    {
        let telemetry = Telemetry::new();
        let layer = ServerLayer::builder().registry(&telemetry.registry).build().unwrap();
        let service = layer.layer(service_fn(async |_: Request<Full<Bytes>>| {
            CanonicalRecord::with_current(|record| record.set_outcome_hint(Some(Outcome::TimedOut)));
            Ok::<_, std::convert::Infallible>(scripted(200, Some(status)))
        }));
        let mut request = Request::post("/test.Echo/Unary").body(Full::default()).unwrap();
        request.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
        tracing::dispatcher::with_default(&telemetry.dispatch, || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                drop(service.oneshot(request).await.unwrap().into_body().collect().await);
            });
        });
        let snapshot = telemetry.registry.snapshot();
        let status = snapshot.family("http_requests_total").unwrap().series()[0].label("status");
        assert_eq!(status.unwrap(), code.to_string());
        assert_eq!(telemetry.lines.all()[0].fields["outcome"], hinted);
    }
}

#[test]
fn the_otel_profile_has_the_metrics_of_the_conventions() {
    let telemetry = Telemetry::new();
    let layer =
        ServerLayer::builder().registry(&telemetry.registry).names(ServerNames::otel()).build().unwrap();
    let service = layer.layer(service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, std::convert::Infallible>(scripted(200, Some("13")))
    }));
    let mut request = Request::post("/test.Echo/Unary").body(Full::default()).unwrap();
    request.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { drop(service.oneshot(request).await.unwrap().into_body().collect().await) });
    let text = telemetry.registry.text();
    let sample = "rpc_server_call_duration_seconds_count{error_type=\"INTERNAL\",rpc_method=\"test.Echo/Unary\",rpc_response_status_code=\"INTERNAL\",rpc_system_name=\"grpc\"} 1\n";
    assert!(text.contains(sample), "{text}");
}
