//! A server whose handlers answer, dawdle, fail and panic.

use std::io;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Router, serve};
use bytes::Bytes;
use futures_util::stream;
use radiosonde_metrics::Registry;
use radiosonde_tower::{ConnectionMetrics, MakeWithConnection, ServerLayer};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceBuilder;
use tower::util::MapRequestLayer;

/// Paths that clients ask for.
pub(crate) const PATHS: [&str; 9] = [
    "/now/1", "/slow/2", "/chunks/3", "/error/4", "/broken/5", "/panic/6", "/panic-late/7", "/panic-body/8",
    "/nowhere/9",
];

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    made: Arc<AtomicUsize>,
    serving: JoinHandle<io::Result<()>>,
}

impl Server {
    pub(crate) async fn start(registry: &Registry) -> Self {
        let made = Arc::new(AtomicUsize::new(0));
        let arrived = Arc::clone(&made);
        // Directly around the layer, so that nothing can be dropped in between.
        let count = MapRequestLayer::new(move |request: Request<Body>| {
            arrived.fetch_add(1, Ordering::SeqCst);
            request
        });
        let layers = ServiceBuilder::new()
            .layer(count)
            .layer(ServerLayer::builder().registry(registry).build().unwrap());
        let connections = ConnectionMetrics::builder("storm").registry(registry).build().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let make = MakeWithConnection::new(router().layer(layers));
        let serving = tokio::spawn(serve(connections.listener(tcp), make).into_future());
        Self { address, made, serving }
    }

    /// Stops, and returns the number of requests that have arrived.
    pub(crate) fn stop(self) -> Arc<AtomicUsize> {
        self.serving.abort();
        self.made
    }
}

fn router() -> Router {
    Router::new()
        .route("/now/{id}", get(async || "now"))
        .route(
            "/slow/{id}",
            get(async || {
                tokio::time::sleep(Duration::from_millis(2)).await;
                "slow"
            }),
        )
        .route("/chunks/{id}", get(async || Body::from_stream(chunks(8, End::Complete))))
        .route("/error/{id}", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/broken/{id}", get(async || Body::from_stream(chunks(3, End::Error))))
        .route("/panic/{id}", get(panics))
        .route(
            "/panic-late/{id}",
            get(async || {
                tokio::task::yield_now().await;
                panics().await
            }),
        )
        .route("/panic-body/{id}", get(async || Body::from_stream(chunks(3, End::Panic))))
}

/// Without the panic hook, whose output would hide the test's.
async fn panics() -> StatusCode {
    resume_unwind(Box::new("scripted"))
}

#[derive(Debug, Clone, Copy)]
enum End {
    Complete,
    Error,
    Panic,
}

fn chunks(count: usize, end: End) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(0, move |at| async move {
        tokio::task::yield_now().await;
        match end {
            _ if at < count => Some((Ok(Bytes::from_static(&[b'x'; 128])), at + 1)),
            End::Error if at == count => Some((Err(io::ErrorKind::BrokenPipe.into()), at + 1)),
            End::Panic => resume_unwind(Box::new("scripted")),
            _ => None,
        }
    })
}
