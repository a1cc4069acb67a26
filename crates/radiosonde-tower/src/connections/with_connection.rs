use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use crate::connections::connection_handle::ConnectionHandle;
use crate::connections::peer_info;

/// Puts a [`ConnectionHandle`] in the extensions of the requests that arrive on it.
///
/// With the features `axum` and `saturation`, also axum's `ConnectInfo<SocketAddr>`, if the peer has an internet address and
/// there is no such value yet. For hyper servers; see the example on [`ConnectionMetrics`](crate::ConnectionMetrics).
#[derive(Debug, Clone)]
pub struct WithConnection<S> {
    inner: S,
    connection: ConnectionHandle,
}

impl<S> WithConnection<S> {
    /// Wraps the service of one connection.
    pub const fn new(inner: S, connection: ConnectionHandle) -> Self {
        Self { inner, connection }
    }
}

impl<S, B> Service<Request<B>> for WithConnection<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let extensions = request.extensions_mut();
        peer_info::insert(extensions, &self.connection);
        extensions.insert(self.connection.clone());
        self.inner.call(request)
    }
}
