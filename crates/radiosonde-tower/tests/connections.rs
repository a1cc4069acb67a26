//! Connections of a real server: accepted, open, closed, and known to their requests.
#![cfg(all(feature = "axum", feature = "saturation"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Extension};
use axum::routing::get;
use axum::{Router, serve};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use radiosonde_metrics::Registry;
use radiosonde_tower::{ConnectionHandle, ConnectionMetrics, MakeWithConnection, WithConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Guards that handlers have hung on the connections of their requests.
type Guards = Arc<Mutex<Vec<Arc<()>>>>;

fn app(guards: Guards) -> Router {
    let handler = async move |Extension(connection): Extension<ConnectionHandle>,
                              ConnectInfo(peer): ConnectInfo<SocketAddr>| {
        assert_eq!(connection.peer(), Some(peer));
        let guard = Arc::new(());
        connection.hold(Arc::clone(&guard));
        guards.lock().await.push(guard);
        peer.to_string()
    };
    Router::new().route("/", get(handler))
}

/// Sends a request and reads its response, which ends in the client's own address.
async fn ask(stream: &mut TcpStream) {
    stream.write_all(REQUEST).await.unwrap();
    let own = stream.local_addr().unwrap().to_string();
    let mut response = Vec::new();
    while !response.ends_with(own.as_bytes()) {
        assert_ne!(stream.read_buf(&mut response).await.unwrap(), 0, "{response:?}");
    }
    assert!(response.starts_with(b"HTTP/1.1 200"), "{response:?}");
}

/// Waits until the gauge of open connections has this value.
async fn until_active(registry: &Registry, expected: f64) {
    let reached = async {
        while registry.snapshot().value("http_connections_active", &[("listener", "public")])
            != Some(expected)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reached).await.unwrap();
}

/// Three clients, of which one stays.
async fn check_clients(registry: &Registry, address: SocketAddr, guards: &Guards) {
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        ask(&mut stream).await;
        streams.push(stream);
    }
    until_active(registry, 3.0).await;
    streams.drain(1..);
    until_active(registry, 1.0).await;
    // A second request on the connection that stayed.
    ask(&mut streams[0]).await;
    let held = |guards: &Vec<Arc<()>>| guards.iter().map(Arc::strong_count).collect::<Vec<_>>();
    assert_eq!(held(&*guards.lock().await), [2, 1, 1, 2]);
    drop(streams);
    until_active(registry, 0.0).await;
    assert_eq!(held(&*guards.lock().await), [1, 1, 1, 1]);
    let snapshot = registry.snapshot();
    let labels = [("listener", "public")];
    assert_eq!(snapshot.value("http_connections_accepted_total", &labels), Some(3.0));
    assert!(registry.text().contains("http_connection_duration_seconds_count{listener=\"public\"} 3\n"));
}

#[tokio::test]
async fn an_axum_server_counts_its_connections() {
    let (registry, guards) = (Registry::new(), Guards::default());
    let connections = ConnectionMetrics::builder("public").registry(&registry).build().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let make = MakeWithConnection::new(app(Arc::clone(&guards)));
    let server = tokio::spawn(serve(connections.listener(tcp), make).into_future());
    check_clients(&registry, address, &guards).await;
    server.abort();
}

#[tokio::test]
async fn a_hyper_server_counts_its_connections() {
    let (registry, guards) = (Registry::new(), Guards::default());
    let connections = ConnectionMetrics::builder("public").registry(&registry).build().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let app = app(Arc::clone(&guards));
    let server = tokio::spawn(async move {
        loop {
            let (stream, peer) = tcp.accept().await.unwrap();
            let stream = connections.track(stream, Some(peer));
            let app = WithConnection::new(app.clone(), stream.connection().clone());
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)).await;
            });
        }
    });
    check_clients(&registry, address, &guards).await;
    server.abort();
}
