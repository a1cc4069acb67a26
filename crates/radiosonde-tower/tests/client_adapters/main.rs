//! A client layer around the clients that programs use, with a real server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "reqwest")]
mod reqwest_client;

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_tower::{ClientLayer, Route};
use radiosonde_trace::{AttributeValue, CaptureSpans, TracePipeline};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

/// Answers each request with its `traceparent`.
async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(async |request: Request<Incoming>| {
                let text = |headers: &HeaderMap| headers["traceparent"].to_str().unwrap().to_owned();
                Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(text(request.headers()))))
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

struct Recorded {
    registry: Registry,
    spans: CaptureSpans,
    layer: ClientLayer,
    _guard: DefaultGuard,
}

fn recorded() -> Recorded {
    let (registry, spans) = (Registry::new(), CaptureSpans::new());
    let pipeline =
        TracePipeline::builder(&Resource::new("test")).sink(spans.clone()).registry(&Registry::new());
    let subscriber = tracing_subscriber::registry().with(pipeline.build().unwrap().layer());
    let layer = ClientLayer::builder().registry(&registry).build().unwrap();
    Recorded { registry, spans, layer, _guard: tracing::subscriber::set_default(subscriber) }
}

impl Recorded {
    /// One call to this server, whose span was sent to it.
    fn check(&self, server: &str, port: u16, sent: &[u8]) {
        let span = self.spans.take().pop().unwrap();
        assert_eq!(span.name, "GET /orders/{id}");
        assert_eq!(span.attribute("server.port"), Some(&AttributeValue::I64(port.into())));
        let sent = std::str::from_utf8(sent).unwrap();
        assert!(sent.contains(&span.context.span_id().to_string()), "{sent}");
        let text = self.registry.text();
        let counted = format!(
            "http_client_requests_total{{method=\"GET\",server=\"{server}:{port}\",status=\"200\"}} 1\n"
        );
        assert!(text.contains(&counted), "{text}");
        assert!(text.contains(&format!("http_client_requests_in_flight{{server=\"{server}:{port}\"}} 0\n")));
    }
}

#[tokio::test]
async fn a_pooled_client_of_hyper_util_is_recorded() {
    let (address, recorded) = (serve().await, recorded());
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let client = ServiceBuilder::new().layer(recorded.layer.clone()).service(client);
    let request = Request::get(format!("http://{address}/orders/7")).extension(Route::new("/orders/{id}"));
    let response = client.oneshot(request.body(Empty::new()).unwrap()).await.unwrap();
    let sent = response.into_body().collect().await.unwrap().to_bytes();
    recorded.check("127.0.0.1", address.port(), &sent);
}

#[tokio::test]
async fn a_connection_of_hyper_is_recorded() {
    let (address, recorded) = (serve().await, recorded());
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let client = tower::service_fn(move |request| sender.send_request(request));
    let request =
        Request::get("/orders/7").header("host", "Shop.Test:8080").extension(Route::new("/orders/{id}"));
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let response = recorded.layer.layer(client).oneshot(request).await.unwrap();
    let sent = response.into_body().collect().await.unwrap().to_bytes();
    recorded.check("shop.test", 8080, &sent);
}
