use std::net::SocketAddr;

use radiosonde_core::SharedClock;
use radiosonde_metrics::{RegisterError, Registry};
use radiosonde_signals::{ConnectionNames, Connections, ConnectionsBuilder};

use crate::connections::tracked::{OpenConnection, Tracked};

/// Counts the connections that a listener accepts, and measures how long they stay open.
///
/// # Metrics
/// - `http_connections_accepted_total{listener}`, `http_connections_active{listener}`, `http_connections_closed_total{listener,reason}`
///   and `http_connection_duration_seconds{listener}`: those of [`Connections`] as
///   [`http_listener`](ConnectionNames::http_listener) names them. A connection is active until its stream is dropped, which for a
///   websocket is the end of the websocket. Connections that the listener has not accepted yet wait in the kernel, unseen.
/// - `http_connections_max{listener}`: how many there can be, if it is [set](ConnectionMetricsBuilder::max). Saturation is
///   `http_connections_active` divided by it.
///
/// The reason is `closed`, also if the client disconnected abruptly; `timeout` or `error` if that was the first other error of
/// the stream, which is seen with the feature `saturation`; or `panic`, if it was dropped while its thread panicked.
///
/// # With axum
/// With the features `axum` and `saturation`, `listener` wraps a listener, and `MakeWithConnection` puts the [`ConnectionHandle`]
/// and axum's `ConnectInfo<SocketAddr>` in the extensions of each request:
/// `axum::serve(connections.listener(tcp), MakeWithConnection::new(app))`. The example is on `MakeWithConnection`.
///
/// # With hyper
/// ```
/// # #[cfg(feature = "saturation")]
/// # async fn serve(tcp: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
/// use hyper_util::rt::{TokioExecutor, TokioIo};
/// use hyper_util::server::conn::auto::Builder;
/// use hyper_util::service::TowerToHyperService;
/// use radiosonde_tower::{ConnectionMetrics, WithConnection};
/// use tower::service_fn;
///
/// let connections = ConnectionMetrics::new("public")?;
/// loop {
///     let (stream, peer) = tcp.accept().await?;
///     let stream = connections.track(stream, Some(peer));
///     let app = service_fn(async |_: http::Request<hyper::body::Incoming>| {
///         Ok::<_, std::convert::Infallible>(http::Response::new(String::from("hello")))
///     });
///     let app = WithConnection::new(app, stream.connection().clone());
///     tokio::spawn(async move {
///         let builder = Builder::new(TokioExecutor::new());
///         let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)).await;
///     });
/// }
/// # }
/// ```
///
/// # Cost
/// One allocation and two clock readings per connection; one comparison per read or write.
///
/// [`ConnectionHandle`]: crate::ConnectionHandle
#[derive(Debug, Clone)]
pub struct ConnectionMetrics(Connections);

impl ConnectionMetrics {
    /// Metrics of the listener with this name, in [`Registry::global`].
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn new(listener: impl Into<String>) -> Result<Self, RegisterError> {
        Self::builder(listener).build()
    }

    /// Builds the metrics of the listener with this name; default: the global registry and the system's clock.
    pub fn builder(listener: impl Into<String>) -> ConnectionMetricsBuilder {
        let listener: String = listener.into();
        ConnectionMetricsBuilder(Connections::builder(listener).names(ConnectionNames::http_listener()))
    }

    /// Counts an accepted connection, until the returned stream is dropped. `peer` is the address that was accepted.
    pub fn track<Io>(&self, io: Io, peer: Option<SocketAddr>) -> Tracked<Io> {
        Tracked::new(io, OpenConnection::new(peer, self.0.open()))
    }
}

/// Builds [`ConnectionMetrics`].
#[must_use]
#[derive(Debug, Clone)]
pub struct ConnectionMetricsBuilder(ConnectionsBuilder);

impl ConnectionMetricsBuilder {
    /// Sets the registry of the metrics; default: [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self(self.0.registry(registry))
    }

    /// Sets the clock that measures durations; default: the system's.
    pub fn clock(self, clock: SharedClock) -> Self {
        Self(self.0.clock(clock))
    }

    /// Sets how many connections can be open, for the saturation; default: unknown.
    pub fn max(self, connections: u64) -> Self {
        Self(self.0.max(connections))
    }

    /// Registers the metrics. Metrics with the same listener's name are shared.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn build(self) -> Result<ConnectionMetrics, RegisterError> {
        Ok(ConnectionMetrics(self.0.build()?))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::Arc;
    use std::time::Duration;

    use radiosonde_signals::GoldenSignals;
    use radiosonde_testkit::ManualClock;

    use super::*;

    #[test]
    fn a_connection_is_active_until_its_stream_is_dropped() {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let builder = ConnectionMetrics::builder("public").registry(&registry);
        let connections = builder.clock(Arc::new(clock.clone())).build().unwrap();
        let value = |name| registry.snapshot().value(name, &[("listener", "public")]);
        assert_eq!(value("http_connections_accepted_total"), Some(0.0));
        let first = connections.track((), None);
        let second = connections.track((), None);
        assert_eq!(value("http_connections_active"), Some(2.0));
        clock.advance(Duration::from_secs(20));
        drop(first);
        assert_eq!(value("http_connections_active"), Some(1.0));
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let _second = second;
            resume_unwind(Box::new(()));
        }));
        assert_eq!(value("http_connections_active"), Some(0.0));
        assert_eq!(value("http_connections_accepted_total"), Some(2.0));
        let text = registry.text();
        assert!(text.contains("http_connection_duration_seconds_sum{listener=\"public\"} 40\n"), "{text}");
        assert!(text.contains("duration_seconds_bucket{listener=\"public\",le=\"30\"} 2\n"), "{text}");
        let closed: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("http_connections_closed_total{listener="))
            .collect();
        let expected = [("closed", 1), ("error", 0), ("panic", 1), ("timeout", 0)];
        let expected = expected.map(|(reason, times)| format!("\"public\",reason=\"{reason}\"}} {times}"));
        assert_eq!(closed, expected);
        assert!(!text.contains("http_connections_max"), "{text}");
    }

    #[test]
    fn the_share_of_connections_is_known_by_their_largest_number() {
        let registry = Registry::new();
        let connections = ConnectionMetrics::builder("public").max(8).registry(&registry).build().unwrap();
        let _open = [connections.track((), None), connections.track((), None)];
        assert!(registry.text().contains("http_connections_max{listener=\"public\"} 8\n"));
        let signals = GoldenSignals::of(&registry);
        assert_eq!(signals[0].saturation().unwrap().share(&registry.snapshot()), Some(0.25));
    }
}
