use std::net::SocketAddr;
use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{Buckets, Counter, Histogram, IntGauge, RegisterError, Registry};

use crate::connections::tracked::{OpenConnection, Tracked};

/// Counts the connections that a listener accepts, and measures how long they stay open.
///
/// # Metrics
/// - `http_connections_accepted_total{listener}`, `http_connections_active{listener}` and
///   `http_connection_duration_seconds{listener}`. A connection is active until its stream is dropped, which for a websocket
///   is the end of the websocket. Connections that the listener has not accepted yet wait in the kernel, unseen.
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
/// One allocation and two clock readings per connection; nothing per read or write.
///
/// [`ConnectionHandle`]: crate::ConnectionHandle
#[derive(Debug, Clone)]
pub struct ConnectionMetrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    accepted: Counter,
    active: IntGauge,
    duration: Histogram,
    clock: SharedClock,
}

/// From a connection without a request to one that a pool keeps open.
const SECONDS: Buckets =
    Buckets::from_static(&[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0]);

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
        ConnectionMetricsBuilder { listener: listener.into(), registry: None, clock: Arc::new(SystemClock) }
    }

    /// Counts an accepted connection, until the returned stream is dropped. `peer` is the address that was accepted.
    pub fn track<Io>(&self, io: Io, peer: Option<SocketAddr>) -> Tracked<Io> {
        let Inner { accepted, active, duration, clock } = &*self.0;
        accepted.inc();
        Tracked::new(io, OpenConnection::new(peer, active.hold(), duration.clone(), Arc::clone(clock)))
    }
}

/// Builds [`ConnectionMetrics`].
#[must_use]
#[derive(Debug, Clone)]
pub struct ConnectionMetricsBuilder {
    listener: String,
    registry: Option<Registry>,
    clock: SharedClock,
}

impl ConnectionMetricsBuilder {
    /// Sets the registry of the metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the clock that measures durations; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Registers the metrics. Metrics with the same listener's name are shared.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn build(self) -> Result<ConnectionMetrics, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let accepted = registry.counter("http_connections_accepted_total", "Number of connections accepted.");
        let active = registry.int_gauge("http_connections_active", "Number of open connections.");
        let help = "Duration of connections from accept to close.";
        let duration = registry.histogram("http_connection_duration_seconds", help).unit("seconds");
        let values = [self.listener.as_str()];
        Ok(ConnectionMetrics(Arc::new(Inner {
            accepted: accepted.labels(&["listener"])?.handle(&values),
            active: active.labels(&["listener"])?.handle(&values),
            duration: duration.buckets(SECONDS).labels(&["listener"])?.handle(&values),
            clock: self.clock,
        })))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::time::Duration;

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
    }
}
