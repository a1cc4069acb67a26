//! Responses that are no plain answers, each over a socket to a real client: a websocket, server-sent events, a download of a
//! gigabyte.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use radiosonde_metrics::Registry;
use radiosonde_tower::{ConnectionMetrics, MakeWithConnection, ServerLayer};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite;

const GIGABYTE: usize = 1 << 30;
const PIECE: usize = 1 << 20;

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        if socket.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}

/// An event at once, and then none.
fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = stream::once(async { Ok(Event::default().data("first")) });
    Sse::new(first.chain(stream::pending()))
}

/// Answers with or without the length.
fn download(has_length: bool) -> Response<Body> {
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let pieces = stream::iter((0..GIGABYTE / PIECE).map(move |_| Ok::<_, Infallible>(piece.clone())));
    let mut response = Response::new(Body::from_stream(pieces));
    if has_length {
        response.headers_mut().insert(CONTENT_LENGTH, GIGABYTE.into());
    }
    response
}

struct Server {
    registry: Registry,
    address: SocketAddr,
}

impl Server {
    async fn start() -> Self {
        let registry = Registry::new();
        let app: Router = Router::new()
            .route("/echo", get(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)))
            .route("/events", get(async || events()))
            .route("/known", get(async || download(true)))
            .route("/unknown", get(async || download(false)))
            .layer(ServerLayer::builder().registry(&registry).build().unwrap());
        let connections = ConnectionMetrics::builder("test").registry(&registry).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = connections.listener(listener);
        tokio::spawn(async move { axum::serve(listener, MakeWithConnection::new(app)).await });
        Self { registry, address }
    }

    async fn get(&self, path: &str) -> Response<Incoming> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await.unwrap());
        let (mut sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(path).header("host", "test").body(Empty::<Bytes>::new()).unwrap();
        sender.send_request(request).await.unwrap()
    }

    /// Waits until a sample is there: the server ends after its client.
    async fn shows(&self, sample: &str) {
        for _ in 0..500 {
            if self.registry.text().contains(sample) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no {sample} in {}", self.registry.text());
    }
}

#[tokio::test]
async fn a_websocket_is_a_stream_until_it_closes() {
    let server = Server::start().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let url = format!("ws://{}/echo", server.address);
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    socket.send(tungstenite::Message::text("ping")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), tungstenite::Message::text("ping"));
    server.shows("http_requests_total{endpoint=\"/echo\",method=\"GET\",status=\"101\"} 1\n").await;
    server.shows("http_requests_in_flight{endpoint=\"/echo\"} 0\n").await;
    server.shows("http_streams_active{endpoint=\"/echo\"} 1\n").await;
    socket.close(None).await.unwrap();
    drop(socket);
    server.shows("http_streams_active{endpoint=\"/echo\"} 0\n").await;
    server.shows("http_stream_duration_seconds_count{endpoint=\"/echo\"} 1\n").await;
    server.shows("http_request_duration_seconds_count{endpoint=\"/echo\",method=\"GET\"} 0\n").await;
}

#[tokio::test]
async fn a_client_that_leaves_server_sent_events_ends_them_normally() {
    let server = Server::start().await;
    let mut body = server.get("/events").await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "data: first\n\n");
    server.shows("http_streams_active{endpoint=\"/events\"} 1\n").await;
    server.shows("http_requests_in_flight{endpoint=\"/events\"} 0\n").await;
    drop(body);
    server.shows("http_streams_active{endpoint=\"/events\"} 0\n").await;
    server.shows("http_requests_total{endpoint=\"/events\",method=\"GET\",status=\"200\"} 1\n").await;
    server.shows("http_stream_duration_seconds_count{endpoint=\"/events\"} 1\n").await;
    assert!(
        !server
            .registry
            .text()
            .contains("http_requests_aborted_total{endpoint=\"/events\",phase=\"body\"} 1\n")
    );
}

#[tokio::test]
async fn a_gigabyte_is_counted_to_its_last_byte() {
    let server = Server::start().await;
    for path in ["/known", "/unknown"] {
        let mut body = server.get(path).await.into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame.unwrap().into_data().map_or(0, |data| data.len());
        }
        assert_eq!(bytes, GIGABYTE, "{path}");
        server
            .shows(&format!(
                "http_response_size_bytes_sum{{endpoint=\"{path}\",method=\"GET\"}} {GIGABYTE}\n"
            ))
            .await;
        server
            .shows(&format!("http_requests_total{{endpoint=\"{path}\",method=\"GET\",status=\"200\"}} 1\n"))
            .await;
        server
            .shows(&format!("http_request_duration_seconds_count{{endpoint=\"{path}\",method=\"GET\"}} 1\n"))
            .await;
    }
}
