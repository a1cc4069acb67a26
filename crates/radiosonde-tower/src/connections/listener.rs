use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::serve::{IncomingStream, Listener};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::connections::connection_handle::ConnectionHandle;
use crate::connections::connection_metrics::ConnectionMetrics;
use crate::connections::tracked::Tracked;
use crate::connections::with_connection::WithConnection;

/// A listener for `axum::serve` whose connections are counted; from [`ConnectionMetrics::listener`].
#[derive(Debug, Clone)]
pub struct TrackedListener<L> {
    inner: L,
    metrics: ConnectionMetrics,
}

impl ConnectionMetrics {
    /// Counts the connections of a listener of axum's.
    pub fn listener<L: Listener>(&self, listener: L) -> TrackedListener<L> {
        TrackedListener { inner: listener, metrics: self.clone() }
    }
}

impl<L: Listener> Listener for TrackedListener<L> {
    type Io = Tracked<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, address) = self.inner.accept().await;
        (self.metrics.track(io, internet_address(&address)), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

fn internet_address<A: 'static>(address: &A) -> Option<SocketAddr> {
    (address as &dyn Any).downcast_ref().copied()
}

/// Puts the [`ConnectionHandle`] in the extensions of each request, for an axum server over a [`TrackedListener`].
///
/// Wraps a router, or what `into_make_service` returns. Handlers find axum's `ConnectInfo<SocketAddr>` too, without
/// `into_make_service_with_connect_info`.
///
/// ```
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, routing::get};
/// use radiosonde_tower::{ConnectionMetrics, MakeWithConnection};
/// use tokio::net::TcpListener;
///
/// let app: Router = Router::new().route("/", get(async || "hello"));
/// let connections = ConnectionMetrics::new("public")?;
/// let listener = connections.listener(TcpListener::bind("127.0.0.1:3000").await?);
/// axum::serve(listener, MakeWithConnection::new(app)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MakeWithConnection<M>(M);

impl<M> MakeWithConnection<M> {
    /// Wraps a service that makes the service of each connection.
    pub const fn new(make: M) -> Self {
        Self(make)
    }
}

impl<'a, L, M> Service<IncomingStream<'a, TrackedListener<L>>> for MakeWithConnection<M>
where
    L: Listener,
    M: Service<IncomingStream<'a, TrackedListener<L>>>,
{
    type Response = WithConnection<M::Response>;
    type Error = M::Error;
    type Future = MakeFuture<M::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), M::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, stream: IncomingStream<'a, TrackedListener<L>>) -> Self::Future {
        let connection = stream.io().connection().clone();
        MakeFuture { inner: self.0.call(stream), connection }
    }
}

pin_project! {
    /// The future service of one connection.
    #[derive(Debug)]
    pub struct MakeFuture<F> {
        #[pin]
        inner: F,
        connection: ConnectionHandle,
    }
}

impl<F, S, E> Future for MakeFuture<F>
where
    F: Future<Output = Result<S, E>>,
{
    type Output = Result<WithConnection<S>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let made = ready!(this.inner.poll(cx));
        Poll::Ready(made.map(|service| WithConnection::new(service, this.connection.clone())))
    }
}
